"""The outbox: everything owed is handed out once, in the right order, and survives the death of a worker."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from bot.model import Reason, Receipt, Severity, Target
from bot.store import Limits, Owed, Store, keys, open_store
from bot.store.outbox import Outbox

FAST = Limits(per_second=100_000, chat_spacing=0.00001, chat_burst=1000, group_spacing=0.00001, group_burst=1000)


def quick(store: Store) -> Outbox:
    """The same outbox without limits, for tests that are not about pace."""
    return Outbox(store.link, FAST)


async def owe(store: Store, make: Any, event: Any, reason: Reason = Reason.FIRST_REPORT) -> None:
    batch = make.owing(event, reason, expected=await store.events.revision())
    await store.commit(batch)


async def drain(outbox: Outbox, worker: str = "w1", most: int = 1000) -> list[Owed]:
    """Everything that can be taken now, after writing out every alert."""
    while (await outbox.fan_out()).worked:
        pass
    return list((await outbox.take(worker, most)).owed)


def receipt_for(owed: Owed, message: int = 1, revision: int | None = None) -> Receipt:
    d = owed.delivery
    shown = d.revision if revision is None else revision
    return Receipt(target=d.target, event=d.event, message=message, revision=shown, rang=shown, at=d.owed_at)


async def test_one_alert_reaches_every_subscriber_once(store: Store, make: Any) -> None:
    """An alert is one record; page by page it becomes one delivery a subscriber, and then it is gone."""
    for chat in range(1, 26):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make, make.event())
    assert await store.outbox.size() == {
        "alerts": 1, "due-critical": 0, "due-high": 0, "due-medium": 0, "due-low": 0, "later": 0,
    }  # fmt: skip

    steps = []
    while (step := await store.outbox.fan_out(page=10)).worked:
        steps.append((step.written, step.done))
    owed = (await quick(store).take("w1", 100)).owed

    assert steps == [(10, False), (10, False), (5, True)]
    assert sorted(o.delivery.target.chat for o in owed) == list(range(1, 26))
    assert (await store.outbox.size())["alerts"] == 0
    first = owed[0].delivery
    assert (first.event, first.storyline, first.reason, first.rings) == ("e1", "bridges", Reason.FIRST_REPORT, True)
    assert first.severity is Severity.HIGH
    assert first.attempt == 0


async def test_audience_filters(store: Store, make: Any) -> None:
    """Minimum severity, confirmed-only and pauses decide who is owed an alert."""
    put = store.subscriptions.put
    await put(make.subscription(1))
    await put(make.subscription(2, minimum=Severity.CRITICAL))
    await put(make.subscription(3, confirmed_only=True))
    await put(make.subscription(4))
    await put(make.subscription(5, minimum=Severity.HIGH, thread=9))
    await store.subscriptions.pause(Target(4), "blocked")

    await owe(store, make, make.event("e1"))
    assert {o.delivery.target for o in await drain(quick(store))} == {Target(1), Target(5, 9)}

    await owe(store, make, make.event("e2", origins=2, severity=Severity.CRITICAL), Reason.CONFIRMED)
    assert {o.delivery.target for o in await drain(quick(store))} == {Target(1), Target(2), Target(3), Target(5, 9)}


async def test_an_update_is_owed_only_to_chats_that_hold_the_alert(store: Store, make: Any) -> None:
    """`updated` for a chat without receipt is never written out; the holder gets it whatever its filters say."""
    await store.subscriptions.put(make.subscription(1, confirmed_only=True))
    await store.subscriptions.put(make.subscription(2))
    outbox = quick(store)
    await owe(store, make, make.event())
    (owed,) = await drain(outbox)
    await outbox.settle(owed, "w1", "sent", receipt_for(owed))

    await owe(store, make, make.event(revision=2), Reason.UPDATED)
    (update,) = await drain(outbox)

    assert update.delivery.target == Target(2)
    assert update.receipt == receipt_for(owed)


async def test_severity_before_age(store: Store, make: Any) -> None:
    """A critical alert overtakes a broadcast that was owed before it, on both stages."""
    for chat in range(1, 40):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make, make.event("low", severity=Severity.LOW))
    await store.outbox.fan_out(page=20)
    await owe(store, make, make.event("top", severity=Severity.CRITICAL))
    await store.outbox.fan_out(page=20)

    events = [o.delivery.event for o in (await quick(store).take("w1", 30)).owed]
    assert events == ["top"] * 20 + ["low"] * 10


async def test_fan_out_keeps_only_so_much_ready(store: Store, make: Any) -> None:
    """A large audience waits as one record: deliveries are written out only a little ahead of sending."""
    for chat in range(1, 101):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make, make.event())
    while (await store.outbox.fan_out(page=10, ahead=25)).worked:
        pass
    size = await store.outbox.size()
    assert (size["alerts"], size["due-high"]) == (1, 30)


async def test_a_changed_filter_never_repeats_a_delivery(store: Store, make: Any) -> None:
    """Changing a subscription while its alert is being written out neither repeats nor loses anyone."""
    for chat in range(1, 11):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make, make.event())
    await store.outbox.fan_out(page=5)
    for chat in range(1, 11):
        await store.subscriptions.put(make.subscription(chat, minimum=Severity.HIGH))
    chats = [o.delivery.target.chat for o in await drain(quick(store))]
    assert sorted(chats) == list(range(1, 11))


async def test_two_workers_never_hold_the_same_alert_of_a_chat(store: Store, make: Any) -> None:
    """Two storylines owe one event to one chat: the second waits for the first and then finds nothing left to do."""
    event = make.event(storylines=("bridges", "rivers"))
    for storyline in event.storylines:
        await store.subscriptions.put(make.subscription(1, storyline))
    alerts = tuple(make.alert(event, storyline=storyline) for storyline in event.storylines)
    await store.commit(make.batch(events=(event,), alerts=alerts))
    outbox = quick(store)

    (first,) = await drain(outbox, "w1")
    assert await drain(outbox, "w2") == []
    await outbox.settle(first, "w1", "sent", receipt_for(first))
    await asyncio.sleep(0.3)
    assert await drain(outbox, "w2") == []

    assert await outbox.outcomes() == {"sent": 1, "current": 1}
    size = await outbox.size()
    assert set(size.values()) == {0}


async def test_a_dead_workers_deliveries_are_taken_over(store: Store, make: Any) -> None:
    """What a worker held when it died stands in line again, marked as another attempt."""
    await store.subscriptions.put(make.subscription(1))
    outbox = quick(store)
    await owe(store, make, make.event())
    assert len(await drain(outbox, "dead")) == 1
    await store.link.do("DEL", keys.LOCK(Target(1), "e1"))  # its lock expires with it
    assert await drain(outbox, "w2") == []

    assert await outbox.reclaim("w2", idle=0.0) == 1
    (again,) = await drain(outbox, "w2")
    assert (again.delivery.attempt, again.delivery.target) == (1, Target(1))


async def test_put_off_comes_back_later(store: Store, make: Any) -> None:
    """A delivery that did not go is due again after its delay, not before."""
    await store.subscriptions.put(make.subscription(1))
    outbox = quick(store)
    await owe(store, make, make.event())
    (owed,) = await drain(outbox)
    await outbox.put_off(owed, "w1", 0.15, lost=True)

    taken = await outbox.take("w1", 10)
    assert taken.owed == ()
    assert taken.wait is not None
    assert 0 < taken.wait <= 0.15
    await asyncio.sleep(0.2)
    (again,) = (await outbox.take("w1", 10)).owed
    assert (again.delivery.attempt, again.lost) == (1, True)


async def test_leaving_drops_what_is_owed(store: Store, make: Any) -> None:
    """Unsubscribing, pausing or `/forget` between owing and sending means that nothing is sent."""
    for chat in (1, 2, 3):
        await store.subscriptions.put(make.subscription(chat))
    await owe(store, make, make.event())
    await store.outbox.fan_out()
    await store.subscriptions.remove(Target(1), "bridges")
    await store.subscriptions.pause(Target(2), "blocked")
    await store.subscriptions.forget(3)

    assert (await quick(store).take("w1", 10)).owed == ()
    assert await store.outbox.outcomes() == {"unsubscribed": 2, "paused": 1}


async def test_a_migrated_group_gets_what_was_owed(store: Store, make: Any) -> None:
    """Deliveries owed to the old id of a group go to the new one, with its receipts."""
    await store.subscriptions.put(make.subscription(-5, thread=3))
    outbox = quick(store)
    await owe(store, make, make.event("e1"))
    (old,) = await drain(outbox)
    await outbox.settle(old, "w1", "sent", receipt_for(old, message=77))
    await owe(store, make, make.event("e1", revision=2), Reason.CONFIRMED)
    await outbox.fan_out()

    assert await store.subscriptions.migrate(-5, -1005) == 1

    (owed,) = (await outbox.take("w1", 10)).owed
    assert owed.delivery.target == Target(-1005, 3)
    assert owed.receipt is not None
    assert owed.receipt.message == 77


async def test_an_event_that_moved_on_is_updated(store: Store, make: Any) -> None:
    """An update committed while the first report was on its way finds no receipt; settling owes it after all."""
    await store.subscriptions.put(make.subscription(1))
    outbox = quick(store)
    await owe(store, make, make.event())
    (owed,) = await drain(outbox)
    await owe(store, make, make.event(revision=2), Reason.UPDATED)
    assert await drain(outbox) == []

    await outbox.settle(owed, "w1", "sent", receipt_for(owed))
    (update,) = await drain(outbox)
    assert (update.delivery.reason, update.delivery.revision) == (Reason.UPDATED, 2)


async def test_owed_updates_of_one_message_become_one_edit(store: Store, make: Any) -> None:
    """Several updates owed for one message take one slot: the first shows the newest state, the rest are done."""
    await store.subscriptions.put(make.subscription(1))
    outbox = quick(store)
    await owe(store, make, make.event())
    (owed,) = await drain(outbox)
    await outbox.settle(owed, "w1", "sent", receipt_for(owed))
    for revision in (2, 3, 4):
        await owe(store, make, make.event(revision=revision), Reason.UPDATED)

    (edit,) = await drain(outbox)
    await outbox.settle(edit, "w1", "edited", receipt_for(edit, revision=4))
    await asyncio.sleep(0.3)
    assert await drain(outbox) == []
    assert await outbox.outcomes() == {"sent": 1, "edited": 1, "current": 2}


async def test_receipts_are_bounded(store: Store, make: Any) -> None:
    """A target's oldest receipt goes when there are too many."""
    target = Target(1)
    for n in range(520):
        await store.receipts.put(Receipt(target=target, event=f"e{n}", message=n, revision=1, at=make.at(n)))
    kept = await store.receipts.of_target(target)
    assert len(kept) == 512
    assert kept[0].event == "e519"
    assert await store.receipts.get(target, "e0") is None


