"""What a condition means for a post: nodes compiled over the places where concepts hit. All of it is arithmetic.

A compiled node answers three questions: does it hold, where are its places (only for nodes that have some), and which
hits bear witness that it holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from bot.rules.doc import Doc, Leaf, Need, Place

Window: TypeAlias = tuple[int, int] | None  # only hits between these positions count; None: all
Witness: TypeAlias = set[tuple[str, int, int]]  # concept, first and last position

_FEW = 32  # pairs of places that are looked at one by one; more are searched


class Compiled(Protocol):
    """A node of a condition, ready to be asked about a post."""

    def holds(self, doc: Doc, window: Window = None) -> bool: ...
    def places(self, doc: Doc, window: Window = None) -> list[Place]: ...
    def witness(self, doc: Doc, window: Window = None) -> Witness: ...


def _inside(places: list[Place], window: Window) -> list[Place]:
    return places if window is None else [p for p in places if window[0] <= p[0] and p[1] <= window[1]]


@dataclass(frozen=True, slots=True)
class Hits:
    """A concept by its name in the condition."""

    name: str
    leaf: Leaf

    def holds(self, doc: Doc, window: Window = None) -> bool:
        if window is not None:
            return bool(self.places(doc, window))
        present, leaf = doc.present, self.leaf
        if not leaf.sure.isdisjoint(present):
            return True
        return not leaf.atoms.isdisjoint(present) and bool(doc.places(leaf))

    def places(self, doc: Doc, window: Window = None) -> list[Place]:
        return _inside(doc.places(self.leaf), window)

    def witness(self, doc: Doc, window: Window = None) -> Witness:
        return {(self.name, *place) for place in self.places(doc, window)}


@dataclass(frozen=True, slots=True)
class Both:
    """All parts hold. `quick` are the same parts, those that are answered without a place first."""

    parts: tuple[Compiled, ...]
    quick: tuple[Compiled, ...]

    def holds(self, doc: Doc, window: Window = None) -> bool:
        for part in self.quick:  # noqa: SIM110 - a generator costs twice as much, and this is the hottest line
            if not part.holds(doc, window):
                return False
        return True

    def places(self, doc: Doc, window: Window = None) -> list[Place]:
        raise TypeError("an 'and' has no places")

    def witness(self, doc: Doc, window: Window = None) -> Witness:
        return {hit for part in self.parts for hit in part.witness(doc, window)}


@dataclass(frozen=True, slots=True)
class Either:
    """Any part holds; its places are theirs."""

    parts: tuple[Compiled, ...]

    def holds(self, doc: Doc, window: Window = None) -> bool:
        for part in self.parts:  # noqa: SIM110 - as above
            if part.holds(doc, window):
                return True
        return False

    def places(self, doc: Doc, window: Window = None) -> list[Place]:
        return sorted({place for part in self.parts for place in part.places(doc, window)})

    def witness(self, doc: Doc, window: Window = None) -> Witness:
        return {hit for part in self.parts if part.holds(doc, window) for hit in part.witness(doc, window)}


@dataclass(frozen=True, slots=True)
class Absent:
    """The part does not hold; nothing bears witness to it."""

    part: Compiled

    def holds(self, doc: Doc, window: Window = None) -> bool:
        return not self.part.holds(doc, window)

    def places(self, doc: Doc, window: Window = None) -> list[Place]:
        raise TypeError("a 'not' has no places")

    def witness(self, doc: Doc, window: Window = None) -> Witness:
        return set()


@dataclass(frozen=True, slots=True)
class Close:
    """Places of `left` and `right` at most `within` words apart; ordered: right begins after left ends."""

    left: Compiled
    right: Compiled
    within: int
    ordered: bool

    def holds(self, doc: Doc, window: Window = None) -> bool:
        lefts = self.left.places(doc, window)
        rights = self.right.places(doc, window) if lefts else lefts
        if len(lefts) * len(rights) > _FEW:
            return next(self._pairs(lefts, rights), None) is not None
        within = self.within
        for start, end in lefts:
            for other_start, other_end in rights:
                near = other_start - end <= within and start - other_end <= within
                if near and (other_start > end or not self.ordered):
                    return True
        return False

    def places(self, doc: Doc, window: Window = None) -> list[Place]:
        return sorted(set(self._pairs(self.left.places(doc, window), self.right.places(doc, window))))

    def witness(self, doc: Doc, window: Window = None) -> Witness:
        found: Witness = set()
        for place in self.places(doc, window):
            found |= self.left.witness(doc, place) | self.right.witness(doc, place)
        return found

    def _pairs(self, lefts: list[Place], rights: list[Place]) -> Iterator[Place]:
        """The stretches from a left to a right place that are close enough."""
        if not lefts or not rights:
            return
        longest = max(end - start for start, end in rights)
        begins = [start for start, _ in rights]
        for start, end in lefts:
            earliest = end + 1 if self.ordered else start - self.within - longest
            for index in range(bisect_left(begins, earliest), len(rights)):
                other_start, other_end = rights[index]
                if other_start - end > self.within:
                    break
                if start - other_end <= self.within:
                    yield min(start, other_start), max(end, other_end)


@dataclass(frozen=True, slots=True)
class Confined:
    """The part holds within one sentence, or within the headline.

    `ways` are those of the part (`bot.rules.ways`): only sentences in which every need of one of them has a hit are
    asked.
    """

    where: str
    part: Compiled
    ways: tuple[tuple[Need, ...], ...] = ((),)

    def _spans(self, doc: Doc) -> Iterable[Place]:
        if self.where == "title":
            return (doc.headline,)
        if not all(self.ways):
            return doc.sentences
        asked: set[int] = set()
        for way in self.ways:
            for need in way:  # before sentences are looked for, which costs more
                if not any(map(doc.places, need)):
                    break
            else:
                asked |= set.intersection(*map(doc.sentences_with, way))
        return [doc.sentences[number] for number in sorted(asked)]

    def _windows(self, doc: Doc, window: Window) -> Iterable[Place]:
        for span in self._spans(doc):
            low, high = span if window is None else (max(span[0], window[0]), min(span[1], window[1]))
            if low <= high:
                yield low, high

    def holds(self, doc: Doc, window: Window = None) -> bool:
        return any(self.part.holds(doc, inner) for inner in self._windows(doc, window))

    def places(self, doc: Doc, window: Window = None) -> list[Place]:
        raise TypeError("an 'in' has no places")

    def witness(self, doc: Doc, window: Window = None) -> Witness:
        found: Witness = set()
        for inner in self._windows(doc, window):
            if self.part.holds(doc, inner):
                found |= self.part.witness(doc, inner)
        return found


@dataclass(frozen=True, slots=True)
class Some:
    """At least `number` of the parts hold."""

    number: int
    parts: tuple[Compiled, ...] = field(default=())

    def holds(self, doc: Doc, window: Window = None) -> bool:
        return sum(part.holds(doc, window) for part in self.parts) >= self.number

    def places(self, doc: Doc, window: Window = None) -> list[Place]:
        raise TypeError("an 'N of' has no places")

    def witness(self, doc: Doc, window: Window = None) -> Witness:
        return {hit for part in self.parts if part.holds(doc, window) for hit in part.witness(doc, window)}
