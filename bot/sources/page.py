"""What a parser makes of one page or feed, and what a poll makes of one source."""

from __future__ import annotations

import msgspec

from bot.model import Cursor, Post


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What one page or feed holds. `posts` stand oldest first."""

    posts: tuple[Post, ...] = ()
    faults: tuple[str, ...] = ()  # what could not be read, each `name: detail`
    # --- telegram only
    services: tuple[Post, ...] = ()  # pins, renames, new photos: the page shows them, they report nothing
    ids: frozenset[int] = frozenset()  # native ids of everything on the page, album parts and service posts too
    channel: int | None = None  # numeric id of the channel
    title: str = ""
    older: int | None = None  # the page before this one is `?before=<older>`
    empty: bool = False  # the page says that it holds no posts: the start of a channel, or throttling
    # --- feeds only
    ttl: float | None = None  # seconds that the feed asks to wait between two polls

    @property
    def lowest(self) -> int:
        """The lowest native id on the page; 0 on a page without posts."""
        return min(self.ids, default=0)

    @property
    def highest(self) -> int:
        return max(self.ids, default=0)


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """One good poll of a source. `cursor` is to be stored together with `posts`, or not at all."""

    source: str
    cursor: Cursor
    posts: tuple[Post, ...] = ()  # everything the pages show, known posts too, oldest first
    gone: tuple[str, ...] = ()  # ids of watched posts that are proven deleted
    faults: tuple[str, ...] = ()  # each `name: detail`
    unchanged: bool = False  # the source shows what it showed at the last poll
