"""When something cannot be done: one sentence with a next step, never a detail of ours."""

from __future__ import annotations

from bot.alerts.presses import Verb
from bot.chat.screens import frame
from bot.model import Message

OLD_BUTTON = "This button is from an older version. Please use the ones below the newest message, or /help."
ADMINS_ONLY = "Only admins of this group can change what it follows. Please ask one of them."
CANNOT_CHECK = "I could not check whether you are an admin here. Please try again in a minute."
STORE_AWAY = "My memory does not answer right now. Please try again in a minute; alerts that are owed are kept."
FAILED = "Something went wrong on our side and has been logged. Please try again in a minute, or see /help."
UP_TO_DATE = "Nothing new."
NOT_SHOWN = "Telegram does not let me show that right now. Please try again in a minute."


def old_button() -> Message:
    return frame.said(OLD_BUTTON)


def gone_event() -> Message:
    """The event behind a button is no longer kept."""
    return frame.said(
        "That event is no longer kept. The newest ones are under /latest.", (frame.press("Newest events", Verb.LATEST),)
    )


def gone_storyline() -> Message:
    """The storyline behind a button is no longer tracked."""
    return frame.said(
        "That storyline is no longer tracked. These are:", (frame.press("All storylines", Verb.STORIES, 0),)
    )


def admins_only() -> Message:
    return frame.said(ADMINS_ONLY)


def cannot_check() -> Message:
    return frame.said(CANNOT_CHECK)


def store_away() -> Message:
    return frame.said(STORE_AWAY)


def failed() -> Message:
    return frame.said(FAILED)


def not_understood() -> Message:
    """Plain words in a private chat that name nothing."""
    return frame.said(
        "I did not understand that. Send the name of a storyline, or a command: /help lists them.",
        (frame.press("Choose storylines", Verb.CHOOSE, 0), frame.press("Newest events", Verb.LATEST)),
    )


def no_such_command() -> Message:
    """A command that does not exist; only said where the bot was clearly meant."""
    return frame.said(
        "I do not know that command. /help lists what I can do; /story with a name shows a storyline.",
        (frame.press("Choose storylines", Verb.CHOOSE, 0), frame.press("Newest events", Verb.LATEST)),
    )
