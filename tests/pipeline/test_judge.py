"""Posts → matches → events → alerts, and back again when a commit did not come through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.events import Window
from bot.model import Match, Post, Reason
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


def test_what_an_old_post_changes_in_a_told_event_is_told(judge: Judge) -> None:
    """A source's older post begins no alert, but what it does to an event that readers know of is not lost."""
    judge.judge([post(1, CLAIM)], START)
    late = START + timedelta(minutes=9)
    old = post(3, "Westmark harbour shut: police say blast tore through grain terminal on pier nine", source="echo")
    [alert] = judge.judge([old], late, first_sight=late).alerts
    assert (alert.reason, alert.rings) == (Reason.CONFIRMED, True)


def test_an_old_post_that_is_corrected_after_it_was_told_rings(judge: Judge) -> None:
    """A source that is read anew (another address) has a later first sight; an edit of a told post is told still."""
    judge.judge([post(1, CLAIM)], START)
    late = START + timedelta(minutes=9)
    judged = judge.judge([post(1, "The report was false.")], late, first_sight=late)
    assert [alert.reason for alert in judged.alerts] == [Reason.CORRECTED]


class Stumbling:
    """Rules with a bug that one post brings to light."""

    def __init__(self, rules: Ruleset, at: str):
        self._rules = rules
        self._at = at
        self.revision = rules.revision

    def match(self, post: Post) -> list[Match]:
        if post.id == self._at:
            raise ZeroDivisionError(post.id)
        return self._rules.match(post)


def test_a_bug_in_one_post_does_not_stop_its_source(rules: Ruleset) -> None:
    """The post that stumbles is named and logged; those before and after it are judged."""
    judge = Judge(Stumbling(rules, "wire/2"), policies_of(rules.storylines), Window())
    posts = [post(1, CLAIM), post(2, CLAIM), post(3, "The harbour of Eastholm is shut because of ice.", source="ice")]
    with capture_logs() as logs:
        judged = judge.judge(posts, START)
    assert judged.stumbled == ("wire/2",)
    assert [event.first.post for event in judged.events] == ["wire/1", "ice/3"]
    assert [(line["event"], line["post"]) for line in logs] == [("stumbled", "wire/2")]
    judge.undo(judged)
    assert len(judge.window) == 0


def test_a_bug_in_gathering_leaves_the_others_alone(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gathering and deletions are survived too."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    judge.judge([post(1, CLAIM)], START)
    monkeypatch.setattr("bot.pipeline.judge.gather", broken)
    monkeypatch.setattr("bot.pipeline.judge.retract", broken)
    judged = judge.judge([post(2, CLAIM)], START, gone=["wire/1"])
    assert judged.stumbled == ("wire/2", "wire/1")


def test_a_deleted_post_takes_its_phase_along(judge: Judge) -> None:
    """The storyline falls back to what the newest other event says, in the same answer as the retraction."""
    judge.judge([post(1, CLAIM)], START)
    other = post(2, "Eastholm harbour will reopen on Friday, its captain said.", source="ice", minutes=5)
    [moved] = judge.judge([other], START + timedelta(minutes=5)).phases
    judged = judge.judge([], START + timedelta(minutes=9), gone=["ice/2"])
    assert [(phase.phase, phase.instead_of) for phase in judged.phases] == [("closed", moved.event)]
