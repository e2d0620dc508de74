"""One row of `sources.yaml` on its way to a Source: every check, and what an operator is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from rapidfuzz import process

from bot.sources.source import KINDS, TELEGRAM, Source, seconds, shown
from bot.sources.yaml_places import Place, Placed, PlacedMap

FIELDS = ("id", "kind", "channel", "url", "outlet", "language", "every", "allow_private", "base_url")
DEFAULT_EVERY = {"telegram": 60.0, "feed": 300.0}

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CHANNEL = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
_CHANNEL_URL = re.compile(r"(?:https?://)?(?:t\.me|telegram\.me|telegram\.dog)/(?:s/)?([^/?#]+)/?", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Row:
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
                self.fault(key.place, f"unknown field {shown(key.value)}{_nearest(key.value, FIELDS)}")
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
            self.fault(self.row.at("kind"), f"unknown kind {shown(value)}, {expected}{_nearest(value, KINDS)}")
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
                f"channel {shown(value)} is not a public handle; expected 3-32 letters, digits or _",
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
            self.fault(self.row.at("language"), f"language {shown(value)} is not a code; expected such as en, uk or ru")
        return value

    def _private(self) -> bool:
        found = self._value("allow_private")
        if found is None:
            return False
        if not isinstance(found.value, bool):
            self.fault(found.place, f"`allow_private` is {found.called}, expected true or false")
            return False
        return found.value


def _nearest(value: object, names: tuple[str, ...]) -> str:
    best = process.extractOne(str(value), names, score_cutoff=60)
    return f"; did you mean {best[0]!r}?" if best is not None else ""
