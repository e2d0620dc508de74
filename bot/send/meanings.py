"""Every answer of Telegram has one meaning: the table of docs/delivery.md, as one pure function."""

from __future__ import annotations

import re
from datetime import timedelta

from telegram import error as tg

from bot import errors
from bot.send.request import AnswerLost, NotSent

DEFAULT_WAIT = 5.0  # seconds, where a 429 does not say how long

# Parts of Telegram's descriptions in lower case. The Bot API gives no machine-readable codes beside the HTTP status.
NOT_MODIFIED = ("message is not modified",)
MESSAGE_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to be replied not found",
    "message to reply not found",
    "replied message not found",
)
TOPIC_GONE = ("message thread not found", "topic_deleted", "topic_closed", "topic_id_invalid")
UNREACHABLE = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "peer_id_invalid",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "user_is_blocked",
    "input_user_deactivated",
    "have no rights to send a message",
    "not enough rights to send",
    "need administrator rights in the channel chat",
    "group chat was deactivated",
    "group is deactivated",
    "group chat was upgraded to a supergroup chat",  # without the new id there is nothing to follow
    "bot is not a member",
    "bot was kicked",
)
FLOOD_WAIT = re.compile(r"flood_wait_(\d+)|retry after (\d+)")


def meaning(error: Exception, *, editing: bool) -> errors.SendError | None:
    """What an error means for the delivery; None where all is well (the message shows already what it should).

    `editing`: an edit may be repeated without harm, so a lost answer to one is only a transient trouble.
    """
    match error:
        case tg.RetryAfter():
            return errors.Throttled("Telegram asks for patience", _wait_of(error))
        case tg.ChatMigrated():
            return errors.ChatMigrated("the group became a supergroup", error.new_chat_id)
        case tg.Forbidden():
            return errors.ChatUnreachable(_said(error))
        case tg.InvalidToken():
            # PTB's texts for this one repeat the token; ours does not.
            return errors.TokenRefused("Telegram refuses the token: check TELEGRAM_BOT_TOKEN")
        case tg.BadRequest():  # before NetworkError, which is its parent: a refusal must not be retried for ever
            return _refusal(error, editing=editing)
        case NotSent() | tg.Conflict():
            return errors.SendTransient(_said(error))
        case AnswerLost() | tg.TimedOut():
            return _lost(_said(error), editing=editing)
        case tg.NetworkError():
            return _server_trouble(error, editing=editing)
    # An answer that could not be read came after Telegram had acted.
    return _lost(f"unreadable answer ({type(error).__name__})", editing=editing)


def _refusal(error: tg.BadRequest, *, editing: bool) -> errors.SendError | None:
    said = error.message.lower()
    if _any(NOT_MODIFIED, said):
        return None
    if _any(MESSAGE_GONE, said):
        return errors.MessageGone(_said(error))
    if _any(TOPIC_GONE, said):
        return errors.TopicGone(_said(error))
    if _any(UNREACHABLE, said):
        return errors.ChatUnreachable(_said(error))
    return _flood(said) or errors.Rejected(_said(error))


def _server_trouble(error: tg.NetworkError, *, editing: bool) -> errors.SendError:
    said = error.message.lower()
    flood = _flood(said)
    if flood is not None:
        return flood
    if "too many requests" in said:
        return errors.Throttled("Telegram asks for patience", DEFAULT_WAIT)
    if "entity too large" in said:
        return errors.Rejected("the request is too large")
    if "gateway timeout" in said or "(504)" in said:  # the gateway had passed it on
        return _lost("gateway timeout", editing=editing)
    return errors.SendTransient(said[:60].split(". parsing")[0])


def _flood(said: str) -> errors.Throttled | None:
    found = FLOOD_WAIT.search(said)
    if found is None:
        return None
    return errors.Throttled("Telegram asks for patience", float(found[1] or found[2]))


def _lost(said: str, *, editing: bool) -> errors.SendError:
    return errors.SendTransient(said) if editing else errors.SendLost(said)


def _wait_of(error: tg.RetryAfter) -> float:
    """Seconds, whether the library gives a number or a timedelta."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _said(error: tg.TelegramError) -> str:
    return error.message.removeprefix("Bad Request: ").removeprefix("Forbidden: ")[:200]


def _any(parts: tuple[str, ...], said: str) -> bool:
    return any(part in said for part in parts)
