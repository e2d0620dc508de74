"""What a condition means for a post: nodes compiled over the positions where terms hit. All of it is arithmetic.

Positions count words; the title comes first and a gap wider than any `near` parts it from the text. A *place* is a pair
of positions, first and last word. A compiled node answers three questions: does it hold, where are its places (only for
nodes that have some), and which hits bear witness that it holds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

from bot.text import Tokens

Place: TypeAlias = tuple[int, int]
Window: TypeAlias = tuple[int, int] | None  # only hits between these positions count; None: all
Witness: TypeAlias = set[tuple[str, int, int]]  # concept, first and last position

_FEW = 32  # pairs of places that are looked at one by one; more are searched
GAP = 10_000
"""Empty positions between title and text: more than the longest near chain can bridge."""


class Atlas(Protocol):
    """Words by kind, and where atoms stand: `bot.rules.words.Words`."""

    def each(self, tokens: Tokens) -> list[int]: ...
    def present(self, kinds: set[int]) -> frozenset[int]: ...
    def standing(self, doc: Doc, atoms: Iterable[int]) -> list[Place]: ...
    def places(self, doc: Doc, atom: int) -> list[Place]: ...


class Doc:
    """One post as positions. `kinds` are those of its words (`bot.rules.words`); all else is worked out when asked."""

    __slots__ = (
        "__dict__", "_atoms", "_leaves", "_present", "_text_kinds", "_title_kinds", "_words", "kinds", "text",
        "text_from", "title",
    )  # fmt: skip

    def __init__(self, title: Tokens | None, text: Tokens, words: Atlas):
        self.title, self.text, self._words = title, text, words
        self._text_kinds = words.each(text)
        self.kinds = set(self._text_kinds)
        if title is None:
            self.text_from = 0
            self._title_kinds: list[int] = []
        else:
            self.text_from = len(title) + GAP
            self._title_kinds = words.each(title)
            self.kinds.update(self._title_kinds)
        self.kinds.discard(0)
        self._present: frozenset[int] | None = None
        self._atoms: dict[int, list[Place]] = {}
        self._leaves: dict[int, list[Place]] = {}

    @property
    def present(self) -> frozenset[int]:
        """The atoms that its words satisfy, before their writing is looked at."""
        present = self._present
        if present is None:
            present = self._present = self._words.present(self.kinds)
        return present

    def standing_words(self, kinds: Iterable[int]) -> list[Place]:
        """Where words of these kinds stand, in no order. Lists are searched in C: a rule asks for a few kinds only."""
        found: list[Place] = []
        for tokens, of_words, base in (
            (self.text, self._text_kinds, self.text_from),
            (self.title, self._title_kinds, 0),
        ):
            if tokens is None:
                continue
            words = len(tokens)
            for kind in kinds:
                at = -1
                for _ in range(of_words.count(kind)):
                    at = of_words.index(kind, at + 1)
                    first, last = (at, at) if at < words else tokens.joined[at - words][:2]
                    found.append((base + first, base + last))
        return found

    def standing(self, atoms: Iterable[int]) -> list[Place]:
        """Where words stand that satisfy any of these atoms, before their writing is looked at. In no order."""
        return self._words.standing(self, atoms)

    def at(self, atom: int) -> list[Place]:
        """Where an atom stands, worked out when a rule first asks; most posts are never asked."""
        found = self._atoms.get(atom)
        if found is None:
            found = self._atoms[atom] = self._words.places(self, atom)
        return found

    def places(self, leaf: Leaf) -> list[Place]:
        """Where a concept hits, sorted, without repeats."""
        found = self._leaves.get(leaf.number)
        if found is None:
            found = self._leaves[leaf.number] = leaf.find(self)
        return found

    def sentence(self, position: int) -> int:
        """A number that two positions share when they stand in one sentence; titles count below zero."""
        if position < self.text_from:
            assert self.title is not None
            return self.title.sentences[position] - 1_000_000
        return self.text.sentences[position - self.text_from]

    @cached_property
    def sentences(self) -> tuple[Place, ...]:
        """First and last position of every sentence."""
        spans: list[Place] = []
        for tokens, base in ((self.title, 0), (self.text, self.text_from)):
            if tokens is None or not tokens.words:
                continue
            numbers, first = tokens.sentences, 0
            for index in range(1, len(numbers) + 1):
                if index == len(numbers) or numbers[index] != numbers[first]:
                    spans.append((base + first, base + index - 1))
                    first = index
        return tuple(spans)

    def sentences_with(self, need: Need) -> set[int]:
        """In which sentences, by their index in `sentences`, any of these concepts hits."""
        found: set[int] = set()
        for leaf in need:
            known = self._sentences_with.get(leaf.number)
            if known is None:
                begins = self._begins
                known = {bisect_right(begins, start) - 1 for start, _ in self.places(leaf)}
                self._sentences_with[leaf.number] = known
            found |= known
        return found

    @cached_property
    def _begins(self) -> list[int]:
        return [start for start, _ in self.sentences]

    @cached_property
    def _sentences_with(self) -> dict[int, set[int]]:
        return {}

    @property
    def headline(self) -> Place:
        """The positions of the title; for a post without one, of its first sentence."""
        if self.title is not None and self.title.words:
            return (0, len(self.title) - 1)
        return self.sentences[0] if self.sentences else (0, -1)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Atoms that stand side by side in one sentence; None is any word. `anchor` is its rarest, by which it is found."""

    atoms: tuple[int | None, ...]
    anchor: int
    known: frozenset[int]  # its atoms but for None: all of them stand in every post where it does

    def find(self, doc: Doc) -> Iterator[Place]:
        """Every place where the phrase stands, in a post where all its words are present."""
        first = self.atoms[0]
        assert first is not None
        for start, end in doc.at(first):
            for last in self._ends(doc, end + 1, 1):
                if doc.sentence(start) == doc.sentence(last):
                    yield start, last

    def _ends(self, doc: Doc, position: int, index: int) -> Iterator[int]:
        """The last positions of the rest of the phrase, when it goes on at `position`."""
        if index == len(self.atoms):
            yield position - 1
            return
        atom = self.atoms[index]
        if atom is None:
            yield from self._ends(doc, position + 1, index + 1)
            return
        for start, end in doc.at(atom):
            if start == position:
                yield from self._ends(doc, end + 1, index + 1)


