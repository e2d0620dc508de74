"""A loaded rule set: matches, names, filters, cases, explanations."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import RuleFaults
from bot.model import Hit, Post, Severity
from bot.rules import Ruleset, explain, run_cases, schema
from bot.rules.schema import StorylineFile, validate
from bot.text.yamlfile import YamlFile

Load = Callable[..., Ruleset]

LEXICON = """concepts:
  us: [case:US, washington]
  places: [kyiv, "@us"]
"""
MEDIATION = """storyline: mediation
title: US mediation
aliases: [Peace talks, broker]
about: Whether Washington brokers.
fresh_for: 6h
unless: digest
concepts:
  leave: [step back, "walk* away", выйти]
  mediation: [mediat*, переговоры]
  hedge: [may, could]
  digest: [weekly digest]
signals:
  announced:
    severity: critical
    phase: withdrawn
    when: us near/15 leave near/15 mediation and not (hedge near/4 leave)
    languages: [en, ru]
  threatened:
    severity: high
    min_origins: 2
    when: us near/15 leave near/15 mediation and hedge
    sources: [wire]
cases:
  - post: "Washington steps back from mediating"
    expect: [announced]
  - post: "The US may walk away from mediation"
    expect: [announced]
    source: wire
"""


def post(text: str, title: str = "", language: str | None = None, source: str = "wire") -> Post:
    return Post(
        id="wire/1", source=source, outlet=source, url="", published=datetime(2026, 1, 1, tzinfo=UTC),
        title=title, text=text, language=language,
    )  # fmt: skip


def test_a_match_carries_severity_phase_and_spans_of_the_original(loaded: Load) -> None:
    """Spans cut the very words out of the original text, marks and all."""
    text = "⚡️ **US** is step­ping back\nno: U.S. is stepping back from “mediation”"
    ruleset = loaded(lexicon=LEXICON, mediation=MEDIATION)
    (match,) = ruleset.match(post(text))
    assert (match.post, match.storyline, match.signal) == ("wire/1", "mediation", "announced")
    assert (match.severity, match.phase) == (Severity.CRITICAL, "withdrawn")
    assert [(hit.concept, text[hit.start : hit.end]) for hit in match.hits] == [
        ("us", "US"),
        ("leave", "step­ping back"),
        ("us", "U.S."),
        ("leave", "stepping back"),
        ("mediation", "mediation"),
    ]


def test_hits_in_the_title_say_so(loaded: Load) -> None:
    """The field tells title from text, and spans count from the beginning of that field."""
    (match,) = loaded(lexicon=LEXICON, mediation=MEDIATION).match(post("", "US steps back from mediation"))
    assert match.hits[0] == Hit("us", "title", 0, 2)


def test_filters(loaded: Load) -> None:
    """A signal's languages refuse other known languages, its sources refuse other sources; `unless` silences all."""
    ruleset = loaded(lexicon=LEXICON, mediation=MEDIATION)
    text = "The US steps back from mediation"
    assert [m.signal for m in ruleset.match(post(text, language="en"))] == ["announced"]
    assert [m.signal for m in ruleset.match(post(text, language=None))] == ["announced"]
    assert ruleset.match(post(text, language="uk")) == []
    hedged = "The US may step back from mediation"
    assert [m.signal for m in ruleset.match(post(hedged))] == ["threatened"]
    assert ruleset.match(post(hedged, source="other")) == []
    assert ruleset.match(post(f"Weekly digest: {text}")) == []


def test_what_a_storyline_says(loaded: Load) -> None:
    """Durations are seconds, severities are ordered, the rest is as written."""
    storyline = loaded(lexicon=LEXICON, mediation=MEDIATION).storylines["mediation"]
    assert storyline.fresh_for == 21_600.0
    assert storyline.signals["threatened"].min_origins == 2
    assert storyline.signals["announced"].severity > storyline.signals["threatened"].severity


def test_names(loaded: Load) -> None:
    """Names and aliases are found however they are written; the nearest are offered, best first."""
    ruleset = loaded(
        lexicon=LEXICON,
        mediation=MEDIATION,
        talks="storyline: talks\ntitle: Rounds\nsignals:\n  held: {severity: low, when: us}\n",
    )
    for name in ("mediation", "MEDIATION", " peace-talks", "Peace Talks", "peace_talks", "broker"):
        found = ruleset.find(name)
        assert found is not None
        assert found.name == "mediation"
    assert ruleset.find("mediate") is None
    assert ruleset.nearest("mediaton")[0] == "mediation"
    assert ruleset.nearest("tlaks")[0] == "talks"
    assert ruleset.nearest("zzzz") == []


def test_revision_follows_the_content(loaded: Load) -> None:
    """Equal files give an equal revision; any change gives another."""
    first = loaded(lexicon=LEXICON, mediation=MEDIATION).revision
    assert loaded(lexicon=LEXICON, mediation=MEDIATION).revision == first
    assert loaded(lexicon=LEXICON, mediation=MEDIATION + "# changed\n").revision != first


