"""Subscriptions: who follows what, through pauses, migrations and farewells."""

from __future__ import annotations

from typing import Any

from bot.model import Receipt, Severity, Target
from bot.store import Store


async def test_a_subscription_is_read_back_and_changed(store: Store, make: Any) -> None:
    """`put` creates or changes, `remove` ends; each says whether it did."""
    first = make.subscription(7, minimum=Severity.HIGH, confirmed_only=True)
    assert await store.subscriptions.put(first)
    assert await store.subscriptions.get(Target(7), "bridges") == first
    changed = make.subscription(7, minimum=Severity.LOW)
    assert not await store.subscriptions.put(changed)
    assert await store.subscriptions.of_target(Target(7)) == [changed]
    assert await store.subscriptions.count("bridges") == 1
    assert await store.subscriptions.remove(Target(7), "bridges")
    assert not await store.subscriptions.remove(Target(7), "bridges")
    assert await store.subscriptions.get(Target(7), "bridges") is None
    assert await store.subscriptions.targets_of(7) == []


async def test_pages_hold_everyone_once_while_people_come_and_go(store: Store, make: Any) -> None:
    """Paging through an audience neither repeats nor skips those who stay."""
    for chat in range(1, 31):
        await store.subscriptions.put(make.subscription(chat))
    seen, after = [], 0
    for step in range(100):
        page, after = await store.subscriptions.audience("bridges", after, 7)
        seen += [s.target.chat for s in page]
        await store.subscriptions.remove(Target(step + 1), "bridges")
        await store.subscriptions.put(make.subscription(30 - step, minimum=Severity.CRITICAL))
        if not after:
            break
    assert len(seen) == len(set(seen))
    assert set(range(6, 31)) <= set(seen)


async def test_pausing_and_resuming(store: Store, make: Any) -> None:
    """A pause is seen on every subscription of the target, and a change of settings does not end it."""
    for storyline in ("bridges", "rivers"):
        await store.subscriptions.put(make.subscription(7, storyline))
    assert await store.subscriptions.pause(Target(7), "blocked") == 2
    assert await store.subscriptions.pause(Target(7), "blocked") == 0
    await store.subscriptions.put(make.subscription(7, "bridges", minimum=Severity.HIGH))
    await store.subscriptions.put(make.subscription(7, "roads"))
    assert {s.paused for s in await store.subscriptions.of_target(Target(7))} == {"blocked"}
    assert await store.subscriptions.resume(Target(7)) == 3
    assert {s.paused for s in await store.subscriptions.of_target(Target(7))} == {None}


async def test_migration_moves_everything(store: Store, make: Any) -> None:
    """Subscriptions in all topics, pauses and receipts follow a group to its new id; the old id is empty."""
    await store.subscriptions.put(make.subscription(-5))
    await store.subscriptions.put(make.subscription(-5, thread=2))
    await store.subscriptions.pause(Target(-5, 2), "topic-gone")
    await store.receipts.put(Receipt(target=Target(-5), event="e1", message=9, revision=1, at=make.start))

    assert await store.subscriptions.migrate(-5, -1005) == 2

    assert await store.subscriptions.targets_of(-5) == []
    assert await store.subscriptions.targets_of(-1005) == [Target(-1005), Target(-1005, 2)]
    (topic,) = await store.subscriptions.of_target(Target(-1005, 2))
    assert (topic.target, topic.paused) == (Target(-1005, 2), "topic-gone")
    receipt = await store.receipts.get(Target(-1005), "e1")
    assert receipt is not None
    assert receipt.message == 9
    assert await store.receipts.get(Target(-5), "e1") is None
    assert await store.subscriptions.count("bridges") == 2
    assert await store.subscriptions.migrate(-5, -1005) == 0


async def test_forgetting_leaves_no_trace(store: Store, make: Any) -> None:
    """After `/forget` no key names the chat."""
    await store.subscriptions.put(make.subscription(4711))
    await store.subscriptions.put(make.subscription(4711, "rivers", thread=3))
    await store.receipts.put(Receipt(target=Target(4711), event="e1", message=9, revision=1, at=make.start))
    await store.pace.reserve(4711)
    assert await store.subscriptions.forget(4711) == 2
    keys = [key.decode() for key in await store.link.do("KEYS", "*")]
    assert not [key for key in keys if "4711" in key]
    assert await store.subscriptions.count("bridges") == 0
    assert await store.subscriptions.followed() == ["bridges", "rivers"]
