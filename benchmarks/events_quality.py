"""How well posts are gathered: the labelled sets, beside simple baselines, in one run.

    python -m benchmarks.events_quality [--corpus ../shared] [--folds] [--curve docs/img/gathering.svg]

Ours is measured twice: with the shipped weights, and (`--folds`, needs numpy) by cross-validation over events, where
the weights that judge an event never saw it. Every baseline has its threshold tuned on the very file it is measured
on, so it is flattered. Pairwise precision, recall and F1 count pairs of posts within 48 hours.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from rapidfuzz import fuzz

from benchmarks.labelled import (
    WINDOW_S,
    Row,
    gathered,
    is_pairs,
    labelled_matches,
    moment,
    pair_posts,
    post_of,
    rows_of,
    together,
)
from bot.events.clean import body
from bot.events.score import use_weights

SETS = {
    "telegram_ru_2024": "data/labelled/telegram_ru_2024.jsonl",
    "en_wire_pairs_2017": "data/labelled/en_wire_pairs_2017.jsonl",
    "story_2025, text alone": "eval/story_2025.jsonl",
    "story_2025, perfect matches": "eval/story_2025.jsonl",
}
Counts = collections.Counter[str]


def clusters(name: str, rows: list[Row]) -> dict[str, str]:
    """Our events for one set."""
    if is_pairs(rows):
        posts = {post.id: post for row in rows for post in pair_posts(row)}
        return gathered((post, together(post)) for post in posts.values())
    if "matches" in name:
        matched = ((post_of(row), labelled_matches(row)) for row in rows)
        return gathered((post, matches) for post, matches in matched if matches)
    return gathered((post, together(post)) for post in map(post_of, rows))


def judged(name: str, rows: list[Row]) -> list[Row]:
    """The rows that are counted: with matches, those that must alert."""
    return [row for row in rows if row["labels"]["level"] >= 2] if "matches" in name else rows


def count(
    rows: list[Row], event_of: dict[str, str], weigh: Callable[[tuple[str, str]], float] = lambda groups: 1.0
) -> Counts:
    """True and false merges and splits over pairs; `weigh` says how much a pair of events counts."""
    found: Counts = collections.Counter()
    for key, groups, same, merged, across in _pairs(rows, event_of):
        del key
        kind = ("tp" if merged else "fn") if same else ("fp" if merged else "tn")
        found[kind] += weigh(groups)  # type: ignore[assignment]
        if same and across:
            found["x" + kind] += weigh(groups)  # type: ignore[assignment]
    return found


def _pairs(rows: list[Row], event_of: dict[str, str]) -> Iterator[tuple[str, tuple[str, str], bool, bool, bool]]:
    if is_pairs(rows):
        for row in rows:
            a, b = (f"{row[side]['src']}/{row[side]['id']}" for side in "ab")
            yield a, (f"pair{row['i']}",) * 2, row["label"] == 2, event_of.get(a, a) == event_of.get(b, b), False
        return
    for one, two in itertools.combinations(rows, 2):
        if abs(moment(one) - moment(two)) <= WINDOW_S:
            groups = one["labels"]["event"], two["labels"]["event"]
            merged = event_of.get(one["id"], one["id"]) == event_of.get(two["id"], two["id"])
            yield one["id"], groups, groups[0] == groups[1], merged, one.get("language") != two.get("language")


def bcubed(rows: list[Row], event_of: dict[str, str]) -> float:
    """B-cubed F1: for each post, how pure and how whole its event is."""
    gold, ours = collections.defaultdict(set), collections.defaultdict(set)
    for row in rows:
        gold[row["labels"]["event"]].add(row["id"])
        ours[event_of.get(row["id"], row["id"])].add(row["id"])
    precision = recall = 0.0
    for row in rows:
        g, o = gold[row["labels"]["event"]], ours[event_of.get(row["id"], row["id"])]
        precision += len(g & o) / len(o) / len(rows)
        recall += len(g & o) / len(g) / len(rows)
    return 2 * precision * recall / (precision + recall)


def line(label: str, found: Counts, more: str = "") -> str:
    precision = found["tp"] / max(1, found["tp"] + found["fp"])
    recall = found["tp"] / max(1, found["tp"] + found["fn"])
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    across = found["xtp"] + found["xfn"]
    languages = f"  across languages {found['xtp'] / across:.3f}" if across else ""
    return f"  {label:<34} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}{languages}{more}"


# --- baselines ----------------------------------------------------------------------------------------------------


def _grams(text: str) -> frozenset[str]:
    text = " ".join(text.lower().split())
    return frozenset(text[n : n + 4] for n in range(len(text) - 3))


def jaccard(a: str, b: str) -> float:
    one, two = _grams(a), _grams(b)
    return len(one & two) / max(1, len(one | two))


def shared_words(a: str, b: str) -> float:
    one, two = set(a.lower().split()), set(b.lower().split())
    return len(one & two) / max(1, min(len(one), len(two)))


def token_set(a: str, b: str) -> float:
    return fuzz.token_set_ratio(a.lower(), b.lower()) / 100


BASELINES = {"4-gram Jaccard": jaccard, "shared words": shared_words, "rapidfuzz token_set": token_set}


def baseline(rows: list[Row], alike: Callable[[str, str], float]) -> tuple[float, Counts, float]:
    """The best of one similarity, each post joining the likeliest earlier one: threshold, counts, B-cubed."""
    if is_pairs(rows):
        posts = sorted(
            {post.id: post for row in rows for post in pair_posts(row)}.values(), key=lambda p: (p.published, p.id)
        )
    else:
        posts = sorted(map(post_of, rows), key=lambda post: (post.published, post.id))
    texts = [" ".join(body(post)) for post in posts]
    nearest: list[tuple[float, int]] = []
    for at, post in enumerate(posts):
        earlier = [n for n in range(at) if (post.published - posts[n].published).total_seconds() <= WINDOW_S]
        nearest.append(max(((alike(texts[at], texts[n]), n) for n in earlier), default=(0.0, -1)))
    best: tuple[float, float, dict[str, str]] = (-1.0, 0.0, {})
    for step in range(5, 100):
        event_of: dict[str, str] = {}
        for post, (likeness, n) in zip(posts, nearest, strict=True):
            event_of[post.id] = event_of[posts[n].id] if likeness >= step / 100 and n >= 0 else post.id
        found = count(rows, event_of)
        f1 = 2 * found["tp"] / max(1, 2 * found["tp"] + found["fp"] + found["fn"])
        best = max(best, (f1, step / 100, event_of), key=lambda tried: tried[0])
    return best[1], count(rows, best[2]), 0.0 if is_pairs(rows) else bcubed(rows, best[2])


# --- the run ------------------------------------------------------------------------------------------------------


def folds(corpus: Path, sets: dict[str, list[Row]]) -> dict[str, Counts]:
    """Each set by cross-validation over events."""
    from benchmarks.learn_scorer import fold_of, samples, train

    learnt = [sample for path in dict.fromkeys(SETS.values()) for sample in samples(rows_of(corpus / path))]
    total: dict[str, Counts] = {name: collections.Counter() for name in sets}
    for fold in range(5):
        with use_weights(train(learnt, leave_out=fold)):
            for name, rows in sets.items():
                share = _in_fold(fold, fold_of)
                total[name].update(count(judged(name, rows), clusters(name, rows), share))
    return total


def _in_fold(fold: int, fold_of: Callable[[str], int]) -> Callable[[tuple[str, str]], float]:
    return lambda groups: sum(fold_of(group) == fold for group in groups) / 2


def curve(sets: dict[str, list[Row]]) -> dict[str, list[tuple[float, float, float]]]:
    """Threshold, precision and recall of each set."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sets}
    for step in range(20, 96, 5):
        with mock.patch.object(sys.modules["bot.events.gather"], "SURE", step / 100):
            for name, rows in sets.items():
                counts = count(judged(name, rows), clusters(name, rows))
                precision = counts["tp"] / max(1, counts["tp"] + counts["fp"])
                recall = counts["tp"] / max(1, counts["tp"] + counts["fn"])
                found[name].append((step / 100, precision, recall))
    return found


