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
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = re.compile(r"~|null|Null|NULL|")
_DEEPEST = 20
_MOST_NODES = 200_000  # aliases can repeat a node for ever


class YamlFile:
    """One file: its `data`, and `place(loc)` for every part of it. Faults found while reading are in `faults`."""

    def __init__(self, path: str, source: str):
        self.path = path
        self.source = source
        self.faults: list[Fault] = []
        self.data: Any = None
        self._root: yaml.Node | None = None
        self._nodes = 0
        if len(source) > MAX_BYTES:
            self.faults.append(Fault(path, 0, 0, f"found {len(source):,} characters; expected at most {MAX_BYTES:,}"))
            return
        try:
            self._root = yaml.compose(source, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            self.faults.append(self._unreadable(error))
        except yaml.reader.ReaderError as error:
            line = source.count("\n", 0, error.position) + 1
            self.faults.append(
                Fault(path, line, 1, f"found a character that YAML forbids (#x{error.character:04x}); expected text")
            )
        else:
            self.data = None if self._root is None else self._build(self._root, 0)

    def fault(self, loc: Loc, message: str, *, key: bool = False, offset: int = 0) -> Fault:
        """A fault at a value (or at its key), `offset` characters into it."""
        line, column = self.place(loc, key=key, offset=offset)
        return Fault(self.path, line, column, message)

    def place(self, loc: Loc, *, key: bool = False, offset: int = 0) -> tuple[int, int]:
        """Line and column, from 1, of the value at `loc`; the nearest part above it that exists."""
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

    def _build(self, node: yaml.Node, depth: int) -> Any:
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES:
            if self._nodes > _MOST_NODES + 1:
                return None
            self.faults.append(
                Fault(
                    self.path,
                    node.start_mark.line + 1,
                    node.start_mark.column + 1,
                    "nested too deeply, or repeated too often",
                )
            )
            return None
        if isinstance(node, yaml.ScalarNode):
            return None if node.style is None and _NULL.fullmatch(node.value) else node.value
        if isinstance(node, yaml.SequenceNode):
            return [self._build(child, depth + 1) for child in node.value]
        assert isinstance(node, yaml.MappingNode)
        built: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for name, value in node.value:
            key = name.value if isinstance(name, yaml.ScalarNode) else "?"
            line = name.start_mark.line + 1
            if key in built:
                self.faults.append(
                    Fault(
                        self.path, line, name.start_mark.column + 1,
                        f"found '{key}' a second time; it stands in line {lines[key]} already, keep one of them",
                    )
                )  # fmt: skip
                continue
            built[key] = self._build(value, depth + 1)
            lines[key] = line
        return built

    def _unreadable(self, error: yaml.MarkedYAMLError) -> Fault:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        text = (
            self.source.splitlines()[line - 1][column - 1 :]
            if 0 < line <= self.source.count("\n") + 1 and self.source
            else ""
        )
        return Fault(self.path, line, column, f"not YAML: {_explained(error.problem or 'cannot be read', text)}")


def _explained(problem: str, text: str) -> str:
    """What the parser says, and what to do about it."""
    if text.startswith("@") or "'@'" in problem:
        return "found a bare '@'; a term that takes in a concept wants quotes: \"@us\""
    if text.startswith("*") or "alias" in problem:
        return "found a bare '*' at the beginning; put the term into quotes"
    if text.startswith("\t") or "\\t" in problem:
        return "found a tab; YAML is indented with blanks"
    if "mapping values are not allowed" in problem:
        return "found a ':' inside a value; put text that holds ': ' into quotes"
    if "%" in text[:1] or "`" in text[:1]:
        return f"found a bare '{text[0]}' at the beginning; put the text into quotes"
    return problem


def _below(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == step:
                return name, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None
