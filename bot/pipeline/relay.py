"""What is owed reaches its chats: outbox → claim → render → send or edit → receipt.

Two loops share the work with every other relay on the same Redis. One writes alerts out as deliveries, page by page;
the other takes deliveries, the most severe first, each with the moment at which Telegram's limits let it go, and
makes them side by side. A third puts back in line what a dead worker left.

A chat holds one message per event. No receipt: send it. A receipt: edit that message to the newest state, and where
the reason deserves a sound, answer it with a short message, since edits are silent.

Deliveries are made at least once. A crash, or a lost answer, between sending and the receipt can repeat one message;
nothing is lost, because a delivery leaves the outbox together with its receipt or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec
import structlog

from bot import errors
from bot.model import Delivery, Event, Message, Reason, Receipt, Target
from bot.store import Owed, Store
from bot.store.outbox import HOLDS

log = structlog.get_logger(__name__)

T = TypeVar("T")

IDLE = 1.0  # seconds between looks when nothing wakes us
SOON = 0.02  # shorter waits are slept through, longer ones end when something is owed
TAKES_MOST = HOLDS - 5.0  # seconds for one delivery: it must end before others think this worker dead
SWEEPS_EVERY = 5.0
STOPS_WITHIN = 4.0  # what is still under way then stays claimable
LONGEST_BACKOFF = 60.0
TOKEN_REST = 30.0  # seconds between tries while Telegram refuses the token
ADMINS_TOLD_MOST = 100  # different refusals remembered


class Done(msgspec.Struct, frozen=True):
    """A delivery that has ended, with what the chat now holds."""

    outcome: str
    receipt: Receipt | None = None


class Again(msgspec.Struct, frozen=True):
    """A delivery that is due again in `seconds`."""

    outcome: str
    seconds: float
    lost: bool = False  # it may have arrived


class Sender(Protocol):
    """The sending side of `bot.send.Telegram`."""

    async def send(
        self, target: Target, message: Message, *, reply_to: int | None = None, silent: bool = False
    ) -> int: ...

    async def edit(self, target: Target, message_id: int, message: Message) -> None: ...

    async def ping(self) -> None: ...


Render = Callable[[Event, Delivery, datetime], Message]
TellAdmins = Callable[[str], Awaitable[None]]
Observe = Callable[[str, Delivery, float], None]


async def _untold(_: str) -> None:
    """Without admins a refusal stands in the log only."""


def _unobserved(_outcome: str, _delivery: Delivery, _seconds: float) -> None:
    """Without metrics."""


class Relay:
    """One worker's share of sending. `render` shows an event, `ring` is the short answer that makes a sound.

    `tell_admins` hears of each refusal once; `observe(outcome, delivery, seconds since it was owed)` of every end.
    """

    def __init__(
        self,
        store: Store,
        telegram: Sender,
        render: Render,
        ring: Render,
        clock: Callable[[], datetime],
        *,
        worker: str,
        side_by_side: int = 256,
        tell_admins: TellAdmins = _untold,
        observe: Observe = _unobserved,
    ):
        self._store = store
        self._outbox = store.outbox
        self._telegram = telegram
        self._render = render
        self._ring = ring
        self._clock = clock
        self._worker = worker
        self._most = side_by_side
        self._tell_admins = tell_admins
        self._observe = observe
        self._flying: set[asyncio.Task[None]] = set()
        self._told: dict[str, None] = {}
        self._rest_until = 0.0  # by the monotonic clock, while the token is refused

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
            events = await self._store.events.get_many(owed.delivery.event for owed in taken.owed)
            for owed in taken.owed:
                task = asyncio.create_task(self._one(owed, events.get(owed.delivery.event), now + owed.wait))
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
        await asyncio.sleep(at - time.monotonic())
        end: Done | Again
        try:
            async with asyncio.timeout(TAKES_MOST):
                end = await self._make(owed, event)
        except errors.SendError as error:
            end = await self._next_step(owed, error)
        except TimeoutError:
            end = await self._next_step(owed, errors.SendLost("it took too long"))
        except errors.StoreUnavailable:
            end = Again("store-unavailable", backoff(0, 1.0))
        except Exception:
            # A message that cannot be rendered stays owed with growing pauses: a repaired program sends it.
            log.exception("delivery-bug", of=owed.delivery.event, storyline=owed.delivery.storyline)
            end = Again("bug", backoff(owed.delivery.attempt, 5.0))
        # Outside the time limit: what Telegram has taken must be written down, however long Redis is away.
        await self._written(owed, end)
        self._report(owed.delivery, end.outcome)

    async def _make(self, owed: Owed, event: Event | None) -> Done:
        """Send or edit; raises a SendError."""
        if event is None:
            return Done("event-gone")
        if owed.lost:
            # The one retry after a lost answer is spent only when Telegram answers again.
            await self._telegram.ping()
        if owed.receipt is None:
            return await self._send(owed, event, "sent")
        receipt = owed.receipt
        if receipt.revision < event.revision:
            try:
                await self._telegram.edit(owed.delivery.target, receipt.message, self._shown(owed, event))
            except errors.MessageGone:
                await asyncio.sleep(await self._store.pace.reserve(owed.delivery.target.chat))
                return await self._send(owed, event, "sent-anew")
            receipt = msgspec.structs.replace(receipt, revision=event.revision, at=self._clock())
        if not must_ring(owed.delivery, receipt):
            return Done("edited", receipt)
        return await self._sound(owed, event, receipt)

    async def _send(self, owed: Owed, event: Event, outcome: str) -> Done:
        message = await self._telegram.send(owed.delivery.target, self._shown(owed, event))
        receipt = Receipt(
            target=owed.delivery.target,
            event=event.id,
            message=message,
            revision=event.revision,
            at=self._clock(),
            rang=event.revision,
        )
        return Done(outcome, receipt)

    async def _sound(self, owed: Owed, event: Event, receipt: Receipt) -> Done:
        answer = self._ring(event, owed.delivery, self._clock())
        try:
            await self._telegram.send(owed.delivery.target, answer, reply_to=receipt.message)
        except errors.SendError:
            # The edit stands; only the sound is still owed.
            await self._store.receipts.put(receipt)
            raise
        return Done("rang", msgspec.structs.replace(receipt, rang=event.revision))

    def _shown(self, owed: Owed, event: Event) -> Message:
        return self._render(event, owed.delivery, self._clock())

    # --- how it ended ----------------------------------------------------------------------------------------

    async def _next_step(self, owed: Owed, error: errors.SendError) -> Done | Again:
        """One next step for each kind of answer; the table stands in docs/delivery.md."""
        target, store = owed.delivery.target, self._store
        match error:
            case errors.Throttled():
                wait = error.retry_after
                if await surely(lambda: store.pace.hold(target.chat, wait)):
                    log.warning("flood", seconds=wait)
                return Again("throttled", wait)
            case errors.ChatMigrated():
                new_chat = error.new_chat
                await surely(lambda: store.subscriptions.migrate(target.chat, new_chat))
                return Again("migrated", 0.0)
            case errors.ChatUnreachable():
                await surely(lambda: store.subscriptions.pause(target, "blocked", whole_chat=True))
                return Done("unreachable")
            case errors.TopicGone():
                await surely(lambda: store.subscriptions.pause(target, "topic-gone"))
                return Done("topic-gone")
            case errors.SendLost() if owed.lost:
                await self._once(f"The answer to an alert was lost twice; it may be missing in a chat: {error}")
                return Done("lost")
            case errors.SendLost():
                return Again("unanswered", backoff(0, 2.0), lost=True)
            case errors.TokenRefused():
                self._rest_until = time.monotonic() + TOKEN_REST
                log.error("token-refused", error=str(error))
                return Again("token-refused", TOKEN_REST)
            case errors.SendTransient():
                return Again("transient", backoff(owed.delivery.attempt, 1.0))
        await self._once(f"Telegram refused an alert of {owed.delivery.storyline}: {error}")
        return Done("rejected")

    async def _written(self, owed: Owed, end: Done | Again) -> None:
        if isinstance(end, Done):
            outcome, receipt = end.outcome, end.receipt
            await surely(lambda: self._outbox.settle(owed, self._worker, outcome, receipt))
        else:
            wait, lost = end.seconds, end.lost
            await surely(lambda: self._outbox.put_off(owed, self._worker, wait, lost=lost))
            await surely(lambda: self._outbox.count(end.outcome))

    async def _once(self, text: str) -> None:
        """Tell the admins, of each text once."""
        log.error("told-admins", text=text)
        if text in self._told:
            return
        while len(self._told) >= ADMINS_TOLD_MOST:
            del self._told[next(iter(self._told))]
        self._told[text] = None
        try:
            await self._tell_admins(text)
        except Exception:
            log.exception("admins-untold")

    def _report(self, delivery: Delivery, outcome: str) -> None:
        seconds = time.time() - delivery.owed_at.timestamp()
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


def must_ring(delivery: Delivery, receipt: Receipt) -> bool:
    """Whether a chat that holds the alert must hear a sound: a first report of a second storyline need not ring."""
    return delivery.rings and delivery.reason is not Reason.FIRST_REPORT and receipt.rang < delivery.revision


def backoff(attempt: int, first: float) -> float:
    """Seconds before the next try: doubling from `first`, at most a minute, and spread so that tries do not meet."""
    return min(LONGEST_BACKOFF, first * 2.0 ** min(attempt, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


async def surely(call: Callable[[], Awaitable[T]]) -> T:
    """The answer of a call to the store, however often Redis is away in between."""
    tries = 0
    while True:
        try:
            return await call()
        except errors.StoreUnavailable:
            tries += 1
            await asyncio.sleep(min(2.0, backoff(tries, 0.1)))


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