async def test_a_waiting_relay_wakes_at_once(store: Store, make: Any) -> None:
    """`wait` returns as soon as something is owed, and never misses what came before it was called."""
    after = await store.outbox.wait("0", 0.05)
    await store.subscriptions.put(make.subscription(1))
    await owe(store, make, make.event())
    async with asyncio.timeout(5):
        later = await store.outbox.wait(after, 60)
    assert later != after


async def test_redis_that_lost_its_data_is_set_up_again(store: Store, make: Any) -> None:
    """A wiped Redis costs what it held, not the relay."""
    await store.link.do("FLUSHALL")
    assert (await store.outbox.take("w1", 1)).owed == ()
    await store.subscriptions.put(make.subscription(1))
    await owe(store, make, make.event())
    assert len(await drain(quick(store))) == 1


async def test_limits_are_given_when_opening(redis_url: str, tmp_path: Any) -> None:
    """`open_store` hands its limits to the outbox and the pace."""
    async with open_store(redis_url, tmp_path, limits=FAST) as store:
        assert store.pace.limits == FAST


async def test_many_settle_in_few_round_trips(store: Store, make: Any) -> None:
    """Deliveries that end together are written together, also after Redis forgot our scripts; twice is as once."""
    for chat in range(1, 101):
        await store.subscriptions.put(make.subscription(chat))
    outbox = quick(store)
    await owe(store, make, make.event())
    owed = await drain(outbox)
    await store.link.do("SCRIPT", "FLUSH")
    await asyncio.gather(*(outbox.settle(one, "w1", "sent", receipt_for(one)) for one in owed))
    await outbox.settle(owed[0], "w1", "sent", receipt_for(owed[0]))
    assert await outbox.outcomes() == {"sent": 100}
    assert set((await outbox.size()).values()) == {0}
    assert await store.receipts.get(Target(77), "e1") is not None


