"""Storylines: the list, one card, and what is said when a name is not known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from bot.alerts.markup import NOTHING, Rich, bold, code, italic, join, line, text
from bot.alerts.pieces import MARKS, when, words_of
from bot.alerts.presses import Verb, short
from bot.alerts.render import render_event_line
from bot.chat.ports import Storyline
from bot.chat.screens import frame
from bot.chat.screens.follow import code_line, manner
from bot.model import Button, Event, Message, Phase, Subscription

PAGE = 8
EVENTS = 6


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What the card of a storyline shows. `events` are the newest first."""

    storyline: Storyline
    now: datetime
    phase: Phase | None = None
    events: Sequence[Event] = ()
    subscription: Subscription | None = None
    private: bool = True


def story(card: Card) -> Message:
    """`/story mediation`."""
    newest = [render_event_line(event, card.now) for event in card.events[:EVENTS]]
    heading = bold("Newest events") if newest else text("No event has been seen yet. You can follow it all the same.")
    return frame.message(
        (
            join((bold(line(card.storyline.title, 200)), line(card.storyline.about, 500))),
            join((_phase(card.phase, card.now), _signals(card.storyline))),
            join((heading, *newest[:1])),
            *newest[1:],
        ),
        _card_rows(card),
        end=italic(_followed(card)),
    )


def _phase(phase: Phase | None, now: datetime) -> Rich:
    if phase is None:
        return text("Phase: none yet")
    return text("Phase: ") + bold(line(words_of(phase.phase), 80)) + text(f" since {when(phase.since, now)}")


def _signals(storyline: Storyline) -> Rich:
    """The kinds of development it looks for, the gravest first."""
    signals = sorted(storyline.signals.values(), key=lambda signal: (-signal.severity, signal.name))
    if not signals:
        return NOTHING
    more = text(f" and {len(signals) - 8} more") if len(signals) > 8 else NOTHING
    named = (text(f"{MARKS[signal.severity]}\u00a0") + line(words_of(signal.name), 60) for signal in signals[:8])
    return text("Looks for: ") + join(named, ", ") + more


def _followed(card: Card) -> str:
    at = f"As of {when(card.now, card.now)}."
    if card.subscription is None:
        return f"{'You do' if card.private else 'This chat does'} not follow it. {at}"
    return f"{'You follow' if card.private else 'This chat follows'} it: {manner(card.subscription)}. {at}"


def _card_rows(card: Card) -> frame.Rows:
    name = short(card.storyline.name)
    first: tuple[Button, ...] = (frame.press("Follow", Verb.FOLLOW, name, 1, "s"),)
    if card.subscription is not None:
        first = (frame.press("Stop following", Verb.FOLLOW, name, 0, "s"), frame.press("Settings", Verb.TUNE, name))
    return (first, (frame.press("Refresh", Verb.STORY, name), frame.press("All storylines", Verb.STORIES, 0)))


def stories(
    storylines: Sequence[Storyline],
    phases: Mapping[str, Phase],
    followed: Collection[str],
    now: datetime,
    page: int = 0,
) -> Message:
    """`/stories`: what is tracked, where each stands, a button for each card."""
    if not storylines:
        return frame.said("No storyline is loaded at the moment. Please try again later.")
    shown, page, pages = frame.page_of(storylines, page, PAGE)
    heading = bold("Storylines") + text(f" (page {page + 1} of {pages})" if pages > 1 else "")
    lines = [_story_line(storyline, phases.get(storyline.name), storyline.name in followed, now) for storyline in shown]
    buttons = [frame.press(storyline.title, Verb.STORY, short(storyline.name)) for storyline in shown]
    return frame.message(
        (heading, *lines),
        tuple((button,) for button in buttons)
        + frame.turning(Verb.STORIES, page, pages)
        + ((frame.press("Choose what to follow", Verb.CHOOSE, 0),),),
    )


def _story_line(storyline: Storyline, phase: Phase | None, followed: bool, now: datetime) -> Rich:
    stands = [text("followed")] if followed else []
    if phase is not None:
        stands.append(line(words_of(phase.phase), 80) + text(f" since {when(phase.since, now)}"))
    names = (storyline.name, *storyline.aliases)
    short_name = min(names, key=len) if "-" in storyline.name else storyline.name
    return join(
        (
            bold(line(storyline.title, 120)),
            line(storyline.about, 200),
            join((code(f"/story {' '.join(short_name.split())[:40]}"), *stands), " · "),
        )
    )


def unknown(words: str, nearest: Sequence[Storyline]) -> Message:
    """A name that is not a storyline: the nearest ones as buttons."""
    rows = tuple((frame.press(storyline.title, Verb.STORY, short(storyline.name)),) for storyline in nearest[:4])
    everything = (frame.press("All storylines", Verb.STORIES, 0),)
    if not rows:
        return frame.message((text("There is no storyline ") + code_line(words) + text("."),), (everything,))
    return frame.message(
        (text("There is no storyline ") + code_line(words) + text(". Did you mean one of these?"),), (*rows, everything)
    )


def perhaps(nearest: Sequence[Storyline]) -> Message:
    """Plain words that may have meant a storyline."""
    rows = tuple((frame.press(storyline.title, Verb.STORY, short(storyline.name)),) for storyline in nearest[:4])
    return frame.said(
        "I did not understand that. Did you mean one of these storylines? /help lists what I can do.",
        *rows,
        (frame.press("All storylines", Verb.STORIES, 0),),
    )


def which(storylines: Sequence[Storyline]) -> Message:
    """`/story` alone."""
    shown, _, pages = frame.page_of(storylines, 0, PAGE)
    rows = tuple((frame.press(storyline.title, Verb.STORY, short(storyline.name)),) for storyline in shown)
    if pages > 1 or not rows:
        rows += ((frame.press("All storylines", Verb.STORIES, 0),),)
    return frame.said("Which storyline?", *rows)


def latest(events: Sequence[Event], titles: Mapping[str, str], now: datetime) -> Message:
    """`/latest`: the newest events of all storylines."""
    refresh = (frame.press("Refresh", Verb.LATEST), frame.press("All storylines", Verb.STORIES, 0))
    at = italic(f"As of {when(now, now)}.")
    if not events:
        return frame.message((text("No event has been seen yet. /sources shows what is being read."), at), (refresh,))
    lines = [join((_titles(event, titles), render_event_line(event, now))) for event in events]
    return frame.message((bold("Newest events"), *lines), (refresh,), end=at)


def _titles(event: Event, titles: Mapping[str, str]) -> Rich:
    return italic(join((line(titles.get(name, words_of(name)), 60) for name in event.storylines[:3]), ", "))
