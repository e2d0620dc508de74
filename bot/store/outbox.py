"""What is owed to chats, until Telegram has taken it.

An alert is one record, whatever the size of its audience. `fan_out` writes deliveries out page by page, never far
ahead of sending; `take` hands them out, the most severe first, each with the moment at which Telegram's limits let it
go; then `settle` or `put_off`. A delivery that a dead worker held goes back in line by `reclaim`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.model import Delivery, Event, Reason, Receipt, Severity, Target
from bot.store import keys
from bot.store.codec import decode_all
from bot.store.link import Link
from bot.store.pace import Limits
from bot.store.receipts import pack, unpack

SEVERITIES = tuple(sorted(Severity, reverse=True))
AHEAD = 0.1  # seconds: slots are given this early, so that none is lost to a round trip
ASKED_WITHIN_MS = 1_000  # an older question who is dead is not answered any more
HOLDS = 20.0  # seconds that a worker may take over one delivery before others think it dead


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in the hands of this worker."""

    id: str
    delivery: Delivery
    receipt: Receipt | None  # what the chat holds of the event
    wait: float  # seconds until it may go
    creates: bool  # whether it may begin a message where there is no receipt
    lost: bool  # an earlier attempt got no answer and may have arrived
    expires: int = 0  # milliseconds since 1970 from when on it begins no message; 0: never

    @property
    def is_digest(self) -> bool:
        """Whether it stands for all that expired for its target, and for no event of its own."""
        return not self.delivery.event


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The deliveries to make now, their events as they stand (those that are still kept), and how long to wait for
    more (None: until something is owed)."""

    owed: tuple[Owed, ...]
    wait: float | None
    events: dict[str, Event]


class Fanned(msgspec.Struct, frozen=True, kw_only=True):
    """One step of fan-out: whether there was an alert, how many deliveries it wrote, whether the alert is done."""

    worked: bool
    written: int
    done: bool


class Outbox:
    """`store.outbox`."""

    def __init__(self, link: Link, limits: Limits):
        self._link = link
        self._limits = limits

    async def open(self) -> None:
        """Create the consumer groups; needed once for each Redis."""
        for severity in SEVERITIES:
            await self._link.group(keys.DUE(int(severity)), "relay")

    async def fan_out(self, page: int = 500, ahead: int = keys.DUE_MOST) -> Fanned:
        """Write out the next page of the most severe alert, unless enough stands ready."""
        severity, written, done = await self._link.run("fan_out", page, ahead)
        return Fanned(worked=bool(severity), written=written, done=bool(done))

    async def take(self, worker: str, most: int) -> Taken:
        """The next deliveries, with their slots taken: whoever takes must send, settle or put off each of them."""
        arguments = (worker, most, int(AHEAD * 1_000_000), *self._limits.arguments(), int(HOLDS * 1000))
        try:
            wait, *rows = await self._link.run("take", *arguments)
        except LookupError:  # Redis lost its data while we ran
            await self.open()
            return Taken(owed=(), wait=0.0, events={})
        micro = int(wait)
        events = {event.id: event for event in decode_all([row[5] or None for row in rows], Event)}
        wait_for = None if micro < 0 else micro / 1_000_000
        return Taken(owed=tuple(map(_owed, rows)), wait=wait_for, events=events)

    async def expired(self, target: Target) -> list[str]:
        """The events whose alerts grew old before the target could be told of them, the oldest first."""
        return [event.decode() for event in await self._link.do("ZRANGE", keys.EXPIRED(target), 0, -1)]

    async def settle(
        self, owed: Owed, worker: str, outcome: str, receipt: Receipt | None = None, told: Iterable[str] = ()
    ) -> None:
        """The delivery has ended; its receipt, if any, and its end are written together.

        Where the event moved on meanwhile, an update is owed at once. `told` are the events that a digest told; what
        expired beside them is owed with the next one.
        """
        delivery = owed.delivery
        await self._link.run_repeatable(
            "settle",
            owed.id,
            int(delivery.severity),
            str(delivery.target),
            delivery.event,
            "" if receipt is None else pack(receipt),
            outcome,
            worker,
            _text(owed),
            *told,
        )

    async def put_off(
        self, owed: Owed, worker: str, seconds: float, *, lost: bool = False, failed: bool = True
    ) -> None:
        """The delivery did not go: it is due again in `seconds`. `lost`: it may have arrived all the same."""
        delivery = owed.delivery
        again = msgspec.structs.replace(
            owed,
            delivery=msgspec.structs.replace(delivery, attempt=delivery.attempt + failed),
            lost=owed.lost or lost,
        )
        await self._link.run(
            "put_off",
            owed.id,
            int(delivery.severity),
            str(delivery.target),
            delivery.event,
            worker,
            _text(again),
            max(0, int(seconds * 1000)),
        )

    async def reclaim(self, worker: str, idle: float | None = None) -> int:
        """Put deliveries back in line that some worker has held for `idle` seconds (default HOLDS); how many."""
        held = HOLDS if idle is None else idle
        seconds, micro = await self._link.do("TIME")
        asked = int(seconds) * 1000 + int(micro) // 1000
        return int(await self._link.run("reclaim", worker, int(held * 1000), asked, ASKED_WITHIN_MS))

    async def sweep(self, worker: str) -> None:
        """Forget workers that hold nothing and were not heard of for an hour; never `worker` itself."""
        await self._link.run("sweep", worker, 3_600_000)

    async def wait(self, after: str, seconds: float) -> str:
        """Wait until something may be owed, at most `seconds`; returns the `after` of the next call (first: `0`)."""
        answer = await self._link.do("XREAD", "BLOCK", max(1, int(seconds * 1000)), "STREAMS", keys.WAKE(), after)
        return _last_id(answer) or after

    async def size(self) -> dict[str, int]:
        """How much is owed: `alerts` not fully written out, `due` by severity label, `later`."""
        counts = await self._link.many(
            [("XLEN", keys.ALERTS(int(severity))) for severity in SEVERITIES]
            + [("XLEN", keys.DUE(int(severity))) for severity in SEVERITIES]
            + [("ZCARD", keys.LATER())]
        )
        size = {f"due-{severity.label}": counts[len(SEVERITIES) + n] for n, severity in enumerate(SEVERITIES)}
        return {"alerts": sum(counts[: len(SEVERITIES)]), **size, "later": counts[-1]}

    async def outcomes(self) -> dict[str, int]:
        """How deliveries ended, counted since this Redis is in use."""
        rows = await self._link.do("HGETALL", keys.OUTCOMES())
        return {key.decode(): int(count) for key, count in rows.items()}

    async def count(self, outcome: str) -> None:
        """Count something that is not the end of a delivery (an answer that was lost)."""
        await self._link.do("HINCRBY", keys.OUTCOMES(), outcome, 1)


def _owed(row: list[Any]) -> Owed:
    identity, _, text, receipt, wait, _ = row
    delivery, creates, lost, expires = _read(text.decode())
    held = unpack(receipt, delivery.target, delivery.event) if receipt else None
    return Owed(
        id=identity.decode(),
        delivery=delivery,
        receipt=held,
        wait=int(wait) / 1_000_000,
        creates=creates,
        lost=lost,
        expires=expires,
    )


def _text(owed: Owed) -> str:
    """As `pack_delivery` of shared.lua writes it."""
    d = owed.delivery
    parts: tuple[object, ...] = (
        d.target.chat,
        d.target.thread or 0,
        d.event,
        d.storyline,
        d.reason.value,
        int(d.rings),
        int(owed.creates),
        int(d.severity),
        d.revision,
        int(d.owed_at.timestamp() * 1000),
        d.attempt,
        int(owed.lost),
        owed.expires,
    )
    return "\t".join(map(str, parts))


def _read(text: str) -> tuple[Delivery, bool, bool, int]:
    parts = text.split("\t")
    chat, thread, event, storyline, reason, rings, creates, severity, revision, owed, attempt, lost = parts[:12]
    expires = int(parts[12]) if len(parts) > 12 else 0  # an older program wrote none
    delivery = Delivery(
        target=Target(int(chat), int(thread) or None),
        event=event,
        storyline=storyline,
        reason=Reason(reason),
        rings=rings == "1",
        severity=Severity(int(severity)),
        revision=int(revision),
        owed_at=datetime.fromtimestamp(int(owed) / 1000, UTC),
        attempt=int(attempt),
    )
    return delivery, creates == "1", lost == "1", expires


def _last_id(answer: Any) -> str | None:
    """The id of the last line that XREAD gave, in either shape that redis-py gives it."""
    if not answer:
        return None
    lines = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
    while lines and isinstance(lines[0], list) and lines[0] and isinstance(lines[0][0], list | tuple):
        lines = lines[0]
    return str(lines[-1][0].decode())
