"""Redis out of reach for a while, in the middle of a broadcast: nothing is lost and nothing is sent twice.

`WIREWATCH_OUTAGE` is its length in seconds (default 3).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.model import Alert, Commit, Cursor, Event, Health, Message, Reason, Report, Severity, Subscription, Target
from bot.pipeline import relay as relay_module
from bot.pipeline.relay import Relay
from bot.store import Limits, Store, open_store
from bot.store import outbox as outbox_module
from bot.store.embedded import Embedded

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
OUTAGE = float(os.environ.get("WIREWATCH_OUTAGE", "3"))
CHATS = 300


class Chats:
    """What each chat was sent; a call takes a moment, so that the outage catches some under way."""

    def __init__(self) -> None:
        self.sent: Counter[int] = Counter()

    async def send(self, target: Target, message: Message, *, reply_to: int | None = None, silent: bool = False) -> int:
        await asyncio.sleep(0.05)
        self.sent[target.chat] += 1
        return sum(self.sent.values())

    async def edit(self, target: Target, message_id: int, message: Message) -> None:
        raise AssertionError("nothing is edited here")

    async def ping(self) -> None:
        raise AssertionError("no answer was lost")


async def owe(store: Store) -> None:
    report = Report(
        post="a/1", source="a", outlet="a", url="https://t.me/a/1", published=NOW, seen=NOW, headline="h",
        excerpt="x", origin="a",
    )  # fmt: skip
    alert = Alert(
        event="e1", storyline="bridges", reason=Reason.FIRST_REPORT, rings=True, at=NOW, revision=1,
        severity=Severity.HIGH, origins=1,
    )  # fmt: skip
    await store.commit(
        Commit(
            cursor=Cursor(source="a"),
            health=Health(source="a", state="ok", since=NOW, checked=NOW),
            events=(Event(id="e1", reports=(report,), storylines=("bridges",), severity=Severity.HIGH),),
            alerts=(alert,),
        )
    )


@pytest.mark.timeout(120 + OUTAGE)
@pytest.mark.parametrize("how", ["stopped", "hanging"])
async def test_an_outage_of_redis_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """What was sent when Redis went is written down when it is back, before anybody takes it for a dead worker's."""
    monkeypatch.setattr(outbox_module, "HOLDS", 1.0)  # much shorter than the outage
    monkeypatch.setattr(relay_module, "SWEEPS_EVERY", 2.5)  # longer than the pause between tries to write, as it is
    redis, chats, stop = Embedded(tmp_path), Chats(), asyncio.Event()
    await asyncio.to_thread(redis.start)
    try:
        async with open_store(redis.url, tmp_path, limits=Limits(per_second=200)) as store:
            rows = [Subscription(target=Target(chat), storyline="bridges", since=NOW) for chat in range(1, CHATS + 1)]
            await store.subscriptions.put_many(rows)
            await owe(store)

            def show(event: Event, delivery: object, now: datetime) -> Message:
                return Message(html=event.id)

            relays = [
                asyncio.create_task(Relay(store, chats, show, show, lambda: NOW, worker=name).run(stop))
                for name in ("w1", "w2")
            ]
            try:
                while sum(chats.sent.values()) < CHATS // 3:  # noqa: ASYNC110 - no event tells it
                    await asyncio.sleep(0.01)
                await outage(redis, how)
                async with asyncio.timeout(60):
                    while any((await size(store)).values()):  # noqa: ASYNC110 - it happens in Redis
                        await asyncio.sleep(0.05)
            finally:
                stop.set()
                await asyncio.gather(*relays)
            assert chats.sent == Counter(range(1, CHATS + 1))
            outcomes = await store.outbox.outcomes()
            assert outcomes["sent"] + outcomes.get("current", 0) == CHATS
    finally:
        await asyncio.to_thread(redis.stop)


async def outage(redis: Embedded, how: str) -> None:
    if how == "stopped":
        await asyncio.to_thread(redis.stop)
        await asyncio.sleep(OUTAGE)
        await asyncio.to_thread(redis.start)
        return
    process = int((redis.folder / "server.pid").read_text())
    os.kill(process, signal.SIGSTOP)  # it accepts connections and answers nobody
    try:
        await asyncio.sleep(OUTAGE)
    finally:
        os.kill(process, signal.SIGCONT)


async def size(store: Store) -> dict[str, int]:
    try:
        return await store.outbox.size()
    except StoreUnavailable:
        return {"unknown": 1}
