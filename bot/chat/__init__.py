"""Telegram commands, buttons and preferences: what readers see of Wirewatch."""

from __future__ import annotations

from bot.chat.bot import ChatBot, build

__all__ = ["ChatBot", "build"]
