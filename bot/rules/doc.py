"""One post as positions, and where the terms of a concept hit in it.

Positions count words; the title comes first and a gap wider than any `near` parts it from the text. A *place* is a pair
of positions, first and last word.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

from bot.text import Tokens

Place: TypeAlias = tuple[int, int]

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
