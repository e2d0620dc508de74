"""The first screen, the help, and the words for a group that the bot has just joined."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.alerts.markup import Rich, bold, join, text
from bot.alerts.pieces import counted
from bot.alerts.presses import Verb
from bot.chat.ports import Storyline
from bot.chat.screens import frame
from bot.chat.screens.follow import choosing
from bot.model import Message

# Command and what it does; the first two words of a menu. Registered with Telegram at start.
PRIVATE = (
    ("stories", "The storylines that are tracked"),
    ("story", "One storyline: its phase and newest events"),
    ("latest", "The newest events of all storylines"),
    ("subscribe", "Follow storylines"),
    ("my", "What you follow, and how"),
    ("unsubscribe", "Stop following"),
    ("sources", "What is read, and whether it can be"),
    ("why", "Why an alert came: answer it with this, or add a link"),
    ("help", "How this works"),
)
GROUP = tuple((name, words.replace("you follow", "this chat follows")) for name, words in PRIVATE)


def start(storylines: Sequence[Storyline], followed: Collection[str], *, private: bool) -> Message:
    """Who this is, what to expect, and the storylines to press."""
    who = "you" if private else "this chat"
    rows = choosing(storylines, followed, 0)
    rows += ((frame.press("Newest events", Verb.LATEST), frame.press("How this works", Verb.HELP)),)
    return frame.message(
        (
            bold("Wirewatch"),
            text(
                "It reads public channels and news feeds and tells "
                f"{who} when a tracked storyline moves. One happening is one message: it changes in place as more "
                "sources report it, and it links every post behind it."
            ),
            text(_first_step(len(storylines), len(followed), private=private)),
        ),
        rows,
    )


def _first_step(storylines: int, followed: int, *, private: bool) -> str:
    if not storylines:
        return "No storyline is loaded at the moment. /sources shows what is being read."
    if followed:
        return f"{'You follow' if private else 'This chat follows'} {followed} of {storylines}. Press one to change it."
    admins = "" if private else " Only admins of this group can change it."
    return f"Press a storyline to follow it.{admins}"


def help_screen(*, private: bool) -> Message:
    """What can be asked, and how an alert is to be read."""
    commands = join(text(f"/{name}: {words[0].lower()}{words[1:]}") for name, words in (PRIVATE if private else GROUP))
    examples = text(
        "By text: /story mediation\n"
        "/subscribe mediation confirmed critical follows one storyline, only critical events, only once two "
        "independent outlets report them.\n"
        "/subscribe all, /unsubscribe all"
    )
    return frame.message(
        (
            bold("How this works"),
            commands,
            examples,
            _reading(),
            text(
                "Headlines and extracts are the linked posts' own words; the bot only counts and dates them. "
                "Times are UTC."
            )
            + text("" if private else " In groups only admins can change what is followed; topics have their own."),
        ),
        ((frame.press("Choose storylines", Verb.CHOOSE, 0), frame.press("Newest events", Verb.LATEST)),),
    )


def _reading() -> Rich:
    return join(
        (
            bold("Reading an alert"),
            text("🔴\u00a0critical  🟠\u00a0high  🟡\u00a0medium  ⚪\u00a0low  ⚫\u00a0every post of it was deleted"),
            text(
                "“5 posts, 3 origins” means that five posts say it and three of them are independent: copies, reprints "
                "and forwards count with their origin."
            ),
            text(
                "You hear a sound for the first report, and when it is confirmed, becomes graver, is denied, corrected "
                "or deleted. All other changes are silent."
            ),
        )
    )


def hello_group(storylines: int) -> Message:
    """Said once when the bot joins a group."""
    return frame.said(
        f"Hello. I can tell this group when one of {counted(storylines, 'storyline')} moves. "
        "An admin chooses with the button below, or with /subscribe in the topic where alerts should appear.",
        (frame.press("Choose storylines", Verb.CHOOSE, 0),),
    )


def hello_again(followed: int, *, private: bool) -> Message:
    """Said when a chat that had blocked or removed the bot takes it back."""
    who = "You follow" if private else "This chat follows"
    return frame.said(
        f"Hello again. {who} {counted(followed, 'storyline')} as before. What happened in between is under /latest.",
        (frame.press("What is followed", Verb.MINE), frame.press("Newest events", Verb.LATEST)),
    )
