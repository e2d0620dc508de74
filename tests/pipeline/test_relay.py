"""The relay: each answer of Telegram leads to its one next step, and nothing owed is lost or doubled."""

# ruff: noqa: ASYNC110 - what the tests wait for happens in Redis, which sets no event

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import errors
from bot.model import (
    Alert,
    Commit,
    Cursor,
    Delivery,
    Event,
    Health,
    Message,
    Reason,
    Receipt,
    Report,
    Severity,
    Subscription,
    Target,
)
from bot.pipeline import courier as courier_module
from bot.pipeline import relay as relay_module
from bot.pipeline.relay import Relay
from bot.store import Limits, Store, keys, link
from bot.store.outbox import Outbox
from bot.store.pace import Pace

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
FAST = Limits(per_second=100_000, chat_spacing=0.00001, chat_burst=1000, group_spacing=0.00001, group_burst=1000)


class Chats:
    """What chats hold, as Telegram would show it; answers can be replaced by errors in advance."""

    def __init__(self) -> None:
        self.shown: dict[tuple[Target, int], str] = {}
        self.calls: list[tuple[str, Target, str]] = []
        self.replies: dict[int, int] = {}
        self.silent: list[str] = []  # what was sent without a sound
        self.answers: list[errors.SendError | None] = []  # one for each call to come; None lets it pass
        self.arrives_anyway = False  # the next error is raised after the message was delivered
        self.pinged = 0
        self.up = True
        self.delay = 0.0

    async def send(self, target: Target, message: Message, *, reply_to: int | None = None, silent: bool = False) -> int:
        if silent:
            self.silent.append(message.html)
        return await self._act("send", target, message, reply_to)

    async def edit(self, target: Target, message_id: int, message: Message) -> None:
        await self._answer("edit", target, message)
        if (target, message_id) not in self.shown:
            raise errors.MessageGone("message to edit not found")
        self.shown[target, message_id] = message.html

    async def ping(self) -> None:
        self.pinged += 1
        if not self.up:
            raise errors.SendTransient("down")

    async def _act(self, kind: str, target: Target, message: Message, reply_to: int | None) -> int:
        number = len(self.calls) + 1000
        error = await self._answer(kind, target, message, raise_now=not self.arrives_anyway)
        self.shown[target, number] = message.html
        if reply_to is not None:
            self.replies[number] = reply_to
        if error is not None:
            raise error
        return number

    async def _answer(
        self, kind: str, target: Target, message: Message, *, raise_now: bool = True
    ) -> errors.SendError | None:
        self.calls.append((kind, target, message.html))
        await asyncio.sleep(self.delay)
        error = self.answers.pop(0) if self.answers else None
        if error is not None and raise_now:
            raise error
        return error

    def in_chat(self, chat: int) -> list[str]:
        return [text for (target, _), text in self.shown.items() if target.chat == chat]


