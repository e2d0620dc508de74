"""The recorded wire: what invented channels and feeds publish, edit and delete, minute by minute.

Loaded from `story.yaml` beside `sources.yaml`. Pure once loaded: `Story.at(minute)` says what stands on the pages.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from bot.sandbox.botapi.formatted import formatted
from bot.sandbox.botapi.markup import Entity


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invented Telegram channel. `number` is its numeric id, `first` the id of its first recorded post."""

    source: str
    handle: str
    title: str
    language: str
    number: int
    first: int
    about: str
    subscribers: int = 10_000


class Feed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invented outlet's feed. `site` is an address under `.example`, which can never be a real one."""

    source: str
    format: Literal["rss", "atom"]
    title: str
    language: str
    site: str
    about: str


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A later version of a post."""

    at: float
    text: str
    title: str = ""


class Recorded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One post as `story.yaml` writes it; texts are Telegram HTML, `at` counts story minutes."""

    at: float
    source: str
    text: str = ""
    title: str = ""  # feeds only
    key: str = ""  # a name for others to point at
    forward: str = ""  # key of the post that is forwarded: its text is shown
    hidden_origin: str = ""  # forwarded from somebody whose name is no link
    reply: str = ""  # key of an earlier post of the same channel
    album: int = 0  # so many pictures under one text
    author: str = ""
    edit: Edit | None = None
    deleted: float | None = None
    kind: Literal["report", "copy", "noise", "digest"] = "report"
    happening: str = ""  # which of `happenings` it reports; a forward has its origin's


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it stands at a minute."""

    source: str
    number: int  # the native id
    at: float
    title: str
    text: str
    entities: tuple[Entity, ...]
    edited: float | None = None  # the minute of the edit
    deleted: bool = False
    changed: float = 0.0  # the minute since which it stands like this
    forward: tuple[str, int] | None = None  # handle and id of the origin
    forward_title: str = ""
    reply: int | None = None
    album: int = 0
    author: str = ""
    kind: str = "report"
    happening: str = ""

    @property
    def name(self) -> str:
        """`<source>/<native id>`."""
        return f"{self.source}/{self.number}"

    @property
    def numbers(self) -> range:
        """The ids it takes: an album takes one for each picture."""
        return range(self.number, self.number + max(self.album, 1))


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    minutes: float
    channels: tuple[Channel, ...]
    feeds: tuple[Feed, ...]
    happenings: dict[str, str]  # what happens in it → the storyline/signal that it is
    posts: tuple[Recorded, ...]


class Story:
    """A loaded story. Raises ValueError with every contradiction in it."""

    def __init__(self, file: _File):
        self.title = file.title
        self.length = timedelta(minutes=file.minutes)
        self.channels = {channel.source: channel for channel in file.channels}
        self.feeds = {feed.source: feed for feed in file.feeds}
        self.by_handle = {channel.handle.lower(): channel for channel in file.channels}
        self.happenings = file.happenings
        self._records = sorted(file.posts, key=lambda record: record.at)
        wrong = list(_contradictions(self, self._records, file.minutes))
        if wrong:
            raise ValueError("\n".join(wrong))
        self._numbers = self._numbered()
        self._keys = {record.key: number for number, record in enumerate(self._records) if record.key}

    @classmethod
    def load(cls, path: Path) -> Story:
        """Reads a `story.yaml`."""
        try:
            return cls(msgspec.convert(yaml.safe_load(path.read_text("utf-8")), _File))
        except (ValueError, yaml.YAMLError) as wrong:
            raise ValueError(f"{path}: {wrong}") from wrong

    def _numbered(self) -> list[int]:
        due = {channel.source: channel.first for channel in self.channels.values()}
        due |= dict.fromkeys(self.feeds, 1)
        numbers = []
        for record in self._records:
            numbers.append(due[record.source])
            due[record.source] += max(record.album, 1)
        return numbers

    def at(self, minute: float) -> tuple[Shown, ...]:
        """All posts published by `minute`, oldest first, as they stand then; deleted ones say so."""
        return tuple(self._shown(place, minute) for place, record in enumerate(self._records) if record.at <= minute)

    def of(self, source: str, minute: float) -> tuple[Shown, ...]:
        """The posts that stand on one source's page at `minute`, oldest first."""
        return tuple(post for post in self.at(minute) if post.source == source and not post.deleted)

    def moments(self) -> list[float]:
        """Every minute at which something changes, in order."""
        found = {record.at for record in self._records}
        found |= {record.edit.at for record in self._records if record.edit}
        found |= {record.deleted for record in self._records if record.deleted is not None}
        return sorted(found)

    def title_of(self, source: str) -> str:
        """The name of a channel or feed."""
        return (self.channels.get(source) or self.feeds[source]).title

    def _shown(self, place: int, minute: float) -> Shown:
        record = self._records[place]
        origin = self._records[self._keys[record.forward]] if record.forward else None
        edit = record.edit if record.edit and record.edit.at <= minute else None
        gone = record.deleted if record.deleted is not None and record.deleted <= minute else None
        text, entities = _read(edit.text if edit else (origin.text if origin else record.text))
        forward = None
        if origin is not None and origin.source in self.channels:
            forward = (self.channels[origin.source].handle, self._numbers[self._keys[record.forward]])
        return Shown(
            source=record.source,
            number=self._numbers[place],
            at=record.at,
            title=(edit.title if edit else "") or record.title,
            text=text,
            entities=entities,
            edited=edit.at if edit else None,
            deleted=gone is not None,
            changed=max(record.at, edit.at if edit else record.at, gone or record.at),
            forward=forward,
            forward_title=self.title_of(origin.source) if origin else record.hidden_origin,
            reply=self._numbers[self._keys[record.reply]] if record.reply else None,
            album=record.album,
            author=record.author,
            kind=record.kind,
            happening=origin.happening if origin else record.happening,
        )


@functools.cache
def _read(html: str) -> tuple[str, tuple[Entity, ...]]:
    text, entities = formatted(html, "HTML")
    return text, tuple(entities)


def _contradictions(story: Story, records: list[Recorded], minutes: float) -> Iterator[str]:
    keys: dict[str, Recorded] = {}
    for record in records:
        where = f"post of {record.source} at minute {record.at:g}"
        if record.source not in story.channels and record.source not in story.feeds:
            yield f"{where}: no such channel or feed"
        if bool(record.title) != (record.source in story.feeds):
            yield f"{where}: a feed's post has a title, a channel's has none"
        if bool(record.text) == bool(record.forward):
            yield f"{where}: either a text or a forward"
        for later in (record.edit.at if record.edit else None, record.deleted):
            if later is not None and not max(record.at, 0) < later <= minutes:
                yield f"{where}: changes at minute {later:g}, expected between its publication and the story's end"
        if record.at > minutes:
            yield f"{where}: published after the story's end"
        for pointed in filter(None, (record.forward, record.reply)):
            if pointed not in keys:
                yield f"{where}: points at {pointed!r}, which no earlier post is called"
            elif record.reply == pointed and keys[pointed].source != record.source:
                yield f"{where}: answers a post of another channel"
        if record.happening and record.happening not in story.happenings:
            yield f"{where}: no happening is called {record.happening!r}"
        if record.key in keys:
            yield f"{where}: the key {record.key!r} is taken"
        if record.key:
            keys[record.key] = record