async def test_what_an_older_program_owes_is_still_delivered(store: Store, make: Any) -> None:
    """A rolling restart: alerts and deliveries written before alerts could expire are handed out, and never expire."""
    await store.subscriptions.put(make.subscription(7))
    await store.link.do(
        "XADD", keys.ALERTS(3), "1-1", "e", "e1", "s", "bridges", "r", "first-report", "rings", "1", "creates", "1",
        "v", "1", "o", "1",
    )  # fmt: skip
    await store.link.do("ZADD", keys.LATER(), 1, "7\t0\te2\tbridges\tfirst-report\t1\t1\t3\t1\t1\t2\t0")
    owed = {one.delivery.event: one for one in await drain(quick(store))}
    assert set(owed) == {"e1", "e2"}
    assert owed["e2"].delivery.attempt == 2
    assert {one.expires for one in owed.values()} == {0}


async def test_an_expired_alert_takes_no_slot_of_the_limit(store: Store, make: Any) -> None:
    """A hundred old alerts do not hold up a fresh one at 29 a second."""
    await store.subscriptions.put(make.subscription(7))
    for number in range(100):
        event = make.event(f"old{number}")
        alert = msgspec.structs.replace(make.alert(event), fresh_for=0.001)
        expected = await store.events.revision()
        await store.commit(make.batch(events=(event,), alerts=(alert,), expected=expected))
    await owe(store, make, make.event("fresh"))
    await asyncio.sleep(0.01)
    assert [one.delivery.event for one in await drain(store.outbox)] == ["fresh"]
    assert (await store.outbox.outcomes())["expired"] == 100
    assert len(await store.outbox.expired(Target(7))) == 100
    await store.subscriptions.forget(7)
    assert await store.outbox.expired(Target(7)) == []


