"""Posts → matches → events → alerts, without touching the world.

    post | match | gather | decide

Ingest, replay and rehearsals all call this; only what they do with the answer differs. Time arrives as an argument.
The gathering window is the one thing that changes, and `undo` puts it back when a commit did not come through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

import msgspec
import structlog

from bot.alerts.decide import Policy, decide
from bot.events import Placement, Window, gather, phases_of, retract
from bot.model import Alert, Event, Match, Phase, Post

log = structlog.get_logger(__name__)


class Rules(Protocol):
    """What judging needs of a rule set."""

    @property
    def revision(self) -> str: ...

    def match(self, post: Post) -> list[Match]:
        """Every signal that the post satisfies."""
        ...


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some posts. Events and alerts are in the order in which they came about."""

    matches: tuple[Match, ...] = ()
    events: tuple[Event, ...] = ()  # each changed event once, in its last state
    alerts: tuple[Alert, ...] = ()
    phases: tuple[Phase, ...] = ()
    placements: tuple[Placement, ...] = ()  # why each post went where it went
    replaced: tuple[tuple[str, Event | None], ...] = ()  # for `undo`: event id and what stood there before
    stumbled: tuple[str, ...] = ()  # ids of posts that a bug kept from being judged; it is logged


class Judge:
    """The rules and the gathering window, joined."""

    def __init__(self, rules: Rules, policies: Mapping[str, Policy], window: Window):
        self.rules = rules
        self.policies = policies
        self.window = window

    def judge(
        self,
        posts: Iterable[Post],
        now: datetime,
        *,
        first_sight: datetime | None = None,
        gone: Iterable[str] = (),
    ) -> Judged:
        """Match, gather and decide `posts` (oldest first) and the posts proven deleted, `gone`.

        Posts published before `first_sight` are matched and gathered, so that `/story` knows the past, but never
        begin an alert: a reader subscribed to what happens from now on. What such a post changes in an event that
        readers were told of, they hear. A bug that one post brings to light is logged and ends that post alone.
        """
        self.window.expire(now)
        run = _Run(self, now)
        for post in posts:
            with run.surviving(post.id):
                run.take(post, quiet=first_sight is not None and post.published < first_sight)
        for post_id in gone:
            with run.surviving(post_id):
                run.lose(post_id)
        return run.judged()

    def undo(self, judged: Judged) -> None:
        """Put the window back to where it was before `judged`: its commit did not come through."""
        for event_id, before in reversed(judged.replaced):
            if before is None:
                self.window.drop(event_id)
            else:
                self.window.put(before)


def noted(placement: Placement) -> Event:
    """The event after `placement`, its new report saying against which post it was gathered and how surely."""
    if placement.before is None or placement.against is None:
        return placement.after
    known = {report.post for report in placement.before.reports}
    return msgspec.structs.replace(
        placement.after,
        reports=tuple(
            report
            if report.post in known
            else msgspec.structs.replace(report, against=placement.against, likeness=round(placement.score, 2))
            for report in placement.after.reports
        ),
    )


class _Run:
    """One call of `Judge.judge`."""

    def __init__(self, judge: Judge, now: datetime):
        self.it = judge
        self.now = now
        self.matches: list[Match] = []
        self.placements: list[Placement] = []
        self.changed: dict[str, Event] = {}
        self.alerts: list[Alert] = []
        self.replaced: list[tuple[str, Event | None]] = []
        self.stumbled: list[str] = []

    @contextmanager
    def surviving(self, post_id: str) -> Iterator[None]:
        """Whatever one post brings to light, its source goes on: otherwise the post would stop it at every poll."""
        try:
            yield
        except Exception:
            log.exception("stumbled", post=post_id)
            self.stumbled.append(post_id)

    def take(self, post: Post, *, quiet: bool) -> None:
        matches = self.it.rules.match(post)
        self.matches += matches
        placement = gather(self.it.window, post, matches, self.now)
        if placement is not None:
            self.place(placement, quiet=quiet)

    def lose(self, post_id: str) -> None:
        placement = retract(self.it.window, post_id, self.now)
        if placement is not None:
            self.place(placement, quiet=False)

    def place(self, placement: Placement, *, quiet: bool) -> None:
        event, alerts = decide(
            placement.before,
            noted(placement),
            self.it.policies,
            self.now,
            rules=self.it.rules.revision,
            quiet=quiet,
        )
        self.replaced.append((event.id, self.it.window.put(event)))
        self.placements.append(placement)
        self.changed[event.id] = event
        self.alerts += alerts

    def judged(self) -> Judged:
        before = dict(reversed(self.replaced))  # as each event was at the start
        return Judged(
            matches=tuple(self.matches),
            events=tuple(self.changed.values()),
            alerts=tuple(self.alerts),
            phases=phases_of(self.changed.values(), before, self.it.window),
            placements=tuple(self.placements),
            replaced=tuple(self.replaced),
            stumbled=tuple(self.stumbled),
        )