class World:
    """A store, chats and a relay between them."""

    def __init__(self, store: Store):
        self.store = store
        self.chats = Chats()
        self.told: list[str] = []
        self.observed: list[str] = []
        self._stop = asyncio.Event()

    def relay(self, worker: str = "w1") -> Relay:
        async def tell(text: str) -> None:
            self.told.append(text)

        return Relay(
            self.store,
            self.chats,
            lambda event, delivery, now: Message(html=f"{event.id} r{event.revision}"),
            lambda event, delivery, now: Message(html=f"{event.id} {delivery.reason}"),
            lambda: NOW,
            worker=worker,
            digest=lambda events, now: Message(html=f"late: {' '.join(event.id for event in events)}"),
            tell_admins=tell,
            observe=lambda outcome, delivery, seconds: self.observed.append(outcome),
        )

    async def follow(self, chat: int, **more: Any) -> None:
        target = Target(chat, more.pop("thread", None))
        await self.store.subscriptions.put(Subscription(target=target, storyline="bridges", since=NOW, **more))

    async def owe(
        self,
        revision: int = 1,
        reason: Reason = Reason.FIRST_REPORT,
        name: str = "e1",
        severity: Severity = Severity.HIGH,
        fresh_for: float = 0.0,
    ) -> None:
        report = Report(
            post="a/1", source="a", outlet="a", url="https://t.me/a/1", published=NOW, seen=NOW,
            headline="h", excerpt="x", origin="a",
        )  # fmt: skip
        event = Event(id=name, reports=(report,), storylines=("bridges",), severity=severity, revision=revision)
        alert = Alert(
            event=name, storyline="bridges", reason=reason, rings=reason.rings, at=NOW, revision=revision,
            severity=severity, origins=1, fresh_for=fresh_for,
        )  # fmt: skip
        await self.store.commit(
            Commit(
                cursor=Cursor(source="a"),
                health=Health(source="a", state="ok", since=NOW, checked=NOW),
                events=(event,),
                alerts=(alert,),
                expected=await self.store.events.revision(),
            )
        )

    @contextlib.asynccontextmanager
    async def running(self, *relays: Relay) -> AsyncIterator[None]:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(relay.run(stop)) for relay in relays or (self.relay(),)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def quiet(self) -> None:
        """Wait until nothing is owed."""
        async with asyncio.timeout(20):
            while any((await self.store.outbox.size()).values()):
                await asyncio.sleep(0.01)

    async def deliver(self) -> dict[str, int]:
        async with self.running():
            await self.quiet()
        return await self.store.outbox.outcomes()


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world without limits in which pauses after trouble are short."""
    monkeypatch.setattr(store, "outbox", Outbox(store.link, FAST))
    monkeypatch.setattr(store, "pace", Pace(store.link, FAST))
    for module in (courier_module, relay_module):
        monkeypatch.setattr(module, "backoff", lambda attempt, first: 0.02)
    monkeypatch.setattr(courier_module, "TOKEN_REST", 0.05)
    return World(store)


async def test_a_first_report_is_sent_to_every_subscriber(world: World) -> None:
    """Each chat gets one message and a receipt for it."""
    for chat in (1, 2, 3):
        await world.follow(chat)
    await world.owe()
    assert await world.deliver() == {"sent": 3}
    assert [world.chats.in_chat(chat) for chat in (1, 2, 3)] == [["e1 r1"]] * 3
    receipt = await world.store.receipts.get(Target(2), "e1")
    assert receipt is not None
    assert (receipt.revision, receipt.rang) == (1, 1)
    assert sorted(world.observed) == ["sent"] * 3


async def test_an_update_edits_in_place(world: World) -> None:
    """A reader keeps one message that changes; silent reasons send nothing."""
    await world.follow(1)
    await world.owe()
    await world.deliver()
    await world.owe(2, Reason.UPDATED)
    assert await world.deliver() == {"sent": 1, "edited": 1}
    assert world.chats.in_chat(1) == ["e1 r2"]


@pytest.mark.parametrize("reason", [r for r in Reason if r.rings and r is not Reason.FIRST_REPORT])
async def test_a_ringing_reason_edits_and_answers_the_alert(world: World, reason: Reason) -> None:
    """Edits are silent, so what deserves a sound comes as a short reply to the alert."""
    await world.follow(1)
    await world.owe()
    await world.deliver()
    await world.owe(2, reason)
    assert await world.deliver() == {"sent": 1, "rang": 1}
    assert world.chats.in_chat(1) == ["e1 r2", f"e1 {reason}"]
    assert list(world.chats.replies.values()) == [1000]


async def test_a_chat_that_never_held_it_is_not_told_of_its_end(world: World) -> None:
    """A retraction of what a chat was never sent is not news to it."""
    await world.owe()
    await world.deliver()
    await world.follow(1)
    await world.owe(2, Reason.RETRACTED)
    assert await world.deliver() == {}
    assert world.chats.calls == []


OLD = 0.001  # seconds: an alert that is old before any relay sees it


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What expires is told after a twentieth of a second instead of two."""
    monkeypatch.setattr(keys, "EXPIRED_GATHER_MS", 50)
    link._script.cache_clear()
    yield
    link._script.cache_clear()


@pytest.mark.usefixtures("soon")
async def test_what_grew_old_unsent_becomes_one_message_a_chat(world: World) -> None:
    """Three expired alerts are one silent digest, not three messages; a fresh one still comes by itself."""
    for chat in (1, 2):
        await world.follow(chat)
    for name in ("e1", "e2", "e3"):
        await world.owe(name=name, fresh_for=OLD)
    await world.owe(name="e4", fresh_for=3600.0)
    await asyncio.sleep(0.02)
    assert await world.deliver() == {"expired": 6, "sent": 2, "digested": 2}
    for chat in (1, 2):
        assert sorted(world.chats.in_chat(chat)) == ["e4 r1", "late: e1 e2 e3"]
    assert await world.store.outbox.expired(Target(1)) == []
    await world.owe(2, Reason.UPDATED, name="e1")
    calls = len(world.chats.calls)
    await world.deliver()
    assert len(world.chats.calls) == calls, "what was only a line of a digest is not told of its end"


