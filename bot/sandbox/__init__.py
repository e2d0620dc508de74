"""A local Telegram and a recorded wire: the outside world of the demo and of the tests."""

from __future__ import annotations

from bot.sandbox.botapi import BOT_ID, TOKEN, Call, Fault, FloodRules, Refusal, SandboxBotApi
from bot.sandbox.clock import StoryClock, story_is_over, wipe_story
from bot.sandbox.wire.story import Story
from bot.sandbox.world import READER, Sandbox, story_clock

__all__ = [
    "BOT_ID", "READER", "TOKEN", "Call", "Fault", "FloodRules", "Refusal", "Sandbox", "SandboxBotApi",
    "Story", "StoryClock", "story_clock", "story_is_over", "wipe_story",
]  # fmt: skip
