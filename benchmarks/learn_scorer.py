"""Learn the weights of `bot/events/scorer.json` from labelled pairs: logistic regression, nothing hidden.

    python -m benchmarks.learn_scorer LABELLED.jsonl|PAIRS.jsonl … > bot/events/scorer.json

A labelled file gives all pairs of its posts within 48 hours (same event or not), once by text alone and, where it names
signals, once more with the matches that perfect rules would give; a pairs file gives its pairs (label 2 is the same
report). Needs numpy, which the program itself does not.

Few labels must not invent laws: each feature may only speak for sameness or only against it, and is drawn towards what
the design says of it (`PRIOR`) as strongly as `RIDGE` tells.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.labelled import WINDOW_S, Row, is_pairs, labelled_matches, pair_posts, post_of, rows_of
from bot.events.fingerprint import fingerprint
from bot.events.score import FEATURES, Sketch, features
from bot.model import Match, Post

RIDGE = 1.0
CANDIDATE = 0.12  # pairs that share less of the shorter post are too easy to teach anything
AGAINST = frozenset(
    (
        "names-clash",
        "acts-clash",
        "places-clash",
        "numbers-clash",
        "counts-clash",
        "dates-clash",
        "speakers-clash",
        "signals-clash",
        "main-acts-clash",
        "follow-up",
        "hours-apart",
        "one-denies",
    )
)
FREE = frozenset({"same-outlet", "brevity"})
PRIOR = {
    "signals-clash": -2.0,
    "one-denies": -2.0,
    "counts-clash": -2.0,
    "follow-up": -2.0,
    "hours-apart": -2.0,
    "dates-clash": -1.0,
    "numbers-clash": -0.5,
    "names-clash": -0.5,
    "places-clash": -1.0,
    "same-signal": 1.0,
    "close-reading": 2.0,
    "main-in-other": 2.0,
    "evidence": 1.0,
    "shared-of-shorter": 1.0,
    "lead-in-other": 1.0,
    "within-minutes": 1.0,
}
BIAS = -4.0
FIRM = {"within-minutes": 30.0}  # stands as designed: labelled streams are thinner than live ones


class Sample(NamedTuple):
    """A labelled pair: the events it belongs to (for folds), whether it is one happening, what speaks for it."""

    groups: tuple[str, str]
    same: bool
    found: dict[str, float]
    across: bool  # languages
    weight: float


def sketch(post: Post, matches: list[Match]) -> Sketch:
    return Sketch(fingerprint(post, matches), post.published.timestamp(), post.outlet)


def samples(rows: list[Row]) -> list[Sample]:
    if is_pairs(rows):
        return [
            Sample(
                (f"pair{row['i']}",) * 2,
                row["label"] == 2,
                features(*(sketch(p, []) for p in pair_posts(row))),
                False,
                2.0,
            )
            for row in rows
        ]
    found = _samples([(row, sketch(post_of(row), [])) for row in rows])
    with_rules = [(row, sketch(post_of(row), labelled_matches(row))) for row in rows]
    return found + _samples([pair for pair in with_rules if pair[1].print.signals])


def _samples(sketches: list[tuple[Row, Sketch]]) -> list[Sample]:
    found = []
    for (row, a), (other, b) in itertools.combinations(sketches, 2):
        if abs(a.at - b.at) > WINDOW_S:
            continue
        groups = row["labels"]["event"], other["labels"]["event"]
        between = features(a, b)
        same = groups[0] == groups[1]
        if same or between["shared-of-shorter"] >= CANDIDATE:
            across = a.print.language != b.print.language
            found.append(Sample(groups, same, between, across, 0.7 if across or a.print.signals else 1.0))
    return found


def learn(found: list[Sample], rounds: int = 40) -> dict[str, float]:
    """Logistic regression by projected Newton steps towards the prior."""
    x = np.array([[sample.found[name] for name in FEATURES] + [1.0] for sample in found])
    y = np.array([sample.same for sample in found], dtype=float)
    weight = np.array([sample.weight for sample in found])
    mean = np.array([PRIOR.get(name, 0.0) for name in FEATURES] + [BIAS])
    pull = RIDGE * np.array([FIRM.get(name, 1.0) for name in FEATURES] + [0.0])
    sign = np.array([-1 if name in AGAINST else 0 if name in FREE else 1 for name in FEATURES] + [0])
    w, active = mean.copy(), np.ones(len(mean), dtype=bool)
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weight * (y - p)) - pull * (w - mean)
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(pull + 1e-6)
        free = active | (gradient * sign > 0)
        step = np.zeros_like(w)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        w = w + 0.7 * step
        wrong = (sign != 0) & (w * sign < 0)
        w[wrong] = 0
        active = ~wrong
    return {name: round(float(value), 3) for name, value in zip([*FEATURES, "bias"], w, strict=True)}


def fold_of(group: str, folds: int = 5) -> int:
    """The fold of an event: the same on every machine."""
    return int(hashlib.md5(group.encode(), usedforsecurity=False).hexdigest(), 16) % folds


def train(found: list[Sample], leave_out: int | None = None) -> dict[str, dict[str, float]]:
    """Both sets of weights, learned without the events of one fold."""
    kept = [sample for sample in found if leave_out is None or leave_out not in map(fold_of, sample.groups)]
    return {
        "same-language": learn([sample for sample in kept if not sample.across]),
        "across-languages": learn([sample for sample in kept if sample.across]),
    }


if __name__ == "__main__":
    print(json.dumps(train([s for path in sys.argv[1:] for s in samples(rows_of(Path(path)))]), indent=1))
