"""Every post that was committed, with its older versions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from bot.model import Post
from bot.store import keys
from bot.store.codec import decode, decode_all
from bot.store.link import Link

PAGE = 500  # posts read in one round trip


class Archive:
    """`store.archive`. It is written by commits only."""

    def __init__(self, link: Link):
        self._link = link

    async def get(self, post: str) -> Post | None:
        """The latest version of a post."""
        row = await self._link.do("GET", keys.POST(post))
        return None if row is None else decode(row, Post)

    async def get_many(self, posts: list[str]) -> dict[str, Post]:
        """The latest versions of those posts that the archive holds."""
        if not posts:
            return {}
        rows = await self._link.do("MGET", *map(keys.POST, posts))
        return {post.id: post for post in decode_all(rows, Post)}

    async def versions(self, post: str) -> list[Post]:
        """All kept versions of a post, the oldest first; the last is the latest."""
        older, latest = await self._link.many((("LRANGE", keys.VERSIONS(post), 0, -1), ("GET", keys.POST(post))))
        return decode_all([*reversed(older), latest], Post)

    async def recent(self, source: str | None = None, since: datetime | None = None, limit: int = 100) -> list[Post]:
        """The newest posts by publication, newest first: of one source or of all, published at or after `since`."""
        index = keys.POSTS() if source is None else keys.POSTS_OF(source)
        oldest = "-inf" if since is None else since.timestamp()
        ids = await self._link.do("ZRANGE", index, "+inf", oldest, "BYSCORE", "REV", "LIMIT", 0, limit)
        if not ids:
            return []
        rows = await self._link.do("MGET", *(keys.POST(post.decode()) for post in ids))
        return decode_all(rows, Post)

    async def stream(self, since: datetime, source: str | None = None) -> AsyncIterator[Post]:
        """The posts of one source or of all published at or after `since`, the oldest first, read page by page.

        Posts that are committed or dropped meanwhile may or may not be among them; none comes twice.
        """
        index = keys.POSTS() if source is None else keys.POSTS_OF(source)
        ids = await self._link.do("ZRANGE", index, since.timestamp(), "+inf", "BYSCORE")
        for start in range(0, len(ids), PAGE):
            for post in decode_all(
                await self._link.do("MGET", *(keys.POST(post.decode()) for post in ids[start : start + PAGE])), Post
            ):
                yield post

    async def count(self, source: str | None = None) -> int:
        """How many posts are kept."""
        return int(await self._link.do("ZCARD", keys.POSTS() if source is None else keys.POSTS_OF(source)))
