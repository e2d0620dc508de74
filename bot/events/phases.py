"""Where a storyline stands: the phase that its newest event brings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.model import Event, Phase


def phases_of(events: Iterable[Event]) -> tuple[Phase, ...]:
    """The phases that some events bring, one a storyline: that of the newest happening, by its first publication.

    An event all of whose reports are gone brings nothing. `since` is when the happening was first published, so a
    late report of an old event cannot turn a storyline back.
    """
    newest: dict[str, Phase] = {}
    for event in events:
        standing = [report for report in event.reports if not report.gone]
        if not standing:
            continue
        since = min(report.published for report in standing)
        for storyline, phase in event.phases:
            found = Phase(storyline=storyline, phase=phase, since=since, event=event.id)
            if storyline not in newest or _order(newest[storyline]) < _order(found):
                newest[storyline] = found
    return tuple(newest[storyline] for storyline in sorted(newest))


def newer(before: Phase | None, after: Phase) -> bool:
    """Whether `after` may replace what the store holds: never a step back in time, unless it is the same event's."""
    return before is None or before.event == after.event or _order(before) <= _order(after)


def _order(phase: Phase) -> tuple[datetime, str]:
    return phase.since, phase.event
