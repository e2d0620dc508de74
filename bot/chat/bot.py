"""The bot as Telegram knows it: opened and closed in order, polling for as long as it stands."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from telegram import BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, Update
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, CallbackQueryHandler, ChatMemberHandler, ExtBot, MessageHandler, filters
from telegram.request import BaseRequest

from bot.chat.commands import Answering
from bot.chat.desk import Desk
from bot.chat.ports import RulesHolder, Source, Store
from bot.chat.reply import Replies
from bot.chat.screens import welcome
from bot.chat.updates import InOrder, Updates
from bot.errors import SettingsError
from bot.send.meanings import meaning
from bot.send.request import AiohttpRequest

log = structlog.get_logger(__name__)

WANTED = ("message", "callback_query", "my_chat_member")
POLL = timedelta(seconds=25)
CLOSING = 1.2  # seconds that each step of saying goodbye to Telegram may take
SAY_AGAIN = 600.0  # seconds until the same trouble is told to the admins again
_REFUSED = "Telegram refuses the token in TELEGRAM_BOT_TOKEN. Take it anew from @BotFather and start again."
_SECOND = (
    "Another process polls Telegram with this bot's token, so commands reach only one of the two. Stop the other one, "
    "or give it a token of its own. This process keeps trying."
)

App = Application[Any, Any, Any, Any, Any, Any]


def build(
    store: Store,
    rules: RulesHolder,
    *,
    token: str,
    clock: Callable[[], datetime],
    sources: Callable[[], Sequence[Source]],
    api_url: str = "https://api.telegram.org",
    admins: Collection[int] = (),
    more: Callable[[Desk], Mapping[str, Answering]] | None = None,
    request: BaseRequest | None = None,
    updates_request: BaseRequest | None = None,
) -> ChatBot:
    """The chat of one bot account, not yet started.

    `request` carries answers, `updates_request` the long polls; each belongs to the bot from here on, so they must be
    two objects. Without them our own transport is used. `more` brings commands that need what lies outside the chat.
    """
    root = api_url.rstrip("/")
    bot = _PatientBot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=request or AiohttpRequest(),
        get_updates_request=updates_request or AiohttpRequest(connections=2),
    )
    app: App = Application.builder().bot(bot).job_queue(None).concurrent_updates(InOrder()).build()
    replies = Replies(bot, store.subscriptions, store.pace)
    desk = Desk(store, rules, clock, sources)
    updates = Updates(desk, replies, more(desk) if more is not None else {})
    app.add_handler(MessageHandler(filters.UpdateType.MESSAGE, updates.on_message))
    app.add_handler(CallbackQueryHandler(updates.on_press))
    app.add_handler(ChatMemberHandler(updates.on_member, ChatMemberHandler.MY_CHAT_MEMBER))
    app.add_error_handler(updates.on_error)
    return ChatBot(app, replies, admins)


class TokenRefused(NetworkError):
    """Telegram, or something that stands before it, says that it does not know the token, though it did."""


class _PatientBot(ExtBot[None]):
    """Polls on when a token that worked is refused: the library would end its polling for good, without a word.

    A gateway's stray 404 looks the same as a revoked token; only the first is over by itself.
    """

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        try:
            return await super().get_updates(*args, **kwargs)
        except TelegramError as error:
            if kwargs.get("timeout") == timedelta(0):
                # The library's farewell, which only confirms what was read; it would log a traceback. Unconfirmed
                # updates come again, and answering them twice does no harm.
                log.info("farewell refused", error=type(error).__name__)
                return ()
            if isinstance(error, InvalidToken):
                raise TokenRefused("the token was refused while polling") from None
            raise


class ChatBot:
    """Runs inside a loop that already runs. `start` and `stop` are each called once."""

    def __init__(self, app: App, replies: Replies, admins: Collection[int] = ()):
        self._app = app
        self._replies = replies
        self._admins = admins
        self._opening: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._told = -SAY_AGAIN
        self.ready = asyncio.Event()  # set once commands are answered

    @property
    def username(self) -> str:
        """The bot's name without @; empty until Telegram has told it."""
        return self._app.bot.username if self.ready.is_set() else ""

    async def start(self) -> None:
        """Begin to answer. When Telegram cannot be reached it is tried again in the background, for ever.

        SettingsError: Telegram refuses the token.
        """
        if not await self._open():
            self._opening = asyncio.create_task(self._keep_opening(), name="chat:opening")

    async def stop(self) -> None:
        """Take no more updates, finish those taken, close the connections. Safe after a start that failed."""
        if self._opening is not None:
            self._opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._opening
        for task in self._telling:
            task.cancel()
        self._replies.hurry()
        updater = self._app.updater
        if updater is not None and updater.running:
            with contextlib.suppress(TimeoutError, TelegramError):
                async with asyncio.timeout(CLOSING):
                    await updater.stop()
        if self._app.running:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await self._app.stop()
        await self._app.shutdown()
        await self._app.bot.shutdown()  # after a start that failed half way, the application does not do it

    async def _open(self) -> bool:
        """Connect and poll; whether that went well."""
        updater = self._app.updater
        assert updater is not None
        try:
            await self._app.initialize()
            await self._name_commands()
            if not self._app.running:
                await self._app.start()
            await updater.start_polling(
                timeout=POLL, allowed_updates=WANTED, drop_pending_updates=False, error_callback=self._on_poll_error
            )
        except InvalidToken:
            raise SettingsError(_REFUSED) from None  # the library's text holds the token
        except TelegramError as error:
            why = str(meaning(error, editing=True) or type(error).__name__)  # our words hold no token
            log.warning("chat not open", detail=why, next="trying again")
            return False
        self.ready.set()
        log.info("chat open", username=self._app.bot.username)
        return True

    async def _keep_opening(self) -> None:
        wait = 1.0
        while True:
            await asyncio.sleep(wait)
            try:
                if await self._open():
                    return
            except SettingsError as error:
                log.error("chat not open", error=str(error), next="none")
                return
            wait = min(wait * 2, 30.0)

    async def _name_commands(self) -> None:
        """Fill the menus of private chats and groups; without them the bot works all the same."""
        menus = (
            (welcome.PRIVATE, BotCommandScopeAllPrivateChats()),
            (welcome.GROUP, BotCommandScopeAllGroupChats()),
        )
        for commands, scope in menus:
            named = [BotCommand(name, words) for name, words in commands]
            try:
                await self._app.bot.set_my_commands(named, scope=scope)
            except TelegramError as error:
                log.warning("commands not named", error=type(error).__name__)

    def _on_poll_error(self, error: TelegramError) -> None:
        """The library backs off up to 30 s and goes on; here it is only told."""
        if not isinstance(error, Conflict):
            log.warning("updates not read", error=type(error).__name__)
            return
        log.error("second poller", hint=_SECOND)
        if time.monotonic() - self._told > SAY_AGAIN:
            self._told = time.monotonic()
            task = asyncio.create_task(self._tell_admins(_SECOND), name="chat:admins")
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell_admins(self, words: str) -> None:
        for admin in sorted(self._admins):
            try:
                await self._app.bot.send_message(admin, words)
            except TelegramError as error:  # an admin who never wrote to the bot cannot be written to
                log.warning("admin not told", error=type(error).__name__)
