"""Whether one post repeats another's text: the close reading of a few candidates.

Two texts are copies when the shorter one's words stand in the longer one in their order, nearly all of them. What
differs decides the rest: templated alerts ("Air raid alert in … district") differ in nothing but an hour, a number or
a place, and are different happenings. So a difference in *particulars* on both sides forbids a copy.
"""

from __future__ import annotations

from rapidfuzz.distance import LCSseq

from bot.events.lexicon import rarity
from bot.events.score import Sketch

ENOUGH = 0.72  # of the shorter text's words, in order, in the longer one
SHORT = 7  # words; texts below must agree wholly
RARE = 3.0
ALIKE = 0.6


class Overlap:
    """How two texts lie over each other."""

    __slots__ = ("contained", "longer", "shorter", "template")

    def __init__(self, a: Sketch, b: Sketch):
        one, two = a.print.words, b.print.words
        self.shorter, self.longer = sorted((len(one), len(two)))
        common = LCSseq.similarity(one, two) if self.shorter else 0
        self.contained = common / self.shorter if self.shorter else 0.0
        self.template = common >= ALIKE * self.longer and _other_particulars(a, b)

    @property
    def copy(self) -> bool:
        """Whether the one text is a copy, a cut or an extension of the other."""
        if self.template or self.shorter < 3:
            return False
        if self.shorter < SHORT:
            return self.contained == 1.0
        return self.contained >= (ENOUGH if self.shorter >= 0.4 * self.longer else 0.85)


def _other_particulars(a: Sketch, b: Sketch) -> bool:
    """Whether each text names particulars that the other does not: numbers, times, places, names."""
    one, two = _particulars(a), _particulars(b)
    return bool(one - two) and bool(two - one)


def _particulars(sketch: Sketch) -> set[str]:
    found = sketch.print
    return {*found.numbers, *found.dates, *found.places, *(name for name in found.names if rarity(name) > RARE)}
