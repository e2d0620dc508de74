from __future__ import annotations

from datetime import timedelta

import msgspec
from wire import NOON, match, post, take

from bot.events import Window, newer, phases_of, retract
from bot.model import Event


def event(text: str, minute: float, phase: str) -> Event:
    one = post(text, minute)
    return take(Window(), one, match(one, phase=phase, hit=True)).after


def test_the_newest_event_says_where_a_storyline_stands() -> None:
    """Newest by first publication, whatever the order in which events are given."""
    threatened, withdrawn = event("They may leave the table", 0, "threatened"), event("They left", 90, "withdrawn")
    for events in ([threatened, withdrawn], [withdrawn, threatened]):
        (phase,) = phases_of(events)
        assert (phase.phase, phase.since, phase.event) == ("withdrawn", NOON + timedelta(minutes=90), withdrawn.id)


def test_a_late_report_of_an_old_event_does_not_turn_back() -> None:
    """The store keeps the newer phase, but the same event may change its own."""
    (old,) = phases_of([event("They may leave", 0, "threatened")])
    (new,) = phases_of([event("They left", 90, "withdrawn")])
    assert newer(None, old)
    assert newer(old, new)
    assert not newer(new, old)
    assert newer(new, msgspec.structs.replace(new, phase="resumed"))


def test_an_event_whose_posts_are_gone_brings_nothing() -> None:
    """A retracted report proves no phase."""
    window = Window()
    one = post("They left")
    take(window, one, match(one, phase="withdrawn"))
    placement = retract(window, one.id, NOON)
    assert placement is not None
    assert phases_of([placement.after]) == ()
