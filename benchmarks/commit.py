"""How fast polls are committed, what a record costs in memory, and what an alert to a million chats takes.

    python -m benchmarks.commit [--subscribers 1000000]

Every run is on the embedded server with `appendfsync always`, as the bot runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bot.model import (
    Alert,
    Commit,
    Cursor,
    Event,
    Health,
    Post,
    Reason,
    Receipt,
    Report,
    Severity,
    Subscription,
    Target,
)
from bot.store import Store, keys, open_store
from bot.store.codec import encode
from bot.store.receipts import pack

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TEXT = "Officials closed the northern bridge after a blast was reported near the second pier. " * 6


def post(number: int) -> Post:
    return Post(
        id=f"wire-{number % 50}/{number}",
        source=f"wire-{number % 50}",
        outlet=f"wire-{number % 50}",
        url=f"https://t.me/wire/{number}",
        published=NOW + timedelta(seconds=number),
        text=f"{number} {TEXT}",
    )


def batch(numbers: range, *, with_event: bool, expected: int) -> Commit:
    posts = tuple(post(number) for number in numbers)
    source = posts[0].source
    events: tuple[Event, ...] = ()
    alerts: tuple[Alert, ...] = ()
    if with_event:
        first = posts[0]
        report = Report(
            post=first.id,
            source=first.source,
            outlet=first.outlet,
            url=first.url,
            published=first.published,
            seen=first.published,
            headline=first.text[:80],
            excerpt=first.text[:400],
            origin=first.outlet,
        )
        event = Event(id=f"e{first.id}", reports=(report,), storylines=("bridges",), severity=Severity.HIGH)
        alert = Alert(
            event=event.id,
            storyline="bridges",
            reason=Reason.FIRST_REPORT,
            rings=True,
            at=NOW,
            revision=1,
            severity=Severity.HIGH,
            origins=1,
        )
        events, alerts = (event,), (alert,)
    return Commit(
        cursor=Cursor(source=source, last_id=numbers[-1]),
        health=Health(source=source, state="ok", since=NOW, checked=NOW),
        posts=posts,
        events=events,
        alerts=alerts,
        expected=expected,
    )


async def commits(store: Store, size: int, *, with_event: bool, count: int = 300) -> None:
    revision = await store.events.revision()
    batches = [batch(range(n * size, (n + 1) * size), with_event=with_event, expected=0) for n in range(count)]
    began = time.perf_counter()
    for one in batches:
        revision = await store.commit(msgspec.structs.replace(one, expected=revision))
    took = time.perf_counter() - began
    kind = "with an event and an alert" if with_event else "posts only"
    print(
        f"  {size:>3} posts a commit, {kind:<27} {count / took:>8,.0f} commits/s {count * size / took:>9,.0f} posts/s"
    )


async def grown(store: Store, what: str, count: int, fill: Callable[[], Awaitable[None]]) -> None:
    before = await store.memory()
    began = time.perf_counter()
    await fill()
    took = time.perf_counter() - began
    after = await store.memory()
    print(f"  {what:<34} {(after - before) / count:>8,.0f} bytes each ({count:,} in {took:.1f} s)")


async def memory(store: Store) -> None:
    async def posts() -> None:
        for n in range(0, 20_000, 20):
            await store.commit(batch(range(n, n + 20), with_event=False, expected=0))

    async def events() -> None:
        revision = await store.events.revision()
        for n in range(100_000, 102_000):
            one = batch(range(n, n + 1), with_event=True, expected=revision)
            revision = await store.commit(msgspec.structs.replace(one, posts=(), alerts=()))

    async def receipts() -> None:
        for chat in range(2_000):
            held = Receipt(target=Target(chat + 1), event="", message=chat, revision=1, rang=1, at=NOW)
            await store.link.many([("HSET", keys.RECEIPTS(held.target), f"e{n:016d}", pack(held)) for n in range(10)])

    print("\nMemory in Redis")
    await grown(store, "post in the archive", 20_000, posts)
    await grown(store, "event of one report", 2_000, events)
    await grown(store, "receipt (10 a chat)", 20_000, receipts)


async def audience(store: Store, subscribers: int) -> None:
    """Subscriptions are written in bulk here: what is measured is fan-out, and memory."""

    async def fill() -> None:
        record = encode(Subscription(target=Target(1), storyline="crowd", since=NOW))
        for start in range(0, subscribers, 10_000):
            chats = range(start + 1, min(subscribers, start + 10_000) + 1)
            commands: list[tuple[str | bytes | int | float, ...]] = []
            for chat in chats:
                target = f"{10_000_000 + chat}:0"
                commands.append(("ZADD", keys.AUDIENCE("crowd"), chat * 64 + 1, target))
                commands.append(("HSET", keys.CHAT(target), "crowd", record))
            await store.link.many(commands)

    print(f"\nOne alert to {subscribers:,} chats")
    await grown(store, "subscriber", subscribers, fill)
    one = batch(range(900_000, 900_001), with_event=True, expected=await store.events.revision())
    event = msgspec.structs.replace(one.events[0], storylines=("crowd",))
    alert = msgspec.structs.replace(one.alerts[0], storyline="crowd")
    before = await store.memory()
    began = time.perf_counter()
    await store.commit(msgspec.structs.replace(one, events=(event,), alerts=(alert,)))
    print(f"  owed (committed) in {(time.perf_counter() - began) * 1000:,.1f} ms")
    longest = 0.0
    while True:
        start = time.perf_counter()
        step = await store.outbox.fan_out()
        longest = max(longest, time.perf_counter() - start)
        if not step.worked:
            break
    ready = (await store.outbox.size())["due-high"]
    print(
        f"  written out ahead of sending: {ready:,} deliveries, {(await store.memory() - before) / 1e6:,.1f} MB;"
        f" longest step {longest * 1000:.1f} ms"
    )
    began = time.perf_counter()
    total = ready
    while (step := await store.outbox.fan_out(1_000, 10**9)).worked:
        total += step.written
    print(f"  all {total:,} written out, were there no bound: {time.perf_counter() - began:.1f} s")
    print(f"  memory then: {(await store.memory() - before) / 1e6:,.0f} MB")


async def main(subscribers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(None, Path(folder)) as store:
            print(f"Commits, one after the other, {store.server}")
            for size in (1, 20):
                await commits(store, size, with_event=False)
                await commits(store, size, with_event=True)
            await store.link.do("FLUSHALL")
            await memory(store)
            await audience(store, subscribers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    asyncio.run(main(parser.parse_args().subscribers))
