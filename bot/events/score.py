"""How likely two posts report the same happening: named features, weighted by a logistic model.

The weights stand in `scorer.json`, learned by `benchmarks/learn_scorer.py` from labelled pairs; there is one set for
two posts of one language and one across languages, where only what has a meaning, a name, a number or a date can
agree. Every score can be taken apart into `(feature, share of the sum)`.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
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
    "actors-clash",
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
    "one-hedges",
    "one-reacts",
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

    __slots__ = ("at", "lead", "lead_weight", "main", "outlet", "print", "terms", "text", "units", "weight")

    def __init__(self, fingerprint: Fingerprint, at: float, outlet: str):
        self.print = fingerprint
        self.at = at  # publication, seconds since 1970
        self.outlet = outlet
        groups = (fingerprint.names, fingerprint.actors, fingerprint.places, fingerprint.acts, fingerprint.things)
        self.terms = {term: rarity(term) for group in (*groups, fingerprint.others) for term in group}
        for number in fingerprint.numbers:
            self.terms[number] = NUMBER if number[-1] != " " else NUMBER / 2
        for date in fingerprint.dates:
            self.terms[date] = NUMBER
        self.weight = sum(self.terms.values())
        self.lead = {term: rarity(term) if " " not in term else NUMBER for term in fingerprint.lead}
        self.main = {term: self.lead[term] for term in fingerprint.main}
        self.lead_weight = sum(self.lead.values())
        self.units = _by_unit(fingerprint.numbers)
        self.text = " ".join(fingerprint.words[:60])


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
    shared = _shared(a.terms, b.terms)
    apart = abs(a.at - b.at) / 3600
    lead_shared = _shared(a.lead, b.lead)
    found = {
        "shared-of-shorter": shared / max(1.0, min(a.weight, b.weight)),
        "shared-of-all": shared / max(1.0, a.weight + b.weight - shared),
        "lead-in-other": max(
            _shared(a.lead, b.terms) / max(8.0, a.lead_weight), _shared(b.lead, a.terms) / max(8.0, b.lead_weight)
        ),
        "leads-alike": lead_shared / max(8.0, a.lead_weight + b.lead_weight - lead_shared),
        "evidence": min(1.0, shared / 60),
        "brevity": max(0.0, 1 - min(a.weight, b.weight) / 120),
        "within-minutes": math.exp(-apart / 0.5),
        "hours-apart": min(2.0, apart / 24),
        "phrases-shared": math.log1p(len(set(one.keys).intersection(two.keys))) / 2,
        "one-hedges": float(one.hedged != two.hedged),
        "one-reacts": float(one.reacts != two.reacts),
        "main-in-other": min(_covered(a.main, b.terms), _covered(b.main, a.terms)),
        "main-acts-clash": float(_strange(one, two) and _strange(two, one)),
        "follow-up": max(_follows(a, b), _follows(b, a)),
        "one-denies": float(at_odds(one, two)),
        "same-outlet": float(a.outlet == b.outlet) * (1 - math.exp(-apart / 0.5)),
    }
    found["names-shared"], found["names-clash"] = _agreement(one.names, two.names)
    shared_speaker, found["speakers-clash"] = _agreement(one.speakers, two.speakers)
    found["speaker-shared"] = shared_speaker
    found["one-speech"] = shared_speaker * found["within-minutes"]
    found["acts-shared"], found["acts-clash"] = _agreement(one.acts, two.acts)
    found["places-shared"], found["places-clash"] = _agreement(one.places, two.places)
    found["actors-clash"] = _agreement(one.actors, two.actors)[1]
    found["dates-shared"], found["dates-clash"] = _agreement(one.dates, two.dates)
    found["numbers-shared"], found["numbers-clash"] = _numbers(a, b)
    found["counts-clash"] = _counts_clash(a, b)
    found["same-signal"], found["signals-clash"] = _signals(one, two)
    found["close-reading"] = fuzz.token_set_ratio(a.text, b.text) / 100 if one.language == two.language else 0.0
    return found


def _shared(a: dict[str, float], b: dict[str, float]) -> float:
    if len(a) > len(b):
        a, b = b, a
    return sum(weight for term, weight in a.items() if term in b)


def _covered(main: dict[str, float], terms: dict[str, float]) -> float:
    """How much of one post's main clause the other says somewhere."""
    return _shared(main, terms) / max(6.0, sum(main.values()))


