"""One message out, or one edit; what Telegram answers comes back as one of our own errors."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Awaitable
from typing import TypeVar

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode

from bot import errors
from bot.model import Button, Message, Target
from bot.send.meanings import meaning
from bot.send.request import AiohttpRequest

log = structlog.get_logger(__name__)

T = TypeVar("T")

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
TAG = re.compile(r"<[^<>]*>")


class Telegram:
    """The sending side of a bot. `bot` must be initialized by its owner, and stays its owner's to close."""

    def __init__(self, bot: Bot):
        self._bot = bot

    async def send(self, target: Target, message: Message, *, reply_to: int | None = None, silent: bool = False) -> int:
        """Send a message; returns its id. Raises a SendError.

        A text whose formatting Telegram refuses goes out plain: an alert is never lost to a stray tag.
        """
        try:
            return await self._send(target, message, ParseMode.HTML, reply_to=reply_to, silent=silent)
        except errors.Rejected as refusal:
            if not _about_formatting(refusal):
                raise
            log.error("formatting-refused", why=_without_text(refusal))
            return await self._send(target, _plain(message), None, reply_to=reply_to, silent=silent)

    async def edit(self, target: Target, message_id: int, message: Message) -> None:
        """Make a sent message show `message`; one that shows it already is fine. Raises a SendError."""
        try:
            await self._edit(target, message_id, message, ParseMode.HTML)
        except errors.Rejected as refusal:
            if not _about_formatting(refusal):
                raise
            log.error("formatting-refused", why=_without_text(refusal))
            await self._edit(target, message_id, _plain(message), None)

    async def ping(self) -> None:
        """Raises a SendError unless Telegram answers and knows the token."""
        await _meant(self._bot.get_me(), editing=True)

    async def _send(
        self, target: Target, message: Message, mode: ParseMode | None, *, reply_to: int | None, silent: bool
    ) -> int:
        reply = None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True)
        sent = await _meant(
            self._bot.send_message(
                target.chat,
                message.html,
                parse_mode=mode,
                link_preview_options=NO_PREVIEW,
                disable_notification=silent,
                message_thread_id=target.thread,
                reply_parameters=reply,
                reply_markup=keyboard(message.buttons),
            ),
            editing=False,
        )
        assert sent is not None  # only an edit can be "not modified"
        return sent.message_id

    async def _edit(self, target: Target, message_id: int, message: Message, mode: ParseMode | None) -> None:
        await _meant(
            self._bot.edit_message_text(
                message.html,
                chat_id=target.chat,
                message_id=message_id,
                parse_mode=mode,
                link_preview_options=NO_PREVIEW,
                reply_markup=keyboard(message.buttons),
            ),
            editing=True,
        )


def make_bot(token: str, api_url: str = "https://api.telegram.org") -> Bot:
    """A bot on our transport that calls `<api_url>/bot<token>/<method>`; not initialized."""
    root = api_url.rstrip("/")
    return Bot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(connections=2),
    )


def keyboard(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    """Our buttons as Telegram's inline keyboard; None without any."""
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.text, callback_data=b.data, url=b.url) for b in row] for row in rows]
    )


async def _meant(call: Awaitable[T], *, editing: bool) -> T | None:
    try:
        return await call
    except asyncio.CancelledError:
        raise
    except Exception as error:
        meant = meaning(error, editing=editing)
        if meant is None:
            return None
        # The cause may name the URL, and with it the token: it goes no further.
        raise meant from None


def _about_formatting(refusal: errors.Rejected) -> bool:
    return "can't parse entities" in str(refusal).lower()


def _without_text(refusal: errors.Rejected) -> str:
    """Telegram quotes the tag that it dislikes; a log holds no chat text."""
    return re.sub(r'"[^"]*"', '"…"', str(refusal))


def _plain(message: Message) -> Message:
    """The text without its tags; parsed by nobody, so the entities become characters."""
    return Message(html=html.unescape(TAG.sub("", message.html)), buttons=message.buttons)
