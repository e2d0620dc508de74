"""Which sources are due."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Health
from bot.pipeline.schedule import LONGEST_BACKOFF, Schedule, due
from bot.sources import Source

NOW = datetime(2026, 5, 26, 9, 0, tzinfo=UTC)


def source(every: float = 30.0, name: str = "wire") -> Source:
    return Source.model_validate({"id": name, "kind": "telegram", "channel": name, "outlet": name, "every": every})


def health(*, failures: int = 0, ago: float = 0, not_before: float | None = None) -> Health:
    return Health(
        source="wire",
        state="unreachable" if failures else "ok",
        since=NOW,
        checked=NOW - timedelta(seconds=ago),
        failures=failures,
        not_before=NOW + timedelta(seconds=not_before) if not_before is not None else None,
    )


def test_a_source_never_polled_is_due() -> None:
    """Nothing is known of it: look."""
    assert due(source(), None, NOW)


def test_a_healthy_source_is_due_whenever_asked() -> None:
    """Its own interval is the scheduler's to keep."""
    assert due(source(), health(), NOW)


@pytest.mark.parametrize(("failures", "rest"), [(1, 30), (2, 60), (3, 120), (20, LONGEST_BACKOFF)])
def test_failures_double_the_rest_up_to_a_limit(failures: int, rest: float) -> None:
    """A dead host is asked less and less, but never less than every half hour."""
    assert not due(source(), health(failures=failures, ago=rest * 0.8), NOW)
    assert due(source(), health(failures=failures, ago=rest), NOW)


def test_a_slow_source_is_not_polled_faster_because_it_failed() -> None:
    """An interval longer than the longest rest stays what it is."""
    assert not due(source(7200.0), health(failures=5, ago=3600), NOW)


def test_a_host_that_asked_for_patience_gets_it() -> None:
    """`Retry-After` holds whatever else is true."""
    assert not due(source(), health(not_before=1), NOW)
    assert due(source(), health(not_before=-1), NOW)


async def test_every_source_is_polled_at_its_own_pace_and_never_twice_at_once() -> None:
    """A slow poll of one source neither overlaps itself nor holds up another source."""
    running: dict[str, int] = {"slow": 0, "fast": 0}
    most: dict[str, int] = {"slow": 0, "fast": 0}
    polls: dict[str, int] = {"slow": 0, "fast": 0}
    enough = asyncio.Event()

    async def poll(polled: Source) -> None:
        running[polled.id] += 1
        polls[polled.id] += 1
        most[polled.id] = max(most[polled.id], running[polled.id])
        if polls["fast"] >= 3:
            enough.set()
        await asyncio.sleep(1.5 if polled.id == "slow" else 0)
        running[polled.id] -= 1

    schedule = Schedule([source(1.0, "slow"), source(1.0, "fast")], poll)
    schedule.start()
    async with asyncio.timeout(30):
        await enough.wait()
    schedule.stop()
    assert polls["slow"] >= 1
    assert most == {"slow": 1, "fast": 1}
