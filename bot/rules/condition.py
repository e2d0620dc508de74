"""The condition language: text → a tree of nodes. What a tree means for a post is in `evaluate`.

Binding, closest first: `near/N then/N` · `not` · `and` · `or`. `near` chains from the left: `a near/5 b near/5 c` wants
c near the stretch from a to b.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken
from lark.exceptions import VisitError

FARTHEST = 100
"""The largest N of near/N: beyond it a post is simply `and`."""

GRAMMAR = r"""
?start: any
?any: all (_OR all)*
?all: no (_AND no)*
?no: _NOT no -> negated | chain
?chain: place (NEAR place)*
?place: NAME -> concept
     | QUOTED -> quoted
     | "(" any ")"
     | _IN (SENTENCE | TITLE) "(" any ")" -> within
     | NUMBER _OF "(" any ("," any)* ")" -> at_least
NEAR.2: /(near|then)\/\d+/i
_OR: "or"i
_AND: "and"i
_NOT: "not"i
_IN: "in"i
_OF: "of"i
SENTENCE: "sentence"i
TITLE: "title"i
NUMBER.1: /\d+(?![\w-])/
NAME: /[^\W\d][\w-]*/
QUOTED: /"[^"]*"|'[^']*'/
%ignore /\s+/
"""
RESERVED = frozenset({"and", "or", "not", "in", "of", "sentence", "title", "near", "then"})


@dataclass(frozen=True, slots=True)
class Concept:
    """Holds where the concept hits. `at` is the offset in the condition's text, for faults."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Quoted:
    """Holds where a term written in the condition itself hits."""

    term: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class Near:
    """`left near/within right`, or `then` when ordered: distance in words, neighbours are 1 apart."""

    left: Node
    right: Node
    within: int
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """Everything inside holds within one `sentence`, or within the `title`."""

    where: str
    part: Node


@dataclass(frozen=True, slots=True)
class AtLeast:
    number: int
    parts: tuple[Node, ...]


Node: TypeAlias = Concept | Quoted | All | Any | Not | Near | Within | AtLeast


class ConditionError(ValueError):
    """A condition that cannot be read: why, and at which offset of its text."""

    def __init__(self, message: str, at: int):
        super().__init__(message)
        self.at = at


@lru_cache(maxsize=50_000)
def parse_condition(text: str) -> Node:
    """The tree of a condition; ConditionError names the place where reading stopped and what would be right."""
    if not text.strip():
        raise ConditionError("an empty condition: name a concept", 0)
    try:
        node = cast("Node", _parser.parse(text))
    except UnexpectedEOF:
        raise ConditionError("the condition ends too early", len(text)) from None
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise ConditionError(_strange(text, at), at) from None
    except UnexpectedToken as error:
        at = error.token.start_pos if error.token.type != "$END" else len(text.rstrip())
        raise ConditionError(_expected(error), at or 0) from None
    except VisitError as error:
        if isinstance(error.orig_exc, ConditionError):
            raise error.orig_exc from None
        raise
    return node


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node."""
    match node:
        case All(parts) | Any(parts) | AtLeast(_, parts):
            return parts
        case Not(part) | Within(_, part):
            return (part,)
        case Near(left, right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order written."""
    yield node
    for child in children(node):
        yield from walk(child)


def show(node: Node) -> str:
    """The node as a condition again, with only the parentheses it needs."""
    match node:
        case Concept(name):
            return name
        case Quoted(term):
            return f'"{term}"' if '"' not in term else f"'{term}'"
        case All(parts):
            return " and ".join(_wrapped(part, (Any,)) for part in parts)
        case Any(parts):
            return " or ".join(map(show, parts))
        case Not(part):
            return f"not {_wrapped(part, (Any, All))}"
        case Near(left, right, within, ordered):
            word = "then" if ordered else "near"
            return f"{_wrapped(left, (Any, All, Not))} {word}/{within} {_wrapped(right, (Any, All, Not, Near))}"
        case Within(where, part):
            return f"in {where}({show(part)})"
        case AtLeast(number, parts):
            return f"{number} of ({', '.join(map(show, parts))})"


def _wrapped(node: Node, kinds: tuple[type, ...]) -> str:
    return f"({show(node)})" if isinstance(node, kinds) else show(node)


