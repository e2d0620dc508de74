"""Moments at which this process may send, each taken by the most severe delivery that waits.

Redis gives every delivery a moment of its own, a little ahead, so that all workers together keep Telegram's limit.
Whose message goes at which of our moments is ours to say: a critical alert takes the next one, and what it overtakes
takes its. The number of messages in any stretch of time stays the same.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time

FORGIVEN = 0.02  # seconds of lateness that may be made up for where the gap is finer than timers are


class Turns:
    """At most one message each `gap` seconds, however late the process wakes: Telegram counts arrivals."""

    def __init__(self, gap: float):
        self._gap = gap
        self._forgiven = FORGIVEN if gap < FORGIVEN / 4 else 0.0
        self._last = 0.0
        self._moments: list[float] = []
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, at: float, severity: int) -> None:
        """Hand in the moment `at` (monotonic clock) and wait for one: the earliest, if nothing graver waits."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._moments, at)
        heapq.heappush(self._waiting, (-severity, next(self._count), turn))
        self._wind()
        await turn

    def _wind(self) -> None:
        """Set the timer to the next moment."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._moments and self._waiting:
            wait = max(self._moments[0], self._last + self._gap) - time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._ring)

    def _ring(self) -> None:
        """Let go whose moment has come."""
        now = time.monotonic()
        while self._moments and self._waiting:
            moment = max(self._moments[0], self._last + self._gap)
            if moment > now:
                break
            _, _, turn = heapq.heappop(self._waiting)
            if turn.done():  # cancelled while it waited; its moment is left to another
                continue
            heapq.heappop(self._moments)
            self._last = max(moment, now - self._forgiven)
            turn.set_result(None)
        if not self._waiting:
            self._moments.clear()
        self._timer = None
        self._wind()
