"""One entry of a feed, whatever its format: what the readers of XML and of JSON both make."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Texts are plain; times are as the feed gives them, not yet judged."""

    guid: str = ""
    link: str = ""
    title: str = ""
    text: str = ""
    links: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    author: str = ""
    language: str = ""
    origin: str = ""  # the outlet that RSS `<source>` names
    origin_url: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as read: its entries in its own order."""

    entries: tuple[Entry, ...] = ()
    home: str = ""  # its web page
    title: str = ""
    language: str = ""
    ttl: float | None = None  # seconds
    faults: tuple[str, ...] = ()
