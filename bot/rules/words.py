"""Words of posts → numbered atoms of rules. All that happens for every post happens here, nearly all of it in C."""

from __future__ import annotations

import weakref

from bot.rules.evaluate import Doc, Place
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
        self._written: set[int] = set()  # atoms that want a certain writing
        self._numbers: dict[Atom, int] = {}
        self._exact: dict[str, tuple[int, ...]] = {}
        self._prefixes: dict[str, list[int]] = {}
        self._lengths: tuple[int, ...] = ()

    def number(self, atom: Atom) -> int:
        """The number of an atom; equal atoms have one. All atoms must be numbered before the first post."""
        number = self._numbers.get(atom)
        if number is None:
            number = self._numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
            if atom.written:
                self._written.add(number)
            if atom.prefix:
                self._prefixes.setdefault(atom.prefix, []).append(number)
                if len(atom.prefix) not in self._lengths:
                    self._lengths = tuple(sorted((*self._lengths, len(atom.prefix))))
            else:
                alone = (number,)  # shared by all forms of the word
                for word in atom.words:
                    self._exact[word] = self._exact[word] + alone if word in self._exact else alone
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
        return kind

    def kinds(self, title: Tokens | None, text: Tokens) -> set[int]:
        """The kinds of word in a post, but for 0."""
        kind_of = self._kind_of
        if len(kind_of) > _MEMO_LIMIT:
            kind_of.clear()
        kinds = set(map(kind_of.__getitem__, text.words))
        if title is not None:
            kinds.update(map(kind_of.__getitem__, title.words))
        for tokens in (text, title):
            if tokens is not None and tokens.joined:
                kinds.update([kind_of[word] for _, _, word in tokens.joined])
        kinds.discard(0)
        return kinds

    def present(self, kinds: set[int]) -> frozenset[int]:
        """The atoms that words of these kinds satisfy, before their writing is looked at."""
        atoms_of = self.atoms_of
        return frozenset[int]().union(*[atoms_of[kind] for kind in kinds])

    def places(self, doc: Doc, atom: int) -> list[Place]:
        """Where one atom stands in a post."""
        kind_of, atoms_of = self._kind_of, self.atoms_of
        kinds = [kind for kind in doc.kinds if atom in atoms_of[kind]]
        found: list[Place] = []
        for tokens, base, of_words in ((doc.title, 0, doc.title_kinds), (doc.text, doc.text_from, doc.text_kinds)):
            if tokens is None:
                continue
            for kind in kinds:
                found += [(base + position, base + position) for position in _positions(of_words, kind)]
            for first, last, word in tokens.joined:
                if atom in atoms_of[kind_of[word]]:
                    found.append((base + first, base + last))
        if atom in self._written:
            return [place for place in found if self._is_written(atom, place, doc)]
        return found

    def each(self, tokens: Tokens | None) -> list[int]:
        """The kind of every word of a text."""
        return [] if tokens is None else list(map(self._kind_of.__getitem__, tokens.words))

    def _is_written(self, atom: int, place: Place, doc: Doc) -> bool:
        tokens, base = (doc.text, doc.text_from) if doc.title is None or place[0] >= doc.text_from else (doc.title, 0)
        written = "".join(tokens.written(position - base) for position in range(place[0], place[1] + 1))
        wanted = self.atoms[atom]
        return written.startswith(wanted.written) if wanted.prefix else written == wanted.written


def _positions(kinds: list[int], kind: int) -> list[int]:
    """Where a kind stands; `list.index` walks in C."""
    found: list[int] = []
    position = -1
    try:
        while True:
            position = kinds.index(kind, position + 1)
            found.append(position)
    except ValueError:
        return found


class _Kinds(dict[str, int]):
    """Word → kind, worked out when a word is first seen."""

    def __init__(self, words: Words):
        super().__init__()
        self._words: Words = weakref.proxy(words)  # no circle: a replaced rule set is freed at once

    def __missing__(self, word: str) -> int:
        self[word] = kind = self._words.kind(word)
        return kind
