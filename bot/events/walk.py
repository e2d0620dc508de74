"""Reads the words of a post once, from left to right, and sorts what they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.events.lexicon import Reading, follows, read

LEAD_WORDS = 32
DENIAL = 14  # words after a denial, within its sentence, that it denies
_COUNTED = frozenset({"units", "acts", "things", "places"})
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)$")
_DOTTED_DATE = re.compile(r"([0-3]?\d)\.(0\d|1[0-2])(?:\.\d+)?$")
_STOP = frozenset(".!?…\n")
_DASH = frozenset("—–")


class Walk:
    """What a post speaks of. `lead` is its headline or first sentence, `main` the part of it that is the news."""

    def __init__(self, tokens: list[str], titled: bool):
        self.words: list[Reading] = []
        self.names: set[str] = set()
        self.actors: set[str] = set()
        self.places: set[str] = set()
        self.acts: set[str] = set()
        self.things: set[str] = set()
        self.others: set[str] = set()
        self.numbers: set[str] = set()
        self.dates: set[str] = set()
        self.lead: set[str] = set()
        self.main: set[str] = set()
        self.denied: set[str] = set()  # acts that it says are not so
        self.speakers: set[str] = set()  # who is said to say it, in the lead
        self.proper: set[str] = set()  # words of names as written, cut
        self.cites: list[str] = []
        self._starts: set[int] = set()  # words that begin a sentence
        self._dashes: set[int] = set()  # words that stand after a dash
        self._colons: set[int] = set()
        self._commas: set[int] = set()
        self._denied_until = 0
        self._lead_end = 0
        self._main_end = 0
        self._split(tokens, titled)
        self._sort()

    def _split(self, tokens: list[str], titled: bool) -> None:
        words, begins = self.words, True
        for token in tokens:
            if token in _STOP:
                begins = True
                if not self._lead_end and (len(words) >= 7 or (titled and words and token == "\n")):  # noqa: S105
                    self._lead_end = len(words)
            elif token in _DASH:
                self._dashes.add(len(words))
            elif token == ":":  # noqa: S105
                self._colons.add(len(words))
            elif token == ",":  # noqa: S105
                self._commas.add(len(words))
            else:
                word = read(token)
                if begins:
                    self._starts.add(len(words))
                    begins = False
                elif token[0].isupper():
                    self.proper.add(word.cut)
                words.append(word)
        self._lead_end = min(self._lead_end or len(words), LEAD_WORDS)
        background = (at for at in range(4, self._lead_end) if words[at].background)
        self._main_end = next(background, self._lead_end)

    def _sort(self) -> None:
        words, lead_end, main_end = self.words, self._lead_end, self._main_end
        others, lead = self.others, self.lead
        at, count = 0, len(words)
        while at < count:
            word = words[at]
            if word.kind == "word" and not word.opens:  # most words; the rest goes the longer way
                if word.tells:
                    others.add(word.terms[0])
                    if at < lead_end:
                        lead.add(word.terms[0])
                at += 1
            else:
                at += self._take(word, at, at < lead_end)
            if at == main_end:
                self.main = set(lead)
        self.main = self.main or set(lead)

    def _take(self, word: Reading, at: int, leads: bool) -> int:
        """Take the word at `at`, or the phrase that it opens; return how many words that were."""
        kind, terms, step = word.kind, word.terms, 1
        for rest, phrase_kind, phrase_terms in word.opens:
            if follows(rest, self.words, at + 1):
                kind, terms, step = phrase_kind, phrase_terms, 1 + len(rest)
                break
        if kind in ("word", "units"):
            if word.tells or step > 1:
                self.others.add(terms[0])
                if leads:
                    self.lead.add(terms[0])
        elif kind in ("digits", "numbers"):
            self._number(at, step, terms[0], kind, leads)
        elif kind == "name":
            self._name(word, at, leads)
        elif kind == "agencies":
            if at in self._dashes or any(near.reports for near in self.words[max(0, at - 3) : at + step + 3]):
                self.cites.append(terms[0])
        elif kind != "months":
            self._meaning(kind, terms, at, step, leads)
        return step

    def _meaning(self, kind: str, terms: tuple[str, ...], at: int, step: int, leads: bool) -> None:
        group = self.names if kind == "people" else getattr(self, kind)
        group.add(terms[0])
        self.actors.update(terms[1:])
        if leads:
            self.lead.update(terms)
            if kind in ("people", "actors"):
                self._speaker(at, step, terms[0])
        if terms[0] == "deny":
            self._denied_until = next((n for n in range(at + 1, at + DENIAL) if n in self._starts), at + DENIAL)
        elif kind == "acts" and self._is_denied(at, step):
            self.denied.add(terms[0])

    def _is_denied(self, at: int, step: int) -> bool:
        """Whether an act stands under a denial, or a "not": just before it or right after (`евакуації не буде`)."""
        return (
            at < self._denied_until
            or any(self.words[n].negates for n in self._clause_before(at, 3))
            or any(word.folded in ("не", "not") for word in self.words[at + step : at + step + 1])
        )

    def _clause_before(self, at: int, most: int) -> Iterator[int]:
        """The words just before one, up to the comma: "if there is no progress, he warned" denies no warning."""
        for n in range(at - 1, max(0, at - most) - 1, -1):
            if n + 1 in self._commas:
                return
            yield n

    def _speaker(self, at: int, step: int, term: str) -> None:
        """Take a person or institution as the speaker when it stands after a dash or beside a word of saying."""
        near = (*self.words[max(0, at - 2) : at], *self.words[at + step : at + step + 2])
        if at in self._dashes or at + step in self._colons or any(word.says for word in near):
            self.speakers.add(term)

    def _name(self, word: Reading, at: int, leads: bool) -> None:
        """A capitalised word is a name, unless it is common, or rather common and begins a sentence."""
        if not word.tells:
            return
        plain, bones = word.terms
        begins = at in self._starts
        if word.weight < (6.5 if begins else 4.5):
            self.others.add(plain)
            term = plain
        else:
            self.names.add(bones)
            self.others.add(plain)
            term = bones
        if leads:
            self.lead.add(term)
            if not begins:
                self._speaker(at, 1, bones)

    def _number(self, at: int, step: int, value: str, kind: str, leads: bool) -> None:
        if clock := _CLOCK.match(value):
            self.dates.add(f"{int(clock[1]):02}:{clock[2]}")
            return
        if dotted := _DOTTED_DATE.match(value):
            self.dates.add(f"{dotted[2]}-{int(dotted[1]):02}")
            return
        value = value.replace(" ", "").replace(",", "")
        month = self._month(at, step)
        if month and value.isdigit() and 0 < int(value) <= 31:
            self.dates.add(f"{month}-{int(value):02}")
        elif value.isdigit() and 1900 <= int(value) <= 2100:
            self.numbers.add(f"{value} year")
        else:
            unit = next((word.terms[0] for word in self._after(at + step) if word.kind in _COUNTED), "")
            if kind == "digits" or unit:
                self.numbers.add(f"{value} {unit}")
                if leads:
                    self.lead.add(f"{value} {unit}")

    def _month(self, at: int, step: int) -> str:
        """The month that a number is a day of: `8 мая`, `May 8`, the 8 of `8-10 мая`; two digits or empty."""
        after = self.words[at + step : at + step + 2]
        if after and after[0].kind == "months":
            return after[0].terms[0][5:]
        if len(after) == 2 and after[0].kind == "digits" and after[1].kind == "months":
            return after[1].terms[0][5:]
        before = self.words[at - 1] if at else None
        return before.terms[0][5:] if before is not None and before.kind == "months" else ""

    def _after(self, at: int) -> list[Reading]:
        """The few words that a number may count, within its own clause."""
        end = at
        while end < min(len(self.words), at + 3) and end not in self._starts and end not in self._dashes:
            end += 1
        return self.words[at:end]


def terms_of(words: list[Reading]) -> set[str]:
    """Every term of some words, common or not: what `benchmarks/learn_rarity.py` counts."""
    terms: set[str] = {word.cut for word in words}
    at = 0
    while at < len(words):
        found, step = words[at].terms, 1
        for rest, _, phrase_terms in words[at].opens:
            if follows(rest, words, at + 1):
                found, step = phrase_terms, 1 + len(rest)
                break
        terms.update(found)
        at += step
    return terms