class _Build(Transformer[Token, Node]):
    """Lark's tree → our nodes; checks what a grammar cannot say well."""

    def concept(self, parts: list[Token]) -> Node:
        return Concept(str(parts[0]), parts[0].start_pos or 0)

    def quoted(self, parts: list[Token]) -> Node:
        return Quoted(str(parts[0])[1:-1], parts[0].start_pos or 0)

    def any(self, parts: list[Node]) -> Node:
        return Any(tuple(parts))

    def all(self, parts: list[Node]) -> Node:
        return All(tuple(parts))

    def negated(self, parts: list[Node]) -> Node:
        return Not(parts[0])

    def chain(self, parts: list[Node | Token]) -> Node:
        node = parts[0]
        assert not isinstance(node, Token)
        for operator, right in zip(parts[1::2], parts[2::2], strict=True):
            assert isinstance(operator, Token)
            assert not isinstance(right, Token)
            node = _near(node, operator, right)
        return node

    def within(self, parts: list[Token | Node]) -> Node:
        part = parts[1]
        assert not isinstance(part, Token)
        return Within(str(parts[0]).lower(), part)

    def at_least(self, parts: list[Token | Node]) -> Node:
        number = parts[0]
        assert isinstance(number, Token)
        below = tuple(part for part in parts[1:] if not isinstance(part, Token))
        if not 1 <= int(number) <= len(below):
            raise ConditionError(
                f"found '{number} of' {len(below)} conditions; expected 1 to {len(below)}", number.start_pos or 0
            )
        return AtLeast(int(number), below)


def _near(left: Node, operator: Token, right: Node) -> Near:
    word, _, number = operator.lower().partition("/")
    at = operator.start_pos or 0
    if not 1 <= int(number) <= FARTHEST:
        raise ConditionError(f"found '{operator}'; expected {word}/1 to {word}/{FARTHEST}", at)
    for side, name in ((left, "left"), (right, "right")):
        if not is_place(side):
            raise ConditionError(
                f"the {name} side of '{operator}' is '{show(side)}', which is no place in the text; expected "
                f"a concept, a quoted term, another near/then, or an 'or' of these in parentheses",
                at,
            )
    return Near(left, right, int(number), ordered=word == "then")


def is_place(node: Node) -> bool:
    """Whether a node marks places in a text, so that a distance to it can be measured."""
    match node:
        case Concept() | Quoted() | Near():
            return True
        case Any(parts):
            return all(map(is_place, parts))
        case _:
            return False


_parser = Lark(GRAMMAR, parser="lalr", lexer="basic", transformer=_Build(), propagate_positions=False)

_MEANING = {
    "NAME": "a concept", "QUOTED": "a quoted term", "LPAR": "'('", "RPAR": "')'", "COMMA": "','",
    "NEAR": "near/N or then/N", "_OR": "'or'", "_AND": "'and'", "_NOT": "'not'", "_IN": "'in sentence('", "_OF": "'of'",
    "NUMBER": "'N of ('", "SENTENCE": "'sentence'", "TITLE": "'title'", "$END": "the end",
}  # fmt: skip


def _expected(error: UnexpectedToken) -> str:
    found = "the end" if error.token.type == "$END" else f"'{error.token}'"
    word = error.token.lower()
    if error.token.type == "NAME" and word in ("near", "then"):
        return f"found '{error.token}' without a distance; expected {word}/N, as in {word}/15"
    if error.token.type == "_NOT":
        return "found 'not' where a place in the text must stand; write 'not (a near/5 b)' or 'a and not b'"
    wanted = [_MEANING[name] for name in _MEANING if name in (error.accepts or error.expected)] or ["nothing"]
    return f"found {found}; expected {' or '.join([', '.join(wanted[:-1]), wanted[-1]] if wanted[1:] else wanted)}"


def _strange(text: str, at: int) -> str:
    found = text[at]
    advice = {
        "*": 'put terms with a star into quotes: "withdraw*"',
        '"': "a closing quote is missing",
        "'": "a closing quote is missing",
        "/": "a distance is written near/15, without blanks",
        "&": "write 'and'",
        "|": "write 'or'",
        "!": "write 'not'",
        "@": "in a condition a concept is named without '@'",
        ":": 'put the term into quotes: "case:US"',
    }.get(found, "expected concepts, and, or, not, near/N, then/N, in sentence( ), in title( ), N of ( )")
    return f"found '{found}'; {advice}"
