"""What the index files signals by: a condition holds only where one of its ways has a hit for every need."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import condition as c
from bot.rules.evaluate import Hits
from bot.rules.index import Draft, Index
from bot.rules.terms import parse_term
from bot.rules.ways import MOST, ways

NAMES = "abcdefgh"
CONCEPTS = {name: (parse_term(f"exact:word{name}"),) for name in NAMES}


def names_of(when: str) -> list[set[str]]:
    """The ways of a condition as sets of needs written `a` or `a|b`."""
    index = Index([Draft("s", "x", CONCEPTS, c.parse_condition(when))], parse_term)
    compiled = index.rules[0].when
    leaves = {}

    def learn(node: object) -> None:
        if isinstance(node, Hits):
            leaves[node.leaf.number] = node.name
        for attribute in ("parts", "part", "left", "right"):
            below = getattr(node, attribute, ())
            for inner in below if isinstance(below, tuple) else (below,):
                learn(inner)

    learn(compiled)
    return [{"|".join(sorted(leaves[leaf.number] for leaf in need)) for need in way} for way in ways(compiled)]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("a", [{"a"}]),
        ("a or b", [{"a|b"}]),
        ("a near/5 b and not c", [{"a", "b"}]),
        ("in sentence(a and b) or c near/3 (d or e)", [{"a", "b"}, {"c", "d|e"}]),
        ("a and (b near/2 c or d and e)", [{"a", "b", "c"}, {"a", "d", "e"}]),
        ("2 of (a, b, c)", [{"a|b"}]),
        ("a and a", [{"a"}]),
        ("not a", [set()]),
        ("a or not b", [{"a"}, set()]),
    ],
)
def test_ways_of_a_condition(when: str, expected: list[set[str]]) -> None:
    """Alternatives are ways, what must come together are needs; `a or b` is one need, absence needs nothing."""
    assert names_of(when) == expected


def test_a_condition_that_branches_without_end_stays_small() -> None:
    """Six alternatives of pairs multiplied are known by broader needs instead of 64 ways."""
    assert len(names_of(" and ".join(["(a and b or c and d)"] * 6))) <= MOST


def conditions() -> st.SearchStrategy[c.Node]:
    return st.recursive(
        st.sampled_from(NAMES).map(c.Concept),
        lambda inner: (
            st.lists(inner, min_size=2, max_size=4).map(lambda parts: c.All(tuple(parts)))
            | st.lists(inner, min_size=2, max_size=4).map(lambda parts: c.Any(tuple(parts)))
            | inner.map(c.Not)
            | st.builds(c.Within, st.just("sentence"), inner)
            | st.lists(inner, min_size=2, max_size=3).map(lambda parts: c.AtLeast(2, tuple(parts)))
        ),
        max_leaves=12,
    )


@settings(max_examples=300, deadline=None)
@given(conditions(), st.sets(st.sampled_from(NAMES)))
def test_no_way_is_forgotten(node: c.Node, said: set[str]) -> None:
    """Whatever the condition: where it holds, one of its ways has a hit for every need."""
    index = Index([Draft("s", "x", CONCEPTS, node)], parse_term)
    doc = index.doc("", " ".join(f"word{name}" for name in sorted(said)))
    compiled = index.rules[0].when
    if compiled.holds(doc):
        assert any(all(any(map(doc.places, need)) for need in way) for way in ways(compiled))
        assert index.matching(doc, None, "any") == [0]
