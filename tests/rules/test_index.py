"""The index answers as a plain evaluator does that asks every signal about every word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Post
from bot.rules import condition as c
from bot.rules.index import Draft, Index
from bot.rules.terms import Term, parse_term
from bot.text import tokenize

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = [
    "us", "case:US", "leave", "leav*", "talks", "talk", "step back", "step * back", "cease-fire", "ceasefire deal", "exact:leave",
    "посольство", "эвакуировать", "мирные переговоры", "пере*", "u.s. leave", "case:White House", "fire", "no", "back* the",
]  # fmt: skip
WORDS = [
    "us", "US", "U.S.", "leave", "leaves", "left", "Leaving", "talks", "talk", "step", "steps", "back", "right", "cease-fire", "cease",
    "fire", "ceasefire", "deal", "deals", "посольства", "посольств", "эвакуированы", "мирных", "переговоров", "White", "House", "the",
    "no", ".", "\n", "!", "https://a.b/us-leave", "**US**-led", "white-house", "step-back",
]  # fmt: skip
NAMES = ("a", "b", "d")
GAP = 10_000


def conditions() -> st.SearchStrategy[c.Node]:
    leaf = st.sampled_from(NAMES).map(c.Concept) | st.sampled_from(TERMS).map(c.Quoted)
    places = st.recursive(
        leaf,
        lambda inner: (
            st.builds(c.Near, inner, inner, st.integers(1, 6), st.booleans())
            | st.lists(inner, min_size=2, max_size=3).map(lambda parts: c.Any(tuple(parts)))
        ),
        max_leaves=4,
    )
    return st.recursive(
        places,
        lambda inner: (
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: c.All(tuple(parts)))
            | st.lists(inner, min_size=2, max_size=3).map(lambda parts: c.Any(tuple(parts)))
            | inner.map(c.Not)
            | st.builds(c.Within, st.sampled_from(["sentence", "title"]), inner)
            | st.integers(1, 3).flatmap(
                lambda n: st.lists(inner, min_size=n, max_size=3).map(lambda parts: c.AtLeast(n, tuple(parts)))
            )
        ),
        max_leaves=6,
    )


TEXT = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
CONCEPTS = st.fixed_dictionaries(
    {
        name: st.lists(st.sampled_from(TERMS), min_size=1, max_size=3).map(lambda t: tuple(map(parse_term, t)))
        for name in NAMES
    }
)


class Naive:
    """Positions written out for one post, and the meaning of conditions in the plainest words."""

    def __init__(self, title: str, text: str):
        self.words: dict[int, tuple[str, str, tuple[str, int]]] = {}
        self.joins: dict[int, list[tuple[int, str, str]]] = {}
        head, body = tokenize(title), tokenize(text)
        base = len(head) + GAP if title else 0
        for tokens, start, field in ((head, 0, "title"), (body, base, "text")):
            for i, word in enumerate(tokens.words):
                self.words[start + i] = (word, tokens.written(i), (field, tokens.sentences[i]))
            for first, last, word in tokens.joined:
                written = "".join(tokens.written(i) for i in range(first, last + 1))
                self.joins.setdefault(start + first, []).append((start + last, word, written))
        titled = [p for p, (_, _, (field, _)) in self.words.items() if field == "title"]
        first = [p for p, (_, _, place) in self.words.items() if place == ("text", self._first(body))]
        self.headline = titled or first
        self.sentences = [
            [p for p, (_, _, place) in self.words.items() if place == wanted]
            for wanted in dict.fromkeys(place for _, _, place in self.words.values())
        ]

    @staticmethod
    def _first(body: object) -> int:
        sentences = body.sentences  # type: ignore[attr-defined]
        return sentences[0] if sentences else 0

    def starts(self, terms: tuple[Term, ...]) -> set[tuple[int, int]]:
        return {
            (p, end)
            for term in terms
            for variant in term.variants
            for p in self.words
            for end in self._run(variant, 0, p)
            if self.words[p][2] == self.words[end][2]
        }

    def _run(self, variant: tuple[object, ...], at: int, position: int) -> Iterator[int]:
        if at == len(variant):
            yield position - 1
            return
        atom = variant[at]
        if position in self.words and atom.accepts(*self.words[position][:2]):  # type: ignore[attr-defined]
            yield from self._run(variant, at + 1, position + 1)
        if not atom.is_any:  # type: ignore[attr-defined]
            for last, word, written in self.joins.get(position, ()):
                if atom.accepts(word, written):  # type: ignore[attr-defined]
                    yield from self._run(variant, at + 1, last + 1)
        elif position not in self.words:
            yield from self._run(variant, at + 1, position + 1)


def places(node: c.Node, doc: Naive, concepts: dict[str, tuple[Term, ...]], window: set[int]) -> set[tuple[int, int]]:
    match node:
        case c.Concept(name):
            found = doc.starts(concepts[name])
        case c.Quoted(term):
            found = doc.starts((parse_term(term),))
        case c.Any(parts):
            return set().union(*(places(part, doc, concepts, window) for part in parts))
        case c.Near(left, right, within, ordered):
            return {
                (min(a[0], b[0]), max(a[1], b[1]))
                for a in places(left, doc, concepts, window)
                for b in places(right, doc, concepts, window)
                if (b[0] > a[1] if ordered else True) and max(b[0] - a[1], a[0] - b[1], 0) <= within
            }
        case _:
            raise AssertionError(node)
    return {place for place in found if set(range(place[0], place[1] + 1)) & doc.words.keys() <= window}


def holds(node: c.Node, doc: Naive, concepts: dict[str, tuple[Term, ...]], window: set[int]) -> bool:
    match node:
        case c.All(parts):
            return all(holds(part, doc, concepts, window) for part in parts)
        case c.Any(parts):
            return any(holds(part, doc, concepts, window) for part in parts)
        case c.Not(part):
            return not holds(part, doc, concepts, window)
        case c.AtLeast(number, parts):
            return sum(holds(part, doc, concepts, window) for part in parts) >= number
        case c.Within(where, part):
            spans = doc.sentences if where == "sentence" else [doc.headline]
            return any(holds(part, doc, concepts, window & set(span)) for span in spans if window & set(span))
        case _:
            return bool(places(node, doc, concepts, window))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(CONCEPTS, conditions()), min_size=1, max_size=5),
    st.lists(st.tuples(TEXT | st.just(""), TEXT), max_size=4),
)
def test_same_answers_as_the_plain_evaluator(
    rules: list[tuple[dict[str, tuple[Term, ...]], c.Node]], posts: list[tuple[str, str]]
) -> None:
    """Whatever the rules and the posts: the same signals match, found by the index or one by one."""
    sources = [Draft("s", str(number), concepts, node) for number, (concepts, node) in enumerate(rules)]
    index = Index(sources, parse_term, [text for _, text in posts])
    for title, text in posts:
        doc = Naive(title, text)
        plain = [n for n, (concepts, node) in enumerate(rules) if holds(node, doc, concepts, set(doc.words))]
        assert index.matching(index.doc(title, text), None, "any") == plain


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CONCEPTS, conditions()), min_size=1, max_size=3), TEXT, TEXT)
def test_what_matched_bears_witness_inside_the_post(
    rules: list[tuple[dict[str, tuple[Term, ...]], c.Node]], title: str, text: str
) -> None:
    """Every witness is a real place: its words stand in the post."""
    sources = [Draft("s", str(number), concepts, node) for number, (concepts, node) in enumerate(rules)]
    index = Index(sources, parse_term)
    doc, plain = index.doc(title, text), Naive(title, text)
    for number in index.matching(doc, None, "any"):
        for _, first, last in index.rules[number].when.witness(doc):
            assert first in plain.words
            assert last in plain.words


def test_a_post_of_one_word_repeated_stays_cheap() -> None:
    """A hostile post of 4,000 alternating words is answered; distances bound the pairs that are looked at."""
    concepts = {"a": (parse_term("us"),), "b": (parse_term("leave"),), "d": (parse_term("talks"),)}
    node = c.parse_condition("a near/15 b near/15 d near/15 a near/15 b")
    index = Index([Draft("s", "x", concepts, node)], parse_term)
    doc = index.doc("", "us leave talks " * 1300)
    assert index.matching(doc, None, "any") == [0]
    assert Post(id="a/1", source="a", outlet="a", url="", published=NOW).text == ""
