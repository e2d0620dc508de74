"""The difference of two rule sets over the same posts: what readers would have got otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Post, Reason, Severity
from bot.pipeline.diff import Difference, compare
from bot.rules import Ruleset, load

START = datetime(2026, 5, 26, 9, tzinfo=UTC)
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closure, shut]
  blast: [explosion, blast]
signals:
  closed: {severity: high, when: harbour near/8 close}
"""
BLAST = "\n  blown: {severity: critical, when: harbour and blast}\n"
TEXT = "The harbour of Westmark is closed after an explosion tore through the grain terminal on pier nine, police said."


def rules(folder: Path, text: str = RULES) -> Ruleset:
    (folder / "storylines").mkdir(parents=True)
    (folder / "storylines" / "harbour.yaml").write_text(text, "utf-8")
    return load(folder)


def post(number: int, text: str, source: str = "wire") -> Post:
    return Post(
        id=f"{source}/{number}",
        source=source,
        outlet=source.title(),
        url=f"https://t.me/{source}/{number}",
        published=START + timedelta(minutes=number),
        text=text,
    )


def ids(found: Difference) -> tuple[list[str], list[str]]:
    return [ring.post.id for ring in found.added], [ring.post.id for ring in found.removed]


def test_rules_differ_in_nothing_from_themselves(tmp_path: Path) -> None:
    """The same rules give no difference, and the counts say how much was looked at."""
    found = compare(rules(tmp_path / "a"), rules(tmp_path / "b"), [post(1, TEXT), post(2, "A grey cat.")])
    assert found.nothing
    assert (found.posts, found.rings) == (2, (1, 1))
    assert (found.first, found.last) == (START + timedelta(minutes=1), START + timedelta(minutes=2))


def test_what_only_one_alerts(tmp_path: Path) -> None:
    """Added and removed alerts, each with its post; `each` is called for every post."""
    new = rules(tmp_path / "new", RULES.replace("closure, shut", "closure, sealed"))
    ticks: list[int] = []
    posts = [post(1, "The port of Eastholm is shut for ice."), post(2, "The port of Northbay is sealed off.")]
    found = compare(rules(tmp_path / "old"), new, posts, lambda: ticks.append(1))
    assert ids(found) == (["wire/2"], ["wire/1"])
    assert len(ticks) == 2


def test_another_severity_is_a_change(tmp_path: Path) -> None:
    """An alert that both give is no news, but how it is given is."""
    new = rules(tmp_path / "new", RULES.rstrip() + BLAST)
    found = compare(rules(tmp_path / "old"), new, [post(1, TEXT)])
    [changed] = found.changed
    assert (changed.old.severity, changed.new.severity) == (Severity.HIGH, Severity.CRITICAL)
    assert changed.new.signals == ("blown", "closed")
    assert ids(found) == ([], [])


def test_a_first_report_that_comes_later_has_moved(tmp_path: Path) -> None:
    """When a signal waits for a second origin the alert is not lost and not new: it comes later."""
    patient = rules(tmp_path / "new", RULES.replace("severity: high,", "severity: high, min_origins: 2,"))
    other = "Police: an explosion at the grain terminal on pier nine has shut the harbour of Westmark."
    found = compare(rules(tmp_path / "old"), patient, [post(1, TEXT), post(2, other, "echo")])
    [moved] = found.moved
    assert (moved.old.post.id, moved.new.post.id) == ("wire/1", "echo/2")
    assert moved.new.first
    assert moved.new.reason is Reason.CONFIRMED
    assert (found.added, found.removed, found.changed) == ((), (), ())
    assert found.rings == (2, 1), "the second post confirmed what it now tells first"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([TEXT, "The port of Eastholm is shut.", "A grey cat.", "The port is sealed."]), max_size=8)
)
def test_turned_round_it_is_the_opposite(texts: list[str]) -> None:
    """What NEW adds to OLD is what OLD lacks of NEW, whatever the posts are."""
    old, new = _PAIR
    posts = [post(number, text, f"wire{number % 3}") for number, text in enumerate(texts, 1)]
    there, back = compare(old, new, posts), compare(new, old, posts)
    assert ids(there) == ids(back)[::-1]
    assert there.merged == back.split
    assert there.rings == back.rings[::-1]


def _pair() -> tuple[Ruleset, Ruleset]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return rules(Path(folder) / "old"), rules(
            Path(folder) / "new", RULES.replace("closure, shut", "closure, sealed").rstrip() + BLAST
        )


_PAIR = _pair()
