"""Telegram's updates, taken apart and answered. Thin: what is said is decided in `commands.py` and `buttons.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import structlog
from telegram import CallbackQuery, ChatMember, ChatMemberRestricted, ChatMemberUpdated, Update
from telegram import Message as TelegramMessage
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import BaseUpdateProcessor, ContextTypes

from bot.chat.buttons import Answer, Buttons, Where
from bot.chat.commands import Answering, Commands
from bot.chat.desk import Desk, Place
from bot.chat.place import place_of
from bot.chat.reading import read_command
from bot.chat.reply import Replies
from bot.chat.screens import trouble, welcome
from bot.errors import StoreUnavailable
from bot.model import Message, Target

log = structlog.get_logger(__name__)
Context = ContextTypes.DEFAULT_TYPE

_PRESENT = frozenset({ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER})


class Updates:
    """One method for each kind of update. Whatever goes wrong, the reader gets a sentence with a next step."""

    def __init__(self, desk: Desk, replies: Replies, more: Mapping[str, Answering] = MappingProxyType({})):
        self._desk = desk
        self._commands = Commands(desk, more)
        self._buttons = Buttons(desk)
        self._replies = replies

    async def on_message(self, update: Update, context: Context) -> None:
        """A message: a command, plain words in a private chat, or the news that a group has a new id."""
        message = update.message
        if message is None:
            return
        if message.migrate_to_chat_id is not None:
            await self._migrate(message.chat_id, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id is not None:
            await self._migrate(message.migrate_from_chat_id, message.chat_id)
        elif message.text:
            place = place_of(update, context.bot)
            if place is not None:
                await self._on_text(message, place, context.bot.username)

    async def _on_text(self, message: TelegramMessage, place: Place, username: str) -> None:
        text = message.text or ""
        command = read_command(text, username)
        if command is not None:
            asked: Awaitable[Message | None] = self._commands.answer(command, place)
        elif place.private and not text.startswith("/"):
            asked = self._commands.words(text, place)
        else:
            return
        name = command.name if command is not None and self._commands.knows(command.name) else "other"
        answer = await _guarded(asked, trouble.store_away(), trouble.failed(), command=name)
        if answer is not None:
            reply_to = None if place.private else message.message_id
            await self._replies.show(place.target, answer, reply_to=reply_to)

    async def on_press(self, update: Update, context: Context) -> None:
        """A pressed button."""
        query = update.callback_query
        if query is None:
            return
        place = place_of(update, context.bot)
        if place is None or query.data is None or query.message is None:
            await self._replies.toast(query.id, trouble.OLD_BUTTON, alert=True)
            return
        answer = await _guarded(
            self._buttons.answer(query.data, place),
            Answer(toast=trouble.STORE_AWAY, alert=True),
            Answer(toast=trouble.FAILED, alert=True),
            command="button",
        )
        await self._show(query, answer, place)

    async def _show(self, query: CallbackQuery, answer: Answer, place: Place) -> None:
        toast = answer.toast
        if answer.message is not None and query.message is not None:
            if answer.where is Where.HERE:
                changed = await self._replies.replace(place.target, query.message.message_id, answer.message)
                toast = toast or {True: "", False: trouble.UP_TO_DATE, None: trouble.NOT_SHOWN}[changed]
            else:
                reply_to = None if place.private else query.message.message_id
                shown = await self._replies.show(place.target, answer.message, reply_to=reply_to)
                toast = toast or ("" if shown else trouble.NOT_SHOWN)
        await self._replies.toast(query.id, toast, alert=answer.alert)

    async def on_member(self, update: Update, context: Context) -> None:
        """The bot was blocked, removed, taken back or added."""
        change = update.my_chat_member
        if change is None or change.chat.type == ChatType.CHANNEL:
            return
        was, now = _present(change.old_chat_member), _present(change.new_chat_member)
        if was and not now:
            why = "blocked" if change.chat.type == ChatType.PRIVATE else "kicked"
            paused = await self._desk.store.subscriptions.pause(Target(change.chat.id), why, whole_chat=True)
            log.info("chat lost", why=why, paused=paused)
        elif now and not was:
            await self._taken_back(change)

    async def _taken_back(self, change: ChatMemberUpdated) -> None:
        target = Target(change.chat.id)
        resumed = await self._desk.store.subscriptions.resume(target, whole_chat=True)
        log.info("chat gained", resumed=resumed)
        private = change.chat.type == ChatType.PRIVATE
        if resumed:
            await self._replies.show(target, welcome.hello_again(resumed, private=private))
        elif not private:
            await self._replies.show(target, welcome.hello_group(len(self._desk.rules.storylines)))

    async def _migrate(self, old: int, new: int) -> None:
        moved = await self._desk.store.subscriptions.migrate(old, new)
        log.info("group migrated", subscriptions=moved)

    async def on_error(self, update: object, context: Context) -> None:
        """What no method above caught: logged, never shown."""
        error = context.error
        log.error("update failed", error=type(error).__name__, exc_info=error)


async def _guarded(asked: Awaitable[Any], away: Any, failed: Any, *, command: str) -> Any:
    """The answer, or the sentence for the trouble that came instead."""
    try:
        answer = await asked
    except StoreUnavailable:
        log.warning("asked", command=command, outcome="store-away")
        return away
    except Exception:  # a bug must not leave a person without an answer
        log.exception("asked", command=command, outcome="failed")
        return failed
    log.info("asked", command=command, outcome="ok")
    return answer


def _present(member: ChatMember) -> bool:
    """Whether the bot is in the chat and may be heard there."""
    if isinstance(member, ChatMemberRestricted):
        return member.is_member and member.can_send_messages
    return member.status in _PRESENT


class InOrder(BaseUpdateProcessor):
    """Updates of different chats run side by side, those of one chat one after the other."""

    def __init__(self, most: int = 64):
        super().__init__(most)
        self._turns: dict[int, tuple[asyncio.Lock, int]] = {}

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Run when the updates of the same chat that came before are done."""
        chat = update.effective_chat if isinstance(update, Update) else None
        if chat is None:
            await coroutine
            return
        async with self._turn(chat.id):
            await coroutine

    @asynccontextmanager
    async def _turn(self, chat: int) -> AsyncIterator[None]:
        lock, waiting = self._turns.get(chat, (asyncio.Lock(), 0))
        self._turns[chat] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns[chat]
            if waiting == 1:
                del self._turns[chat]
            else:
                self._turns[chat] = (lock, waiting - 1)

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""
