"""A rules folder is held to its own promises: cases, timelines, quiet baseline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import RuleFaults, RulesUnproven
from bot.model import Match, Post, Running, Severity
from bot.pipeline.matched import newest_of
from bot.pipeline.reasons import nearest_first, reasons, told
from bot.pipeline.trial import prove, quiet_posts, trial
from bot.pipeline.watch import refusal, stamp
from bot.rules import Ruleset, explain, load

NOW = datetime(2026, 5, 26, 9, tzinfo=UTC)
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closure, shut]
  open: [reopen, resume]
  maybe: [may, might]
signals:
  closed: {severity: high, when: in sentence(harbour and close and not maybe) or in title(harbour near/1 close)}
  reopened: {severity: low, min_origins: 2, when: "2 of (harbour, open, maybe)", unless: '"film set"'}
cases:
  - {post: "The port is shut.", expect: [closed]}
timeline:
  - {at: "09:00", source: wire, post: "The harbour of Westmark is closed, police said.", alert: first-report}
"""


def rules(folder: Path, text: str = RULES, quiet: tuple[str, ...] = ()) -> Ruleset:
    (folder / "storylines").mkdir(parents=True)
    (folder / "storylines" / "harbour.yaml").write_text(text, "utf-8")
    (folder / "quiet").mkdir()
    rows = [{"id": f"wire/{n}", "published": "2026-05-01T09:00:00Z", "text": text} for n, text in enumerate(quiet, 1)]
    (folder / "quiet" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    return load(folder)


def post(text: str, title: str = "") -> Post:
    return Post(id="wire/1", source="wire", outlet="Wire", url="", published=NOW, text=text, title=title)


def lines(ruleset: Ruleset, text: str, signal: str, title: str = "") -> list[str]:
    """The explanation of one signal, as lines."""
    given = post(text, title)
    [one] = [one for one in explain(ruleset, given) if one.signal == signal]
    return [str(line) for line in reasons(one, ruleset, given)]


def test_a_folder_that_keeps_its_promises(tmp_path: Path) -> None:
    """Everything is counted, and it is proven."""
    ruleset = rules(tmp_path, quiet=("A grey cat.", "The port is busy."))
    tried = trial(ruleset)
    assert (len(tried.cases), len(tried.steps), tried.quiet, tried.good) == (1, 1, 2, True)
    prove(ruleset)


def test_every_broken_promise_is_named_with_its_place(tmp_path: Path) -> None:
    """A case, a step and a quiet post that go wrong: three faults, each with file and line."""
    broken = RULES.replace("expect: [closed]", "expect: []").replace("alert: first-report", "alert: none")
    with pytest.raises(RulesUnproven) as raised:
        prove(rules(tmp_path, broken, quiet=("A grey cat.", "The port is closed on Sundays.")))
    told_of = [(Path(fault.path).name, fault.line) for fault in raised.value.faults]
    assert told_of == [("a.jsonl", 2), ("harbour.yaml", 13), ("harbour.yaml", 15)]
    case = next(fault.message for fault in raised.value.faults if fault.line == 13)
    assert case == "case of 'harbour' fails: found closed, which was not expected: “The port is shut.”"


def test_a_match_that_alerts_nothing_disturbs_nothing(tmp_path: Path) -> None:
    """The baseline is about alerts: a signal that waits for a second origin may match a quiet post."""
    assert trial(rules(tmp_path, quiet=("The port will reopen.",))).disturbed == ()


def test_a_baseline_that_cannot_be_read(tmp_path: Path) -> None:
    """Every line that is no post is named."""
    rules(tmp_path)
    (tmp_path / "quiet" / "b.jsonl").write_text('{"id": "x"}\n\n[]\n{', "utf-8")
    with pytest.raises(RuleFaults) as raised:
        quiet_posts(tmp_path)
    assert [(Path(fault.path).name, fault.line) for fault in raised.value.faults] == [
        ("b.jsonl", 1),
        ("b.jsonl", 3),
        ("b.jsonl", 4),
    ]


def test_of_several_ways_only_the_nearest_is_told(tmp_path: Path) -> None:
    """The way that lacks least, without the wrapping and without refusals that did no harm."""
    ruleset = rules(tmp_path)
    assert lines(ruleset, "The port is quiet.", "closed") == [
        "✓ harbour   “port”",
        "✗ close   no term of 'close' is in the post (close, closure, shut)",
    ]
    assert lines(ruleset, "The port may be shut.", "closed") == [
        "✓ harbour   “port”",
        "✓ close   “shut”",
        "✗ not maybe   but maybe is there:   “may”",
    ]


def test_what_is_there_but_not_together_is_said_so(tmp_path: Path) -> None:
    """All concepts hit, but in two sentences: the frame is what failed, not a concept."""
    [line] = lines(rules(tmp_path), "The port is quiet. The cinema is shut.", "closed")
    assert "it holds in the post, but not within one sentence" in line


def test_a_silencer_is_told(tmp_path: Path) -> None:
    """`unless` names the words that silenced the signal."""
    told_lines = lines(rules(tmp_path), "The port may reopen as a film set.", "reopened")
    assert told_lines[-1] == '✗ unless "film set"   holds   “film set”'


def test_the_nearest_comes_first_and_says_what_it_is(tmp_path: Path) -> None:
    """Matches before near misses, those of which more is there before the others."""
    ruleset, given = rules(tmp_path), post("The port may be shut.")
    ordered = nearest_first(explain(ruleset, given))
    assert [one.signal for one in ordered] == ["reopened", "closed"]
    assert [told(one, ruleset, given)[0] for one in ordered] == [
        "harbour/reopened: matches",
        "harbour/closed: near miss",
    ]


def test_the_newest_post_of_each_signal() -> None:
    """By publication; equal times are settled by id, so that every worker says the same."""
    posts = [
        Post(id=f"wire/{n}", source="wire", outlet="", url="", published=NOW + timedelta(minutes=at))
        for n, at in ((1, 5), (2, 9), (3, 9))
    ]
    matches = [Match(post=one.id, storyline="s", signal="x", severity=Severity.LOW) for one in posts]
    for order in (matches, matches[::-1]):
        [newest] = newest_of(order, posts)
        assert (newest.post, newest.at) == ("wire/3", NOW + timedelta(minutes=9))


def test_the_stamp_sees_what_counts(tmp_path: Path) -> None:
    """Rules, sources and quiet posts change it; an editor's own files do not; a folder that is gone is empty."""
    rules(tmp_path)
    before = stamp(tmp_path)
    (tmp_path / "storylines" / ".harbour.yaml.swp").write_text("x", "utf-8")
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    assert stamp(tmp_path) == before
    for name in ("lexicon.yaml", "sources.yml", "storylines/b.yaml", "quiet/b.jsonl"):
        (tmp_path / name).write_text("x", "utf-8")
        now = stamp(tmp_path)
        assert now != before
        before = now
    assert stamp(tmp_path / "nowhere") == ()


def test_admins_read_the_first_faults_and_how_many_there_are() -> None:
    """A folder full of faults is one message that Telegram takes."""
    worker = Running(worker="w", revision="r1", since=NOW, checked=NOW, faults=("a.yaml:1:2: x",), more=41)
    assert refusal(worker) == (
        "The rules folder was not taken up: 42 faults. Revision r1 goes on.\na.yaml:1:2: x\n… and 41 more"
    )
