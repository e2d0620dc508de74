"""Pace: Telegram's limits hold over all workers together, whatever the mix."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.model import Reason, Receipt, Target
from bot.store import Limits, Owed, Store, keys
from bot.store.outbox import AHEAD, Outbox
from bot.store.pace import Pace

WIDE = {"chat_spacing": 0.001, "chat_burst": 1000, "group_spacing": 0.001, "group_burst": 1000}


async def owe(store: Store, make: Any, name: str = "e1") -> None:
    await store.commit(make.owing(make.event(name), expected=await store.events.revision()))
    while (await store.outbox.fan_out()).worked:
        pass


def starts(times: list[tuple[float, Owed]]) -> list[float]:
    return sorted(at + owed.wait for at, owed in times)


async def collect(outbox: Outbox, worker: str, count: int, most: int = 50) -> list[tuple[float, Owed]]:
    """Take and settle until `count` deliveries were handed out: each with the moment of its being taken."""
    loop = asyncio.get_running_loop()
    got: list[tuple[float, Owed]] = []
    while len(got) < count:
        now = loop.time()
        taken = await outbox.take(worker, most)
        for owed in taken.owed:
            got.append((now, owed))
            await outbox.settle(owed, worker, "sent")
        await asyncio.sleep(taken.wait or 0.005)
    return got


async def test_all_messages_are_spaced_evenly(store: Store, make: Any) -> None:
    """At 100/s forty messages take at least 0.39 s, and no window of a tenth holds more than eleven."""
    for chat in range(1, 41):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make)
    outbox = Outbox(store.link, Limits(per_second=100, **WIDE))
    times = starts(await collect(outbox, "w1", 40))
    assert times[-1] - times[0] >= 0.35
    # Slots are spaced on Redis's clock; ours adds the round trip, so the windows are judged with some room.
    assert max(sum(start <= t < start + 0.1 for t in times) for start in times) <= 14


async def test_workers_share_the_limit(store: Store, make: Any) -> None:
    """Two workers together are no faster than one."""
    for chat in range(1, 41):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make)
    outbox = Outbox(store.link, Limits(per_second=100, **WIDE))
    one, two = await asyncio.gather(collect(outbox, "w1", 10, most=3), collect(outbox, "w2", 10, most=3))
    times = starts(one + two)
    assert len({owed.delivery.target for _, owed in one + two}) == len(one + two)
    assert times[-1] - times[0] >= (len(times) - 1) / 100 - 0.05


async def test_slots_are_given_only_a_little_ahead(store: Store, make: Any) -> None:
    """A critical alert waits for no more than a tenth of a second of slots that were given before it came."""
    for chat in range(1, 101):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make)
    taken = await Outbox(store.link, Limits(per_second=29)).take("w1", 100)
    assert 2 <= len(taken.owed) <= 4
    assert all(owed.wait <= AHEAD + 0.001 for owed in taken.owed)
    assert taken.wait is not None
    assert taken.wait > 0


async def test_one_busy_chat_does_not_hold_up_the_others(store: Store, make: Any) -> None:
    """A chat with many alerts gets its burst and then waits; the other chats' alerts go at once."""
    for chat in (1, 2, 3):
        await store.subscriptions.put(make.subscription(chat))
    await store.subscriptions.put(make.subscription(9, "other"))
    for n in range(6):
        await owe(store, make, f"e{n}")
    outbox = Outbox(store.link, Limits(per_second=1000, chat_spacing=30, chat_burst=2))
    taken = await outbox.take("w1", 100)
    chats = [owed.delivery.target.chat for owed in taken.owed]
    assert sorted(chats) == [1, 1, 2, 2, 3, 3]
    assert (await store.outbox.size())["later"] == 12
    assert taken.wait is not None
    assert 20 < taken.wait <= 60


async def test_groups_get_twenty_a_minute(store: Store) -> None:
    """By default no minute holds more than twenty messages to a group, and no private chat waits for it."""
    pace = Pace(store.link, Limits(per_second=1000))
    waits = [await pace.reserve(-5) for _ in range(40)]
    assert max(sum(start <= wait < start + 60 for wait in waits) for start in waits) <= 20
    assert waits[3] < 1 < waits[4]
    assert await pace.reserve(5) < 0.2


async def test_a_held_chat_is_left_alone(store: Store, make: Any) -> None:
    """429 for a chat rests that chat for as long as it said, and nobody else."""
    for chat in (1, 2):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make)
    assert not await store.pace.hold(1, 3600)
    taken = await store.outbox.take("w1", 10)
    assert [owed.delivery.target.chat for owed in taken.owed] == [2]
    assert taken.wait is not None
    assert taken.wait > 3500


async def test_floods_in_several_chats_rest_everything_and_slow_down(store: Store, make: Any) -> None:
    """Three chats that draw 429 within seconds mean that we are too fast: all rest, and the spacing grows."""
    await store.subscriptions.put(make.subscription(50))
    await owe(store, make)
    assert [await store.pace.hold(chat, 5) for chat in (1, 2, 3)] == [False, False, True]
    taken = await store.outbox.take("w1", 10)
    assert taken.owed == ()
    assert taken.wait is not None
    assert 4 < taken.wait <= 5
    assert float(await store.link.do("GET", keys.PACE_SLOW())) == 1.1


async def test_a_ring_after_an_edit_counts_twice(store: Store, make: Any) -> None:
    """Edits are messages to Telegram: an edit with a reply takes two slots of the chat."""
    for n in range(3):
        await store.subscriptions.put(make.subscription(n + 1))
        at = make.start
        await store.receipts.put(Receipt(target=Target(n + 1), event="e1", message=n, revision=1, rang=1, at=at))
    batch = make.owing(make.event(revision=2), Reason.CONFIRMED)
    await store.commit(batch)
    await store.outbox.fan_out()
    outbox = Outbox(store.link, Limits(per_second=10, **WIDE))
    taken = await outbox.take("w1", 10)
    assert len(taken.owed) == 1  # the second one's slot lies 0.2 s ahead