@pytest.mark.usefixtures("soon")
async def test_what_a_chat_holds_is_kept_true_without_a_sound(world: World) -> None:
    """An expired update of an alert that the chat has is an edit; its ring is old news and is left out."""
    await world.follow(1)
    await world.owe()
    await world.deliver()
    await world.owe(2, Reason.CONFIRMED, fresh_for=OLD)
    await asyncio.sleep(0.02)
    assert await world.deliver() == {"sent": 1, "edited": 1}
    assert world.chats.in_chat(1) == ["e1 r2"]


@pytest.mark.usefixtures("soon")
async def test_a_confirmation_in_time_begins_a_message_and_leaves_the_digest(world: World) -> None:
    """An event that is told after all is no line of the digest."""
    await world.follow(1)
    await world.owe(fresh_for=OLD)
    await world.owe(2, Reason.CONFIRMED, fresh_for=3600.0)
    await asyncio.sleep(0.02)
    assert await world.deliver() == {"expired": 1, "sent": 1, "current": 1}
    assert world.chats.in_chat(1) == ["e1 r2"]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("error", "outcomes", "shown"),
    [
        (errors.Throttled("wait", 0.05), {"throttled": 1, "digested": 1}, ["late: e1"]),
        (errors.SendTransient("down"), {"transient": 1, "digested": 1}, ["late: e1"]),
        (errors.SendLost("cut"), {"unanswered": 1, "digested": 1}, ["late: e1"]),
        (errors.Rejected("too odd"), {"rejected": 1}, []),
        (errors.ChatUnreachable("blocked"), {"unreachable": 1}, []),
    ],
)
async def test_a_digest_meets_the_same_answers(
    world: World, error: errors.SendError, outcomes: dict[str, int], shown: list[str]
) -> None:
    """Each answer of Telegram has its one meaning for a digest too, and nothing waits for one that nobody owes."""
    await world.follow(1)
    await world.owe(fresh_for=OLD)
    await asyncio.sleep(0.02)
    world.chats.answers = [error]
    assert await world.deliver() == {"expired": 1, **outcomes}
    assert world.chats.in_chat(1) == shown
    assert await world.store.outbox.expired(Target(1)) == []


@pytest.mark.usefixtures("soon")
async def test_a_digest_follows_a_group_that_became_a_supergroup(world: World) -> None:
    """The digest and what it will tell move to the new id."""
    await world.follow(-1)
    await world.owe(fresh_for=OLD)
    await asyncio.sleep(0.02)
    world.chats.answers = [errors.ChatMigrated("moved", -1001)]
    assert await world.deliver() == {"expired": 1, "migrated": 1, "digested": 1}
    assert world.chats.in_chat(-1001) == ["late: e1"]


@pytest.mark.usefixtures("soon")
async def test_who_left_gets_no_digest(world: World) -> None:
    """Unsubscribed before the digest went: nothing is sent and nothing stays behind."""
    await world.follow(1)
    await world.owe(fresh_for=OLD)
    await asyncio.sleep(0.02)
    while (await world.store.outbox.fan_out()).worked:
        pass
    assert (await world.store.outbox.take("w9", 10)).owed == ()
    assert await world.store.outbox.expired(Target(1)) == ["e1"]
    await world.store.subscriptions.remove(Target(1), "bridges")
    assert await world.deliver() == {"expired": 1, "unsubscribed": 1}
    assert world.chats.calls == []
    assert await world.store.outbox.expired(Target(1)) == []


@pytest.mark.usefixtures("soon")
async def test_what_expires_while_a_digest_is_sent_comes_with_the_next(world: World) -> None:
    """No expired alert is lost between reading the list and Telegram's answer."""
    await world.owe(name="e2")
    await world.deliver()
    await world.follow(1)
    await world.owe(fresh_for=OLD)
    await asyncio.sleep(0.02)
    world.chats.delay = 0.3
    async with world.running():
        async with asyncio.timeout(5):
            while not world.chats.calls:
                await asyncio.sleep(0.01)
        await world.store.link.do("ZADD", keys.EXPIRED(Target(1)), 1, "e2")  # as `take` does
        await world.quiet()
    assert world.chats.in_chat(1) == ["late: e1", "late: e2"]
    assert await world.store.outbox.outcomes() == {"expired": 1, "digested": 2}


async def test_throttled_waits_and_goes_on(world: World) -> None:
    """After 429 the same delivery is made again, later, and its chat is left alone meanwhile."""
    await world.follow(1)
    world.chats.answers = [errors.Throttled("wait", 0.2)]
    await world.owe()
    began = asyncio.get_running_loop().time()
    assert await world.deliver() == {"throttled": 1, "sent": 1}
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert len(world.chats.calls) == 2


