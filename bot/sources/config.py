"""`sources.yaml`: what is polled, where, how often. Every fault is reported at once, with its place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz import process

from bot.errors import Fault, RuleFaults
from bot.sources.yaml_places import Place, Placed, PlacedMap, read_yaml

Kind = Literal["telegram", "feed"]
KINDS: tuple[str, ...] = get_args(Kind)
TELEGRAM = "https://t.me"
FIELDS = ("id", "kind", "channel", "url", "outlet", "language", "every", "allow_private", "base_url")
DEFAULT_EVERY = {"telegram": 60.0, "feed": 300.0}
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CHANNEL = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
_CHANNEL_URL = re.compile(r"(?:https?://)?(?:t\.me|telegram\.me|telegram\.dog)/(?:s/)?([^/?#]+)/?", re.IGNORECASE)
_EVERY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h|d)")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Source(BaseModel):
    """A channel or feed that is polled. `outlet` is who owns it; `every` counts seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind
    channel: str | None = None  # telegram: the handle, without @
    url: str | None = None  # feed: its address, used as it is
    outlet: str = ""
    language: str | None = None  # ISO 639-1
    every: float = Field(default=60.0, gt=0)
    allow_private: bool = False  # whether private and loopback addresses may be asked
    base_url: str = TELEGRAM  # telegram: stands in for https://t.me

    @property
    def address(self) -> str:
        """What is read, as a short hash: when it changes, what was remembered of the old one is void."""
        text = f"{self.kind} {(self.channel or '').lower()} {self.url or ''}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


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
            fault(key.place, f"unknown field {_shown(key.value)}; expected `sources`")
        elif not isinstance(value.value, list):
            fault(value.place, f"`sources` is {value.called}, expected a list of rows")
    rows = root.value.find("sources")
    if rows is None:
        fault(root.place, "`sources` is missing: a list of rows with id, kind, channel or url")
        return
    ids: dict[str, int] = {}
    addresses: dict[str, tuple[str, int]] = {}
    for row in rows.value if isinstance(rows.value, list) else ():
        source = _Row(row, fault).source()
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


