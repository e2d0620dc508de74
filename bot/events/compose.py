"""Makes reports of posts and events of reports. Pure; knows nothing of sameness."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from bot.events.origins import settle
from bot.model import Event, Fingerprint, Match, Post, Report, Severity
from bot.text.sentences import first_sentence

HEADLINE = 200  # characters
EXCERPT = 500


def event_id(post: str) -> str:
    """The id of the event that begins with `post`: the same on every machine, 12 characters, safe in callbacks."""
    return hashlib.blake2b(post.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def report_of(
    post: Post,
    matches: Sequence[Match],
    fingerprint: Fingerprint,
    now: datetime,
    copy_of: str | None = None,
    *,
    dissent: bool = False,
) -> Report:
    """The report that `post` is, seen at `now`. Headline and excerpt are literal extracts."""
    field = "text" if post.text.strip() else "title"
    source = getattr(post, field)
    excerpt = source[:EXCERPT]
    marks = {
        (hit.start, hit.end)
        for match in matches
        for hit in match.hits
        if hit.field == field and hit.end <= len(excerpt)
    }
    return Report(
        post=post.id,
        source=post.source,
        outlet=post.outlet,
        url=post.url,
        published=post.published,
        seen=now,
        headline=post.title.strip()[:HEADLINE] or first_sentence(post.text[: 4 * HEADLINE], HEADLINE),
        excerpt=excerpt,
        marks=tuple(sorted(marks)),
        language=post.language or fingerprint.language,
        copy_of=copy_of,
        dissent=dissent,
        signals=tuple(sorted({(match.storyline, match.signal) for match in matches})),
        digest=post.digest(),
        edited=post.edited,
        fingerprint=fingerprint,
    )


def begin(report: Report, matches: Sequence[Match], now: datetime) -> Event:
    """A new event of one report."""
    return Event(
        id=event_id(report.post),
        reports=settle((report,)),
        storylines=_storylines((), matches),
        severity=_severity(Severity.LOW, matches),
        phases=_phases((), matches),
        updated=now,
    )


def extend(event: Event, reports: Iterable[Report], matches: Sequence[Match], now: datetime) -> Event:
    """`event` with these reports in place of its own, and what `matches` add to it. One revision further.

    Storylines and severity never shrink: who was told of the event must hear of what becomes of it.
    """
    return msgspec.structs.replace(
        event,
        reports=settle(tuple(reports)),
        storylines=_storylines(event.storylines, matches),
        severity=_severity(event.severity, matches),
        phases=_phases(event.phases, matches),
        revision=event.revision + 1,
        updated=now,
    )


def _storylines(before: tuple[str, ...], matches: Sequence[Match]) -> tuple[str, ...]:
    by_weight = sorted(matches, key=lambda match: (-match.severity, match.storyline))
    return tuple(dict.fromkeys((*before, *(match.storyline for match in by_weight))))


def _severity(before: Severity, matches: Sequence[Match]) -> Severity:
    return max((before, *(match.severity for match in matches)))


def _phases(before: tuple[tuple[str, str], ...], matches: Sequence[Match]) -> tuple[tuple[str, str], ...]:
    """The weightiest phase of each storyline; a later report changes it only when it brings one."""
    phases = dict(before)
    for match in sorted(matches, key=lambda match: (match.severity, match.signal)):
        if match.phase:
            phases[match.storyline] = match.phase
    return tuple(sorted(phases.items()))
