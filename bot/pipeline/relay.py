"""What is owed reaches its chats: outbox → claim → render → send or edit → receipt.

Two loops share the work with every other relay on the same Redis. One writes alerts out as deliveries, page by page;
the other takes deliveries, the most severe first, each with the moment at which Telegram's limits let it go, and has
them made side by side (see courier.py). A third puts back in line what a dead worker left.

Deliveries are made at least once. A crash, or a lost answer, between sending and the receipt can repeat one message;
nothing is lost, because a delivery leaves the outbox together with its receipt or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime
from typing import Any, TypeVar

import structlog

from bot import errors
from bot.alerts.expired import render_expired
from bot.model import Delivery, Event
from bot.pipeline.courier import (
    LONGEST_BACKOFF,
    Again,
    Courier,
    Digest,
    Done,
    Render,
    Ring,
    Sender,
    TellAdmins,
    backoff,
    surely,
    untold,
)
from bot.pipeline.observed import ObserveDelivery, unobserved_delivery
from bot.pipeline.turns import Turns
from bot.store import Owed, Store
from bot.store.outbox import HOLDS

log = structlog.get_logger(__name__)

T = TypeVar("T")

IDLE = 1.0  # seconds between looks when nothing wakes us
SOON = 0.02  # shorter waits are slept through, longer ones end when something is owed
TAKES_MOST = HOLDS - 5.0  # seconds for one delivery: it must end before others think this worker dead
SWEEPS_EVERY = 5.0
STOPS_WITHIN = 2.5  # what is still under way then stays claimable


class Relay:
    """One worker's share of sending. `render` shows an event, `ring` is the short answer that makes a sound,
    `digest` the one message for alerts that grew old before they could be sent.

    `tell_admins` hears of each refusal once; `observe(outcome, delivery, seconds since it was owed)` of every end.
    """

    def __init__(
        self,
        store: Store,
        telegram: Sender,
        render: Render,
        ring: Ring,
        clock: Callable[[], datetime],
        *,
        worker: str,
        side_by_side: int = 256,
        digest: Digest = render_expired,
        tell_admins: TellAdmins = untold,
        observe: ObserveDelivery = unobserved_delivery,
    ):
        self._store = store
        self._outbox = store.outbox
        self._courier = Courier(store, telegram, render, ring, digest, clock, tell_admins)
        self._worker = worker
        self._most = side_by_side
        self._observe = observe
        self._flying: set[asyncio.Task[None]] = set()
        self._rest_until = 0.0  # by the monotonic clock, while the token is refused
        self._turns = Turns(0.97 / store.pace.limits.per_second)

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set; then what is under way gets four seconds to end, and the rest stays owed."""
        loops = [
            asyncio.create_task(self._steadily(loop, stop), name=f"relay-{loop.__name__.strip('_')}")
            for loop in (self._fan_out, self._deliver, self._sweep)
        ]
        try:
            await stop.wait()
        finally:
            await _ended(loops)
            await self._land()

    # --- the loops -------------------------------------------------------------------------------------------

    async def _steadily(self, loop: Callable[[], Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
        """A loop goes on whatever happens to Redis, and after a bug of ours too: silence would be worse."""
        failures = 0
        while not stop.is_set():
            began = time.monotonic()
            try:
                await loop()
            except errors.StoreUnavailable as error:
                log.warning("relay-waits", loop=loop.__name__.strip("_"), error=str(error))
            except Exception:
                log.exception("relay-bug", loop=loop.__name__.strip("_"))
            failures = 0 if time.monotonic() - began > LONGEST_BACKOFF else failures + 1
            await asyncio.sleep(min(5.0, backoff(failures, 0.2)))

    async def _fan_out(self) -> None:
        after = "0"
        while True:
            step = await self._outbox.fan_out()
            if step.worked:
                if step.done:
                    log.info("fanned-out", written=step.written)
            else:
                after = await self._outbox.wait(after, IDLE)

    async def _deliver(self) -> None:
        after = "0"
        while True:
            if len(self._flying) >= self._most:
                await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
            if (rest := self._rest_until - time.monotonic()) > 0:
                await asyncio.sleep(min(rest, IDLE))
                continue
            # Shielded: what Redis has handed out must not be dropped because we stop while its answer comes.
            taken = await _through(self._take(self._most - len(self._flying)))
            if taken is None:
                after = await self._outbox.wait(after, IDLE)
            elif taken <= SOON:
                await asyncio.sleep(taken)
            else:
                after = await self._outbox.wait(after, min(taken, IDLE))

    async def _take(self, room: int) -> float | None:
        taken = await self._outbox.take(self._worker, room)
        if taken.owed:
            now = time.monotonic()
            for owed in taken.owed:
                task = asyncio.create_task(self._one(owed, taken.events.get(owed.delivery.event), now + owed.wait))
                self._flying.add(task)
                task.add_done_callback(self._flying.discard)
        return taken.wait

    async def _sweep(self) -> None:
        while True:
            # First the pause: after an outage of Redis its own deliveries must be settled before others are looked at.
            await asyncio.sleep(SWEEPS_EVERY)
            found = await self._outbox.reclaim(self._worker)
            await self._outbox.sweep(self._worker)
            if found:
                log.warning("reclaimed", deliveries=found)

    async def _land(self) -> None:
        if self._flying:
            await asyncio.wait(self._flying, timeout=STOPS_WITHIN)
        left = list(self._flying)
        await _ended(left)
        if left:
            log.warning("relay-stopped", left_claimable=len(left))

    # --- one delivery ----------------------------------------------------------------------------------------

    async def _one(self, owed: Owed, event: Event | None, at: float) -> None:
        await self._turns.take(at, owed.delivery.severity)
        end: Done | Again
        try:
            async with asyncio.timeout(TAKES_MOST):
                end = await self._courier.make(owed, event)
        except errors.SendError as error:
            end = await self._courier.next_step(owed, error)
        except TimeoutError:
            end = await self._courier.next_step(owed, errors.SendLost("it took too long"))
        except errors.StoreUnavailable:
            end = Again("store-unavailable", backoff(0, 1.0))
        except Exception:
            # A message that cannot be rendered stays owed with growing pauses: a repaired program sends it.
            log.exception("delivery-bug", of=owed.delivery.event, storyline=owed.delivery.storyline)
            end = Again("bug", backoff(owed.delivery.attempt, 5.0))
        seconds = time.time() - owed.delivery.owed_at.timestamp()  # writing it down is no part of a reader's waiting
        # Outside the time limit: what Telegram has taken must be written down, however long Redis is away.
        await self._written(owed, end)
        self._report(owed.delivery, end.outcome, seconds)

    async def _written(self, owed: Owed, end: Done | Again) -> None:
        if isinstance(end, Done):
            outcome, receipt, told = end.outcome, end.receipt, end.told
            await surely(lambda: self._outbox.settle(owed, self._worker, outcome, receipt, told))
        else:
            if end.outcome == "token-refused":
                self._rest_until = time.monotonic() + end.seconds
            wait, lost = end.seconds, end.lost
            await surely(lambda: self._outbox.put_off(owed, self._worker, wait, lost=lost))
            await surely(lambda: self._outbox.count(end.outcome))

    def _report(self, delivery: Delivery, outcome: str, seconds: float) -> None:
        self._observe(outcome, delivery, seconds)
        log.info(
            "delivered",
            outcome=outcome,
            of=delivery.event,
            storyline=delivery.storyline,
            reason=delivery.reason.value,
            severity=delivery.severity.label,
            attempt=delivery.attempt,
            seconds=round(seconds, 3),
        )


async def _ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended: one cancellation can be lost inside a call to Redis that just returns."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)


async def _through(call: Coroutine[Any, Any, T]) -> T:
    """A call that is completed even if we are cancelled meanwhile."""
    task = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await task
        raise
