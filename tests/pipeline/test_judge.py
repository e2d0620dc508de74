"""Posts → matches → events → alerts, and back again when a commit did not come through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.events import Window
from bot.model import Post, Reason
from bot.pipeline.judge import Judge
from bot.pipeline.policies import policies_of
from bot.rules import Ruleset, load

START = datetime(2026, 5, 26, 9, 0, tzinfo=UTC)
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closed, closure, shut]
  reopen: [reopen]
signals:
  closed: {severity: high, phase: closed, when: harbour near/8 close}
  reopened: {severity: medium, phase: open, when: harbour near/8 reopen}
"""
CLAIM = (
    "The harbour of Westmark is closed after an explosion tore through the grain terminal on pier nine, police said."
)


@pytest.fixture
def rules(tmp_path: Path) -> Ruleset:
    (tmp_path / "storylines").mkdir()
    (tmp_path / "storylines" / "harbour.yaml").write_text(RULES, "utf-8")
    return load(tmp_path)


@pytest.fixture
def judge(rules: Ruleset) -> Judge:
    return Judge(rules, policies_of(rules.storylines), Window())


def post(number: int, text: str, *, source: str = "wire", minutes: float = 0) -> Post:
    return Post(
        id=f"{source}/{number}",
        source=source,
        outlet=source,
        url=f"https://t.me/{source}/{number}",
        published=START + timedelta(minutes=minutes),
        text=text,
        language="en",
    )


def test_a_matching_post_becomes_an_event_with_an_alert(judge: Judge) -> None:
    """One new report: one match, one event, one alert that rings, the storyline's phase."""
    judged = judge.judge([post(1, CLAIM)], START)
    assert [(match.storyline, match.signal) for match in judged.matches] == [("harbour", "closed")]
    [event] = judged.events
    assert event.storylines == ("harbour",)
    [alert] = judged.alerts
    assert (alert.reason, alert.rings, alert.event) == (Reason.FIRST_REPORT, True, event.id)
    assert alert.rules == judge.rules.revision
    assert [(phase.storyline, phase.phase) for phase in judged.phases] == [("harbour", "closed")]


def test_a_post_that_matches_nothing_leaves_no_trace(judge: Judge) -> None:
    """Noise changes neither events nor the window."""
    judged = judge.judge([post(1, "A grey cat was found in the library.")], START)
    assert (judged.matches, judged.events, judged.alerts) == ((), (), ())
    assert len(judge.window) == 0


def test_a_copy_joins_and_does_not_ring(judge: Judge) -> None:
    """The same words from another channel: one event, two posts, one origin, a silent update."""
    judge.judge([post(1, CLAIM)], START)
    judged = judge.judge([post(7, f"BREAKING: {CLAIM}", source="echo", minutes=2)], START + timedelta(minutes=2))
    [event] = judged.events
    assert (len(event.reports), event.origins) == (2, 1)
    assert [(alert.reason, alert.rings) for alert in judged.alerts] == [(Reason.UPDATED, False)]


def test_posts_before_first_sight_are_gathered_but_not_alerted(judge: Judge) -> None:
    """What stood on the page before we first looked is known, not news; nothing is said of it."""
    judged = judge.judge([post(1, CLAIM, minutes=-30)], START, first_sight=START)
    assert len(judged.events) == 1
    assert judged.alerts == ()
    assert judged.events[0].said == ()


def test_a_new_report_of_an_old_event_is_news(judge: Judge) -> None:
    """An event that was only gathered is alerted when a report joins it after first sight."""
    judge.judge([post(1, CLAIM, minutes=-30)], START, first_sight=START)
    judged = judge.judge([post(9, CLAIM, source="echo", minutes=1)], START + timedelta(minutes=1), first_sight=START)
    assert [alert.rings for alert in judged.alerts] == [True]


def test_the_same_post_twice_changes_nothing(judge: Judge) -> None:
    """Judging a post again, unchanged, brings no event and no alert."""
    judge.judge([post(1, CLAIM)], START)
    judged = judge.judge([post(1, CLAIM)], START + timedelta(minutes=5))
    assert (judged.events, judged.alerts) == ((), ())


def test_a_deleted_post_is_retracted(judge: Judge) -> None:
    """The only post behind an alert vanishes: the alert says so and rings."""
    judge.judge([post(1, CLAIM)], START)
    judged = judge.judge([], START + timedelta(minutes=3), gone=["wire/1"])
    assert [(alert.reason, alert.rings) for alert in judged.alerts] == [(Reason.RETRACTED, True)]
    assert judged.events[0].origins == 0


def test_undo_puts_the_window_back(judge: Judge) -> None:
    """A commit that did not come through leaves the window as it was, so judging again gives the same answer."""
    judge.judge([post(1, CLAIM)], START)
    before = list(judge.window)
    batch = [
        post(7, f"BREAKING: {CLAIM}", source="echo", minutes=2),
        post(8, "The harbour of Eastholm is shut because of ice.", source="ice", minutes=2),
    ]
    first = judge.judge(batch, START + timedelta(minutes=2))
    judge.undo(first)
    assert list(judge.window) == before
    assert judge.judge(batch, START + timedelta(minutes=2)) == first


def test_an_event_remembers_how_a_post_came_to_it(judge: Judge) -> None:
    """Against which post it was gathered and how surely; the first report was gathered against none."""
    told = "Westmark harbour shut: police say blast tore through grain terminal on pier nine"
    judge.judge([post(1, CLAIM)], START)
    [event] = judge.judge([post(2, told, source="echo", minutes=3)], START + timedelta(minutes=3)).events
    first, second = event.reports
    assert (first.against, first.likeness) == (None, 0.0)
    assert second.against == "wire/1"
    assert 0.5 < second.likeness <= 1
    assert judge.window.get(event.id) == event
