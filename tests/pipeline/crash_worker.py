"""The processes that test_crash.py kills: `crash_worker.py writer|relay REDIS_URL API_URL NAME EVENTS`."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import Conflict, StoreUnavailable
from bot.model import Alert, Commit, Cursor, Event, Health, Message, Post, Reason, Report, Severity
from bot.pipeline import relay as relay_module
from bot.pipeline.relay import Relay
from bot.send import Telegram, make_bot
from bot.store import Limits, Store, open_store
from bot.store import outbox as outbox_module

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LIMITS = Limits(per_second=2000, chat_spacing=0.002, chat_burst=50, group_spacing=0.002, group_burst=50)
STEPS = (Reason.FIRST_REPORT, Reason.UPDATED, Reason.CONFIRMED)


def last_of(number: int) -> int:
    """The revision in which an event is left: every second one is told of once only, so that nothing repairs a loss."""
    return 1 if number % 2 else len(STEPS)


def batch(number: int, revision: int, expected: int) -> Commit:
    name = f"e{number}"
    severity = list(Severity)[number % 4]
    report = Report(
        post=f"a/{number}",
        source="a",
        outlet="a",
        url=f"https://t.me/a/{number}",
        published=NOW,
        seen=NOW,
        headline=name,
        excerpt=name,
        origin="a",
    )
    event = Event(id=name, reports=(report,), storylines=("bridges",), severity=severity, revision=revision)
    reason = STEPS[revision - 1]
    alert = Alert(
        event=name,
        storyline="bridges",
        reason=reason,
        rings=reason.rings,
        at=NOW,
        revision=revision,
        severity=severity,
        origins=1,
    )
    post = Post(id=f"a/{number}", source="a", outlet="a", url=report.url, published=NOW, text=f"version {revision}")
    return Commit(
        cursor=Cursor(source="a", last_id=number),
        health=Health(source="a", state="ok", since=NOW, checked=NOW),
        posts=(post,),
        events=(event,),
        alerts=(alert,),
        expected=expected,
    )


async def write(store: Store, events: int) -> None:
    """Go on where the store says that the last writer stopped, as ingest does."""
    for number in range(events):
        while True:
            try:
                revision, _ = await store.events.since(2**31)
                event = await store.events.get(f"e{number}")
                done = event.revision if event is not None else 0
                if done == last_of(number):
                    break
                await store.commit(batch(number, done + 1, revision))
            except (Conflict, StoreUnavailable):
                await asyncio.sleep(0.05)
            await asyncio.sleep(random.uniform(0, 0.03))


async def relay(store: Store, api: str, name: str) -> None:
    async with make_bot("1:crash", api) as bot:
        await Relay(
            store,
            Telegram(bot),
            lambda event, delivery, now: Message(html=f"{event.id} r{event.revision}"),
            lambda event, delivery, now: Message(html=f"ring {event.id} {delivery.reason}"),
            lambda: NOW,
            worker=name,
        ).run(asyncio.Event())


async def main(role: str, url: str, api: str, name: str, events: int) -> None:
    while True:
        # Redis may just be starting again.
        with contextlib.suppress(StoreUnavailable):
            async with open_store(url, Path(tempfile.gettempdir()), limits=LIMITS) as store:
                await (write(store, events) if role == "writer" else relay(store, api, name))
                return
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    # A dead worker's share moves on within four seconds instead of twenty, so that the test is short.
    outbox_module.HOLDS = 4.0
    relay_module.TAKES_MOST = 3.0
    relay_module.SWEEPS_EVERY = 0.2
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])))
