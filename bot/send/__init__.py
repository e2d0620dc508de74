"""Messages out to Telegram, and what its answers mean."""

from bot.send.meanings import meaning
from bot.send.request import AiohttpRequest
from bot.send.telegram import Telegram, keyboard, make_bot

__all__ = ["AiohttpRequest", "Telegram", "keyboard", "make_bot", "meaning"]
