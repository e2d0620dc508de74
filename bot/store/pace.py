"""Telegram's limits, shared by all workers: even spacing on Redis's clock, and pauses learned from 429."""

from __future__ import annotations

import msgspec

from bot.store.link import Argument, Link


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How fast messages may go. A burst lets the first few through at once; then the spacing holds."""

    per_second: float = 29.0  # Telegram allows about 30 over all chats; up to 1,000 with paid broadcast
    chat_spacing: float = 1.0  # seconds between messages of one chat
    chat_burst: int = 3
    # 20 a minute: 4 at once and then one each 3.75 s is never more than 20 in any minute.
    group_spacing: float = 3.75
    group_burst: int = 4

    def arguments(self) -> tuple[Argument, ...]:
        """What `pacer.lua` expects, in microseconds."""
        return (
            int(1_000_000 / self.per_second),
            int(self.chat_spacing * 1_000_000),
            self.chat_burst,
            int(self.group_spacing * 1_000_000),
            self.group_burst,
        )


class Pace:
    """`store.pace`."""

    def __init__(self, link: Link, limits: Limits):
        self._link = link
        self.limits = limits

    async def reserve(self, chat: int, messages: int = 1) -> float:
        """Take slots for messages that are sent outside the outbox; seconds until the first may go.

        Slots are taken for good: whoever asks must send, or the share of the limit is wasted.
        """
        wait = await self._link.run("pace", chat, messages, 0, *self.limits.arguments())
        return int(wait) / 1_000_000

    async def hold(self, chat: int, seconds: float) -> bool:
        """Telegram answered 429 for this chat: leave it alone. True where floods in several chats stop everything."""
        return bool(await self._link.run("hold", chat, seconds))