async def test_rejected_is_never_retried_and_admins_hear_once(world: World) -> None:
    """A refusal ends the delivery; two chats with the same refusal make one message to admins."""
    await world.follow(1)
    await world.follow(2)
    world.chats.answers = [errors.Rejected("BUTTON_DATA_INVALID")] * 2
    await world.owe()
    assert await world.deliver() == {"rejected": 2}
    assert len(world.chats.calls) == 2
    assert world.told == ["Telegram refused an alert of bridges: BUTTON_DATA_INVALID"]


async def test_unreachable_pauses_the_chat(world: World) -> None:
    """A blocked bot stops sending to that chat, in every topic, until it is resumed."""
    await world.follow(1)
    await world.follow(1, thread=4)
    world.chats.answers = [errors.ChatUnreachable("blocked")]
    await world.owe()
    outcomes = await world.deliver()
    assert outcomes["unreachable"] == 1
    assert {s.paused for s in await world.store.subscriptions.of_target(Target(1, 4))} == {"blocked"}

    await world.owe(name="e2")
    await world.deliver()
    sent = len(world.chats.calls)
    await world.store.subscriptions.resume(Target(1), whole_chat=True)
    await world.owe(name="e3")
    await world.deliver()
    assert len(world.chats.calls) == sent + 2


async def test_a_lost_topic_pauses_that_topic_only(world: World) -> None:
    """The chat's other topics go on."""
    await world.follow(1, thread=4)
    world.chats.answers = [errors.TopicGone("message thread not found")]
    await world.owe()
    assert await world.deliver() == {"topic-gone": 1}
    await world.follow(1)
    (gone,) = await world.store.subscriptions.of_target(Target(1, 4))
    (fine,) = await world.store.subscriptions.of_target(Target(1))
    assert (gone.paused, fine.paused) == ("topic-gone", None)


async def test_a_migrated_group_is_followed(world: World) -> None:
    """The new id takes over the subscription, and the alert goes there."""
    await world.follow(-5)
    world.chats.answers = [errors.ChatMigrated("upgraded", -1005)]
    await world.owe()
    assert await world.deliver() == {"migrated": 1, "sent": 1}
    assert world.chats.in_chat(-1005) == ["e1 r1"]
    assert [s.target for s in await world.store.subscriptions.of_target(Target(-1005))] == [Target(-1005)]


async def test_a_message_that_is_gone_is_sent_anew(world: World) -> None:
    """A reader who deleted the alert gets its next change as a new message; a silent change comes without a sound."""
    await world.follow(1)
    await world.owe()
    await world.deliver()
    world.chats.shown.clear()
    await world.owe(2, Reason.UPDATED)
    assert await world.deliver() == {"sent": 1, "sent-anew": 1}
    assert world.chats.in_chat(1) == ["e1 r2"]
    assert world.chats.silent == ["e1 r2"]
    world.chats.shown.clear()
    await world.owe(3, Reason.CONFIRMED)
    await world.deliver()
    assert "e1 r3" in world.chats.in_chat(1)
    assert world.chats.silent == ["e1 r2"]


async def test_telegram_that_hangs_after_a_lost_answer_costs_no_alert(world: World) -> None:
    """The one retry is not spent on a Telegram that does not answer at all: the alert waits for it."""
    await world.follow(1)
    world.chats.answers = [errors.SendLost("no answer")]
    world.chats.up = False
    await world.owe()
    task = asyncio.create_task(world.deliver())
    await asyncio.sleep(3)
    world.chats.up = True
    outcomes = await task
    assert outcomes["sent"] == 1
    assert "lost" not in outcomes
    assert world.chats.in_chat(1) == ["e1 r1"]


async def test_transient_trouble_is_tried_again(world: World) -> None:
    """However often the way to Telegram is broken, the alert arrives once."""
    await world.follow(1)
    world.chats.answers = [errors.SendTransient("bad gateway")] * 5
    await world.owe()
    assert await world.deliver() == {"transient": 5, "sent": 1}
    assert world.chats.in_chat(1) == ["e1 r1"]


async def test_a_lost_answer_is_retried_once(world: World) -> None:
    """It may have arrived: one more try, which can double one message, then it is given up and admins are told."""
    await world.follow(1)
    world.chats.answers = [errors.SendLost("no answer")] * 2
    await world.owe()
    assert await world.deliver() == {"unanswered": 1, "lost": 1}
    assert len(world.chats.calls) == 2
    assert len(world.told) == 1