class _Row:
    """One row of the list, on its way to a Source; whatever is wrong goes to `fault`."""

    def __init__(self, row: Placed, fault: Callable[[Place, str], None]):
        self.row = row
        self.clean = True
        self._fault = fault

    def fault(self, place: Place, message: str) -> None:
        self.clean = False
        self._fault(place, message)

    def source(self) -> Source | None:
        if not isinstance(self.row.value, PlacedMap):
            self.fault(self.row.place, f"found {self.row.called}, expected a row with id, kind, channel or url")
            return None
        for key, _ in self.row.value.items():
            if key.value not in FIELDS:
                self.fault(key.place, f"unknown field {_shown(key.value)}{_nearest(key.value, FIELDS)}")
        source_id, kind = self._id(), self._kind()
        channel, url = self._channel(kind), self._url(kind)
        every, base_url = self._every(kind), self._base_url(kind)
        outlet, language, private = self._text("outlet"), self._language(), self._private()
        if not self.clean or source_id is None or kind is None:
            return None
        return Source(
            id=source_id,
            kind="telegram" if kind == "telegram" else "feed",
            channel=channel,
            url=url,
            outlet=outlet or source_id,
            language=language,
            every=every,
            allow_private=private,
            base_url=base_url,
        )

    def _value(self, name: str) -> Placed | None:
        assert isinstance(self.row.value, PlacedMap)
        found = self.row.value.find(name)
        return None if found is None or found.value is None else found

    def _text(self, name: str) -> str | None:
        found = self._value(name)
        if found is None:
            return None
        if not isinstance(found.value, str) or not found.value.strip():
            quote = "; put it into quotes" if isinstance(found.value, int | float | bool) else ""
            self.fault(found.place, f"`{name}` is {found.called}, expected a text{quote}")
            return None
        return found.value.strip()

    def _id(self) -> str | None:
        if self._value("id") is None:
            self.fault(self.row.place, "`id` is missing: a short name of the source, such as osintdefender")
            return None
        value = self._text("id")
        if value is not None and not _ID.fullmatch(value):
            found = self.row.at("id")
            self.fault(
                found, f"id {value!r} is not a name; use up to 64 of a-z 0-9 . _ -, beginning with a letter or digit"
            )
        return value

    def _kind(self) -> str | None:
        if self._value("kind") is None:
            self.fault(self.row.place, f"`kind` is missing: one of {', '.join(KINDS)}")
            return None
        value = self._text("kind")
        if value is not None and value not in KINDS:
            expected = f"expected one of {', '.join(KINDS)}"
            self.fault(self.row.at("kind"), f"unknown kind {_shown(value)}, {expected}{_nearest(value, KINDS)}")
            return None
        return value

    def _channel(self, kind: str | None) -> str | None:
        value = self._text("channel")
        if kind == "feed" and value is not None:
            self.fault(self.row.at("channel"), "a feed has no `channel`; expected `url`")
        if kind == "telegram" and self._value("channel") is None:
            self.fault(self.row.place, "`channel` is missing: the handle of a public channel, such as OSINTdefender")
        if value is None:
            return None
        given = _CHANNEL_URL.fullmatch(value)
        handle = given[1] if given is not None else value.removeprefix("@")
        if not _CHANNEL.fullmatch(handle):
            self.fault(
                self.row.at("channel"),
                f"channel {_shown(value)} is not a public handle; expected 3-32 letters, digits or _",
            )
        return handle

    def _url(self, kind: str | None) -> str | None:
        value = self._text("url")
        if kind == "telegram" and value is not None:
            self.fault(
                self.row.at("url"), "a telegram source has no `url`; expected `channel`, and `base_url` for a stand-in"
            )
        if kind == "feed" and self._value("url") is None:
            self.fault(self.row.place, "`url` is missing: the http(s) address of the feed")
        return self._web("url", value)

    def _base_url(self, kind: str | None) -> str:
        value = self._text("base_url")
        if kind == "feed" and value is not None:
            self.fault(self.row.at("base_url"), "`base_url` stands in for https://t.me; a feed is read from its `url`")
        return (self._web("base_url", value) or TELEGRAM).rstrip("/")

    def _web(self, name: str, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not good:
            # The value is not repeated: it may hold a password or a key.
            self.fault(
                self.row.at(name), f"`{name}` is not an http(s) address; expected such as https://example.org/rss.xml"
            )
        return value

    def _every(self, kind: str | None) -> float:
        default = DEFAULT_EVERY.get(kind or "", 60.0)
        found = self._value("every")
        if found is None:
            return default
        if isinstance(found.value, int | float) and not isinstance(found.value, bool):
            self.fault(
                found.place, f"`every` is {found.value} without a unit; expected such as {found.value}s, 5m or 1h"
            )
            return default
        try:
            return seconds(str(found.value))
        except ValueError as error:
            self.fault(found.place, f"`every` is {error}")
            return default

    def _language(self) -> str | None:
        value = self._text("language")
        if value is not None and not _LANGUAGE.fullmatch(value):
            self.fault(
                self.row.at("language"), f"language {_shown(value)} is not a code; expected such as en, uk or ru"
            )
        return value

    def _private(self) -> bool:
        found = self._value("allow_private")
        if found is None:
            return False
        if not isinstance(found.value, bool):
            self.fault(found.place, f"`allow_private` is {found.called}, expected true or false")
            return False
        return found.value


def seconds(text: str) -> float:
    """`30s`, `5m`, `1h`, `500ms`, `1d` as seconds. ValueError says what was found and what is expected."""
    found = _EVERY.fullmatch(text.strip())
    value = float(found[1]) * UNITS[found[2]] if found is not None else 0.0
    if value <= 0:
        raise ValueError(f"{_shown(text)}, expected a number with a unit, such as 30s, 5m or 1h")
    return value


def _shown(value: object) -> str:
    return repr(value if len(str(value)) <= 60 else f"{str(value)[:57]}...")


def _nearest(value: object, names: tuple[str, ...]) -> str:
    best = process.extractOne(str(value), names, score_cutoff=60)
    return f"; did you mean {best[0]!r}?" if best is not None else ""
