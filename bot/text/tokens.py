"""Cuts a text into words in canonical form, each with its place in the ORIGINAL text.

One regular expression finds chunks (`cease-fire`, `Russia's`, `U.S.`, `п’ять`, `**US**-led`) in the original; a memo
turns each chunk into its words. So nearly all the work is done in C, canonical form is computed once for each
distinct chunk, and places are computed only when somebody asks, which is when a rule has matched.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import chain

from bot.text.canonical import APOSTROPHES, HYPHENS, canonical
from bot.text.links import LINK
from bot.text.sentences import sentence_starts

_MEMO_LIMIT = 200_000
"""Distinct chunks remembered, some 30 MB; news in three languages settles well below."""
_LONGEST_JOIN = 4  # parts of one compound that are joined; tit-for-tat has 3


def _marks() -> str:
    """Combining marks and invisible joiners of the basic plane, as ranges of a character class."""
    ranges: list[list[int]] = []
    for code in range(0x80, 0xFFFF):
        if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me", "Cf"):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\u{low:04x}-\\u{high:04x}" for low, high in ranges)


_INSIDE = rf"\w{_marks()}{re.escape(HYPHENS + APOSTROPHES)}*"
_ACRONYM = rf"(?<=[^\W\d_])(?:\.[^\W\d_](?![{_INSIDE}]))+\.?"
_NUMBER = rf"(?<=\d)\d*(?:[.,]\d+)+(?![{_INSIDE}])"
_WORD = rf"\w(?:{_ACRONYM}|{_NUMBER}|[{_INSIDE}]*)"
_CHUNK = re.compile(_WORD)
_CHUNK_OR_LINK = re.compile(rf"{LINK}|(?<![\w@/.])@\w+|{_WORD}", re.IGNORECASE)
_LINK = re.compile(LINK, re.IGNORECASE)

_BETWEEN = re.escape(HYPHENS) + "_*"
_PIECE = re.compile(
    rf"[^\W_][^{_BETWEEN}]*(?:(?:\*\*|__)(?=[^\W_]|[{APOSTROPHES}]\w)[^{_BETWEEN}]+)*"
)  # bold may end inside a word
_POSSESSIVE = re.compile(rf"(?<=[\w*])(?:[*_]*[{APOSTROPHES}]+[sS])+[{APOSTROPHES}*_]*$|[{APOSTROPHES}*_]+$")
_PLAIN = re.compile(r"[0-9A-Za-zА-Яа-яЁёІіЇїЄєҐґ]+")
_NOT_WORD = re.compile(rf"[\W_{APOSTROPHES}]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")


class Tokens:
    """The words of one text. `words`, `starts`, `ends` and `sentences` run in parallel.

    `text[starts[i]:ends[i]]` is what stands in the original for `words[i]`; `sentences[i]` counts from 0 and never
    falls. Links are not words. A hyphenated compound gives its parts as words, and `joined` holds what they make
    together: `(first, last, word)`, both ends included, so positions count what a reader calls words.
    """

    __slots__ = ("__dict__", "_chunks", "joined", "text", "words")

    def __init__(self, text: str):
        self.text = text
        linked = "/" in text or "@" in text or "www." in text
        self._chunks = (_CHUNK_OR_LINK if linked else _CHUNK).findall(text)
        self.words: list[str] = list(chain.from_iterable(map(_memo.__getitem__, self._chunks)))
        self.joined: list[tuple[int, int, str]] = (
            [] if _joins.keys().isdisjoint(self._chunks) else list(_joined(self._chunks))
        )

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        places: list[tuple[int, int]] = []
        find, end = self.text.find, 0
        for chunk in self._chunks:  # what lies between chunks can hold no chunk: the next one found is the one
            start = find(chunk, end)
            end = start + len(chunk)
            for first, last in _spans[chunk]:
                places.append((start + first, start + last))
        return places

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each word begins in the original text."""
        return tuple(start for start, _ in self._places)

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Where each word ends in the original text."""
        return tuple(end for _, end in self._places)

    @cached_property
    def sentences(self) -> tuple[int, ...]:
        """The number of the sentence in which each word stands."""
        begins = sentence_starts(self.text)
        if len(begins) == 1:
            return (0,) * len(self.words)
        numbers: list[int] = []
        find, end, sentence = self.text.find, 0, 0
        begins.append(len(self.text))
        for chunk in self._chunks:  # no chunk spans two sentences, so the places of its words need not be known
            start = find(chunk, end)
            end = start + len(chunk)
            while begins[sentence + 1] <= start:
                sentence += 1
            numbers += [sentence] * len(_memo[chunk])
        return tuple(numbers)

    def original(self, index: int) -> str:
        """A word as it stands in the text: `Russia`, `U.S.`."""
        return self.text[self.starts[index] : self.ends[index]]

    def written(self, index: int) -> str:
        """The letters of a word with their case, without dots and marks: `Russia`, `US`."""
        return self._written[index]

    @cached_property
    def _written(self) -> list[str]:
        written: list[str] = []
        for chunk in self._chunks:
            if _PLAIN.fullmatch(chunk):
                written.append(chunk)
            else:
                written += [_letters(chunk[start:end]) for start, end in _spans[chunk]]
        return written


@lru_cache(maxsize=64)  # matching, gathering and rendering ask for the same text one after another
def tokenize(text: str) -> Tokens:
    """The words of a text, with spans into it; any string is accepted."""
    if len(_memo) > _MEMO_LIMIT:
        _memo.clear()
        _joins.clear()
        _spans.clear()
    return Tokens(text)


class _Memo(dict[str, tuple[str, ...]]):
    """Chunk → its words, none for a link. Words are interned: their hashes are known to every dict that asks next."""

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        pieces = _pieces(chunk)
        if len(pieces) > 1 and (joins := tuple(_join(chunk, pieces))):
            _joins[chunk] = joins
        self[chunk] = words = tuple(sys.intern(word) for word, _, _ in pieces)
        return words


class _Spans(dict[str, tuple[tuple[int, int], ...]]):
    """Chunk → where its words stand inside it."""

    def __missing__(self, chunk: str) -> tuple[tuple[int, int], ...]:
        self[chunk] = spans = tuple((start, end) for _, start, end in _pieces(chunk))
        return spans


_memo = _Memo()
_spans = _Spans()
_joins: dict[str, tuple[tuple[int, int, str], ...]] = {}


def _pieces(chunk: str) -> list[tuple[str, int, int]]:
    """The words of a chunk with their spans inside it."""
    if chunk.isalnum() and chunk.isascii():
        return [(chunk.lower(), 0, len(chunk))]
    if chunk[0] == "@":
        name = canonical(chunk[1:])
        return [("@" + _NOT_WORD.sub("", name), 0, len(chunk))] if _NOT_WORD.sub("", name) else []
    if _LINK.fullmatch(chunk):
        return []
    if "." in chunk or "," in chunk:
        word = _number(canonical(chunk)) if chunk[0].isdigit() else _NOT_WORD.sub("", canonical(chunk))
        return [(word, 0, len(chunk))] if word else []
    pieces = []
    for match in _PIECE.finditer(chunk):
        written = _POSSESSIVE.sub("", match.group())
        word = _NOT_WORD.sub("", canonical(written.replace("**", "").replace("__", "")))
        if word:
            pieces.append((word, match.start(), match.start() + len(written)))
    return pieces


def _letters(chunk: str) -> str:
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", _POSSESSIVE.sub("", chunk)))


def _number(written: str) -> str:
    """1,000 is 1000; 3,5 is 3.5."""
    return written.replace(",", "") if _THOUSANDS.fullmatch(written) else written.replace(",", ".")


def _join(chunk: str, pieces: list[tuple[str, int, int]]) -> Iterator[tuple[int, int, str]]:
    """What neighbouring parts of a compound make together: `cease-fire` is also `ceasefire`."""
    for first in range(len(pieces)):
        word = pieces[first][0]
        for last in range(first + 1, min(first + _LONGEST_JOIN, len(pieces))):
            gap = chunk[pieces[last - 1][2] : pieces[last][1]]
            if len(gap) != 1 or gap not in HYPHENS or (word.isdigit() and pieces[last][0].isdigit()):
                break
            word += pieces[last][0]
            yield first, last, sys.intern(word)


def _joined(chunks: list[str]) -> Iterator[tuple[int, int, str]]:
    position = done = 0
    for index in [index for index, chunk in enumerate(chunks) if chunk in _joins]:
        position += sum(map(len, map(_memo.__getitem__, chunks[done:index])))
        done = index
        for first, last, word in _joins[chunks[index]]:
            yield position + first, position + last, word
