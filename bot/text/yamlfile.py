"""YAML with places: every value knows where it stands in its file, duplicate keys are faults, scalars stay text.

Nothing is guessed from a scalar: the term `no` is a word and not the value false. Only nothing at all (`key:`, `~`,
`null`) is None.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import yaml

from bot.errors import Fault

Loc: TypeAlias = tuple[str | int, ...]

MAX_BYTES = 1_000_000
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_DEEPEST = 20
_MOST_NODES = 200_000  # aliases can repeat a node for ever
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset({"!", *(_TAG + kind for kind in ("str", "seq", "map", "int", "float", "bool", "null"))})
_BARE = re.compile(r"@[\w-]*")
_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Loader(_Base):  # type: ignore[misc]  # the reader in C, where there is one, is known only when we run
    """YAML's own reader that guesses no types: what has no tag is text, a list or a mapping."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        return _TAG + ("str" if kind is yaml.ScalarNode else "seq" if kind is yaml.SequenceNode else "map")


class YamlFile:
    """One file: its `data`, and `place(loc)` for every part of it. Faults found while reading are in `faults`."""

    def __init__(self, path: str, source: str):
        self.path = path
        self.source = source
        self.faults: list[Fault] = []
        self.data: Any = None
        self._nodes = 0
        self._root = self._compose()
        self._readable = self._root is not None
        if self._root is not None:
            self.data = self._build(self._root, 0)

    def rest(self) -> None:
        """Let go of data and places, which take much more room than the text; places are read again when asked for."""
        self.data = self._root = None

    def fault(self, loc: Loc, message: str, *, key: bool = False, offset: int = 0) -> Fault:
        """A fault at a value (or at its key), `offset` characters into it."""
        line, column = self.place(loc, key=key, offset=offset)
        return Fault(self.path, line, column, message)

    def place(self, loc: Loc, *, key: bool = False, offset: int = 0) -> tuple[int, int]:
        """Line and column, from 1, of the value at `loc`; the nearest part above it that exists."""
        if self._root is None and self._readable:
            self._root = self._compose()
        node, name = self._root, None
        for step in loc:
            below = _below(node, step)
            if below is None:
                break
            name, node = below
        chosen = name if key and name is not None else node
        if chosen is None:
            return (1, 1)
        if offset and isinstance(chosen, yaml.ScalarNode):
            return self._within(chosen, offset)
        return (chosen.start_mark.line + 1, chosen.start_mark.column + 1)

    def _within(self, node: yaml.ScalarNode, offset: int) -> tuple[int, int]:
        """Where a character of a scalar stands: found by counting the characters that are not blanks."""
        visible = len("".join(node.value[:offset].split()))
        lines = self.source.splitlines()
        line, column = node.start_mark.line, node.start_mark.column
        if node.style in ("|", ">"):
            line, column = line + 1, 0
        elif node.style in ("'", '"'):
            column += 1
        while line < len(lines):
            text = lines[line]
            while column < len(text):
                if not text[column].isspace():
                    if visible == 0:
                        return (line + 1, column + 1)
                    visible -= 1
                column += 1
            if visible == 0:
                return (line + 1, column + 1)
            line, column = line + 1, 0
        return (node.end_mark.line + 1, node.end_mark.column + 1)

    def _compose(self) -> yaml.Node | None:
        source = self.source
        if len(source) > MAX_BYTES:
            self._fault(None, f"found {len(source):,} characters; expected at most {MAX_BYTES:,}")
            return None
        try:
            root: yaml.Node | None = yaml.compose(source, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            self.faults.append(self._unreadable(error))
        except yaml.reader.ReaderError as error:
            line = source.count("\n", 0, error.position) + 1
            self.faults.append(
                Fault(
                    self.path, line, 1,
                    f"found a character that YAML forbids (#x{error.character:04x}); expected text, take it out",
                )
            )  # fmt: skip
        else:
            return root
        return None

    def _fault(self, node: yaml.Node | None, message: str) -> None:
        line, column = (0, 0) if node is None else (node.start_mark.line + 1, node.start_mark.column + 1)
        self.faults.append(Fault(self.path, line, column, message))

    def _build(self, node: yaml.Node, depth: int) -> Any:
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES:
            if self._nodes <= _MOST_NODES + 1:
                self._fault(node, "nested too deeply, or repeated too often")
            return None
        if node.tag not in _PLAIN_TAGS:
            self._fault(node, f"tag {node.tag} is not allowed; write a plain value")
            return None
        if isinstance(node, yaml.ScalarNode):
            value = node.value
            return None if value in _NULL and node.style in (None, "") else value
        if isinstance(node, yaml.SequenceNode):
            return [self._build(child, depth + 1) for child in node.value]
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        built: dict[str, Any] = {}
        names: dict[str, yaml.Node] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self._fault(name, "found a list or a mapping as a key; expected a word")
            elif name.value in built:
                first = names[name.value].start_mark.line + 1
                self._fault(
                    name, f"found '{name.value}' a second time; it stands in line {first} already, keep one of them"
                )
            else:
                built[name.value] = self._build(value, depth + 1)
                names[name.value] = name
        return built

    def _unreadable(self, error: yaml.MarkedYAMLError) -> Fault:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        lines = self.source.splitlines()
        text = lines[line - 1][column - 1 :] if 0 < line <= len(lines) else ""
        return Fault(self.path, line, column, f"not YAML: {_explained(error, text)}")


def called(value: Any) -> str:
    """A value as a fault may name it: quoted, and not too long."""
    if value is None:
        return "nothing"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    text = str(value)
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def _explained(error: yaml.MarkedYAMLError, text: str) -> str:
    """What the parser says, and what to do about it."""
    problem = error.problem or "cannot be read"
    if text.startswith("@") or "'@'" in problem:
        bare = _BARE.match(text)
        return f"found a bare '@'; put it into quotes: \"{bare[0] if bare else '@us'}\""
    if text.startswith("*") or "alias" in problem:
        return "found a bare '*' at the beginning; put the text into quotes"
    if text.startswith("\t") or "\\t" in problem:
        return "found a tab; YAML is indented with blanks"
    if "mapping values are not allowed" in problem:
        return "found a ':' inside a value; put text that holds ': ' into quotes"
    if "%" in text[:1] or "`" in text[:1]:
        return f"found a bare '{text[0]}' at the beginning; put the text into quotes"
    return " ".join(filter(None, (error.context, problem)))


def _below(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == step:
                return name, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None
