"""Spacing of requests to one host, so that we stay welcome."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bot.sources.net import is_literal, is_public

TELEGRAM = "t.me"
# One server farm answers under these names: they share one pace.
ALIASES = {"telegram.me": TELEGRAM, "telegram.dog": TELEGRAM, "www.t.me": TELEGRAM}
SPACING: Mapping[str, float] = {TELEGRAM: 2.0}  # gentle polling was clean at 2 s; at 1 s connections were reset
OTHERS = 1.0  # seconds between two requests to any other public host


class Pace(Protocol):
    """Says when a host may be asked. The one below serves one process; one in Redis can serve all."""

    async def wait(self, host: str) -> None:
        """Return when `host` may be asked; the turn is then taken."""


class ProcessPace:
    """At least `spacing` seconds between the starts of two requests to a host, in this process."""

    def __init__(
        self,
        spacing: Mapping[str, float] = SPACING,
        others: float = OTHERS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ):
        self._spacing, self._others, self._clock, self._sleep = spacing, others, clock, sleep
        self._free: dict[str, float] = {}  # when each host may be asked next

    async def wait(self, host: str) -> None:
        host = host_key(host)
        gap = self._gap(host)
        if gap <= 0:
            return
        now = self._clock()
        turn = max(now, self._free.get(host, now))
        self._free[host] = turn + gap  # taken before we sleep: others queue behind us
        if turn > now:
            await self._sleep(turn - now)

    def _gap(self, host: str) -> float:
        if host in self._spacing:
            return self._spacing[host]
        if host == "localhost" or (is_literal(host) and not is_public(host)):
            return 0.0  # our own machine needs no manners
        return self._others


def host_key(host: str) -> str:
    """The name under which `host` is paced."""
    host = host.lower().rstrip(".")
    return TELEGRAM if host.endswith(".t.me") else ALIASES.get(host, host)
