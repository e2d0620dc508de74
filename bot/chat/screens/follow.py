"""Following: choose storylines, see what is followed, set how."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.alerts.markup import Rich, bold, code, join, line, text
from bot.alerts.pieces import MARKS, counted, sentence
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


def choose(
    storylines: Sequence[Storyline], followed: Collection[str], page: int = 0, *, private: bool, nameless: bool = False
) -> Message:
    """`/subscribe` alone. `nameless`: options were given, but no storyline."""
    if not storylines:
        return frame.said("No storyline is loaded at the moment. Please try again later.")
    count = sum(storyline.name in followed for storyline in storylines)
    who = "You follow" if private else "This chat follows"
    return frame.message(
        (
            bold("Choose storylines"),
            text(f"{who} {count} of {len(storylines)}. Press one to follow it, press again to stop."),
            text("To set how, name the storyline too: /subscribe mediation critical" if nameless else ""),
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


def _too_high(storyline: Storyline, subscription: Subscription) -> Rich:
    """A warning where nothing can reach the chat: silence must not be taken for quiet news."""
    highest = max((signal.severity for signal in storyline.signals.values()), default=None)
    if highest is None or subscription.minimum <= highest:
        return text("")
    return text(
        f"Nothing will arrive like this: what is tracked here is {highest.label} at most. Choose a lower severity."
    )


def mine(subscriptions: Sequence[Subscription], titles: Mapping[str, str], *, private: bool) -> Message:
    """`/my`: what this chat or topic follows, each with buttons to set and to stop."""
    who = "You follow" if private else "This chat follows"
    if not subscriptions:
        return frame.said(f"{who} nothing yet.", (frame.press("Choose storylines", Verb.CHOOSE, 0),))
    subscriptions = sorted(
        subscriptions,
        key=lambda each: (each.storyline not in titles, titles.get(each.storyline, each.storyline).casefold()),
    )
    ways: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        ways.setdefault(manner(subscription), []).append(subscription)
    return frame.message(
        (
            bold(f"{who} {counted(len(subscriptions), 'storyline')}"),
            *(_followed_so(way, together, titles) for way, together in ways.items()),
        ),
        (
            *(_mine_row(subscription, titles) for subscription in subscriptions[:40]),
            (frame.press("Choose storylines", Verb.CHOOSE, 0),),
        ),
        end=text("Press a storyline to change how it is followed."),
    )


def _followed_so(way: str, subscriptions: Sequence[Subscription], titles: Mapping[str, str]) -> Rich:
    """The storylines that are followed in one way."""
    names = (titles.get(each.storyline, f"{each.storyline} (no longer tracked)") for each in subscriptions[:40])
    more = len(subscriptions) - 40
    last = text(f"• and {more} more") if more > 0 else text("")
    return join((text(f"{sentence(way)}:"), *(text("• ") + line(name, 80) for name in names), last))


def _mine_row(subscription: Subscription, titles: Mapping[str, str]) -> tuple[Button, ...]:
    name = short(subscription.storyline)
    stop = frame.press("Stop", Verb.FOLLOW, name, 0, "m")
    title = titles.get(subscription.storyline)
    if title is None:
        return (frame.press(f"Stop: {subscription.storyline}", Verb.FOLLOW, name, 0, "m"),)
    return (frame.press(title, Verb.TUNE, name), stop)


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
            _too_high(storyline, subscription),
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
    storylines: Sequence[Storyline],
    made: Sequence[Subscription],
    unknown: Sequence[str],
    *,
    every: bool,
    private: bool,
) -> Message:
    """Said after `/subscribe` by text; `made` are the subscriptions as they stand now."""
    who = "You now follow" if private else "This chat now follows"
    if every:
        what = text(f"{who} all {counted(len(storylines), 'storyline')}.")
    else:
        what = text(f"{who} ") + join((bold(line(storyline.title, 120)) for storyline in storylines[:12]), ", ")
        what += text(f" and {len(storylines) - 12} more." if len(storylines) > 12 else ".")
    first = storylines[0]
    ways = {manner(subscription) for subscription in made}
    way = f"You get: {ways.pop()}." if len(ways) == 1 else "Some keep the settings that they had: /my shows them."
    row = (frame.press("Settings", Verb.TUNE, short(first.name)),) if len(storylines) == 1 else ()
    warning = _too_high(first, made[0]) if len(storylines) == 1 else text("")
    return frame.message(
        (what, text(way), warning, not_understood(unknown)),
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