async def test_an_old_question_who_is_dead_is_not_answered(store: Store, make: Any) -> None:
    """A Redis that hung works off what was asked meanwhile: the living must not lose what they are just sending."""
    await store.subscriptions.put(make.subscription(7))
    await owe(store, make, make.event())
    assert len(await drain(quick(store))) == 1
    seconds, _ = await store.link.do("TIME")
    assert await store.link.run("reclaim", "w2", 0, (int(seconds) - 5) * 1000, 1_000) == 0
    assert await store.outbox.reclaim("w2", idle=0.0) == 1


async def test_alerts_of_one_moment_reach_everybody_each(store: Store, make: Any) -> None:
    """Two alerts of different severity committed in one millisecond do not share their place in the audience."""
    for chat in range(1, 31):
        await store.subscriptions.put(make.subscription(chat))
    for name, severity in (("low", Severity.LOW), ("top", Severity.CRITICAL)):
        await store.link.do(
            "XADD", keys.ALERTS(int(severity)), "1700000000000-0", "e", name, "s", "bridges", "r", "first-report",
            "rings", "1", "creates", "1", "v", "1", "o", "1", "f", "0",
        )  # fmt: skip
        await store.outbox.fan_out(page=10)
    owed = await drain(quick(store))
    for name in ("low", "top"):
        assert sorted(o.delivery.target.chat for o in owed if o.delivery.event == name) == list(range(1, 31))
    assert await store.link.do("EXISTS", keys.FANNED()) == 0
