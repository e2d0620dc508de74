"""Who follows what, and how."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import msgspec

from bot.model import Subscription, Target
from bot.store import keys
from bot.store.codec import decode, encode
from bot.store.link import Argument, Link


def flags(subscription: Subscription) -> int:
    """What fan-out needs to know, in five bits of the audience's score: minimum severity, confirmed-only, paused."""
    return int(subscription.minimum) + 8 * subscription.confirmed_only


class Subscriptions:
    """`store.subscriptions`."""

    def __init__(self, link: Link):
        self._link = link

    async def put(self, subscription: Subscription) -> bool:
        """Create or change a subscription; says whether it is new. Pausing is `pause` alone: `paused` is not read."""
        return bool(await self._link.run("subscribe", *_subscribing(subscription)))

    async def put_many(self, subscriptions: Iterable[Subscription]) -> int:
        """`put` for many, in their order, a few round trips in all; how many were new.

        All of them stand afterwards; only the number may be too small where the connection broke in between.
        """
        calls = [self._link.run_repeatable("subscribe", *_subscribing(row)) for row in subscriptions]
        return sum(await asyncio.gather(*calls))

    async def remove(self, target: Target, storyline: str) -> bool:
        """End a subscription; says whether there was one."""
        return bool(await self._link.run("unsubscribe", target.chat, str(target), storyline))

    async def get(self, target: Target, storyline: str) -> Subscription | None:
        """How the target follows the storyline, if it does."""
        row, why = await self._link.many(
            (("HGET", keys.CHAT(target), storyline), ("GET", keys.PAUSED(target))),
        )
        return None if row is None else _read(row, target, why)

    async def of_target(self, target: Target) -> list[Subscription]:
        """What the target follows, by storyline."""
        rows, why = await self._link.many((("HGETALL", keys.CHAT(target)), ("GET", keys.PAUSED(target))))
        return sorted((_read(row, target, why) for row in rows.values()), key=lambda row: row.storyline)

    async def targets_of(self, chat: int) -> list[Target]:
        """The topics of a chat that follow anything (the chat itself among them)."""
        return sorted(
            (Target.parse(row.decode()) for row in await self._link.do("SMEMBERS", keys.THREADS(chat))),
            key=lambda target: target.thread or 0,
        )

    async def audience(self, storyline: str, after: int = 0, limit: int = 500) -> tuple[list[Subscription], int]:
        """A page of a storyline's subscriptions in order of joining, and the `after` of the next page (0: no more)."""
        start = "-inf" if after == 0 else f"({after}"
        rows = await self._link.do(
            "ZRANGEBYSCORE", keys.AUDIENCE(storyline), start, "+inf", "WITHSCORES", "LIMIT", 0, limit
        )
        pairs = _pairs(rows)
        if not pairs:
            return [], 0
        targets = [target for target, _ in pairs]
        records = await self._link.many([("HGET", keys.CHAT(target), storyline) for target in targets])
        reasons = await self._link.do("MGET", *map(keys.PAUSED, targets))
        page = [
            _read(row, target, why)
            for target, row, why in zip(targets, records, reasons, strict=True)
            if row is not None
        ]
        last = int(pairs[-1][1])
        return page, last - last % 64 + 63 if len(pairs) == limit else 0

    async def everyone(self) -> AsyncIterator[Subscription]:
        """Every subscription once, by storyline and order of joining; who comes meanwhile may be missed."""
        for storyline in await self.followed():
            after, more = 0, True
            while more:
                page, after = await self.audience(storyline, after)
                for subscription in page:
                    yield subscription
                more = after != 0

    async def count(self, storyline: str) -> int:
        """How many targets follow the storyline, paused ones included."""
        return int(await self._link.do("ZCARD", keys.AUDIENCE(storyline)))

    async def followed(self) -> list[str]:
        """The storylines that have, or had, a subscriber."""
        return sorted(row.decode() for row in await self._link.do("SMEMBERS", keys.FOLLOWED()))

    async def pause(self, target: Target, why: str, *, whole_chat: bool = False) -> int:
        """Send nothing more to the target (or to every topic of its chat) until `resume`; how many it changed."""
        return int(await self._link.run("pause", why, target.chat, "" if whole_chat else str(target)))

    async def resume(self, target: Target, *, whole_chat: bool = False) -> int:
        """Undo `pause`. What happened in between is not told afterwards."""
        return int(await self._link.run("pause", "", target.chat, "" if whole_chat else str(target)))

    async def migrate(self, old_chat: int, new_chat: int) -> int:
        """Move subscriptions, receipts and what is owed to the chat's new id; how many subscriptions moved."""
        return int(await self._link.run("migrate", old_chat, new_chat))

    async def forget(self, chat: int) -> int:
        """Delete all that is known of a chat; how many subscriptions that were."""
        return int(await self._link.run("forget", chat))


def _subscribing(subscription: Subscription) -> tuple[Argument, ...]:
    target = subscription.target
    record = encode(msgspec.structs.replace(subscription, paused=None))
    return target.chat, str(target), subscription.storyline, record, flags(subscription)


def _read(row: bytes, target: Target, why: bytes | None) -> Subscription:
    """The key knows better than the record which chat this is: ids change when groups migrate."""
    record = decode(row, Subscription)
    return msgspec.structs.replace(record, target=target, paused=why.decode() if why else None)


def _pairs(rows: list[bytes]) -> list[tuple[Target, float]]:
    """Members and scores, which RESP2 gives as one flat list."""
    return [(Target.parse(member.decode()), float(score)) for member, score in zip(rows[::2], rows[1::2], strict=True)]
