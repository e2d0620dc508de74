"""How likely two posts report the same happening: named features, weighted by a logistic model.

The weights stand in `scorer.json`, learned by `benchmarks/learn_scorer.py` from labelled pairs; there is one set for
two posts of one language and one across languages, where only what has a meaning, a name, a number or a date can
agree. Every score can be taken apart into `(feature, share of the sum)`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rapidfuzz import fuzz

from bot.events.lexicon import rarity
from bot.model import Fingerprint

HERE = Path(__file__).parent
NUMBER = 5.0  # weight of a number with its unit, a date or a clock time
TOLLS = frozenset({"kill", "injure", "civilian", "child", "arrest"})
FEATURES = (
    "shared-of-shorter",
    "shared-of-all",
    "lead-in-other",
    "leads-alike",
    "evidence",
    "brevity",
    "names-shared",
    "names-clash",
    "acts-shared",
    "acts-clash",
    "places-shared",
    "places-clash",
    "numbers-shared",
    "numbers-clash",
    "counts-clash",
    "dates-shared",
    "dates-clash",
    "within-minutes",
    "hours-apart",
    "phrases-shared",
    "speaker-shared",
    "speakers-clash",
    "one-speech",
    "one-denies",
    "main-in-other",
    "main-acts-clash",
    "follow-up",
    "same-outlet",
    "same-signal",
    "signals-clash",
    "close-reading",
)


class Sketch:
    """A fingerprint unpacked for comparing: its terms with their weights. Derived, so never stored."""

    __slots__ = (
        *(
            "at",
            "counts",
            "groups",
            "keys",
            "lead",
            "lead_weight",
            "leading",
            "main",
            "main_weight",
            "outlet",
            "print",
            "terms",
        ),
        *("text", "units", "weight"),
    )

    def __init__(self, fingerprint: Fingerprint, at: float, outlet: str):
        self.print = fingerprint
        self.at = at  # publication, seconds since 1970
        self.outlet = outlet
        named = (fingerprint.names, fingerprint.actors, fingerprint.places, fingerprint.acts, fingerprint.things)
        terms = {term: rarity(term) for group in (*named, fingerprint.others) for term in group}
        for number in fingerprint.numbers:
            terms[number] = NUMBER if number[-1] != " " else NUMBER / 2
        for date in fingerprint.dates:
            terms[date] = NUMBER
        self.terms = terms
        self.weight = sum(terms.values())
        self.lead = {term: terms.get(term, NUMBER) for term in fingerprint.lead}
        self.lead_weight = sum(self.lead.values())
        self.main = {term: self.lead[term] for term in fingerprint.main}
        self.main_weight = sum(self.main.values())
        self.units = _by_unit(fingerprint.numbers)
        self.counts = _by_unit(tuple(term for term in fingerprint.lead if " " in term))
        self.keys = frozenset(fingerprint.keys)
        self.leading: list[tuple[str, float]] | None = None  # filled by the window that looks for candidates
        self.text = " ".join(fingerprint.words[:60])
        self.groups = {name: frozenset(getattr(fingerprint, name)) for name in GROUPS}


GROUPS = ("names", "acts", "places", "dates", "speakers")


def _by_unit(numbers: tuple[str, ...]) -> dict[str, set[str]]:
    units: dict[str, set[str]] = {}
    for number in numbers:
        value, _, unit = number.partition(" ")
        if unit:
            units.setdefault(unit, set()).add(value)
    return units


def features(a: Sketch, b: Sketch) -> dict[str, float]:
    """What speaks for and against two posts telling of one happening; symmetric in its arguments."""
    one, two = a.print, b.print
    shared = shared_weight(a.terms, b.terms)
    lead_shared = shared_weight(a.lead, b.lead)
    apart = abs(a.at - b.at) / 3600
    soon = math.exp(-apart / 0.5)
    least = min(a.weight, b.weight)
    found = {
        "shared-of-shorter": shared / max(1.0, least),
        "shared-of-all": shared / max(1.0, a.weight + b.weight - shared),
        "lead-in-other": max(
            shared_weight(a.lead, b.terms) / max(8.0, a.lead_weight),
            shared_weight(b.lead, a.terms) / max(8.0, b.lead_weight),
        ),
        "leads-alike": lead_shared / max(8.0, a.lead_weight + b.lead_weight - lead_shared),
        "evidence": min(1.0, shared / 60),
        "brevity": max(0.0, 1 - least / 120),
        "within-minutes": soon,
        "hours-apart": min(2.0, apart / 24),
        "phrases-shared": math.log1p(len(a.keys & b.keys)) / 2,
        "main-in-other": min(_covered(a, b.terms), _covered(b, a.terms)),
        "main-acts-clash": float(_strange(one, b) and _strange(two, a)),
        "follow-up": max(_follows(a, b), _follows(b, a)),
        "one-denies": float(at_odds(one, two)),
        "same-outlet": float(a.outlet == b.outlet) * (1 - soon),
        "counts-clash": float(counts_clash(a, b)),
        "close-reading": fuzz.token_set_ratio(a.text, b.text) / 100 if one.language == two.language else 0.0,
    }
    found["names-shared"], found["names-clash"] = _agreement(a, b, "names")
    found["acts-shared"], found["acts-clash"] = _agreement(a, b, "acts")
    found["places-shared"], found["places-clash"] = _agreement(a, b, "places")
    found["dates-shared"], found["dates-clash"] = _agreement(a, b, "dates")
    found["speaker-shared"], found["speakers-clash"] = _agreement(a, b, "speakers")
    found["one-speech"] = found["speaker-shared"] * soon
    found["numbers-shared"], found["numbers-clash"] = _numbers(a, b)
    found["same-signal"], found["signals-clash"] = _signals(one, two)
    return found


def shared_weight(a: dict[str, float], b: dict[str, float]) -> float:
    """The weight of the terms that both hold."""
    return sum(map(a.__getitem__, a.keys() & b.keys()))


def _covered(a: Sketch, terms: dict[str, float]) -> float:
    """How much of one post's main clause the other says somewhere."""
    return shared_weight(a.main, terms) / max(6.0, a.main_weight)


