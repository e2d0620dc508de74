"""A day of mixed faults over the sandbox, balanced to the message.

Gateways fail, answers get lost, floods are declared, readers block the bot, a group becomes a supergroup, a reader
deletes an alert. In the end every chat that could be reached shows every event once and in its last state.
`WIREWATCH_EVENTS` (default 40) makes the day longer, `WIREWATCH_SEED` repeats one.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.model import Alert, Commit, Cursor, Event, Health, Message, Reason, Report, Severity, Subscription, Target
from bot.pipeline import courier as courier_module
from bot.pipeline import relay as relay_module
from bot.pipeline.relay import Relay
from bot.sandbox import SandboxBotApi
from bot.send import Telegram, make_bot
from bot.store import Limits, Store
from bot.store.outbox import Outbox
from bot.store.pace import Pace

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
FAST = Limits(per_second=2_000, chat_spacing=0.0005, chat_burst=1000, group_spacing=0.0005, group_burst=1000)
EVENTS = int(os.environ.get("WIREWATCH_EVENTS", "40"))
SEED = int(os.environ.get("WIREWATCH_SEED", "20261122"))
STEPS = (Reason.FIRST_REPORT, Reason.UPDATED, Reason.CONFIRMED)
READERS = tuple(range(701, 709))
BLOCKS, DELETES = 708, 707
# What may go wrong with a call, and how often of a hundred commits.
TROUBLES = (("bad-gateway", 12), ("dropped", 8), ("timeout", 6), ("lost", 8), ("flood", 2), ("refused", 4))


class Day:
    """The sandbox, who follows, and what the writer of events has committed."""

    def __init__(self, store: Store):
        self.store = store
        self.api = SandboxBotApi()
        self.chance = random.Random(SEED)
        self.troubles: Counter[str] = Counter()
        self.steps = [(f"e{number}", step) for number in range(EVENTS) for step in range(len(STEPS))]
        self.groups: list[int] = []  # its ids, the newest last

    async def people(self) -> None:
        for user in READERS:
            self.api.add_user(f"Reader {user}", user=user)
            await self.follow(user)
        self.groups = [self.api.add_group("Desk", members=(READERS[0],), basic=True)]
        await self.follow(self.groups[0])

    async def follow(self, chat: int) -> None:
        await self.store.subscriptions.put(Subscription(target=Target(chat), storyline="bridges", since=NOW))

    async def owe(self, name: str, step: int) -> None:
        report = Report(
            post=f"a/{name}", source="a", outlet="a", url="https://t.me/a/1", published=NOW, seen=NOW,
            headline=name, excerpt=name, origin="a",
        )  # fmt: skip
        severity = self.chance.choice(list(Severity))
        event = Event(id=name, reports=(report,), storylines=("bridges",), severity=severity, revision=step + 1)
        alert = Alert(
            event=name, storyline="bridges", reason=STEPS[step], rings=STEPS[step].rings, at=NOW, revision=step + 1,
            severity=severity, origins=1,
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

    def trouble(self) -> None:
        for kind, often in TROUBLES:
            if self.chance.random() * 100 < often:
                self.troubles[kind] += 1
                description = "Bad Request: BUTTON_DATA_INVALID"
                self.api.fail_next(kind, seconds=0.05, description=description)  # type: ignore[arg-type]

    async def lived(self) -> None:
        """Each event is first reported, updated and confirmed, in an order of chance, while people come and go."""
        turns = {name: 0 for name, _ in self.steps}
        for number in range(len(self.steps)):
            name = self.chance.choice([name for name, step in turns.items() if step < len(STEPS)])
            await self.owe(name, turns[name])
            turns[name] += 1
            self.trouble()
            if number == len(self.steps) // 3:
                self.api.block(BLOCKS)
            if number == len(self.steps) // 2:
                self.groups.append(self.api.migrate(self.groups[0]))
            if number % 10 == 5:
                held = [message for message in self.api.messages(DELETES) if message["from"]["is_bot"]]
                if held:
                    self.api.delete(DELETES, self.chance.choice(held)["message_id"])
            await asyncio.sleep(self.chance.uniform(0, 0.06))

    async def settled(self) -> None:
        async with asyncio.timeout(60 + EVENTS):
            while any((await self.store.outbox.size()).values()):  # noqa: ASYNC110 - it happens in Redis
                await asyncio.sleep(0.02)

    def shown(self, chat: int) -> Counter[str]:
        """How often each event's alert stands in a chat, by its text."""
        return Counter(text for text in self.api.texts(chat) if not text.startswith("ring"))


@pytest.fixture
async def day(store: Store, monkeypatch: pytest.MonkeyPatch) -> Day:
    monkeypatch.setattr(store, "outbox", Outbox(store.link, FAST))
    monkeypatch.setattr(store, "pace", Pace(store.link, FAST))
    for module in (courier_module, relay_module):
        monkeypatch.setattr(module, "backoff", lambda attempt, first: 0.02)
    made = Day(store)
    await made.people()
    return made


def relay(day: Day, telegram: Telegram, worker: str) -> Relay:
    return Relay(
        day.store,
        telegram,
        lambda event, delivery, now: Message(html=f"{event.id} r{event.revision}"),
        lambda event, delivery, now: Message(html=f"ring {event.id} {delivery.reason}"),
        lambda: NOW,
        worker=worker,
    )


@pytest.mark.timeout(180 + EVENTS * 2)
async def test_a_day_of_faults_ends_balanced(day: Day) -> None:
    """Who could be reached holds every event once, in its last state; what is missing or double is accounted for."""
    async with day.api.serve() as root, make_bot(day.api.token, root) as bot:
        stop = asyncio.Event()
        relays = [asyncio.create_task(relay(day, Telegram(bot), worker).run(stop)) for worker in ("w1", "w2")]
        try:
            await day.lived()
            await day.settled()
        finally:
            stop.set()
            await asyncio.gather(*relays)
    outcomes = await day.store.outbox.outcomes()
    print(f"{EVENTS} events, troubles {dict(day.troubles)}, outcomes {outcomes}")
    last = [f"e{number} r{len(STEPS)}" for number in range(EVENTS)]
    wanting = double = 0
    # What the group held before it became a supergroup stays where it was.
    for place in (*((user,) for user in READERS if user not in {BLOCKS, DELETES}), tuple(day.groups)):
        shown = [day.shown(chat) for chat in place]
        double += sum(sum(held.values()) - len({text.split()[0] for text in held}) for held in shown)
        wanting += sum(all(text not in held for held in shown) for text in last)
    assert wanting <= outcomes.get("rejected", 0) + outcomes.get("lost", 0), "missing or old without a refusal"
    assert outcomes.get("rejected", 0) <= day.troubles["refused"], "only what Telegram refused is given up"
    cut = sum(day.troubles[kind] for kind in ("lost", "dropped", "timeout"))
    assert outcomes.get("lost", 0) <= cut // 2, "only an answer that was lost twice is given up"
    assert double <= day.troubles["lost"], "a message twice without an answer that was lost"
    if not outcomes.get("rejected", 0) + outcomes.get("lost", 0):
        assert wanting == 0
    assert await day.store.subscriptions.get(Target(BLOCKS), "bridges") is not None
    assert (await day.store.subscriptions.of_target(Target(BLOCKS)))[0].paused == "blocked"
    assert outcomes.get("migrated", 0) >= 1
    assert outcomes["unreachable"] >= 1
    assert outcomes.get("bug", 0) == 0
    assert await day.store.link.do("KEYS", "ww:lock:*") == [], "nothing is left locked"
