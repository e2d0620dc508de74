"""`sources.yaml`: what is polled, where, how often. Every fault is reported at once, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.errors import Fault, RuleFaults
from bot.sources.row import Row
from bot.sources.source import KINDS, Source, seconds, shown
from bot.text.yamlfile import YamlFile, called

__all__ = ["KINDS", "Source", "load_sources", "parse_sources", "seconds"]


def load_sources(path: Path) -> tuple[Source, ...]:
    """The sources of `path`, in its order. Raises RuleFaults with all faults of the file."""
    return parse_sources(*_read(path))


def parse_sources(text: str, name: str) -> tuple[Source, ...]:
    """The sources of a YAML text; `name` stands in the faults for its path."""
    file = YamlFile(name, text)
    sources = tuple(_sources(file))
    if file.faults:
        raise RuleFaults(tuple(file.faults))
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


def _sources(file: YamlFile) -> Iterator[Source]:
    ids: dict[str, int] = {}
    addresses: dict[str, tuple[str, int]] = {}
    for number, fields in enumerate(_rows(file)):
        row = Row(file, ("sources", number), fields)
        source = row.source()
        if source is None:
            continue
        line, _ = file.place(("sources", number))
        if source.id in ids:
            row.fault(f"id {source.id!r} is already taken in line {ids[source.id]}; every source needs its own", "id")
        elif source.address in addresses:
            other, where = addresses[source.address]
            what = "channel" if source.kind == "telegram" else "url"
            row.fault(f"{what} is already polled by {other!r} in line {where}; polling it twice doubles posts", what)
        else:
            ids[source.id] = line
            addresses[source.address] = (source.id, line)
            yield source


def _rows(file: YamlFile) -> list[Any]:
    """What stands under `sources`; a file of another shape is a fault."""

    def fault(message: str, *loc: str, key: bool = False) -> None:
        file.faults.append(file.fault(loc, message, key=key))

    missing = "`sources` is missing: a list of rows with id, kind, channel or url"
    if file.data is None:
        if not file.faults:
            fault(missing)
        return []
    if not isinstance(file.data, dict):
        fault(f"found {called(file.data)}, expected `sources:` with a list of rows")
        return []
    for name in file.data:
        if name != "sources":
            fault(f"unknown field {shown(name)}; expected `sources`", name, key=True)
    if "sources" not in file.data:
        fault(missing)
        return []
    rows = file.data["sources"]
    if not isinstance(rows, list):
        fault(f"`sources` is {called(rows)}, expected a list of rows", "sources")
        return []
    return rows
