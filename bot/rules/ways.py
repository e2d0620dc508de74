"""What must stand in a post for a condition to hold: its ways, each a list of needs, each need a set of concepts.

A condition holds only where, for at least one of its ways, every need has a hit. That is what the index files signals
by, and what tells which sentences are worth asking. Distances, order and `not` are left out: they only refuse more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod
from typing import TypeAlias

from bot.rules.doc import Leaf, Need
from bot.rules.evaluate import Both, Close, Compiled, Confined, Either, Hits, Some

Way: TypeAlias = tuple[Need, ...]
Ways: TypeAlias = tuple[Way, ...]

MOST = 24
"""Ways of one condition; one that branches more is known by fewer, broader needs."""


def ways(node: Compiled) -> Ways:
    """The ways of a condition, the rarest need of each first. An empty way: it can hold where nothing hits."""
    return tuple([tuple(sorted(dict.fromkeys(way), key=_cost)) for way in _ways(node)])


def needs(node: Compiled) -> list[Need]:
    """Where the node holds, at least one concept of each set hits. None for what absence satisfies."""
    match node:
        case Hits(_, leaf):
            return [frozenset({leaf})]
        case Both(parts):
            return [need for part in parts for need in needs(part)]
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


def _ways(node: Compiled) -> list[Way]:
    match node:
        case Both(parts):
            return _all_of(node, parts)
        case Close(left, right):
            return _all_of(node, (left, right))
        case Confined(_, part):
            return _ways(part)
        case Either(parts):
            found = [way for part in parts for way in _ways(part)]
            if all(len(way) == 1 for way in found):  # `a or b` is one need that either meets
                return [(_union(way[0] for way in found),)]
            return found if len(found) <= MOST else [tuple(needs(node))]
        case _:
            return [tuple(needs(node))]


def _all_of(node: Compiled, parts: Sequence[Compiled]) -> list[Way]:
    below = [_ways(part) for part in parts]
    if prod(map(len, below)) > MOST:
        return [tuple(needs(node))]
    return [tuple([need for way in chosen for need in way]) for chosen in product(*below)]


def _one_of(parts: Sequence[Compiled], count: int) -> list[Need]:
    """One need that some `count` of the parts share; nothing when fewer of them have any."""
    rarest = sorted([min(found, key=_cost) for found in map(needs, parts) if found], key=_cost)
    return [_union(rarest[:count])] if len(rarest) >= count else []


def _union(found: Iterable[Need]) -> Need:
    return frozenset[Leaf]().union(*found)


def _cost(need: Need) -> float:
    return sum([leaf.cost for leaf in need])
