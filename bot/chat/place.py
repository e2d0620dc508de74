"""Where an update comes from, and whether its author may change what is followed there."""

from __future__ import annotations

import structlog
from telegram import Bot, Chat, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.chat.desk import Place
from bot.model import Target

log = structlog.get_logger(__name__)


def place_of(update: Update, bot: Bot) -> Place | None:
    """The place of a message or a pressed button; None for channels and for what has no chat."""
    message = update.effective_message
    chat = update.effective_chat
    if message is None or chat is None or chat.type == ChatType.CHANNEL:
        return None
    # Replies in ordinary supergroups carry a thread id as well: only topics are places of their own.
    in_topic = bool(getattr(message, "is_topic_message", False))
    thread = getattr(message, "message_thread_id", None) if in_topic else None
    private = chat.type == ChatType.PRIVATE

    async def may_change() -> bool | None:
        return True if private else await _is_admin(update, chat, bot)

    user = update.effective_user
    answered = getattr(message, "reply_to_message", None)
    return Place(
        target=Target(chat.id, None if private else thread),
        private=private,
        may_change=may_change,
        user=user.id if user is not None else None,
        answers=answered.message_id if answered is not None else None,
    )


async def _is_admin(update: Update, chat: Chat, bot: Bot) -> bool | None:
    """Whether an admin of the group wrote or pressed; None when Telegram could not be asked."""
    if update.callback_query is None and update.message is not None and update.message.sender_chat is not None:
        return update.message.sender_chat.id == chat.id  # an anonymous admin writes in the name of the group
    user = update.effective_user
    if user is None:
        return False
    try:
        member = await bot.get_chat_member(chat.id, user.id)
    except TelegramError as error:
        log.warning("admin not checked", error=type(error).__name__)
        return None
    return member.status in {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}
