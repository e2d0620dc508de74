"""Which sources are due, and the scheduler that asks for them: one job a source, with jitter, never two at once."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.model import Health
from bot.sources import Source

log = structlog.get_logger(__name__)

LONGEST_BACKOFF = 30 * 60.0
FIRST_POLLS_WITHIN = 10.0  # seconds over which the first polls are spread, at most


def due(source: Source, health: Health | None, now: datetime) -> bool:
    """Whether `source` may be polled now: not while its host asked for patience, nor within its backoff.

    After n failures in a row a source rests for `every` × 2ⁿ⁻¹, half an hour at most, so that a dead host costs
    little and one that comes back is soon read again.
    """
    if health is None:
        return True
    if health.not_before is not None and now < health.not_before:
        return False
    if health.failures == 0:
        return True
    rest = min(source.every * 2 ** (min(health.failures, 12) - 1), max(LONGEST_BACKOFF, source.every))
    return now >= health.checked + timedelta(seconds=rest * 0.9)


class Schedule:
    """Runs `poll(source)` for each source at its own pace, until stopped."""

    def __init__(self, sources: Iterable[Source], poll: Callable[[Source], Awaitable[None]]):
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._poll = poll
        self._sources: dict[str, Source] = {}
        self.follow(sources)

    def follow(self, sources: Iterable[Source]) -> None:
        """Poll these sources from now on: a changed one begins anew, one that is not among them is left alone."""
        wanted = {source.id: source for source in sources}
        for gone in [name for name, source in self._sources.items() if wanted.get(name) != source]:
            self._scheduler.remove_job(gone)
            del self._sources[gone]
        # Sources with one interval would otherwise all be asked at one instant, for ever.
        spread = random.Random()  # noqa: S311
        for name in [name for name in wanted if name not in self._sources]:
            source = self._sources[name] = wanted[name]
            first = datetime.now(UTC) + timedelta(seconds=spread.uniform(0, min(FIRST_POLLS_WITHIN, source.every)))
            self._scheduler.add_job(
                self._poll,
                IntervalTrigger(seconds=source.every, start_date=first, jitter=source.every / 10, timezone=UTC),
                args=(source,),
                id=source.id,
                next_run_time=first,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """No poll starts from now on; those under way are their caller's to await."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