def test_a_failing_case_says_what_hit_and_what_was_missing(loaded: Load) -> None:
    """The text, the signals that are wrong, and the clause that decided."""
    good, bad = run_cases(loaded(lexicon=LEXICON, mediation=MEDIATION))
    assert good.good
    assert (bad.missing, bad.extra) == (("announced",), ("threatened",))
    shown = str(bad)
    assert "mediation.yaml:26: case of 'mediation' fails: 'The US may walk away from mediation'" in shown
    assert "expected announced, which did not match" in shown
    assert "found threatened, which was not expected" in shown
    assert "- not hedge near/4 leave   ['hedge near/4 leave' holds]" in shown


def test_explain_names_near_misses(loaded: Load) -> None:
    """One clause short is a near miss, and the clause says what was missing."""
    ruleset = loaded(lexicon=LEXICON, mediation=MEDIATION)
    announced, threatened = explain(ruleset, post("Washington steps back from mediation"), "mediation")
    assert (announced.signal, announced.matched, announced.missing) == ("announced", True, 0)
    assert (threatened.matched, threatened.near_miss) == (False, True)
    assert "no term of 'hedge' is in the post" in str(threatened)
    far = explain(ruleset, post("Washington " + "and so on " * 9 + "steps back from mediation"))
    assert any("nearest 28 words apart, 15 allowed" in str(explanation) for explanation in far)
    nothing = explain(ruleset, post("Rain in Lisbon"))
    assert not any(explanation.near_miss or explanation.matched for explanation in nothing)
    refused = explain(ruleset, post("Washington steps back from mediation", language="uk"))
    assert any("the post is in 'uk'" in explanation.refused and explanation.near_miss for explanation in refused)


def test_what_is_missing_is_counted(loaded: Load) -> None:
    """An `and` lacks all its failed parts, an `or` the nearest one, a distance one thing: to be closer."""
    body = "storyline: s\ntitle: S\nconcepts: {a: [alpha], b: [beta], c: [gamma]}\nsignals:\n"
    signals = "".join(
        f"  s{number}: {{severity: low, when: '{when}'}}\n"
        for number, when in enumerate(
            ["a and (b or c)", "a and b and c", "a near/1 b", "in sentence(a and b)", "2 of (a, b, c)", "a and not d"]
        )
    )
    ruleset = loaded(s=(body + signals).replace("c: [gamma]", "c: [gamma], d: [delta]"))
    told = {e.signal: (e.missing, e.near_miss) for e in explain(ruleset, post("Alpha and some. Delta"))}
    assert told == {
        "s0": (1, True),
        "s1": (2, False),
        "s2": (1, True),
        "s3": (1, True),
        "s4": (1, True),
        "s5": (1, True),
    }
    apart = {e.signal: (e.matched, e.missing) for e in explain(ruleset, post("Alpha and some. Beta"))}
    assert apart["s2"] == (False, 1)
    assert apart["s3"] == (False, 1)


def test_explain_agrees_with_match(loaded: Load) -> None:
    """What explain calls a match is what matches."""
    ruleset = loaded(lexicon=LEXICON, mediation=MEDIATION)
    for text in ("US may walk away from mediation", "US steps back from mediation", "US", ""):
        told = sorted(e.signal for e in explain(ruleset, post(text)) if e.matched)
        assert told == [match.signal for match in ruleset.match(post(text))]


def test_schema_describes_the_file() -> None:
    """The JSON Schema is JSON, refuses unknown fields, lists the severities, and takes one text for a list."""
    made = json.loads(json.dumps(schema()))
    assert made["additionalProperties"] is False
    assert made["$defs"]["SignalEntry"]["properties"]["severity"]["enum"] == ["low", "medium", "high", "critical"]
    assert {"type": "string"} in made["properties"]["aliases"]["anyOf"]
    assert set(made["required"]) == {"storyline", "title", "signals"}


SCRAPS = st.lists(
    st.sampled_from(
        ["storyline: a", "title: T", "aliases: [b]", "concepts:", "  us: [us, '@them', 'x*']", "  them: '@us'", "signals:", "  it:",
         "    severity: low", "    when: us near/3 them", "    when: us and (", "  - x", "&a [*a]", "x: &x [*x, *x]", "unless: not us",
         "cases:", "  - {post: p, expect: [it]}", "timeline:", "  - {at: '09:00'}", "? {a: b}", "'", "\t", "---", "!!python/x y", "null",
         "signals: [1]", "concepts: {a: {b: c}}", "concepts: {a: [[b]]}", "storyline: 7", "title: {}", "1: 2", "<<: {a: b}"]
    ),
    max_size=14,
).map("\n".join)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(SCRAPS | st.text(max_size=60))
def test_any_file_is_read_or_refused_with_a_place(text: str) -> None:
    """Whatever stands in a file: a value or faults with places, never another exception."""
    file = YamlFile("a.yaml", text)
    made, faults = validate(StorylineFile, file)
    assert made is not None or faults or file.faults
    assert all(fault.line >= 0 and fault.column >= 0 and fault.message for fault in [*faults, *file.faults])


@settings(max_examples=60, deadline=None)
@given(SCRAPS)
def test_any_folder_loads_or_tells(tmp_path_factory: object, text: str) -> None:
    """Loading a folder raises RuleFaults or nothing."""
    from bot.rules.load import load

    folder = tmp_path_factory.mktemp("rules")  # type: ignore[attr-defined]
    (folder / "storylines").mkdir()
    (folder / "storylines" / "a.yaml").write_text(text, "utf-8")
    with contextlib.suppress(RuleFaults):
        load(folder)
