"""Whether one post repeats another's text: the close reading of a few candidates.

Two texts are copies when the shorter one's words stand in the longer one in their order, nearly all of them. What
differs decides the rest: templated alerts ("Air raid alert in … district") differ in nothing but an hour, a number or
a place, and are different happenings. So a difference in *particulars* on both sides forbids a copy, and so does a
"not" that only one of them holds.
"""

from __future__ import annotations

from rapidfuzz.distance import LCSseq

from bot.events.score import Sketch, at_odds, counts_clash
from bot.model import Fingerprint

ENOUGH = 0.72  # of the shorter text's words, in order, in the longer one
SHORT = 7  # words; texts below must agree wholly
ALIKE = 0.6  # of the longer text in common: then a template is possible
FEW = 9  # words not in common that a template may have
NEARLY = 0.85
REPEAT = 6 * 3600.0  # seconds
FEW_WORDS = 18


class Overlap:
    """How two texts lie over each other. `other`: alike on the surface, yet of another happening."""

    __slots__ = ("apart", "contained", "longer", "other", "shorter")

    def __init__(self, a: Sketch, b: Sketch):
        one, two = a.print.words, b.print.words
        self.shorter, self.longer = sorted((len(one), len(two)))
        common = LCSseq.similarity(one, two) if self.shorter else 0
        self.contained = common / self.shorter if self.shorter else 0.0
        self.apart = counts_clash(a, b) or _measured_apart(a.print, b.print)
        few_differ = self.longer - common <= max(FEW, (1 - NEARLY) * self.longer)
        alike = few_differ and common >= ALIKE * self.longer
        self.other = at_odds(a.print, b.print) or (alike and (self.apart or _named_apart(a.print, b.print)))

    @property
    def copy(self) -> bool:
        """Whether the one text is a copy, a cut or an extension of the other."""
        if self.other or self.apart or self.shorter < 3:
            return False
        if self.shorter < SHORT:
            return self.contained == 1.0
        return self.contained >= (ENOUGH if self.shorter >= 0.4 * self.longer else 0.85)


def other_happening(a: Sketch, b: Sketch) -> bool:
    """Whether two texts are alike on the surface and yet tell of different happenings; mostly a cheap no."""
    if at_odds(a.print, b.print) or repeats_itself(a, b):
        return True
    if signals_apart(a.print, b.print) or strangers(a.print, b.print):
        return True
    if len(a.keys & b.keys) < 0.15 * min(len(a.keys), len(b.keys)):
        return False  # a template shares most of its pairs of words
    return Overlap(a, b).other


def signals_apart(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether rules saw developments in both texts, and none of them in both: a refusal is not the offer it refuses."""
    return bool(one.signals and two.signals) and set(one.signals).isdisjoint(two.signals)


def agreement(one: Fingerprint, two: Fingerprint) -> float:
    """How far rules saw the same developments in both texts, from 0.85 to 1: a step further is not quite the same."""
    mine, theirs = set(one.signals), set(two.signals)
    if not mine or not theirs:
        return 1.0
    return 0.85 + 0.15 * len(mine & theirs) / len(mine | theirs)


def strangers(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether both texts of one language name somebody or something, and share no name, actor, number or date."""
    if one.language != two.language or not one.names or not two.names:
        return False
    mine, theirs = ({*text.names, *text.actors, *text.numbers, *text.dates} for text in (one, two))
    return mine.isdisjoint(theirs)


def repeats_itself(a: Sketch, b: Sketch) -> bool:
    """Whether a channel says its few words again hours later ("All clear."): they tell of another happening."""
    return (
        a.outlet == b.outlet and abs(a.at - b.at) > REPEAT and min(len(a.print.words), len(b.print.words)) < FEW_WORDS
    )


def _measured_apart(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether both texts hold numbers, times or places that the other does not."""
    return (
        _each_other(*(tuple(n.partition(" ")[0] for n in numbers) for numbers in (one.numbers, two.numbers)))
        or _each_other(one.dates, two.dates)
        or _each_other(one.places, two.places)
    )


def _named_apart(one: Fingerprint, two: Fingerprint) -> bool:
    """Whether both texts name countries, offices or names that the other does not; a wrapper's name is one, too."""
    return _each_other(one.actors, two.actors) or _each_other(one.proper, two.proper)


def _each_other(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    one, two = set(a), set(b)
    return bool(one - two) and bool(two - one)