def _follows(later: Sketch, earlier: Sketch) -> float:
    """How much one post's news is the other's background: "cities brace for riots AFTER the guru was convicted"."""
    weight = later.lead_weight - later.main_weight
    if weight < 1:
        return 0.0
    known = shared_weight(later.lead, earlier.main) - shared_weight(later.main, earlier.main)
    return max(0.0, known / max(4.0, weight) * (1 - _covered(later, earlier.terms)))


def _strange(one: Fingerprint, other: Sketch) -> bool:
    """Whether what happens in one post's main clause does not happen in the other at all."""
    theirs = other.groups["acts"]
    acts = set(one.acts).intersection(one.main)
    return bool(acts and theirs) and theirs.isdisjoint(acts)


def at_odds(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether one's lead says that an act is not so of which the other's lead says that it is."""
    if not one.denied and not two.denied:
        return False
    both = set(one.acts).intersection(two.acts, one.lead, two.lead)
    return not both.isdisjoint(set(one.denied).symmetric_difference(two.denied))


def _agreement(a: Sketch, b: Sketch, group: str) -> tuple[float, float]:
    """Weight of what both name as a share of the shorter list, and 1.0 when both name something but nothing alike."""
    mine, theirs = a.groups[group], b.groups[group]
    if not mine or not theirs:
        return 0.0, 0.0
    common = mine & theirs
    if not common:
        return 0.0, 1.0
    if len(common) == len(mine) or len(common) == len(theirs):
        return 1.0, 0.0
    return sum(map(rarity, common)) / max(1.0, min(sum(map(rarity, mine)), sum(map(rarity, theirs)))), 0.0


def _numbers(a: Sketch, b: Sketch) -> tuple[float, float]:
    """How many counted things agree, and how many are counted differently (each up to 2, as a share)."""
    same = clash = 0
    for unit, values in a.units.items():
        others = b.units.get(unit)
        if others:
            same += not values.isdisjoint(others)
            clash += values.isdisjoint(others)
    return min(same, 2) / 2, min(clash, 2) / 2


def counts_clash(a: Sketch, b: Sketch) -> bool:
    """Whether both headlines count one thing differently. Tolls are left out, since they grow while an event lasts."""
    if not a.counts or not b.counts:
        return False
    units = a.counts.keys() & b.counts.keys() - TOLLS
    return any(a.counts[unit].isdisjoint(b.counts[unit]) for unit in units)


def _signals(one: Fingerprint, two: Fingerprint) -> tuple[float, float]:
    """Whether rules saw one signal in both, and whether one storyline has them at odds."""
    mine, theirs = set(one.signals), set(two.signals)
    if not mine or not theirs:
        return 0.0, 0.0
    if mine & theirs:
        return 1.0, 0.0
    return 0.0, float(bool({storyline for storyline, _, _ in mine} & {storyline for storyline, _, _ in theirs}))


_weights: dict[str, dict[str, float]] = json.loads((HERE / "scorer.json").read_text("utf-8"))


@contextmanager
def use_weights(weights: dict[str, dict[str, float]]) -> Iterator[None]:
    """Judge by other weights for a while: cross-validation needs it, the program does not."""
    shipped = dict(_weights)
    _weights.update(weights)
    try:
        yield
    finally:
        _weights.update(shipped)


def score(a: Sketch, b: Sketch, *, ignoring: str = "") -> float:
    """The likelihood, 0 to 1, that two posts tell of one happening; one feature may be left out of the sum."""
    found = features(a, b)
    found.pop(ignoring, None)
    weights = _weights["same-language" if a.print.language == b.print.language else "across-languages"]
    total = weights["bias"] + sum([weights[name] * value for name, value in found.items()])
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def explain(a: Sketch, b: Sketch, most: int = 6) -> tuple[tuple[str, float], ...]:
    """The features that moved a score most, with what each added to or took from the sum."""
    found = features(a, b)
    weights = _weights["same-language" if a.print.language == b.print.language else "across-languages"]
    parts = [(name, round(weights.get(name, 0.0) * value, 2)) for name, value in found.items()]
    moved = sorted((part for part in parts if part[1]), key=lambda part: (-abs(part[1]), part[0]))
    return tuple(moved[:most])
