from __future__ import annotations

from datetime import timedelta

import msgspec
from gathered import NOON, match, post, take

from bot.events import Window, gather, newer, phases_of, retract
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


def taken_back(window: Window, name: str) -> tuple[Event, Event]:
    """An event before and after the deletion of its post, which the window now holds."""
    placement = retract(window, name, NOON + timedelta(hours=3))
    assert placement is not None
    assert placement.before is not None
    window.put(placement.after)
    return placement.before, placement.after


def test_a_phase_does_not_outlive_its_posts() -> None:
    """The only post of the newest event goes: the storyline stands again where the event before it left it."""
    window = Window()
    one, two = post("They may leave the table"), post("The harbour is closed", 90, "Gull")
    old = take(window, one, match(one, "threatened", phase="threatened")).after
    new = take(window, two, match(two, "withdrawn", phase="withdrawn")).after
    (standing,) = phases_of([new])
    before, after = taken_back(window, two.id)
    (phase,) = phases_of([after], {after.id: before}, window)
    assert (phase.phase, phase.event, phase.instead_of) == ("threatened", old.id, new.id)
    assert newer(standing, phase)
    before, after = taken_back(window, one.id)
    (last,) = phases_of([after], {after.id: before}, window)
    assert (last.phase, last.event) == ("unclear", old.id)
    assert newer(phase, last)


def test_a_lost_phase_that_was_not_the_storyline_s_changes_nothing() -> None:
    """The storyline had moved on: the end of an older event does not turn it."""
    window = Window()
    one, two = post("They may leave the table"), post("The harbour is closed", 90, "Gull")
    take(window, one, match(one, "threatened", phase="threatened"))
    new = take(window, two, match(two, "withdrawn", phase="withdrawn")).after
    (standing,) = phases_of([new])
    before, after = taken_back(window, one.id)
    assert not any(newer(standing, phase) for phase in phases_of([after], {after.id: before}, window))


def test_an_edited_away_post_brings_no_phase() -> None:
    """An edit after which no signal matches takes the phase along; what another post still says remains."""
    window = Window()
    one = post("The envoys are leaving the talks in Geneva, the ministry said on Tuesday")
    event = take(window, one, match(one, phase="leaving")).after
    copy = post(f"BREAKING: {one.text}", 4, "Gull")
    both = take(window, copy, match(copy, phase="leaving")).after
    edited = msgspec.structs.replace(one, text="The ministry said nothing on Tuesday")
    placement = gather(window, edited, [], NOON + timedelta(minutes=9))
    assert placement is not None
    assert (placement.after.phases, placement.after.origins) == ((("story", "leaving"),), 1)
    alone = Window([event])
    placement = gather(alone, edited, [], NOON + timedelta(minutes=9))
    assert placement is not None
    assert (placement.after.phases, placement.after.origins) == ((), 0)
    assert both.id == event.id


def test_what_a_post_last_said_of_the_event_is_kept() -> None:
    """Edited away and edited once more, a report still holds the words that readers were told."""
    window = Window()
    one = post("The envoys are leaving the talks in Geneva")
    take(window, one, match(one, phase="leaving"))
    for minute, text in enumerate(("The ministry said nothing", "The weather is fine in Geneva"), 1):
        placement = gather(window, msgspec.structs.replace(one, text=text), [], NOON + timedelta(minutes=minute))
        assert placement is not None
        assert placement.after.first.was == one.text
        window.put(placement.after)


def test_a_post_edited_into_a_denial_is_a_dissent() -> None:
    """The edit of a known post is asked whether it denies; reworded it stays a denial, and is none once it says so."""
    window = Window()
    one = post("The United States is evacuating its embassy in Kyiv, two officials said.")
    take(window, one)
    texts = {
        "The United States is not evacuating its embassy in Kyiv, two officials said.": True,
        "UPDATE: the United States is not evacuating its embassy in Kyiv, officials said.": True,
        "Two officials spoke about the weather in Kyiv.": False,
    }
    for minute, (text, denies) in enumerate(texts.items(), 1):
        edited = msgspec.structs.replace(one, text=text)
        placement = gather(window, edited, [], NOON + timedelta(minutes=minute))
        assert placement is not None
        assert (placement.after.first.dissent, placement.after.origins) == (denies, 0)
        window.put(placement.after)
