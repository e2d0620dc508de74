"""Which signals can match a post at all, and then which do: cost follows the matches, not the number of storylines.

Every word that any rule looks for is an *atom* with a number, and `words` turns a post into the kinds of its words.
Of every way in which a condition can hold (`bot.rules.ways`) the index knows the two rarest concepts that it needs.
Only signals with a way whose needs may all stand in the post are evaluated; most posts bring up none, and finding that
out is two unions of sets, in C.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.rules import condition as c
from bot.rules.doc import Doc, Leaf, Phrase
from bot.rules.evaluate import Absent, Both, Close, Compiled, Confined, Either, Hits, Some
from bot.rules.terms import Term
from bot.rules.ways import Ways, ways
from bot.rules.words import Words
from bot.text import body_end, tokenize

_NOWHERE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A signal ready to be evaluated."""

    storyline: str
    signal: str
    when: Compiled
    unless: Compiled | None
    languages: frozenset[str]
    sources: frozenset[str]

    def accepts(self, language: str | None, source: str) -> bool:
        """Whether the rule takes posts of this language and source; an unknown language passes."""
        if self.languages and language is not None and language not in self.languages:
            return False
        return not self.sources or source in self.sources

    def holds(self, doc: Doc) -> bool:
        """Whether the post satisfies it."""
        return self.when.holds(doc) and not (self.unless is not None and self.unless.holds(doc))


@dataclass(frozen=True, slots=True)
class Draft:
    """What the index is built from: one signal with the concepts that its conditions may name."""

    storyline: str
    signal: str
    concepts: Mapping[str, tuple[Term, ...]]
    when: c.Node
    unless: c.Node | None = None
    languages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()


