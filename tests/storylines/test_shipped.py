"""The storylines that ship: their own tests pass, the quiet baseline is quiet, and the yardsticks are held."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.model import Post
from bot.pipeline.rehearse import rehearse
from bot.rules import Ruleset, lint, load, run_cases

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "rules"

PROMISED = {
    "embassy-evacuation": (
        {"embassy", "evacuation"},
        {"evacuation-demanded", "evacuation-ordered", "operations-suspended", "operations-restored"},
    ),
    "mediation": (
        {"mediation-withdrawal", "peace-broker"},
        {"withdrawal-threatened", "withdrawal-announced", "mediation-reaffirmed", "third-party-offer"},
    ),
    "ceasefire": (set(), {"ceasefire-proposed", "ceasefire-accepted", "ceasefire-rejected", "ceasefire-violated"}),
    "strikes": (set(), {"strike-reported", "strike-threatened"}),
    "talks": (set(), {"round-announced", "round-held", "round-postponed"}),
    "sanctions": (set(), {"sanctions-proposed", "sanctions-adopted", "sanctions-eased"}),
}


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return load(RULES)


def language(text: str) -> str:
    if re.search("[іїєґ]", text, re.IGNORECASE):
        return "uk"
    return "ru" if re.search("[а-я]", text, re.IGNORECASE) else "en"


def post_of(row: dict[str, Any]) -> Post:
    """A post from JSON Lines, as far as matching looks at it."""
    return Post(
        id=row["id"],
        source=row["source"],
        outlet=row["outlet"],
        url=row["url"],
        published=datetime.fromisoformat(row["published"].replace("Z", "+00:00")),
        title=row.get("title", ""),
        text=row["text"],
        language=row.get("language"),
    )


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def test_names_aliases_and_signals_are_the_promised_ones(rules: Ruleset) -> None:
    """Subscriptions and other tools name them: they never change by accident."""
    assert set(rules.storylines) == set(PROMISED)
    for name, (aliases, signals) in PROMISED.items():
        assert aliases <= set(rules.storylines[name].aliases)
        assert set(rules.storylines[name].signals) == signals


def test_every_shipped_case_passes(rules: Ruleset) -> None:
    """A case expects exactly the signals that match."""
    assert [str(result) for result in run_cases(rules) if not result.good] == []


def test_every_signal_has_hits_and_every_storyline_near_misses_in_three_languages(rules: Ruleset) -> None:
    """Six hits and six near misses at the least, none of the three languages left out."""
    for name, storyline in rules.storylines.items():
        hits = [case for case in storyline.cases if case.expect]
        misses = [case for case in storyline.cases if not case.expect]
        assert len(hits) >= 6, name
        assert len(misses) >= 6, name
        assert {language(case.post) for case in hits} == {"en", "uk", "ru"}, name
        assert {language(case.post) for case in misses} == {"en", "uk", "ru"}, name
        assert set().union(*(case.expect for case in hits)) == set(storyline.signals), name


def test_shipped_rules_have_no_issue(rules: Ruleset) -> None:
    """Lint finds nothing in what operators are given as the example."""
    assert [str(issue) for issue in lint(rules)] == []


def test_every_timeline_goes_as_told(rules: Ruleset) -> None:
    """Each storyline tells a whole story, and the judge alerts, merges and keeps silent as the file says."""
    assert all(storyline.timeline for storyline in rules.storylines.values())
    assert [str(step) for step in rehearse(rules) if not step.good] == []


def test_the_quiet_baseline_is_quiet(rules: Ruleset) -> None:
    """Other wars, labour strikes, sirens, digests, debunks, sport and weather match nothing, in three languages."""
    posts = [post_of(row) for path in sorted((RULES / "quiet").glob("*.jsonl")) for row in json_lines(path)]
    assert len(posts) >= 300
    assert {post.language for post in posts} == {"en", "uk", "ru"}
    loud = [(post.text, match.storyline, match.signal) for post in posts for match in rules.match(post)]
    assert loud == []


# --- against the third-party corpus --------------------------------------------------------------------------------


def yardstick(corpus: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", corpus / "eval" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score(corpus: Path, rules: Ruleset, path: Path) -> dict[str, Any]:
    """`score.py storylines` over the matches of a labelled file."""
    labelled = json_lines(path)
    replay = [
        {"kind": "match", "post": row["id"], "storyline": match.storyline, "signal": match.signal}
        for row in labelled
        for match in rules.match(post_of(row))
    ]
    found: dict[str, Any] = yardstick(corpus).score_storylines(labelled, replay)
    return found


def test_the_story_of_2025_is_told(corpus: Path, rules: Ruleset) -> None:
    """Precision 0.95, recall 0.90 and the right signal in 0.9 of the hits are promised; what is reached is held."""
    found = score(corpus, rules, corpus / "eval" / "story_2025.jsonl")
    assert found["all"]["precision"] >= 0.97, found["wrong"]
    assert found["all"]["recall"] >= 0.96, found["wrong"]
    assert found["signal_right"] >= 0.96
    assert found["quiet_posts_alerted"] <= 1


def test_real_russian_posts_are_told_apart(corpus: Path, rules: Ruleset) -> None:
    """On labelled real posts: precision 0.9 and recall 0.8 are promised."""
    found = score(corpus, rules, corpus / "data" / "labelled" / "telegram_ru_2024.jsonl")
    assert found["all"]["precision"] >= 0.92, found["wrong"]
    assert found["all"]["recall"] >= 0.92, found["wrong"]


def archived(path: Path, every: int) -> Iterable[Post]:
    """One in `every` posts of a third-party archive."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            text = json.loads(line).get("text") if number % every == 0 else None
            if text:
                yield Post(
                    id=f"archive/{number}",
                    source="archive",
                    outlet="archive",
                    url="",
                    published=datetime(2024, 11, 20, tzinfo=UTC),
                    text=text,
                )


@pytest.mark.parametrize(
    ("name", "every", "most"),
    [("nktkln_ru_2024", 6, 0.012), ("bbcbreaking_2017", 1, 0.004)],
)
def test_an_archive_of_everything_stays_mostly_silent(
    corpus: Path, rules: Ruleset, name: str, every: int, most: float
) -> None:
    """Channels of technology, traffic and talk do not set the storylines off: the share that matches is held."""
    counted: Counter[bool] = Counter()
    for post in archived(corpus / "data" / "posts" / f"{name}.jsonl.gz", every):
        counted[bool(rules.match(post))] += 1
    assert counted[True] / counted.total() <= most