class Compiled(Protocol):
    """A node of a condition, ready to be asked about a post."""

    def holds(self, doc: Doc, window: Window = None) -> bool: ...
    def places(self, doc: Doc, window: Window = None) -> list[Place]: ...
    def witness(self, doc: Doc, window: Window = None) -> Witness: ...


def _inside(places: list[Place], window: Window) -> list[Place]:
    return places if window is None else [p for p in places if window[0] <= p[0] and p[1] <= window[1]]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """The terms of a concept, as atom numbers. Equal lists share one leaf whatever their names.

    `cost` is how many hits are expected. Sets that are equal are one object: most leaves have single words only.
    """

    number: int
    cost: float
    singles: frozenset[int]
    phrases: tuple[Phrase, ...]
    atoms: frozenset[int]  # at least one of them stands in every post where this hits
    sure: frozenset[int]  # wherever one of these is present, this hits

    def find(self, doc: Doc) -> list[Place]:
        """Where any of the terms stands."""
        present, sure = doc.present, self.sure
        found = [] if sure.isdisjoint(present) else doc.standing(sure & present)
        if sure is not self.singles:
            for atom in (self.singles - sure) & present:
                found += doc.at(atom)
        for phrase in self.phrases:
            if phrase.known <= present:
                found += phrase.find(doc)
        return sorted(set(found)) if len(found) > 1 else found


Need: TypeAlias = frozenset[Leaf]
"""Concepts of which one must hit."""


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
