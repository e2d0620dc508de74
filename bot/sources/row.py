"""One row of `sources.yaml` on its way to a Source: every check, and what an operator is told."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from bot.sources.source import KINDS, TELEGRAM, Source, seconds, shown
from bot.text.nearest import nearest
from bot.text.yamlfile import Loc, YamlFile, called

FIELDS = ("id", "kind", "channel", "url", "outlet", "language", "every", "allow_private", "base_url")
_ANSWERS = {"true": True, "false": False}
DEFAULT_EVERY = {"telegram": 60.0, "feed": 300.0}

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CHANNEL = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
_CHANNEL_URL = re.compile(r"(?:https?://)?(?:t\.me|telegram\.me|telegram\.dog)/(?:s/)?([^/?#]+)/?", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class Row:
    """The row at `loc` of a file, on its way to a Source; whatever is wrong goes to the file's faults."""

    def __init__(self, file: YamlFile, loc: Loc, row: Any):
        self.clean = True
        self._file, self._loc = file, loc
        self._row = row

    def fault(self, message: str, name: str | None = None, *, key: bool = False) -> None:
        """Note what is wrong with the field `name`, or with the whole row."""
        self.clean = False
        loc = self._loc if name is None else (*self._loc, name)
        self._file.faults.append(self._file.fault(loc, message, key=key))

    def source(self) -> Source | None:
        if not isinstance(self._row, dict):
            self.fault(f"found {called(self._row)}, expected a row with id, kind, channel or url")
            return None
        for name in self._row:
            if name not in FIELDS:
                self.fault(f"unknown field {shown(name)}{nearest(name, FIELDS)}", name, key=True)
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

    def _text(self, name: str) -> str | None:
        found = self._row.get(name)
        if found is None:
            return None
        if not isinstance(found, str) or not found.strip():
            self.fault(f"`{name}` is {called(found)}, expected a text", name)
            return None
        return found.strip()

    def _id(self) -> str | None:
        if self._row.get("id") is None:
            self.fault("`id` is missing: a short name of the source, such as osintdefender")
            return None
        value = self._text("id")
        if value is not None and not _ID.fullmatch(value):
            self.fault(
                f"id {value!r} is not a name; use up to 64 of a-z 0-9 . _ -, beginning with a letter or digit", "id"
            )
        return value

    def _kind(self) -> str | None:
        if self._row.get("kind") is None:
            self.fault(f"`kind` is missing: one of {', '.join(KINDS)}")
            return None
        value = self._text("kind")
        if value is not None and value not in KINDS:
            expected = f"expected one of {', '.join(KINDS)}"
            self.fault(f"unknown kind {shown(value)}, {expected}{nearest(value, KINDS)}", "kind")
            return None
        return value

    def _channel(self, kind: str | None) -> str | None:
        value = self._text("channel")
        if kind == "feed" and value is not None:
            self.fault("a feed has no `channel`; expected `url`", "channel")
        if kind == "telegram" and self._row.get("channel") is None:
            self.fault("`channel` is missing: the handle of a public channel, such as OSINTdefender")
        if value is None:
            return None
        given = _CHANNEL_URL.fullmatch(value)
        handle = given[1] if given is not None else value.removeprefix("@")
        if not _CHANNEL.fullmatch(handle):
            self.fault(f"channel {shown(value)} is not a public handle; expected 3-32 letters, digits or _", "channel")
        return handle

    def _url(self, kind: str | None) -> str | None:
        value = self._text("url")
        if kind == "telegram" and value is not None:
            self.fault("a telegram source has no `url`; expected `channel`, and `base_url` for a stand-in", "url")
        if kind == "feed" and self._row.get("url") is None:
            self.fault("`url` is missing: the http(s) address of the feed")
        return self._web("url", value)

    def _base_url(self, kind: str | None) -> str:
        value = self._text("base_url")
        if kind == "feed" and value is not None:
            self.fault("`base_url` stands in for https://t.me; a feed is read from its `url`", "base_url")
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
            self.fault(f"`{name}` is not an http(s) address; expected such as https://example.org/rss.xml", name)
        return value

    def _every(self, kind: str | None) -> float:
        default = DEFAULT_EVERY.get(kind or "", 60.0)
        value = self._text("every")
        if value is None:
            return default
        if _NUMBER.fullmatch(value):
            self.fault(f"`every` is {value} without a unit; expected such as {value}s, 5m or 1h", "every")
            return default
        try:
            return seconds(value)
        except ValueError as error:
            self.fault(f"`every` is {error}", "every")
            return default

    def _language(self) -> str | None:
        value = self._text("language")
        if value is not None and not _LANGUAGE.fullmatch(value):
            self.fault(f"language {shown(value)} is not a code; expected such as en, uk or ru", "language")
        return value

    def _private(self) -> bool:
        value = self._row.get("allow_private")
        if value is None:
            return False
        answer = _ANSWERS.get(value.strip().lower()) if isinstance(value, str) else None
        if answer is None:
            self.fault(f"`allow_private` is {called(value)}, expected true or false", "allow_private")
        return answer is True
