"""What is known of each source: how far it was read, how it is, who polls it, and which versions were seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import Cursor, Health
from bot.store import keys
from bot.store.codec import decode, encode
from bot.store.link import Link

POLL_TAKES_MOST = 30.0  # seconds until a poll without a sign of life is taken over by another worker


class Sources:
    """`store.sources`."""

    def __init__(self, link: Link):
        self._link = link

    async def cursor(self, source: str) -> Cursor | None:
        """How far the source has been read; None before its first good poll."""
        row = await self._link.do("HGET", keys.CURSORS(), source)
        return None if row is None else decode(row, Cursor)

    async def cursors(self) -> dict[str, Cursor]:
        """All cursors by source."""
        rows = await self._link.do("HGETALL", keys.CURSORS())
        return {key.decode(): decode(row, Cursor) for key, row in rows.items()}

    async def health(self, source: str) -> Health | None:
        """The state of the source; None before its first poll."""
        row = await self._link.do("HGET", keys.HEALTHS(), source)
        return None if row is None else decode(row, Health)

    async def healths(self) -> dict[str, Health]:
        """The states of all sources that were ever polled."""
        rows = await self._link.do("HGETALL", keys.HEALTHS())
        return {key.decode(): decode(row, Health) for key, row in rows.items()}

    async def save_health(self, health: Health) -> None:
        """Record the outcome of a poll that brought nothing to commit; its lease then runs to the interval's end."""
        await self._link.run("save_health", health.source, encode(health))

    async def claim(self, source: str, seconds: float, worker: str, *, takes: float = POLL_TAKES_MOST) -> bool:
        """Whether `worker` may poll the source now; then nobody may again for `seconds`.

        Schedulers' ticks jitter: ask for a little less than the interval, or every second tick comes too early. A
        worker that neither commits nor saves health within `takes` seconds is taken for dead and loses the rest.
        """
        interval = max(1, int(seconds * 1000))
        return bool(await self._link.run("claim", source, worker, interval, int(takes * 1000)))

    async def release(self, source: str) -> None:
        """Give a claim back unused, so that the source may be polled at once (a stopping worker does so)."""
        await self._link.do("DEL", keys.LEASE(source))

    async def digests(self, source: str, post_ids: Sequence[str]) -> dict[str, str]:
        """The digest last committed of each of these posts; posts never committed are left out."""
        if not post_ids:
            return {}
        rows = await self._link.do("HMGET", keys.SEEN(source), *post_ids)
        return {post: row.decode() for post, row in zip(post_ids, rows, strict=True) if row is not None}

    async def keep(self, sources: Iterable[str]) -> tuple[str, ...]:
        """Forget the health of sources that are no longer configured; returns them.

        Their cursors and digests stay: a source that comes back must not tell its old posts as news.
        """
        known = await self.healths()
        gone = tuple(sorted(set(known) - set(sources)))
        if gone:
            await self._link.do("HDEL", keys.HEALTHS(), *gone)
        return gone
