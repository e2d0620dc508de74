"""Words of posts → numbered atoms of rules. All that happens for every post happens here, nearly all of it in C."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from itertools import chain

from bot.rules.doc import Doc, Place
from bot.rules.terms import Atom
from bot.text import Tokens

_MEMO_LIMIT = 300_000  # distinct words remembered with their kind


class Words:
    """Atoms by number, and which of them each word satisfies.

    Words that satisfy the same atoms are of one *kind*; kind 0 satisfies none. A post is a set of kinds, and what
    depends on a kind alone (`atoms_of`) is worked out once.
    """

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        self.atoms_of: list[frozenset[int]] = [frozenset()]  # by kind
        self._kinds: dict[frozenset[int], int] = {frozenset(): 0}
        self._kind_of = _Kinds(self)
        self._kinds_of: dict[int, set[int]] = {}  # atom → the kinds met so far whose words satisfy it
        self._written: set[int] = set()  # atoms that want a certain writing
        self._numbers: dict[str, int] = {}  # by name
        self._exact: dict[str, tuple[int, ...]] = {}
        self._prefixes: dict[str, list[int]] = {}
        self._lengths: tuple[int, ...] = ()

    def number(self, atom: Atom) -> int:
        """The number of an atom; equal atoms have one. All atoms must be numbered before the first post."""
        number = self._numbers.get(atom.name)
        if number is None:
            number = self._numbers[atom.name] = len(self.atoms)
            self.atoms.append(atom)
            if atom.written:
                self._written.add(number)
            if atom.prefix:
                self._prefixes.setdefault(atom.prefix, []).append(number)
                if len(atom.prefix) not in self._lengths:
                    self._lengths = tuple(sorted((*self._lengths, len(atom.prefix))))
            else:
                alone, exact = (number,), self._exact  # shared by all forms of the word
                for word in atom.words:
                    others = exact.get(word)
                    exact[word] = alone if others is None else others + alone
        return number

    def kind(self, word: str) -> int:
        """The kind of a word."""
        found = list(self._exact.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            found += self._prefixes.get(word[:length], ())
        atoms = frozenset(found)
        kind = self._kinds.get(atoms)
        if kind is None:
            kind = self._kinds[atoms] = len(self.atoms_of)
            self.atoms_of.append(atoms)
            for atom in atoms:
                self._kinds_of.setdefault(atom, set()).add(kind)
        return kind

    def each(self, tokens: Tokens) -> list[int]:
        """The kind of every word of a text, then those of what its compounds make together."""
        kind_of = self._kind_of
        if len(kind_of) > _MEMO_LIMIT:
            kind_of.clear()
        kinds = list(map(kind_of.__getitem__, tokens.words))
        if tokens.joined:
            kinds += [kind_of[word] for _, _, word in tokens.joined]
        return kinds

    def present(self, kinds: set[int]) -> frozenset[int]:
        """The atoms that words of these kinds satisfy, before their writing is looked at."""
        return frozenset[int]().union(*map(self.atoms_of.__getitem__, kinds))

    def standing(self, doc: Doc, atoms: Iterable[int]) -> list[Place]:
        """Where words stand that satisfy any of these atoms, before their writing is looked at. In no order."""
        kinds_of = self._kinds_of
        kinds = doc.kinds.intersection(chain.from_iterable([kinds_of[atom] for atom in atoms if atom in kinds_of]))
        return doc.standing_words(kinds)

    def places(self, doc: Doc, atom: int) -> list[Place]:
        """Where one atom stands in a post."""
        found = self.standing(doc, (atom,))
        if atom in self._written:
            return [place for place in found if self._is_written(atom, place, doc)]
        return found

    def _is_written(self, atom: int, place: Place, doc: Doc) -> bool:
        tokens, base = (doc.text, doc.text_from) if doc.title is None or place[0] >= doc.text_from else (doc.title, 0)
        written = "".join(tokens.written(position - base) for position in range(place[0], place[1] + 1))
        wanted = self.atoms[atom]
        return written.startswith(wanted.written) if wanted.prefix else written == wanted.written


class _Kinds(dict[str, int]):
    """Word → kind, worked out when a word is first seen."""

    def __init__(self, words: Words):
        super().__init__()
        self._words: Words = weakref.proxy(words)  # no circle: a replaced rule set is freed at once

    def __missing__(self, word: str) -> int:
        self[word] = kind = self._words.kind(word)
        return kind
