"""Which signals can match a post at all, and then which do: cost follows the matches, not the number of storylines.

Every word that any rule looks for is an *atom* with a number, and `words` turns a post into the kinds of its words.
Of each condition the index knows the rarest concept without which it cannot hold; only signals whose rarest concept
may stand in the post are evaluated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.rules import condition as c
from bot.rules.evaluate import Absent, Both, Close, Compiled, Confined, Doc, Either, Hits, Leaf, Phrase, Some
from bot.rules.terms import Atom, Term
from bot.rules.words import Words
from bot.text import body_end, tokenize


@dataclass(frozen=True, slots=True)
class Rule:
    """A signal ready to be evaluated. Every one of `needs` is a set of atoms of which one must stand in the post."""

    storyline: str
    signal: str
    needs: tuple[frozenset[int], ...]
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
        self._leaves: dict[tuple[tuple[Atom, ...], ...], Leaf] = {}
        self._by_terms: dict[tuple[Term, ...], Leaf] = {}
        for draft in drafts:
            self._register(draft)
        self._common = self._count(sample)
        self.rules = tuple(self._rule(draft) for draft in drafts)
        self._by_atom: dict[int, tuple[int, ...]] = {}  # atom → leaves that rules are found by
        self._by_leaf: dict[int, tuple[int, ...]] = {}  # leaf → rules
        self._second = [
            rule.needs[1] if len(rule.needs) > 1 else None for rule in self.rules
        ]  # refuses most candidates
        self._found: dict[int, frozenset[int]] = {}  # kind of word → rules
        self._always: tuple[int, ...] = ()  # rules that can hold without any hit
        self._file()

    def doc(self, title: str, text: str) -> Doc:
        """The post as positions and hits; the lines in which a channel advertises itself are left out."""
        head = tokenize(title) if title else None
        return Doc(head, tokenize(text[: body_end(text)]), self.words)

    def matching(self, doc: Doc, language: str | None, source: str) -> list[int]:
        """The numbers of the rules that the post satisfies, ascending."""
        found = self._found
        candidates = set(self._always).union(
            *[found[kind] if kind in found else self._behind(kind) for kind in doc.kinds]
        )
        if not candidates:
            return []
        present = doc.present
        matching = []
        second = self._second
        for number in candidates:
            other = second[number]
            if other is not None and other.isdisjoint(present):
                continue
            rule = self.rules[number]
            for need in rule.needs:
                if need.isdisjoint(present):
                    break
            else:
                if rule.accepts(language, source) and rule.holds(doc):
                    matching.append(number)
        return sorted(matching)

    def _behind(self, kind: int) -> frozenset[int]:
        """The rules that are found by a word of this kind; remembered."""
        leaves = {leaf for atom in self.words.atoms_of[kind] for leaf in self._by_atom.get(atom, ())}
        self._found[kind] = rules = frozenset(number for leaf in leaves for number in self._by_leaf[leaf])
        return rules

    # --- building ---------------------------------------------------------------------------------------------------

    def _register(self, draft: Draft) -> None:
        for node in _conditions(draft):
            for terms in self._terms(node, draft):
                if terms not in self._by_terms:
                    for term in terms:
                        for variant in term.variants:
                            for atom in variant:
                                if not atom.is_any:
                                    self.words.number(atom)

    def _terms(self, node: c.Node, draft: Draft) -> Iterator[tuple[Term, ...]]:
        for part in c.walk(node):
            if isinstance(part, c.Concept):
                yield draft.concepts[part.name]
            elif isinstance(part, c.Quoted):
                yield (self._parse(part.term),)

    def _count(self, sample: Iterable[str]) -> Counter[int]:
        """In how many of the sample texts each atom stands."""
        common: Counter[int] = Counter()
        for text in sample:
            kinds = self.words.kinds(None, tokenize(text))
            common.update(self.words.present(kinds))
        return common

    def _cost(self, atom: int) -> float:
        """How often an atom is expected: counted where there is a sample, short words and prefixes more often."""
        what = self.words.atoms[atom]
        length = len(what.prefix) - 1 if what.prefix else min(map(len, what.words))
        return self._common[atom] + 4.0 / max(1, length)

    def _leaf(self, terms: tuple[Term, ...]) -> Leaf:
        leaf = self._by_terms.get(terms)
        if leaf is None:
            variants = tuple(sorted({variant for term in terms for variant in term.variants}))
            leaf = self._leaves.get(variants)
            if leaf is None:
                leaf = self._leaves[variants] = self._new_leaf(variants)
            self._by_terms[terms] = leaf
        return leaf

    def _new_leaf(self, variants: tuple[tuple[Atom, ...], ...]) -> Leaf:
        singles: set[int] = set()
        phrases: dict[int, list[Phrase]] = defaultdict(list)
        for variant in variants:
            numbers = tuple(None if atom.is_any else self.words.number(atom) for atom in variant)
            if len(numbers) == 1 and numbers[0] is not None:
                singles.add(numbers[0])
            else:
                anchor = min((n for n in numbers if n is not None), key=self._cost)
                phrases[anchor].append(Phrase(numbers, anchor))
        return Leaf(
            number=len(self._leaves),
            singles=frozenset(singles),
            phrases={anchor: tuple(found) for anchor, found in phrases.items()},
            atoms=frozenset(singles | phrases.keys()),
            sure=frozenset(number for number in singles if not self.words.atoms[number].written),
        )

    def _compile(self, node: c.Node, draft: Draft) -> Compiled:
        match node:
            case c.Concept(name):
                return Hits(name, self._leaf(draft.concepts[name]))
            case c.Quoted(term):
                return Hits(f'"{term}"', self._leaf((self._parse(term),)))
            case c.All(parts):
                return Both(tuple(self._compile(part, draft) for part in parts))
            case c.Any(parts):
                return Either(tuple(self._compile(part, draft) for part in parts))
            case c.Not(part):
                return Absent(self._compile(part, draft))
            case c.Near(left, right, within, ordered):
                return Close(self._compile(left, draft), self._compile(right, draft), within, ordered)
            case c.Within(where, part):
                inner = self._compile(part, draft)
                return Confined(where, inner, tuple(needs(inner)))
            case c.AtLeast(number, parts):
                return Some(number, tuple(self._compile(part, draft) for part in parts))

    def _rule(self, draft: Draft) -> Rule:
        when = self._compile(draft.when, draft)
        groups = sorted(needs(when), key=self._group_cost)
        return Rule(
            storyline=draft.storyline,
            signal=draft.signal,
            needs=tuple(frozenset[int]().union(*(leaf.atoms for leaf in group)) for group in groups),
            when=when,
            unless=None if draft.unless is None else self._compile(draft.unless, draft),
            languages=draft.languages,
            sources=draft.sources,
        )

    def _group_cost(self, group: frozenset[Leaf]) -> float:
        return sum(self._cost(atom) for leaf in group for atom in leaf.atoms)

    def _file(self) -> None:
        """Put every rule under the leaves of its rarest need."""
        by_atom: dict[int, set[int]] = defaultdict(set)
        by_leaf: dict[int, list[int]] = defaultdict(list)
        always = []
        for number, rule in enumerate(self.rules):
            groups = needs(rule.when)
            if not groups:
                always.append(number)
                continue
            for leaf in min(groups, key=self._group_cost):
                by_leaf[leaf.number].append(number)
                for atom in leaf.atoms:
                    by_atom[atom].add(leaf.number)
        self._by_atom = {atom: tuple(sorted(leaves)) for atom, leaves in by_atom.items()}
        self._by_leaf = {leaf: tuple(numbers) for leaf, numbers in by_leaf.items()}
        self._always = tuple(always)


def _conditions(draft: Draft) -> Iterator[c.Node]:
    yield draft.when
    if draft.unless is not None:
        yield draft.unless


def needs(node: Compiled) -> list[frozenset[Leaf]]:
    """Sets of leaves; where the node holds, at least one leaf of each set hits. None for what absence satisfies."""
    match node:
        case Hits(_, leaf):
            return [frozenset({leaf})]
        case Both(parts):
            return [group for part in parts for group in needs(part)]
        case Close(left, right):
            return needs(left) + needs(right)
        case Confined(_, part):
            return needs(part)
        case Either(parts):
            return _one_of(parts, len(parts))
        case Some(number, parts):  # of any len-number+1 parts at least one holds
            return _one_of(parts, len(parts) - number + 1)
        case _:
            return []


def _one_of(parts: Sequence[Compiled], count: int) -> list[frozenset[Leaf]]:
    """One leaf set that some `count` of the parts share; nothing when fewer of them have any."""
    smallest = [
        min(groups, key=lambda group: sum(len(leaf.atoms) for leaf in group)) for groups in map(needs, parts) if groups
    ]
    if len(smallest) < count:
        return []
    smallest.sort(key=lambda group: sum(len(leaf.atoms) for leaf in group))
    return [frozenset[Leaf]().union(*smallest[:count])]
