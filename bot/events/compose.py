"""Makes reports of posts and events of reports. Pure; knows nothing of sameness."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from bot.events.origins import settle
from bot.model import Event, Fingerprint, Match, Post, Report, Severity
from bot.text.sentences import first_sentence

HEADLINE = 200  # characters
EXCERPT = 500


def event_id(post: str) -> str:
    """The id of the event that begins with `post`: the same on every machine, 12 characters, safe in callbacks."""
    return hashlib.blake2b(post.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def later_id(report: Report, now: datetime) -> str:
    """The id of an event that begins with an old post: the post may have begun one that the window let go of since.

    Events of one post must never share an id: the stored one, and the revisions that chats hold of it, would be
    overwritten. The version of the post and the day we saw it tell them apart.
    """
    return event_id(f"{report.post} {report.digest} {now:%Y-%m-%d}")


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
        severity=max((match.severity for match in matches), default=None),
        phases=_brought(matches),
        digest=post.digest(),
        edited=post.edited,
        fingerprint=fingerprint,
    )


def begin(report: Report, matches: Sequence[Match], now: datetime, span: timedelta) -> Event:
    """A new event of one report; `span` is how long the window remembers."""
    return Event(
        id=event_id(report.post) if now - report.published < span else later_id(report, now),
        reports=settle((report,)),
        storylines=_storylines((), matches),
        severity=_severity(Severity.LOW, matches),
        phases=report.phases,
        updated=now,
    )


def extend(event: Event, reports: Iterable[Report], matches: Sequence[Match], now: datetime) -> Event:
    """`event` with these reports in place of its own, and what `matches` add to it. One revision further.

    Storylines and severity never shrink: who was told of the event must hear of what becomes of it. A phase falls
    back to what the standing reports still bring.
    """
    settled = settle(tuple(reports))
    return msgspec.structs.replace(
        event,
        reports=settled,
        storylines=_storylines(event.storylines, matches),
        severity=_severity(event.severity, matches),
        phases=_phases(event.phases, settled, matches),
        revision=event.revision + 1,
        updated=now,
    )


def _storylines(before: tuple[str, ...], matches: Sequence[Match]) -> tuple[str, ...]:
    by_weight = sorted(matches, key=lambda match: (-match.severity, match.storyline))
    return tuple(dict.fromkeys((*before, *(match.storyline for match in by_weight))))


def _severity(before: Severity, matches: Sequence[Match]) -> Severity:
    return max((before, *(match.severity for match in matches)))


def _brought(matches: Sequence[Match]) -> tuple[tuple[str, str], ...]:
    """The weightiest phase that these matches bring to each storyline."""
    phases = {}
    for match in sorted(matches, key=lambda match: (match.severity, match.signal)):
        if match.phase:
            phases[match.storyline] = match.phase
    return tuple(sorted(phases.items()))


def _phases(
    before: tuple[tuple[str, str], ...], reports: Sequence[Report], matches: Sequence[Match]
) -> tuple[tuple[str, str], ...]:
    """The newest phase of each storyline that some report still brings; one that nobody brings any more is dropped."""
    standing = [pair for report in reports if report.stands for pair in report.phases]
    phases = {storyline: phase for storyline, phase in before if (storyline, phase) in standing}
    return tuple(sorted((dict(standing) | phases | dict(_brought(matches))).items()))
