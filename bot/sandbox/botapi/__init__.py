"""A local Bot API server, and the people and groups around it."""

from __future__ import annotations

from bot.sandbox.botapi.control import BOT_ID, TOKEN, SandboxBotApi
from bot.sandbox.botapi.faults import Fault
from bot.sandbox.botapi.flood import FloodRules
from bot.sandbox.botapi.refusal import Refusal
from bot.sandbox.botapi.routes import Call

__all__ = ["BOT_ID", "TOKEN", "Call", "Fault", "FloodRules", "Refusal", "SandboxBotApi"]
