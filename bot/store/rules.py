"""What workers say of their rules, and what each signal matched last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from bot.model import Matched, Running
from bot.store import keys
from bot.store.codec import decode, encode
from bot.store.link import Link


class Rules:
    """`store.rules`. Commits write the last matches, workers the rest."""

    def __init__(self, link: Link):
        self._link = link

    async def look(self) -> tuple[int, list[Running]]:
        """How often a reload was asked for so far, and what every worker runs, by name."""
        asked, rows = await self._link.many((("GET", keys.RELOADS()), ("HGETALL", keys.RUNNING())))
        return int(asked or 0), sorted((decode(row, Running) for row in rows.values()), key=lambda one: one.worker)

    async def report(self, running: Running, *, dead_after: timedelta = timedelta(minutes=10)) -> None:
        """Say what a worker runs; workers without a sign of life for `dead_after` are forgotten."""
        _, workers = await self.look()
        dead = [
            one.worker for one in workers if one.worker != running.worker and running.checked - one.checked > dead_after
        ]
        commands = [("HSET", keys.RUNNING(), running.worker, encode(running))]
        await self._link.many([*commands, *(("HDEL", keys.RUNNING(), worker) for worker in dead)])

    async def leave(self, worker: str) -> None:
        """A worker stops in order."""
        await self._link.do("HDEL", keys.RUNNING(), worker)

    async def ask_reload(self) -> None:
        """Ask every worker to reload its folder."""
        await self._link.do("INCR", keys.RELOADS())

    async def first_to_tell(self, what: str) -> bool:
        """Whether the caller is to tell the admins of a refusal: true for one of all workers, and again a day later."""
        return bool(await self._link.do("SET", keys.TOLD(what), "1", "NX", "EX", keys.TOLD_LIFE))

    async def untold(self, what: str) -> bool:
        """Forget that a refusal was told; whether it was."""
        return bool(await self._link.do("DEL", keys.TOLD(what)))

    async def last_matches(self) -> dict[tuple[str, str], Matched]:
        """The newest post of each signal that ever matched, by storyline and signal."""
        scores, posts = await self._link.many(
            (("ZRANGE", keys.MATCHED(), 0, -1, "WITHSCORES"), ("HGETALL", keys.MATCHED_BY()))
        )
        found = [_matched(name.decode(), posts, at) for name, at in _pairs(scores) if name in posts]
        return {(one.storyline, one.signal): one for one in found}


def _matched(name: str, posts: dict[bytes, bytes], at: float) -> Matched:
    storyline, _, signal = name.partition("/")
    return Matched(
        storyline=storyline, signal=signal, post=posts[name.encode()].decode(), at=datetime.fromtimestamp(at, UTC)
    )


def _pairs(answer: Sequence[bytes]) -> Iterable[tuple[bytes, float]]:
    """Members with scores, which Redis gives one after the other."""
    return ((name, float(score)) for name, score in zip(answer[::2], answer[1::2], strict=True))