def picture(curves: dict[str, list[tuple[float, float, float]]]) -> str:
    """The curves as SVG: precision solid, recall dashed, one colour a set."""
    colours = ("#1f6feb", "#d29922", "#2da44e", "#a371f7")
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 420" font-family="sans-serif" font-size="13">',
        '<rect width="760" height="420" fill="white"/>',
    ]
    for tick in range(5, 11):
        y = 370 - (tick / 10 - 0.5) * 640
        parts.append(
            f'<line x1="60" x2="560" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>'
            f'<text x="28" y="{y + 4:.0f}">{tick / 10}</text>'
        )
    for tick in range(2, 11, 2):
        x = 60 + tick / 10 * 500
        parts.append(f'<text x="{x - 8:.0f}" y="392">{tick / 10}</text>')
    parts.append('<text x="180" y="412">likelihood from which a post joins an event</text>')
    sure = sys.modules["bot.events.gather"].SURE
    parts.append(
        f'<line x1="{60 + sure * 500:.0f}" x2="{60 + sure * 500:.0f}" y1="50" y2="370" stroke="#cf222e" '
        'stroke-dasharray="2 3"/>'
    )
    for n, (name, points) in enumerate(curves.items()):
        for which, dash in ((1, ""), (2, ' stroke-dasharray="6 4"')):
            path = " ".join(f"{60 + p[0] * 500:.0f},{370 - (max(0.5, p[which]) - 0.5) * 640:.0f}" for p in points)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colours[n]}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="570" y="{80 + 22 * n}" fill="{colours[n]}">{name}</text>')
    parts.append(
        '<text x="570" y="190" fill="#444">precision solid,</text>'
        '<text x="570" y="208" fill="#444">recall dashed</text></svg>'
    )
    return "\n".join(parts) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--corpus", type=Path, default=Path("../shared"))
    options.add_argument("--folds", action="store_true", help="also by cross-validation over events (needs numpy)")
    options.add_argument("--no-baselines", action="store_true")
    options.add_argument("--curve", type=Path, help="write the threshold curve as SVG")
    asked = options.parse_args()
    sets = {name: rows_of(asked.corpus / path) for name, path in SETS.items()}
    validated = folds(asked.corpus, sets) if asked.folds else {}
    for name, rows in sets.items():
        print(name)
        event_of = clusters(name, rows)
        seen = judged(name, rows)
        more = "" if is_pairs(rows) else f"  B3 {bcubed(seen, event_of):.3f}  copies {copies(seen, event_of)}"
        print(line("Wirewatch, shipped weights", count(seen, event_of), more))
        if name in validated:
            print(line("Wirewatch, cross-validated", validated[name]))
        if not asked.no_baselines and "matches" not in name:
            for label, alike in BASELINES.items():
                threshold, found, whole = baseline(rows, alike)
                print(line(f"{label} from {threshold:.2f}", found, f"  B3 {whole:.3f}" if whole else ""))
        if is_pairs(rows):
            print(f"  new developments merged: {merged(rows, event_of, 1)}, others: {merged(rows, event_of, 0)}")
    if asked.curve:
        with contextlib.suppress(FileExistsError):
            asked.curve.parent.mkdir(parents=True)
        asked.curve.write_text(picture(curve(sets)), "utf-8")


def copies(rows: list[Row], event_of: dict[str, str]) -> str:
    known = {row["id"] for row in rows}
    pairs = [(row["id"], copied) for row in rows if (copied := row["labels"].get("copy_of")) in known]
    return f"{sum(event_of.get(a) == event_of.get(b) for a, b in pairs)}/{len(pairs)}"


def merged(rows: list[Row], event_of: dict[str, str], label: int) -> str:
    pairs = [tuple(f"{row[side]['src']}/{row[side]['id']}" for side in "ab") for row in rows if row["label"] == label]
    return f"{sum(event_of[a] == event_of[b] for a, b in pairs)}/{len(pairs)}"


if __name__ == "__main__":
    main()
