"""Telegram's limits on how fast a bot may write, and what it answers beyond them. Pure: `now` in seconds is given."""

from __future__ import annotations

import math
from collections import deque

import msgspec


class FloodRules(msgspec.Struct, frozen=True, kw_only=True):
    """How much is let through: over all chats, to one chat, to one group."""

    overall: int = 30  # messages in any second
    chat_every: float = 1.0  # seconds between messages to one chat …
    chat_burst: int = 5  # … of which this many may come at once
    group_minute: int = 20  # messages and edits to one group in any minute


class FloodGate:
    """Counts what goes out. Who is refused and does not wait is refused again until the time told has passed."""

    def __init__(self, rules: FloodRules):
        self.rules = rules
        self._overall: deque[float] = deque()
        self._groups: dict[int, deque[float]] = {}
        self._due: dict[int, float] = {}  # when a chat's burst is whole again
        self._closed: dict[int | None, float] = {}

    def wait(self, chat: int, now: float) -> int:
        """Seconds that this write must wait: 0 when it may go (and is counted), else what `retry_after` says."""
        held = max(self._closed.get(None, 0.0), self._closed.get(chat, 0.0)) - now
        if held > 0:
            return math.ceil(held)
        overall = self._window(self._overall, 1.0, self.rules.overall, now)
        if overall > 0:
            return self._close(None, overall, now)
        group = self._groups.setdefault(chat, deque()) if chat < 0 else None
        own = 0.0 if group is None else self._window(group, 60.0, self.rules.group_minute, now)
        spare = self.rules.chat_every * (self.rules.chat_burst - 1)
        own = max(own, self._due.get(chat, 0.0) - spare - now)
        if own > 0:
            return self._close(chat, own, now)
        self._overall.append(now)
        if group is not None:
            group.append(now)
        self._due[chat] = max(self._due.get(chat, 0.0), now) + self.rules.chat_every
        if len(self._due) > 10_000:
            self._due = {key: due for key, due in self._due.items() if due > now}
        return 0

    @staticmethod
    def _window(passed: deque[float], span: float, allowed: int, now: float) -> float:
        while passed and passed[0] <= now - span:
            passed.popleft()
        return passed[0] + span - now if len(passed) >= allowed else 0.0

    def _close(self, chat: int | None, seconds: float, now: float) -> int:
        told = max(1, math.ceil(seconds))
        self._closed[chat] = now + told
        return told
