from __future__ import annotations

from datetime import timedelta

import msgspec
from gathered import NOON, match, post, take

from bot.events import Relation, Window, gather

CLOSED = (
    "The harbour bridge in Odesa was closed on Tuesday after an explosion damaged two of its pillars, the mayor said."
)


def test_putting_back_what_was_replaced_undoes_it() -> None:
    """After a rollback the window answers as it did before."""
    window = Window()
    one = post(CLOSED)
    first = take(window, one).after
    copy = post(f"BREAKING: {CLOSED}", 3, "Gull")
    placement = gather(window, copy, [match(copy)], NOON)
    assert placement is not None
    replaced = window.put(placement.after)
    assert replaced == first
    window.put(first)
    assert window.event_of(copy.id) is None
    assert gather(window, copy, [match(copy)], NOON) == placement


def test_a_dropped_event_is_found_no_more() -> None:
    """Nothing leads to an event that was dropped."""
    window = Window()
    event = take(window, post(CLOSED)).after
    assert window.drop(event.id) == event
    assert len(window) == 0
    assert window.drop(event.id) is None
    assert take(window, post(CLOSED, 1, "Gull")).relation is Relation.NEW


def test_old_events_expire_and_touched_ones_stay() -> None:
    """An event leaves when nothing was added to it for 72 hours; a new report keeps it."""
    window = Window()
    old = take(window, post("В Варшаве открылась выставка старых карт, вход свободный")).after
    kept = take(window, post(CLOSED)).after
    late = post(f"BREAKING: {CLOSED}", 60 * 60, "Gull")
    take(window, late)
    assert window.expire(NOON + timedelta(hours=73)) == (old.id,)
    assert window.get(kept.id) is not None
    assert window.get(old.id) is None


def test_a_rebuilt_window_gathers_alike() -> None:
    """After a restart the window is rebuilt from events alone and places the next post just so."""
    window = Window()
    for n in range(30):
        take(
            window,
            post(f"Regional council number {n} adopted budget line {n * 7} for culture and parks", n, f"Council {n}"),
        )
    take(window, post(CLOSED, 40))
    stored = [msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=type(event)) for event in window]
    copy = post(f"{CLOSED} Traffic is diverted.", 50, "Gull")
    assert gather(Window(stored), copy, [match(copy)], NOON) == gather(window, copy, [match(copy)], NOON)


def test_it_never_holds_more_than_its_bound() -> None:
    """Beyond the bound the event untouched for longest goes."""
    window = Window(most=5)
    first = take(window, post("Council zero opened a museum of glass")).after
    for n in range(6):
        take(window, post(f"Village {n} elected mayor {n} in a runoff on day {n}", n + 1, f"Village {n}"))
    assert len(window) == 5
    assert window.get(first.id) is None
