"""Learn the weights of `bot/events/scorer.json` from labelled pairs: logistic regression, nothing hidden.

    python benchmarks/learn_scorer.py LABELLED.jsonl|PAIRS.jsonl … > bot/events/scorer.json

A labelled file gives all pairs of its posts within 48 hours (same event or not); a pairs file gives its pairs (label 2
is the same report). Needs numpy, which the program itself does not.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bot.events.fingerprint import fingerprint
from bot.events.score import FEATURES, Sketch, features
from bot.model import Hit, Match, Post, Severity

WINDOW = 48 * 3600
AGAINST = {"names-clash", "acts-clash", "places-clash", "actors-clash", "numbers-clash", "counts-clash", "follow-up", "dates-clash", "hours-apart"}
AGAINST |= {"one-denies", "one-hedges", "one-reacts", "main-acts-clash", "signals-clash", "speakers-clash"}
FREE = {"same-outlet", "brevity"}


def post_of(row: dict[str, Any]) -> Post:
    return Post(
        id=row["id"], source=row["source"], outlet=row["outlet"], url=row["url"], title=row["title"], text=row["text"],
        published=datetime.fromisoformat(row["published"].replace("Z", "+00:00")), language=row.get("language"),
        forwarded_from=row.get("forwarded_from"),
    )  # fmt: skip


def pair_posts(row: dict[str, Any]) -> Iterator[Post]:
    for side in (row["a"], row["b"]):
        name = f"{side['src']}/{side['id']}"
        yield Post(
            id=name, source=side["src"], outlet=side["src"], url=f"https://example.org/{name}", text=side["text"],
            published=datetime.fromtimestamp(side["ts"], UTC), language="en",
        )  # fmt: skip


def labelled_matches(row: dict[str, Any]) -> list[Match]:
    """Matches as perfect rules would give them: what the labels say."""
    matches = []
    for storyline, value in row["labels"].get("storylines", {}).items():
        for signal in value if isinstance(value, list) else ():
            hit = Hit(concept=signal, field="text", start=0, end=1)
            matches.append(
                Match(
                    post=row["id"],
                    storyline=storyline,
                    signal=signal,
                    severity=Severity.HIGH,
                    phase=signal,
                    hits=(hit,),
                )
            )
    return matches


def sketch(post: Post, matches: list[Match] = []) -> Sketch:  # noqa: B006 (never changed)
    return Sketch(fingerprint(post, matches), post.published.timestamp(), post.outlet)


Sample = tuple[str, bool, dict[str, float], bool]  # group for cross-validation, same?, features, across languages


def samples(path: Path) -> list[Sample]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    found: list[Sample] = []
    if "a" in rows[0]:
        for row in rows:
            a, b = (sketch(post) for post in pair_posts(row))
            found.append((f"pair{row['i']}", row["label"] == 2, features(a, b), False))
        return found
    for with_rules in (False, True):
        sketches = [(row, sketch(post_of(row), labelled_matches(row) if with_rules else [])) for row in rows]
        if with_rules:
            sketches = [(row, made) for row, made in sketches if made.print.signals]
        for (row, a), (other, b) in itertools.combinations(sketches, 2):
            if abs(a.at - b.at) <= WINDOW:
                same = row["labels"]["event"] == other["labels"]["event"]
                found.append((row["labels"]["event"], same, features(a, b), a.print.language != b.print.language))
    return found


def learn(found: list[Sample], ridge: float = 3.0, rounds: int = 60) -> dict[str, float]:
    """Logistic regression by projected Newton steps; a feature may only speak for, or only against (no flukes)."""
    x = np.array([[row[2][name] for name in FEATURES] + [1.0] for row in found])
    y = np.array([row[1] for row in found], dtype=float)
    weight = np.where(y > 0, 0.5 * len(y) / max(1, y.sum()) * 0.15, 0.5 * len(y) / max(1, (1 - y).sum()))
    sign = np.array([-1 if name in AGAINST else 0 if name in FREE else 1 for name in FEATURES] + [0])
    w = np.zeros(x.shape[1])
    active = np.ones(x.shape[1], dtype=bool)
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weight * (y - p)) - ridge * np.append(w[:-1], 0)
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + ridge * np.diag(np.append(np.ones(len(w) - 1), 1e-6))
        free = active | (gradient * sign > 0)
        step = np.zeros_like(w)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        w = w + 0.7 * step
        wrong = (sign != 0) & (w * sign < 0)
        w[wrong] = 0
        active = ~wrong
    return {name: round(float(value), 3) for name, value in zip([*FEATURES, "bias"], w, strict=True)}


def main(paths: list[str]) -> None:
    per_file = [samples(Path(path)) for path in paths]
    print(json.dumps(train(per_file), indent=1))


def train(per_file: list[list[Sample]]) -> dict[str, dict[str, float]]:
    same = [row for found in per_file for row in found if not row[3]]
    across = [row for found in per_file for row in found if row[3]]
    return {"same-language": learn(same), "across-languages": learn(across)}


if __name__ == "__main__":
    main(sys.argv[1:])
