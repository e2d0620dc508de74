"""Where a storyline stands: the phase that its newest event brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.model import Event, Phase

UNCLEAR = "unclear"  # the phase of a storyline whose last phase was taken back, with no other event to go by


def phases_of(
    events: Iterable[Event], before: Mapping[str, Event | None] | None = None, window: Iterable[Event] = ()
) -> tuple[Phase, ...]:
    """The phases that some changed events bring, one a storyline: that of the newest happening, by its first
    publication.

    An event none of whose posts says so any more brings nothing. `since` is when the happening was first published,
    so a late report of an old event cannot turn a storyline back.

    `before` holds, by id, the events as they were. Where one of them brought a phase that its posts say no more, the
    newest other event of `window` (the open ones, the changed among them) says where the storyline stands, with
    `Phase.instead_of`; where there is none, it is `UNCLEAR`.
    """
    changed = list(events)
    newest = _newest(changed)
    lost = _lost(changed, before or {})
    if lost:
        standing = _newest([*window, *changed])
        for storyline, event in lost.items():
            if storyline not in newest or newest[storyline].since < _since(event):
                newest[storyline] = _instead(storyline, event, standing.get(storyline))
    return tuple(newest[storyline] for storyline in sorted(newest))


def newer(before: Phase | None, after: Phase) -> bool:
    """Whether `after` may replace what the store holds: never a step back in time, unless it is the same event's, or
    takes the place of an event that brings its phase no more."""
    if before is None:
        return not after.instead_of
    if after.instead_of and before.event != after.instead_of:
        return False  # the storyline had moved on: what was lost was not its phase
    return before.event in (after.event, after.instead_of) or _order(before) <= _order(after)


def _newest(events: Iterable[Event]) -> dict[str, Phase]:
    found: dict[str, Phase] = {}
    for event in events:
        for storyline, phase in event.phases:
            standing = [report.published for report in event.reports if report.stands]
            if not standing:
                continue
            brought = Phase(storyline=storyline, phase=phase, since=min(standing), event=event.id)
            if storyline not in found or _order(found[storyline]) < _order(brought):
                found[storyline] = brought
    return found


def _lost(changed: list[Event], before: Mapping[str, Event | None]) -> dict[str, Event]:
    """The storylines whose phase a changed event brings no more, with the newest such event."""
    lost: dict[str, Event] = {}
    for event in sorted(changed, key=lambda event: (_since(event), event.id)):
        old = before.get(event.id)
        left = dict(event.phases)
        for storyline, _ in old.phases if old else ():
            if storyline not in left:
                lost[storyline] = event
    return lost


def _instead(storyline: str, lost: Event, other: Phase | None) -> Phase:
    return Phase(
        storyline=storyline,
        phase=other.phase if other else UNCLEAR,
        since=other.since if other else _since(lost),
        event=other.event if other else lost.id,
        instead_of=lost.id,
    )


def _since(event: Event) -> datetime:
    """When the happening was first published, by posts that are gone too."""
    return min(report.published for report in event.reports)


def _order(phase: Phase) -> tuple[datetime, str]:
    return phase.since, phase.event
