"""YAML whose every value knows its line and column, with duplicate keys refused."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.errors import Fault

Place = tuple[int, int]  # line and column, counting from 1


class Placed(msgspec.Struct, frozen=True):
    """A value and where it stands. `value` is a scalar, a list of Placed, or a PlacedMap."""

    value: Any
    place: Place

    @property
    def called(self) -> str:
        """The value as a fault may name it."""
        if self.value is None:
            return "empty"
        if isinstance(self.value, PlacedMap):
            return "a mapping"
        if isinstance(self.value, list):
            return "a list"
        return repr(self.value if len(str(self.value)) <= 60 else f"{str(self.value)[:57]}...")

    def at(self, name: str) -> Place:
        """Where the value of `name` stands, or this value itself when it has none."""
        found = self.value.find(name) if isinstance(self.value, PlacedMap) else None
        return found.place if found is not None else self.place


class PlacedMap:
    """A mapping in the order of the file."""

    def __init__(self, pairs: list[tuple[Placed, Placed]]):
        self._pairs = pairs

    def items(self) -> list[tuple[Placed, Placed]]:
        return self._pairs

    def find(self, name: str) -> Placed | None:
        """The value of `name`, or None."""
        return next((value for key, value in self._pairs if key.value == name), None)


def read_yaml(text: str, name: str, faults: list[Fault]) -> Placed | None:
    """The one document of `text`; None when it is empty or broken. Faults are added to `faults`."""
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = (before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        faults.append(Fault(name, *place, f"character U+{error.character:04X} is not allowed in YAML; take it out"))
        return None
    try:
        node = loader.get_single_node()
        return _placed(node, loader, name, faults, 0) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        detail = " ".join(filter(None, (error.context, error.problem)))
        faults.append(Fault(name, line, column, f"not YAML: {detail}; check indentation, colons and quotes"))
    except yaml.YAMLError as error:
        faults.append(Fault(name, 0, 0, f"not YAML: {' '.join(str(error).split())}"))
    except (ValueError, RecursionError) as error:
        faults.append(Fault(name, 0, 0, f"not YAML that we read: {type(error).__name__}"))
    finally:
        loader.dispose()
    return None


def _placed(node: Node, loader: yaml.SafeLoader, name: str, faults: list[Fault], depth: int) -> Placed:
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    if depth > 20:  # also ends anchors that hold themselves
        faults.append(Fault(name, *place, "nested deeper than 20 levels"))
        return Placed(None, place)
    if isinstance(node, MappingNode):
        pairs: list[tuple[Placed, Placed]] = []
        seen: dict[Any, int] = {}
        for key_node, value_node in node.value:
            key = _placed(key_node, loader, name, faults, depth + 1)
            if isinstance(key.value, list | PlacedMap):
                faults.append(Fault(name, *key.place, f"a key is {key.called}, expected a word"))
            elif key.value in seen:
                faults.append(
                    Fault(
                        name, *key.place, f"key {key.value!r} stands twice, first in line {seen[key.value]}; keep one"
                    )
                )
            else:
                seen[key.value] = key.place[0]
                pairs.append((key, _placed(value_node, loader, name, faults, depth + 1)))
        return Placed(PlacedMap(pairs), place)
    if isinstance(node, SequenceNode):
        return Placed([_placed(child, loader, name, faults, depth + 1) for child in node.value], place)
    assert isinstance(node, ScalarNode)
    try:
        value = loader.construct_object(node)
    except yaml.YAMLError:
        faults.append(Fault(name, *place, f"tag {node.tag} is not allowed here; write a plain value"))
        value = None
    return Placed(value, place)
