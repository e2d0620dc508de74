"""Two rule sets over the same posts: what a change would have done to readers.

    posts | judge with OLD, judge with NEW | compare

Compared is what rings in a chat. An alert is known by its storyline and the post that brought it, for ids of events
change with what is gathered. Pure: the posts' own clock, no network, no store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from bot.events import Window
from bot.model import Match, Post, Reason, Severity
from bot.pipeline.judge import Judge
from bot.pipeline.policies import policies_of
from bot.rules import Ruleset


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that rings: what was said of a storyline when `post` came."""

    storyline: str
    reason: Reason
    severity: Severity
    signals: tuple[str, ...]  # of the storyline, that the post matched
    event: str
    at: datetime
    post: Post
    first: bool  # nothing had been said of the event in this storyline before


class Changed(msgspec.Struct, frozen=True):
    """An alert that both rule sets give, but not alike (severity, reason, signals); or the first word of a
    happening, which comes with another post of it."""

    old: Ring
    new: Ring


class Regrouped(msgspec.Struct, frozen=True):
    """Posts that one rule set gathers into a single event and the other into several: `parts`, of first posts."""

    whole: Post
    parts: tuple[Post, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What NEW does otherwise than OLD, in order of time."""

    posts: int = 0
    first: datetime | None = None
    last: datetime | None = None
    rings: tuple[int, int] = (0, 0)  # under OLD and NEW
    updates: tuple[int, int] = (0, 0)  # silent edits of alerts
    added: tuple[Ring, ...] = ()
    removed: tuple[Ring, ...] = ()
    changed: tuple[Changed, ...] = ()
    moved: tuple[Changed, ...] = ()  # first words that come earlier or later
    merged: tuple[Regrouped, ...] = ()
    split: tuple[Regrouped, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.added or self.removed or self.changed or self.moved or self.merged or self.split)


def compare(old: Ruleset, new: Ruleset, posts: Iterable[Post], each: Callable[[], None] | None = None) -> Difference:
    """Judge `posts` in order of publication under both rule sets. `each` is called after every post."""
    before, after = _Course(old), _Course(new)
    taken = 0
    first = last = None
    for post in sorted(posts, key=lambda post: (post.published, post.id)):
        before.take(post)
        after.take(post)
        taken += 1
        first, last = first or post.published, post.published
        if each is not None:
            each()
    moved = list(_moved(before, after))
    gone = {_key(pair.old) for pair in moved}
    come = {_key(pair.new) for pair in moved}
    return Difference(
        posts=taken,
        first=first,
        last=last,
        rings=(len(before.rings), len(after.rings)),
        updates=(before.updates, after.updates),
        added=tuple(ring for key, ring in after.rings.items() if key not in before.rings and key not in come),
        removed=tuple(ring for key, ring in before.rings.items() if key not in after.rings and key not in gone),
        changed=tuple(pair for pair in _changed(before, after) if _key(pair.new) not in gone | come),
        moved=tuple(moved),
        merged=tuple(_regrouped(before, after)),
        split=tuple(_regrouped(after, before)),
    )


class _Course:
    """What one rule set made of the posts so far."""

    def __init__(self, rules: Ruleset):
        self._judge = Judge(rules, policies_of(rules.storylines), Window())
        self.rings: dict[tuple[str, str], Ring] = {}
        self.begun: set[tuple[str, str]] = set()  # storyline and event of what was told
        self.updates = 0
        self.event_of: dict[str, str] = {}  # post → event, of all posts that matched
        self.gathered: dict[str, Post] = {}  # the same posts

    def take(self, post: Post) -> None:
        judged = self._judge.judge((post,), post.published)
        for event in judged.events:
            for report in event.reports:
                self.event_of[report.post] = event.id
        if judged.events:
            self.gathered[post.id] = post
        for alert in judged.alerts:
            if not alert.rings:
                self.updates += 1
                continue
            self.rings.setdefault(  # an edited post rings at most once here; its first version is what is compared
                (alert.storyline, post.id),
                Ring(
                    storyline=alert.storyline,
                    reason=alert.reason,
                    severity=alert.severity,
                    signals=_signals(judged.matches, alert.storyline),
                    event=alert.event,
                    at=alert.at,
                    post=post,
                    first=(alert.storyline, alert.event) not in self.begun,
                ),
            )
            self.begun.add((alert.storyline, alert.event))


def _signals(matches: Iterable[Match], storyline: str) -> tuple[str, ...]:
    return tuple(sorted(match.signal for match in matches if match.storyline == storyline))


def _changed(before: _Course, after: _Course) -> Iterable[Changed]:
    for key, old in before.rings.items():
        new = after.rings.get(key)
        if new is not None and (old.severity, old.reason, old.signals) != (new.severity, new.reason, new.signals):
            yield Changed(old, new)


def _moved(before: _Course, after: _Course) -> Iterable[Changed]:
    """First words of one happening that come with different posts: the same event under either rule set."""
    fresh = _first_words(after, before)
    for old in _first_words(before, after):
        event = after.event_of.get(old.post.id)
        new = next(
            (
                ring
                for ring in fresh
                if ring.storyline == old.storyline
                and (ring.event == event or before.event_of.get(ring.post.id) == old.event)
            ),
            None,
        )
        if new is not None:
            fresh.remove(new)
            yield Changed(old, new)


def _first_words(course: _Course, other: _Course) -> list[Ring]:
    """The first words that the other rule set does not give as such with the same post."""
    return [
        ring for key, ring in course.rings.items() if ring.first and not (key in other.rings and other.rings[key].first)
    ]


def _key(ring: Ring) -> tuple[str, str]:
    return ring.storyline, ring.post.id


def _regrouped(apart: _Course, together: _Course) -> Iterable[Regrouped]:
    """Events of `together` whose posts stand in several events of `apart`."""
    parts: dict[str, dict[str, str]] = {}  # event → events of the other side, each with the first post seen of it
    firsts: dict[str, str] = {}
    for post in together.gathered:
        event = together.event_of.get(post)
        other = apart.event_of.get(post)
        if event is not None and other is not None:
            firsts.setdefault(event, post)
            parts.setdefault(event, {}).setdefault(other, post)
    for event, others in parts.items():
        if len(others) > 1:
            yield Regrouped(
                together.gathered[firsts[event]], tuple(together.gathered[post] for post in others.values())
            )
