"""`sources.yaml`: what is polled, where, how often. Every fault is reported at once, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.errors import Fault, RuleFaults
from bot.sources.row import Row
from bot.sources.source import KINDS, Source, seconds, shown
from bot.sources.yaml_places import Place, Placed, PlacedMap, read_yaml

__all__ = ["KINDS", "Source", "load_sources", "parse_sources", "seconds"]


def load_sources(path: Path) -> tuple[Source, ...]:
    """The sources of `path`, in its order. Raises RuleFaults with all faults of the file."""
    return parse_sources(*_read(path))


def parse_sources(text: str, name: str) -> tuple[Source, ...]:
    """The sources of a YAML text; `name` stands in the faults for its path."""
    faults: list[Fault] = []
    root = read_yaml(text, name, faults)
    sources = tuple(_sources(root, name, faults))
    if faults:
        raise RuleFaults(tuple(faults))
    return sources


def _read(path: Path) -> tuple[str, str]:
    try:
        return path.read_text("utf-8-sig"), str(path)
    except FileNotFoundError:
        message = "no such file; it holds `sources:`, a list of rows with id, kind, channel or url"
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8; save the file as UTF-8"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise RuleFaults((Fault(str(path), 0, 0, message),))


def _sources(root: Placed | None, name: str, faults: list[Fault]) -> Iterator[Source]:
    def fault(place: Place, message: str) -> None:
        faults.append(Fault(name, place[0], place[1], message))

    if root is None:
        if not faults:
            fault((1, 1), "`sources` is missing: a list of rows with id, kind, channel or url")
        return
    if not isinstance(root.value, PlacedMap):
        fault(root.place, f"found {root.called}, expected `sources:` with a list of rows")
        return
    for key, value in root.value.items():
        if key.value != "sources":
            fault(key.place, f"unknown field {shown(key.value)}; expected `sources`")
        elif not isinstance(value.value, list):
            fault(value.place, f"`sources` is {value.called}, expected a list of rows")
    rows = root.value.find("sources")
    if rows is None:
        fault(root.place, "`sources` is missing: a list of rows with id, kind, channel or url")
        return
    ids: dict[str, int] = {}
    addresses: dict[str, tuple[str, int]] = {}
    for row in rows.value if isinstance(rows.value, list) else ():
        source = Row(row, fault).source()
        if source is None:
            continue
        line = row.place[0]
        if source.id in ids:
            fault(
                row.at("id"), f"id {source.id!r} is already taken in line {ids[source.id]}; every source needs its own"
            )
        elif source.address in addresses:
            other, where = addresses[source.address]
            what = "channel" if source.kind == "telegram" else "url"
            fault(
                row.at(what), f"{what} is already polled by {other!r} in line {where}; polling it twice doubles posts"
            )
        else:
            ids[source.id] = line
            addresses[source.address] = (source.id, line)
            yield source
