"""Invented posts, events and batches, with only what a test is about spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.model import (
    Alert,
    Commit,
    Cursor,
    Event,
    Health,
    Post,
    Reason,
    Report,
    Severity,
    Subscription,
    Target,
)

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Make:
    """Builders of records. Times are minutes after 09:00."""

    start = START

    @staticmethod
    def at(minutes: float) -> datetime:
        return START + timedelta(minutes=minutes)

    def post(self, number: int = 1, *, source: str = "wire-a", minutes: float = 0, text: str = "Bridge closed") -> Post:
        return Post(
            id=f"{source}/{number}",
            source=source,
            outlet=source,
            url=f"https://t.me/{source}/{number}",
            published=self.at(minutes),
            text=text,
        )

    def event(self, name: str = "e1", *, revision: int = 1, origins: int = 1, minutes: float = 0, **more: Any) -> Event:
        reports = tuple(
            Report(
                post=f"wire-{n}/{name}",
                source=f"wire-{n}",
                outlet=f"wire-{n}",
                url=f"https://t.me/wire-{n}/1",
                published=self.at(minutes),
                seen=self.at(minutes),
                headline="Bridge closed",
                excerpt="Bridge closed after a blast",
                origin=f"wire-{n}",
            )
            for n in range(origins)
        )
        values: dict[str, Any] = {"storylines": ("bridges",), "severity": Severity.HIGH, **more}
        return Event(id=name, reports=reports, revision=revision, **values)

    def alert(self, event: Event, reason: Reason = Reason.FIRST_REPORT, storyline: str = "bridges") -> Alert:
        return Alert(
            event=event.id,
            storyline=storyline,
            reason=reason,
            rings=reason.rings,
            at=START,
            revision=event.revision,
            severity=event.severity,
            origins=event.origins,
        )

    def batch(self, *, source: str = "wire-a", **more: Any) -> Commit:
        health = Health(source=source, state="ok", since=START, checked=START)
        values: dict[str, Any] = {"cursor": Cursor(source=source), "health": health, **more}
        return Commit(**values)

    def owing(self, event: Event, reason: Reason = Reason.FIRST_REPORT, *, expected: int = 0) -> Commit:
        return self.batch(events=(event,), alerts=(self.alert(event, reason),), expected=expected)

    def subscription(self, chat: int = 100, storyline: str = "bridges", **more: Any) -> Subscription:
        target = Target(chat, more.pop("thread", None))
        return Subscription(target=target, storyline=storyline, since=START, **more)


@pytest.fixture
def make() -> Make:
    return Make()
