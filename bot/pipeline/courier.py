"""One delivery: send or edit, and for every answer of Telegram the one next step. The table is in docs/delivery.md.

A chat holds one message per event. No receipt: send it. A receipt: edit that message to the newest state, and where
the reason deserves a sound, answer it with a short message, since edits are silent.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec
import structlog

from bot import errors
from bot.model import Delivery, Event, Message, Reason, Receipt, Target
from bot.store import Owed, Store

log = structlog.get_logger(__name__)

T = TypeVar("T")

LONGEST_BACKOFF = 60.0
PINGS_WITHIN = 5.0  # seconds; well inside what one delivery may take
TOKEN_REST = 30.0  # seconds between tries while Telegram refuses the token
ADMINS_TOLD_MOST = 100  # different refusals remembered


class Done(msgspec.Struct, frozen=True):
    """A delivery that has ended, with what the chat now holds."""

    outcome: str
    receipt: Receipt | None = None
    told: tuple[str, ...] = ()  # the events that a digest told


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


Render = Callable[[Event, Delivery, datetime], Message | Awaitable[Message]]  # awaited where the store must be asked
Ring = Callable[[Event, Delivery, datetime], Message]
Digest = Callable[[Sequence[Event], datetime], Message]
TellAdmins = Callable[[str], Awaitable[object]]


async def untold(_: str) -> None:
    """Without admins a refusal stands in the log only."""


class Courier:
    """Makes deliveries and says how each ended; it changes nothing in the outbox."""

    def __init__(
        self,
        store: Store,
        telegram: Sender,
        render: Render,
        ring: Ring,
        digest: Digest,
        clock: Callable[[], datetime],
        tell_admins: TellAdmins,
    ):
        self._store = store
        self._telegram = telegram
        self._render = render
        self._ring = ring
        self._digest = digest
        self._clock = clock
        self._tell_admins = tell_admins
        self._told: dict[str, None] = {}

    async def make(self, owed: Owed, event: Event | None) -> Done:
        """Send or edit; raises a SendError, or StoreUnavailable."""
        if event is None and not owed.is_digest:
            return Done("event-gone")
        if owed.lost:
            # The one retry after a lost answer is spent only when Telegram answers again.
            await self._answering()
        if event is None:
            return await self._late(owed.delivery.target)
        if owed.receipt is None:
            return await self._send(owed, event, "sent")
        receipt = owed.receipt
        if receipt.revision < event.revision:
            try:
                await self._telegram.edit(owed.delivery.target, receipt.message, await self._shown(owed, event))
            except errors.MessageGone:
                await asyncio.sleep(await self._store.pace.reserve(owed.delivery.target.chat))
                # Its reader may have deleted it: what makes no sound must not come back with one.
                return await self._send(owed, event, "sent-anew", silent=not owed.delivery.rings)
            receipt = msgspec.structs.replace(receipt, revision=event.revision, at=self._clock())
        if not must_ring(owed.delivery, receipt):
            return Done("edited", receipt)
        return await self._sound(owed, event, receipt)

    async def _answering(self) -> None:
        """Raises SendTransient while Telegram is silent: nothing was sent, so nothing can have been lost again."""
        try:
            async with asyncio.timeout(PINGS_WITHIN):
                await self._telegram.ping()
        except (TimeoutError, errors.SendLost):
            raise errors.SendTransient("Telegram does not answer yet") from None

    async def _send(self, owed: Owed, event: Event, outcome: str, *, silent: bool = False) -> Done:
        shown = await self._shown(owed, event)
        message = await self._telegram.send(owed.delivery.target, shown, silent=silent)
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

    async def _late(self, target: Target) -> Done:
        """One message for all that grew old before it could be sent; what the chat got to hold meanwhile is no news."""
        told = tuple(await self._store.outbox.expired(target))
        held = {receipt.event for receipt in await self._store.receipts.of_target(target)}
        events = await self._store.events.get_many(event for event in told if event not in held)
        if not events:
            return Done("current", told=told)
        message = self._digest(list(events.values()), self._clock())
        await self._telegram.send(target, message, silent=True)
        return Done("digested", told=told)

    async def _shown(self, owed: Owed, event: Event) -> Message:
        shown = self._render(event, owed.delivery, self._clock())
        return shown if isinstance(shown, Message) else await shown

    # --- how it ended ----------------------------------------------------------------------------------------

    async def next_step(self, owed: Owed, error: errors.SendError) -> Done | Again:
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
                log.error("token-refused", error=str(error))
                return Again("token-refused", TOKEN_REST)
            case errors.SendTransient():
                return Again("transient", backoff(owed.delivery.attempt, 1.0))
        await self._once(f"Telegram refused an alert of {owed.delivery.storyline}: {error}")
        return Done("rejected")

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
