"""Archived posts through the very judge that the live bot uses, on the posts' own clock.

The same posts and rules give the same rows, byte for byte: nothing here reads the clock, the network or a store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from bot.events import Window
from bot.model import Alert, Event, Match, Post, Severity
from bot.pipeline.judge import Judge, Rules
from bot.pipeline.policies import Storylines, policies_of
from bot.pipeline.posts import rfc3339

TOGETHER = "together"


class Together:
    """Stands in for rules where only the gathering is measured: every post is a report of one storyline."""

    revision = TOGETHER

    def match(self, post: Post) -> list[Match]:
        return [Match(post=post.id, storyline=TOGETHER, signal="post", severity=Severity.LOW)]


class _Outline(msgspec.Struct):
    """What remains of an event once the window has let it go: enough for its row."""

    storylines: tuple[str, ...]
    signals: dict[str, list[str]]
    posts: tuple[str, ...]
    origins: int
    first: datetime
    last: datetime


def replay(posts: Iterable[Post], rules: Rules, storylines: Storylines) -> Iterator[dict[str, Any]]:
    """Rows of kind `match` and `alert` as they happen, then one `event` row for each event and storyline of it.

    Posts are taken in order of publication (equal times by id), each judged at its own time of publication.
    """
    judge = Judge(rules, policies_of(storylines), Window())
    outlines: dict[str, _Outline] = {}
    for post in sorted(posts, key=lambda post: (post.published, post.id)):
        judged = judge.judge((post,), post.published)
        yield from map(match_row, judged.matches)
        yield from map(alert_row, judged.alerts)
        for event in judged.events:
            outlines[event.id] = _outline(event)
    for event_id, outline in outlines.items():
        yield from _event_rows(event_id, outline)


def match_row(match: Match) -> dict[str, Any]:
    return {
        "kind": "match",
        "post": match.post,
        "storyline": match.storyline,
        "signal": match.signal,
        "severity": match.severity.label,
    }


def alert_row(alert: Alert) -> dict[str, Any]:
    return {
        "kind": "alert",
        "event": alert.event,
        "storyline": alert.storyline,
        "reason": alert.reason.value,
        "at": rfc3339(alert.at),
        "rings": alert.rings,
    }


def _outline(event: Event) -> _Outline:
    signals: dict[str, list[str]] = {name: [] for name in event.storylines}
    for report in event.reports:
        for storyline, signal in report.signals:
            if signal not in signals.setdefault(storyline, []):
                signals[storyline].append(signal)
    return _Outline(
        storylines=event.storylines,
        signals=signals,
        posts=tuple(report.post for report in event.reports),
        origins=event.origins,
        first=min(report.published for report in event.reports),
        last=event.last_at,
    )


def _event_rows(event_id: str, outline: _Outline) -> Iterator[dict[str, Any]]:
    for storyline in outline.storylines:
        yield {
            "kind": "event",
            "event": event_id,
            "storyline": storyline,
            "signals": outline.signals[storyline],
            "posts": outline.posts,
            "origins": outline.origins,
            "first": rfc3339(outline.first),
            "last": rfc3339(outline.last),
        }
