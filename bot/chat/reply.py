"""Answers on their way to Telegram. Alerts never go this way: they are owed by the outbox.

An answer is wanted now or not at all: it takes its place among the alerts within Telegram's limits, short waits are
waited out once, everything else is logged and given up. What Telegram says about the chat (flood, blocked, migrated,
topic gone) is passed on to the store, which an answer does not depend on. What an error means is decided in one place,
`bot.send.meanings`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.chat.ports import Pace, Subscriptions
from bot.errors import (
    ChatMigrated,
    ChatUnreachable,
    MessageGone,
    SendError,
    SendTransient,
    StoreUnavailable,
    Throttled,
    TopicGone,
)
from bot.model import Message, Target
from bot.send.meanings import meaning
from bot.send.telegram import keyboard

log = structlog.get_logger(__name__)

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
PATIENCE = 10.0  # seconds that a person may be kept waiting by flood control
AGAIN = 0.5  # seconds before a call that was not accepted is repeated
STORE_SAYS_WITHIN = 1.0  # seconds; an answer does not wait longer for Redis to say when it may go


class Replies:
    """Sends, edits and answers; none of its methods raises an error of Telegram's."""

    def __init__(self, bot: Bot, subscriptions: Subscriptions, pace: Pace):
        self._bot = bot
        self._subscriptions = subscriptions
        self._pace = pace
        self._closing = asyncio.Event()

    def hurry(self) -> None:
        """Give up what would have to wait: the bot is being stopped."""
        self._closing.set()

    async def show(self, target: Target, message: Message, *, reply_to: int | None = None) -> bool:
        """Send `message`; whether Telegram took it."""

        async def send(chat: int) -> None:
            await self._bot.send_message(
                chat,
                message.html,
                parse_mode=ParseMode.HTML,
                message_thread_id=target.thread,
                link_preview_options=NO_PREVIEW,
                reply_markup=keyboard(message.buttons),
                reply_parameters=ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
            )

        return await self._try(send, target, editing=False) == "ok"

    async def replace(self, target: Target, message_id: int, message: Message) -> bool | None:
        """Show `message` in place of an earlier one; anew if that is gone.

        False when nothing had changed, None when it could not be shown.
        """

        async def edit(chat: int) -> None:
            await self._bot.edit_message_text(
                message.html,
                chat,
                message_id,
                parse_mode=ParseMode.HTML,
                link_preview_options=NO_PREVIEW,
                reply_markup=keyboard(message.buttons),
            )

        outcome = await self._try(edit, target, editing=True)
        if outcome == "gone":
            return await self.show(target, message) or None
        return {"ok": True, "same": False}.get(outcome)

    async def toast(self, query: str, words: str, *, alert: bool = False) -> None:
        """End the spinner on a pressed button, with a word."""
        try:
            await self._bot.answer_callback_query(query, words[:200] or None, show_alert=alert)
        except TelegramError as error:  # too old, or the way is shut: the screen itself has already changed
            log.info("button not answered", error=type(error).__name__)

    async def _try(self, call: Callable[[int], Awaitable[None]], target: Target, *, editing: bool) -> str:
        """Call with the chat's id, twice at most: `ok`, `same`, `gone` or `failed`."""
        chat = target.chat
        trouble: SendError | None = None
        for last in (False, True):
            if not await self._turn(chat):
                break
            try:
                await call(chat)
            except TelegramError as error:
                trouble = meaning(error, editing=editing)
            else:
                return "ok"
            match trouble:
                case None:
                    return "same"
                case MessageGone() if editing:
                    return "gone"
                case ChatMigrated():
                    with contextlib.suppress(StoreUnavailable):  # the group's own message about it comes too
                        await self._subscriptions.migrate(chat, trouble.new_chat)
                    chat = trouble.new_chat
                case Throttled():
                    await self._hold(chat, trouble.retry_after)
                    if last or trouble.retry_after > PATIENCE or not await self._waited(trouble.retry_after):
                        break
                case SendTransient() if not last:
                    if not await self._waited(AGAIN):
                        break
                case _:
                    break
        if trouble is not None:
            await self._learn(trouble, target)
        log.warning("answer lost", editing=editing, error=type(trouble).__name__ if trouble else "no-slot")
        return "failed"

    async def _turn(self, chat: int) -> bool:
        """Wait for a slot within Telegram's limits; False where that takes longer than a person waits."""
        try:
            async with asyncio.timeout(STORE_SAYS_WITHIN):
                wait = await self._pace.reserve(chat)
        except (StoreUnavailable, TimeoutError):  # without Redis nothing else is being sent either
            return not self._closing.is_set()
        if wait <= 0:
            return True
        return wait <= PATIENCE and await self._waited(wait)

    async def _hold(self, chat: int, seconds: float) -> None:
        """Tell the alerts too that Telegram wants this chat left alone."""
        with contextlib.suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(STORE_SAYS_WITHIN):
                await self._pace.hold(chat, seconds)

    async def _waited(self, seconds: float) -> bool:
        """Wait; False when the bot is being stopped before that is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        return not self._closing.is_set()

    async def _learn(self, trouble: SendError, target: Target) -> None:
        """Nothing more is owed to a chat that cannot be reached."""
        with contextlib.suppress(StoreUnavailable):  # the next alert finds out the same
            await self._pause(trouble, target)

    async def _pause(self, trouble: SendError, target: Target) -> None:
        match trouble:
            case ChatUnreachable():
                await self._subscriptions.pause(target, "kicked" if target.is_group else "blocked", whole_chat=True)
            case TopicGone():
                await self._subscriptions.pause(target, "topic-gone")
