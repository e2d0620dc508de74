"""The people who are told when something wants their care."""

from __future__ import annotations

import html
from collections.abc import Collection

import structlog

from bot.errors import SendError, SendTransient, Throttled
from bot.model import Message, Target
from bot.send import Telegram

log = structlog.get_logger(__name__)

MOST = 3_500  # characters of one message


class Admins:
    """Writes to each of `admins`, outside the outbox: these words are about the bot and not about the world."""

    def __init__(self, telegram: Telegram, admins: Collection[int]):
        self._telegram = telegram
        self._admins = admins

    async def tell(self, text: str) -> bool:
        """Send plain `text`; False when nobody could be reached and another try may go better."""
        short = text if len(text) <= MOST else f"{text[: MOST - 1]}…"
        told, away = False, False
        for admin in sorted(self._admins):
            try:
                await self._telegram.send(Target(admin), Message(html=html.escape(short, quote=False)))
                told = True
            except (Throttled, SendTransient) as error:
                away = True
                log.warning("admin-not-told", error=type(error).__name__, next="again")
            except SendError as error:  # one who never wrote to the bot cannot be written to
                log.warning("admin-not-told", error=type(error).__name__, next="none")
        return told or not away
