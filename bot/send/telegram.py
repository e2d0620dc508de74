"""One message out, or one edit; what Telegram answers comes back as one of our own errors."""

from __future__ import annotations

import asyncio
import functools
import html
import json
import re
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.request import RequestData

from bot import errors
from bot.model import Button, Message, Target
from bot.send.meanings import meaning
from bot.send.request import AiohttpRequest, Parameters

log = structlog.get_logger(__name__)

T = TypeVar("T")

NO_PREVIEW = '{"is_disabled": true}'
TAG = re.compile(r"<[^<>]*>")


class Telegram:
    """The sending side of a bot. `bot` must be initialized by its owner, and stays its owner's to close.

    `paid`: messages above Telegram's free 30 a second are paid for with the bot's Stars; without it they are refused.
    """

    def __init__(self, bot: Bot, *, paid: bool = False):
        self._bot = bot
        self._paid = paid

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
        values = _shown(message, mode)
        values["chat_id"] = str(target.chat)
        if target.thread is not None:
            values["message_thread_id"] = str(target.thread)
        if reply_to is not None:
            values["reply_parameters"] = json.dumps({"message_id": reply_to, "allow_sending_without_reply": True})
        if silent:
            values["disable_notification"] = "true"
        if self._paid:
            values["allow_paid_broadcast"] = "true"
        number = await _meant(self._sent("sendMessage", values), editing=False)
        assert number is not None  # only an edit can be "not modified"
        return number

    async def _edit(self, target: Target, message_id: int, message: Message, mode: ParseMode | None) -> None:
        values = _shown(message, mode)
        values["chat_id"] = str(target.chat)
        values["message_id"] = str(message_id)
        await _meant(self._sent("editMessageText", values), editing=True)

    async def _sent(self, method: str, values: dict[str, str]) -> int:
        """The id of the message that Telegram answers with. Raises the library's errors; KeyError for an odd answer.

        The library's own methods build a `Message` of a hundred fields to tell us this one number, and take longer for
        it than for the request; its transport and its reading of errors are used as they are.
        """
        data = cast("RequestData", Parameters(values))
        answer: Any = await self._bot.request.post(f"{self._bot.base_url}/{method}", data)
        return int(answer["message_id"])


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


def _shown(message: Message, mode: ParseMode | None) -> dict[str, str]:
    values = {"text": message.html, "link_preview_options": NO_PREVIEW}
    if mode is not None:
        values["parse_mode"] = mode.value
    if message.buttons:
        values["reply_markup"] = _markup(message.buttons)
    return values


@functools.lru_cache(maxsize=1024)
def _markup(rows: tuple[tuple[Button, ...], ...]) -> str:
    """One alert's buttons are the same in every chat."""
    made = keyboard(rows)
    assert made is not None
    return made.to_json()


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