def _follows(later: Sketch, earlier: Sketch) -> float:
    """How much one post's news is the other's background: "cities brace for riots AFTER the guru was convicted"."""
    background = {term: weight for term, weight in later.lead.items() if term not in later.main}
    if not background:
        return 0.0
    known = _shared(background, earlier.main) / max(4.0, sum(background.values()))
    return known * max(0.0, 1 - _covered(later.main, earlier.terms))


def _strange(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether what happens in one post's main clause does not happen in the other at all."""
    acts = set(one.acts).intersection(one.main)
    return bool(acts and two.acts) and acts.isdisjoint(two.acts)


def at_odds(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether one's lead says that an act is not so of which the other's lead says that it is."""
    both = set(one.acts).intersection(two.acts, one.lead, two.lead)
    return not both.isdisjoint(set(one.denied).symmetric_difference(two.denied))


def _agreement(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[float, float]:
    """Weight of what both name as a share of the shorter list, and 1.0 when both name something but nothing alike."""
    if not a or not b:
        return 0.0, 0.0
    common = set(a).intersection(b)
    if not common:
        return 0.0, 1.0
    least = min(sum(map(rarity, a)), sum(map(rarity, b)))
    return sum(map(rarity, common)) / max(1.0, least), 0.0


def _numbers(a: Sketch, b: Sketch) -> tuple[float, float]:
    """How many counted things agree, and how many are counted differently (each up to 2, as a share)."""
    same = clash = 0
    for unit, values in a.units.items():
        others = b.units.get(unit)
        if others:
            same += not values.isdisjoint(others)
            clash += values.isdisjoint(others)
    return min(same, 2) / 2, min(clash, 2) / 2


def _counts_clash(a: Sketch, b: Sketch) -> float:
    """Whether both headlines count one thing differently. Tolls are left out, since they grow while an event lasts."""
    mine, theirs = _by_unit(tuple(n for n in a.lead if " " in n)), _by_unit(tuple(n for n in b.lead if " " in n))
    return float(any(mine[unit].isdisjoint(theirs[unit]) for unit in mine.keys() & theirs.keys() - TOLLS))


def _signals(one: Fingerprint, two: Fingerprint) -> tuple[float, float]:
    """Whether rules saw one signal in both, and whether one storyline has them at odds."""
    mine, theirs = set(one.signals), set(two.signals)
    if not mine or not theirs:
        return 0.0, 0.0
    if mine & theirs:
        return 1.0, 0.0
    return 0.0, float(bool({storyline for storyline, _, _ in mine} & {storyline for storyline, _, _ in theirs}))


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, float]]:
    weights: dict[str, dict[str, float]] = json.loads((HERE / "scorer.json").read_text("utf-8"))
    return weights


def score(a: Sketch, b: Sketch) -> tuple[float, dict[str, float]]:
    """The likelihood, 0 to 1, that two posts tell of one happening, and the features it came from."""
    found = features(a, b)
    weights = _weights()["same-language" if a.print.language == b.print.language else "across-languages"]
    total = weights["bias"] + sum(weights.get(name, 0.0) * value for name, value in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), found


def explain(a: Sketch, b: Sketch, most: int = 6) -> tuple[tuple[str, float], ...]:
    """The features that moved a score most, with what each added to or took from the sum."""
    found = features(a, b)
    weights = _weights()["same-language" if a.print.language == b.print.language else "across-languages"]
    parts = [(name, round(weights.get(name, 0.0) * value, 2)) for name, value in found.items()]
    moved = sorted((part for part in parts if part[1]), key=lambda part: (-abs(part[1]), part[0]))
    return tuple(moved[:most])
