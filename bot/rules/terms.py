"""One term of a concept, read from its written form into the words it looks for.

withdraw          the word in all its forms          `bot.rules.forms`
"step back"       words side by side, each in all its forms
evacuat*          every word that begins so, also inside phrases; a lone `*` is any one word
exact:talks       no other form
case:US           with just these capitals, no other form
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from bot.rules.forms import forms
from bot.text import Tokens, canonical, tokenize

_MARK = re.compile(r"(exact|case):\s*", re.IGNORECASE)
_DOTTED = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.?")
_PLAIN = re.compile("[a-z]+|[а-яґєії]+")
_NOT_WORD = re.compile(r"[\W_]+")
LONGEST_PHRASE = 12


class TermError(ValueError):
    """A term that can never match, or is written in a way that says nothing; the text tells the operator why."""


@dataclass(frozen=True, slots=True, order=True)
class Atom:
    """What one word of a post must be: one of `words`, or begin with `prefix`, or be written just as `written`.

    `name` says which, and atoms of one name are equal. An atom with none of them is any word.
    """

    name: str
    words: tuple[str, ...] = field(default=(), compare=False, repr=False)  # a set of a dozen takes five times the room
    prefix: str = field(default="", compare=False)
    written: str = field(default="", compare=False)

    @property
    def is_any(self) -> bool:
        return not (self.words or self.prefix or self.written)

    def accepts(self, word: str, written: str) -> bool:
        """Whether a word (canonical) that stands in the post as `written` is one of those meant."""
        if self.written:
            return written.startswith(self.written) if self.prefix else written == self.written
        if self.prefix:
            return word.startswith(self.prefix)
        return not self.words or word in self.words


@dataclass(frozen=True, slots=True)
class Term:
    """`variants` are the ways a post may write it: each a run of atoms that stand side by side."""

    text: str
    variants: tuple[tuple[Atom, ...], ...] = field(compare=False)  # follow from the text


@lru_cache(maxsize=200_000)
def parse_term(text: str) -> Term:
    """Read a term; TermError when it can never match."""
    mark = _MARK.match(text)
    kind = mark[1].lower() if mark else ""
    body = text[mark.end() :] if mark else text
    if not body.strip():
        raise TermError("a term without a word")
    if body.strip().startswith(('"', "'")):
        body = body.strip().strip("\"'")
    choices = [choice for piece in body.split() for choice in [_element(piece, kind, body)] if choice]
    if not choices:
        raise TermError(f"term '{text}' has no letter or digit: it can never match")
    variants = tuple(tuple(atom for part in pick for atom in part) for pick in product(*choices))[:16]
    longest = max(map(len, variants))
    if longest > LONGEST_PHRASE:
        raise TermError(f"term '{text}' has {longest} words; at most {LONGEST_PHRASE} can be one phrase")
    if any(variant[0].is_any or variant[-1].is_any for variant in variants):
        raise TermError(f"term '{text}' begins or ends with a lone '*': any word stands there anyway, leave it out")
    return Term(text, variants)


def _element(piece: str, kind: str, body: str) -> list[tuple[Atom, ...]]:
    """The ways one space-separated piece of a term may be written; none for bare punctuation."""
    if piece == "*":
        return [(Atom("*"),)]
    stars = piece.count("*")
    if stars > 1 or (stars and not piece.rstrip(",.;:!?").endswith("*")):
        raise TermError(f"'{piece}' in term '{body}': a '*' stands at the end of a word ('withdraw*') or alone")
    if kind != "case" and _PLAIN.fullmatch(piece):  # most terms: a word that is canonical as it stands
        return [(_atom(piece, "", kind, prefix=False),)]
    tokens = tokenize(piece.replace("*", "") if stars else piece)
    if not tokens.words:
        if any(map(str.isalnum, piece)):
            raise TermError(f"'{piece}' in term '{body}' is a link: links are not words, so it can never match")
        return []
    last = len(tokens.words) - 1
    ways = [tuple(_token_atom(tokens, i, kind, prefix=bool(stars) and i == last) for i in range(last + 1))]
    ways += [
        (_atom(word, _NOT_WORD.sub("", piece), kind, prefix=bool(stars)),)
        for first, end, word in tokens.joined
        if first == 0 and end == last
    ]
    return ways


@lru_cache(maxsize=200_000)  # terms share their words: the forms of `talks` are made and kept once
def _atom(word: str, written: str, kind: str, *, prefix: bool) -> Atom:
    if kind == "case":
        words = () if prefix else (word,)
        return Atom(f"case:{written}{'*' if prefix else ''}", words, word if prefix else "", written)
    if prefix:
        return Atom(f"{word}*", prefix=word)
    if kind == "exact":
        return Atom(f"exact:{word}", (word,))
    return Atom(word, tuple(forms(word)))


def _token_atom(tokens: Tokens, index: int, kind: str, *, prefix: bool) -> Atom:
    word, written = tokens.words[index], tokens.written(index)
    if kind != "case" and not prefix and _DOTTED.fullmatch(tokens.original(index)):
        return _atom(word, written.upper(), "case", prefix=False)  # `u.s.` means the abbreviation, never the pronoun
    return _atom(word, written, kind, prefix=prefix)


def names_concept(text: str) -> str | None:
    """The concept that a term like `@us` takes in; None for other terms."""
    if "@" not in text:  # nearly every term
        return None
    text = text.strip()
    return canonical(text[1:]).strip() if text.startswith("@") else None
