"""A local Telegram and a recorded wire: the outside world of the demo and of the tests."""

from __future__ import annotations

from bot.sandbox.botapi import BOT_ID, TOKEN, Call, Fault, FloodRules, Refusal, SandboxBotApi

__all__ = ["BOT_ID", "TOKEN", "Call", "Fault", "FloodRules", "Refusal", "SandboxBotApi"]