class Index:
    """All signals of a rule set, asked about one post at a time. `sample`: texts that show how common words are."""

    def __init__(self, drafts: Sequence[Draft], parse: Callable[[str], Term], sample: Iterable[str] = ()):
        self.words = Words()
        self._parse = parse
        self._variants: dict[str, tuple[tuple[int | None, ...], ...]] = {}  # by text of the term, as atom numbers
        for draft in drafts:
            self._register(draft)
        self._costs = self._count(sample)
        self._leaves: dict[tuple[str, ...], Leaf] = {}  # by texts of the terms
        self._phrases: dict[tuple[int | None, ...], Phrase] = {}
        self._ways: list[tuple[int, tuple[frozenset[int], ...]]] = []  # rule, and sets of atoms of which one must stand
        self._rarest = _Filed(self.words)  # ways by their rarest need
        self._second = _Filed(self.words)
        self._always: list[int] = []  # rules that can hold without any hit
        self.rules = tuple(self._rule(number, draft) for number, draft in enumerate(drafts))
        del self._variants, self._costs, self._leaves, self._phrases

    def doc(self, title: str, text: str) -> Doc:
        """The post as positions and hits; the lines in which a channel advertises itself are left out."""
        head = tokenize(title) if title else None
        return Doc(head, tokenize(text[: body_end(text)]), self.words)

    def matching(self, doc: Doc, language: str | None, source: str) -> list[int]:
        """The numbers of the rules that the post satisfies, ascending."""
        kinds = doc.kinds
        ways = set().union(*map(self._rarest.__getitem__, kinds))
        if ways:
            ways.intersection_update(chain.from_iterable(map(self._second.__getitem__, kinds)))
        candidates = set(self._always)
        for way in ways:
            number, more = self._ways[way]
            if not more or not any(map(doc.present.isdisjoint, more)):
                candidates.add(number)
        matching = []
        for number in candidates:
            rule = self.rules[number]
            if rule.holds(doc) and rule.accepts(language, source):
                matching.append(number)
        matching.sort()
        return matching

    # --- building ---------------------------------------------------------------------------------------------------

    def _register(self, draft: Draft) -> None:
        """Number the words of all terms that the conditions of a signal name."""
        for node in (draft.when, draft.unless):
            for part in c.walk(node) if node is not None else ():
                for term in self._terms(part, draft):
                    if term.text not in self._variants:
                        self._variants[term.text] = tuple(
                            tuple([None if atom.is_any else self.words.number(atom) for atom in variant])
                            for variant in term.variants
                        )

    def _terms(self, node: c.Node, draft: Draft) -> tuple[Term, ...]:
        match node:
            case c.Concept(name):
                return draft.concepts[name]
            case c.Quoted(term):
                return (self._parse(term),)
            case _:
                return ()

    def _count(self, sample: Iterable[str]) -> list[float]:
        """How often each atom is expected: counted in the sample; short words and prefixes more often."""
        common: Counter[int] = Counter()
        for text in sample:
            common.update(Doc(None, tokenize(text), self.words).present)
        return [
            common[number] + 4.0 / max(1, len(atom.prefix) - 1 if atom.prefix else min(map(len, atom.words)))
            for number, atom in enumerate(self.words.atoms)
        ]

    def _leaf(self, terms: tuple[Term, ...]) -> Leaf:
        key = tuple([term.text for term in terms])
        leaf = self._leaves.get(key)
        if leaf is None:
            leaf = self._leaves[key] = self._new_leaf(key)
        return leaf

    def _new_leaf(self, texts: tuple[str, ...]) -> Leaf:
        singles: set[int] = set()
        phrases: list[Phrase] = []
        for variant in dict.fromkeys(chain.from_iterable(map(self._variants.__getitem__, texts))):
            if len(variant) == 1 and variant[0] is not None:
                singles.add(variant[0])
            else:
                phrases.append(self._phrase(variant))
        ones = frozenset(singles)
        anchors = {phrase.anchor for phrase in phrases}
        atoms = ones if anchors <= ones else ones | anchors
        sure = frozenset([number for number in ones if not self.words.atoms[number].written])
        return Leaf(
            number=len(self._leaves),
            cost=sum([self._costs[atom] for atom in atoms]),
            singles=ones,
            phrases=tuple(phrases),
            atoms=atoms,
            sure=ones if len(sure) == len(ones) else sure,
        )

    def _phrase(self, numbers: tuple[int | None, ...]) -> Phrase:
        phrase = self._phrases.get(numbers)
        if phrase is None:
            known = frozenset([number for number in numbers if number is not None])
            anchor = min(known, key=self._costs.__getitem__)
            phrase = self._phrases[numbers] = Phrase(numbers, anchor, known)
        return phrase

    def _compile(self, node: c.Node, draft: Draft) -> Compiled:
        match node:
            case c.Concept(name):
                return Hits(name, self._leaf(draft.concepts[name]))
            case c.Quoted(term):
                return Hits(f'"{term}"', self._leaf((self._parse(term),)))
            case c.All(parts):
                both = tuple([self._compile(part, draft) for part in parts])
                return Both(both, tuple(sorted(both, key=_labour)))
            case c.Any(parts):
                return Either(tuple([self._compile(part, draft) for part in parts]))
            case c.Not(part):
                return Absent(self._compile(part, draft))
            case c.Near(left, right, within, ordered):
                return Close(self._compile(left, draft), self._compile(right, draft), within, ordered)
            case c.Within(where, part):
                inner = self._compile(part, draft)
                return Confined(where, inner, ways(inner))
            case c.AtLeast(number, parts):
                return Some(number, tuple([self._compile(part, draft) for part in parts]))

    def _rule(self, number: int, draft: Draft) -> Rule:
        """A signal, filed under each of its ways."""
        when = self._compile(draft.when, draft)
        self._file(number, ways(when))
        return Rule(
            storyline=draft.storyline,
            signal=draft.signal,
            when=when,
            unless=None if draft.unless is None else self._compile(draft.unless, draft),
            languages=draft.languages,
            sources=draft.sources,
        )

    def _file(self, number: int, found: Ways) -> None:
        if not all(found):
            self._always.append(number)
            return
        for groups in found:
            self._rarest.file(len(self._ways), groups[0])
            self._second.file(len(self._ways), groups[min(1, len(groups) - 1)])
            self._ways.append((number, tuple(map(_atoms, groups[2:]))))


class _Filed(dict[int, frozenset[int]]):
    """Kind of word → the rules that are filed under a concept which such a word hits; worked out when first met."""

    def __init__(self, words: Words):
        super().__init__()
        self._words = weakref.proxy(words)
        self._by_leaf: dict[int, list[int]] = {}  # leaf → rules
        self._by_atom: dict[int, list[list[int]]] = {}  # atom → the rules of each leaf that it hits

    def file(self, number: int, group: Iterable[Leaf]) -> None:
        """File a rule under a need: any of its leaves may bring it up."""
        for leaf in group:
            rules = self._by_leaf.get(leaf.number)
            if rules is None:
                rules = self._by_leaf[leaf.number] = []
                for atom in leaf.atoms:
                    self._by_atom.setdefault(atom, []).append(rules)
            rules.append(number)

    def __missing__(self, kind: int) -> frozenset[int]:
        filed = [self._by_atom[atom] for atom in self._words.atoms_of[kind] if atom in self._by_atom]
        self[kind] = rules = frozenset(chain.from_iterable(chain.from_iterable(filed))) if filed else _NOWHERE
        return rules


def _labour(node: Compiled) -> int:
    """Whether an answer takes places (1) or only presence (0)."""
    match node:
        case Hits():
            return 0
        case Absent(part):
            return _labour(part)
        case Both(parts) | Either(parts) | Some(_, parts):
            return max(map(_labour, parts))
        case _:
            return 1


def _atoms(group: frozenset[Leaf]) -> frozenset[int]:
    if len(group) == 1:
        return next(iter(group)).atoms
    return frozenset[int]().union(*[leaf.atoms for leaf in group])
