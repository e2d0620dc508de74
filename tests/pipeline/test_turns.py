"""Turns: the gravest goes next, and never more messages than moments."""

from __future__ import annotations

import asyncio
import time

from bot.pipeline.turns import Turns


async def test_the_gravest_takes_the_next_moment() -> None:
    """A critical alert that came last goes first; what it overtakes keeps its order and takes its moment."""
    turns, order = Turns(0.0), []
    now = time.monotonic()

    async def one(name: str, at: float, severity: int) -> None:
        await turns.take(now + at, severity)
        order.append(name)

    await asyncio.gather(
        one("low-1", 0.03, 1),
        one("low-2", 0.04, 1),
        one("low-3", 0.05, 1),
        one("critical", 0.06, 4),
        one("high", 0.07, 3),
    )
    assert order == ["critical", "high", "low-1", "low-2", "low-3"]


async def test_nobody_goes_before_a_moment_has_come() -> None:
    """The n-th message leaves no earlier than the n-th moment, whoever it is."""
    turns, went = Turns(0.0), []
    now = time.monotonic()
    moments = [0.02, 0.05, 0.05, 0.09]

    async def one(at: float, severity: int) -> None:
        await turns.take(now + at, severity)
        went.append(time.monotonic() - now)

    await asyncio.gather(*(one(at, severity) for at, severity in zip(moments, (1, 4, 1, 2), strict=True)))
    assert all(actual >= moment for actual, moment in zip(sorted(went), moments, strict=True))


async def test_a_process_that_stalled_does_not_send_all_at_once() -> None:
    """Moments that passed while we slept are spread again."""
    turns, went = Turns(0.03), []
    now = time.monotonic()

    async def one(at: float) -> None:
        await turns.take(at, 1)
        went.append(time.monotonic())

    await asyncio.gather(*(one(now - 1.0) for _ in range(5)))
    for n in range(1, 5):
        assert went[n] - went[0] >= n * 0.03


async def test_a_cancelled_delivery_leaves_its_moment() -> None:
    """Who gave up holds up nobody."""
    turns = Turns(0.0)
    now = time.monotonic()
    gone = asyncio.create_task(turns.take(now + 0.01, 4))
    stays = asyncio.create_task(turns.take(now + 30.0, 1))
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(5):
        await stays
    assert gone.cancelled()
    async with asyncio.timeout(5):
        await turns.take(time.monotonic(), 1)
