"""What the methods share: the state, the clock, the flood gate, files and open button presses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from bot.sandbox.botapi.files import Files
from bot.sandbox.botapi.flood import FloodGate, FloodRules
from bot.sandbox.botapi.refusal import too_many
from bot.sandbox.botapi.state import Chat, Json, State, member_card
from bot.sandbox.botapi.updates import Updates

CALLBACK_LIFE = 900.0  # seconds in which a button press may be answered


class Callbacks:
    """Button presses that wait for an answer. A press may be answered for a quarter of an hour."""

    def __init__(self, state: State):
        self._state = state
        self._open: dict[str, float] = {}
        self._answers: dict[str, asyncio.Future[Json]] = {}
        for update in state.updates.values():  # presses that the bot has not taken yet outlive a restart
            if "callback_query" in update:
                self._open[update["callback_query"]["id"]] = time.monotonic()

    def opened(self, query: str) -> None:
        """A button was pressed."""
        now = time.monotonic()
        self._open = {key: since for key, since in self._open.items() if since > now - CALLBACK_LIFE}
        self._open[query] = now
        self._answers[query] = asyncio.get_running_loop().create_future()
        if len(self._answers) > 1000:
            del self._answers[next(iter(self._answers))]

    def answer(self, query: str, text: str, *, alert: bool) -> bool:
        """Whether the press is still open; its presser then sees `text`."""
        if self._open.get(query, -CALLBACK_LIFE) <= time.monotonic() - CALLBACK_LIFE:
            return False
        body: Json = {"text": text, "alert": alert}
        waiting = self._answers.get(query)
        if waiting is not None and not waiting.done():
            waiting.set_result(body)
        self._state.tell("answer", query=query, **body)
        return True

    async def answered(self, query: str, seconds: float) -> Json:
        """What the bot answered to a press; TimeoutError when it does not."""
        return await asyncio.wait_for(asyncio.shield(self._answers[query]), seconds)

    def expire(self) -> None:
        """All open presses become too old."""
        self._open.clear()


class Core:
    """One bot's account. `flood` None lets everything through."""

    def __init__(
        self, state: State, clock: Callable[[], datetime], folder: Path | None, flood: FloodRules | None = None
    ):
        self.state = state
        self.clock = clock
        self.updates = Updates(state)
        self.callbacks = Callbacks(state)
        self.files = Files(folder)
        self.gate = FloodGate(flood) if flood else None
        self.webhook_changed = asyncio.Event()
        self.webhook_error: tuple[int, str] | None = None

    def date(self) -> int:
        """Now, as messages are dated."""
        return int(self.clock().timestamp())

    def pass_gate(self, chat: int) -> None:
        """Counts a write to a chat; refuses it (429) where it comes too fast."""
        if self.gate is not None and (seconds := self.gate.wait(chat, time.monotonic())):
            raise too_many(seconds)

    def set_bot_status(self, group: Chat, status: str, *, by: Json) -> None:
        """The bot joins, leaves or is removed: kept, and told to the bot as `my_chat_member`."""
        before, group.bot = group.bot, status
        self.write_chat(group)
        self.tell_membership(group.card(), before, status, by=by)

    def tell_membership(self, chat: Json, before: str, after: str, *, by: Json) -> None:
        """Queues the `my_chat_member` update of a change of the bot's own standing."""
        body = {
            "chat": chat,
            "from": by,
            "date": self.date(),
            "old_chat_member": member_card(self.state.bot, before),
            "new_chat_member": member_card(self.state.bot, after),
        }
        self.updates.push("my_chat_member", body)

    def write_chat(self, group: Chat) -> None:
        """Keeps a group as it stands now."""
        self.state.write("chat", chat=msgspec.to_builtins(group, str_keys=True))
