"""Following: choose storylines, see what is followed, set how."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.alerts.markup import Rich, bold, code, join, line, text
from bot.alerts.pieces import MARKS, counted
from bot.alerts.presses import Verb, short
from bot.chat.ports import Storyline
from bot.chat.screens import frame
from bot.model import Button, Message, Severity, Subscription

PAGE = 10
_PAUSED = {
    "blocked": "paused: the bot was blocked",
    "kicked": "paused: the bot was removed from the chat",
    "topic-gone": "paused: the topic was deleted",
}


def choosing(storylines: Sequence[Storyline], followed: Collection[str], page: int) -> frame.Rows:
    """A button for each storyline, ticked where it is followed; pressing changes it in place."""
    shown, page, pages = frame.page_of(storylines, page, PAGE)
    rows = tuple(
        (
            frame.press(
                ("✓ " if storyline.name in followed else "") + storyline.title,
                Verb.FOLLOW,
                short(storyline.name),
                0 if storyline.name in followed else 1,
                f"p{page}",
            ),
        )
        for storyline in shown
    )
    return rows + frame.turning(Verb.CHOOSE, page, pages)


def choose(storylines: Sequence[Storyline], followed: Collection[str], page: int = 0, *, private: bool) -> Message:
    """`/subscribe` alone."""
    if not storylines:
        return frame.said("No storyline is loaded at the moment. Please try again later.")
    count = sum(storyline.name in followed for storyline in storylines)
    who = "You follow" if private else "This chat follows"
    return frame.message(
        (
            bold("Choose storylines"),
            text(f"{who} {count} of {len(storylines)}. Press one to follow it, press again to stop."),
        ),
        (*choosing(storylines, followed, page), (frame.press("How each is followed", Verb.MINE),) if count else ()),
    )


def manner(subscription: Subscription) -> str:
    """How a subscription follows: `every severity, from the first report`."""
    least = {
        Severity.LOW: "every severity",
        Severity.MEDIUM: "medium and above",
        Severity.HIGH: "high and critical",
        Severity.CRITICAL: "critical only",
    }[subscription.minimum]
    how = "once two origins report it" if subscription.confirmed_only else "from the first report"
    paused = f" ({_PAUSED.get(subscription.paused, 'paused')})" if subscription.paused else ""
    return f"{least}, {how}{paused}"


def mine(subscriptions: Sequence[Subscription], titles: Mapping[str, str], *, private: bool) -> Message:
    """`/my`: what this chat or topic follows, each with buttons to set and to stop."""
    who = "You follow" if private else "This chat follows"
    if not subscriptions:
        return frame.said(f"{who} nothing yet.", (frame.press("Choose storylines", Verb.CHOOSE, 0),))
    lines = [_mine_line(subscription, titles) for subscription in subscriptions]
    rows = tuple(_mine_row(subscription, titles) for subscription in subscriptions[:40])
    return frame.message(
        (bold(f"{who} {counted(len(subscriptions), 'storyline')}"), *lines),
        (*rows, (frame.press("Choose storylines", Verb.CHOOSE, 0),)),
    )


def _mine_line(subscription: Subscription, titles: Mapping[str, str]) -> Rich:
    title = titles.get(subscription.storyline)
    name = bold(line(title, 120)) if title else line(f"{subscription.storyline} (no longer tracked)", 160)
    return join((name, text(manner(subscription))))


def _mine_row(subscription: Subscription, titles: Mapping[str, str]) -> tuple[Button, ...]:
    name = short(subscription.storyline)
    stop = frame.press(f"Stop: {titles.get(subscription.storyline, subscription.storyline)}", Verb.FOLLOW, name, 0, "m")
    if subscription.storyline not in titles:
        return (stop,)
    return (frame.press("Settings", Verb.TUNE, name), stop)


def tune(storyline: Storyline, subscription: Subscription) -> Message:
    """How one storyline is followed, to be changed in place."""
    name = short(storyline.name)
    least = tuple(
        frame.press(
            f"{'✓ ' if severity is subscription.minimum else ''}{MARKS[severity]} {severity.label}",
            Verb.MINIMUM,
            name,
            int(severity),
        )
        for severity in Severity
    )
    confirmed = (
        frame.press(f"{'' if subscription.confirmed_only else '✓ '}First report", Verb.CONFIRMED, name, 0),
        frame.press(f"{'✓ ' if subscription.confirmed_only else ''}Two origins", Verb.CONFIRMED, name, 1),
    )
    return frame.message(
        (
            bold(line(storyline.title, 200)),
            text(f"Now: {manner(subscription)}."),
            text(
                "The first two rows set the least severity that reaches you. The third sets when: at the first report, "
                "or once two independent outlets report the same."
            ),
        ),
        (
            least[:2],
            least[2:],
            confirmed,
            (
                frame.press("Stop following", Verb.FOLLOW, name, 0, "s"),
                frame.press("‹ What is followed", Verb.MINE),
            ),
        ),
    )


def followed(
    storylines: Sequence[Storyline], one: Subscription, unknown: Sequence[str], *, every: bool, private: bool
) -> Message:
    """Said after `/subscribe` by text; `one` shows how they are followed."""
    who = "You now follow" if private else "This chat now follows"
    if every:
        what = text(f"{who} all {counted(len(storylines), 'storyline')}.")
    else:
        what = text(f"{who} ") + join((bold(line(storyline.title, 120)) for storyline in storylines[:12]), ", ")
        what += text(f" and {len(storylines) - 12} more." if len(storylines) > 12 else ".")
    first = storylines[0]
    row = (frame.press("Settings", Verb.TUNE, short(first.name)),) if len(storylines) == 1 else ()
    return frame.message(
        (what, text(f"You get: {manner(one)}."), not_understood(unknown)),
        (
            (*row, frame.press("Show story", Verb.CARD, short(first.name))) if len(storylines) == 1 else row,
            (frame.press("What is followed", Verb.MINE),),
        ),
    )


def stopped(storylines: Sequence[str], unknown: Sequence[str], *, private: bool) -> Message:
    """Said after `/unsubscribe` by text; `storylines` are titles."""
    who = "You" if private else "This chat"
    if storylines:
        what = text(f"{who} no longer follow{'' if private else 's'} ") + join(
            (bold(line(title, 120)) for title in storylines[:12]), ", "
        )
        what += text(f" and {len(storylines) - 12} more." if len(storylines) > 12 else ".")
    else:
        what = text(f"Nothing changed: {'you do' if private else 'this chat does'} not follow that.")
    return frame.message(
        (what, not_understood(unknown)),
        ((frame.press("What is followed", Verb.MINE), frame.press("Choose storylines", Verb.CHOOSE, 0)),),
    )


def not_understood(words: Sequence[str]) -> Rich:
    """Names the words of a command that meant nothing to us."""
    if not words:
        return text("")
    return text("Not understood: ") + join((code_line(word) for word in words[:5]), ", ")


def code_line(word: str) -> Rich:
    """A reader's own word, shown back on one line."""
    shown = line(word, 40)
    return code(" ".join(word.split())[:40]) if shown else text("…")