async def test_the_retry_of_a_lost_answer_waits_until_telegram_answers(world: World) -> None:
    """While Telegram answers nothing the one retry is not spent, so an outage loses no alert."""
    await world.follow(1)
    world.chats.answers = [errors.SendLost("no answer")]
    world.chats.up = False
    await world.owe()
    async with world.running():
        async with asyncio.timeout(5):
            while world.chats.pinged < 5:
                await asyncio.sleep(0.01)
        assert len(world.chats.calls) == 1
        world.chats.up = True
        await world.quiet()
    assert world.chats.in_chat(1) == ["e1 r1"]
    assert (await world.store.outbox.outcomes())["sent"] == 1


async def test_a_refused_token_keeps_everything_owed(world: World) -> None:
    """Nothing is dropped while the token is wrong."""
    await world.follow(1)
    world.chats.answers = [errors.TokenRefused("check the token")]
    await world.owe()
    outcomes = await world.deliver()
    assert outcomes == {"token-refused": 1, "sent": 1}


async def test_only_the_sound_is_owed_when_its_sending_failed(world: World) -> None:
    """An edit that went through is not repeated when the reply after it fails."""
    await world.follow(1)
    await world.owe()
    await world.deliver()
    world.chats.answers = [None, errors.SendTransient("bad gateway")]
    await world.owe(2, Reason.CONFIRMED)
    await world.deliver()
    assert [kind for kind, *_ in world.chats.calls] == ["send", "edit", "send", "send"]
    assert world.chats.in_chat(1) == ["e1 r2", "e1 confirmed"]


async def test_a_message_that_cannot_be_rendered_stays_owed(world: World, store: Store) -> None:
    """A bug in rendering costs time, not the alert; other chats go on."""
    await world.follow(1)
    await world.owe()
    relay = world.relay()
    tries = 0

    def render(event: Event, delivery: Delivery, now: datetime) -> Message:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ValueError("bug")
        return Message(html="well")

    relay._courier._render = render
    async with world.running(relay):
        await world.quiet()
    assert world.chats.in_chat(1) == ["well"]
    assert await store.outbox.outcomes() == {"bug": 1, "sent": 1}


async def test_an_event_that_expired_ends_its_delivery(world: World, store: Store) -> None:
    """What is no longer kept cannot be shown: the delivery ends, counted."""
    await world.follow(1)
    await world.owe()
    await store.link.do("DEL", keys.EVENT("e1"))
    assert await world.deliver() == {"event-gone": 1}


async def test_several_relays_share_without_doubling(world: World) -> None:
    """Three relays on one Redis send each chat's alert once."""
    for chat in range(1, 61):
        await world.follow(chat)
    for number in range(5):
        await world.owe(name=f"e{number}")
    world.chats.delay = 0.002
    async with world.running(*(world.relay(f"w{n}") for n in range(3))):
        await world.quiet()
    assert len(world.chats.calls) == 300
    assert all(len(set(world.chats.in_chat(chat))) == 5 for chat in range(1, 61))


async def test_stopping_leaves_the_rest_claimable(world: World, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop ends within its limit; what was under way is still owed and another relay finishes it."""
    monkeypatch.setattr(relay_module, "STOPS_WITHIN", 0.1)
    await world.follow(1)
    await world.owe()
    world.chats.delay = 30
    async with world.running(), asyncio.timeout(5):
        while not world.chats.calls:
            await asyncio.sleep(0.01)
    size = await store.outbox.size()
    assert size["due-high"] == 1

    world.chats.delay = 0
    await store.link.do("DEL", keys.LOCK(Target(1), "e1"))
    await store.outbox.reclaim("w2", idle=0.0)
    assert await world.deliver() == {"reclaimed": 1, "sent": 1}


async def test_a_receipt_survives_an_outage_of_redis(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis away between the send and its receipt: the receipt is written when it is back, nothing is sent twice."""
    await world.follow(1)
    await world.owe()
    settle = store.outbox.settle
    failures = 3

    async def flaky(*arguments: Any) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise errors.StoreUnavailable("away")
        await settle(*arguments)

    monkeypatch.setattr(store.outbox, "settle", flaky)
    assert await world.deliver() == {"sent": 1}
    assert len(world.chats.calls) == 1


async def test_a_put_receipt_is_edited(world: World, store: Store) -> None:
    """A chat that holds an older state gets a first report of a second storyline as an edit, without a sound."""
    await world.follow(1)
    world.chats.shown[Target(1), 5] = "old"
    await store.receipts.put(Receipt(target=Target(1), event="e1", message=5, revision=1, at=NOW, rang=1))
    await world.owe(2, Reason.FIRST_REPORT)
    assert await world.deliver() == {"edited": 1}
    assert world.chats.in_chat(1) == ["e1 r2"]
