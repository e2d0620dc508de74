"""What gathering compares: a post reduced to its words, what they mean, its names, places, numbers and dates.

Pure: the same post and matches give the same fingerprint on every machine. Boilerplate is left out (clean.py), words
are cut to six letters, and whatever the shipped vocabulary knows is named independently of language (lexicon.py).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

from bot.events.clean import body
from bot.events.lexicon import Reading, follows, rarity, read
from bot.model import Fingerprint, Match, Post

MOST_WORDS = 140  # a post says its news early; the rest of a long read tells nothing about sameness
LEAD_WORDS = 32
COMMON = 2.0  # weight below which a word is as good as empty: every fifth post holds it
WINNOW = 5  # of so many neighbouring pairs of words the rarest is kept as a key

_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}|\d+(?:[.,: ]\d{3}\b)*(?:[.,:]\d+)*|[^\W\d_]+(?:['’ʼ`´][^\W\d_]+)*|[.!?…\n]", re.UNICODE
)
_STOP = frozenset(".!?…\n")
_DIGEST = re.compile(
    r"главное (?:к утру|за |к вечеру|на утро)|к этому часу|итоги (?:дня|недели)|коротко о главном|что произошло за|дайджест|"
    r"головне (?:за|на ранок|до ранку)|підсумки (?:дня|тижня)|дайджест|коротко про головне|"
    r"\bweek in review\b|\bmorning brief|\bevening brief|\bdigest\b|\brecap\b|\bround-?up\b|\bwhat we know so far\b|"
    r"\bkey (?:events|developments) (?:of|on)\b|\b(?:daily|weekly) (?:summary|wrap)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"\b(?:not|no plans?|never|won't|isn't|aren't|denie[sd]|denying|fake|hoax|не|нет|немає|нема|ні|фейк\w*|опровер\w+|спросту\w+|заперечу\w+)\b",
    re.IGNORECASE,
)
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_RUSSIAN = re.compile("[ыэъёЫЭЪЁ]")
_FIELDS = {
    "actors": "actors",
    "agencies": "cites",
    "people": "names",
    "places": "places",
    "acts": "acts",
    "things": "things",
    "name": "names",
}
_COUNTED = ("units", "acts", "things", "actors", "places")
_CLOCK = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_DOTTED_DATE = re.compile(r"^([0-3]?\d)\.(0\d|1[0-2])(?:\.\d+)?$")


def fingerprint(post: Post, matches: Iterable[Match] = ()) -> Fingerprint:
    """The fingerprint of `post`; its matches add what they prove independently of language."""
    title, text = body(post)
    lead_tokens = _TOKEN.findall(title)
    tokens = [*lead_tokens, "\n", *_TOKEN.findall(text[:4000])] if title else _TOKEN.findall(text[:4000])
    found = _Found()
    found.take(tokens[: MOST_WORDS * 2], len(lead_tokens))
    matched = tuple(matches)
    return Fingerprint(
        words=tuple(found.cuts),
        keys=winnow(found.cuts),
        names=_sorted(found.fields["names"]),
        actors=_sorted(found.fields["actors"]),
        places=_sorted(found.fields["places"]),
        acts=_sorted(found.fields["acts"]),
        things=_sorted(found.fields["things"]),
        others=_sorted(found.fields["others"]),
        numbers=_sorted(found.numbers),
        dates=_sorted(found.dates),
        lead=_sorted(found.lead),
        cites=tuple(dict.fromkeys(found.cites)),
        language=post.language or language(text or title),
        negated=_NEGATED.search(f"{title}. {text[:300]}") is not None,
        digest=_is_digest(title, text),
        signals=tuple(sorted({(m.storyline, m.signal, m.phase or "") for m in matched if m.hits})),
        concepts=_sorted({hit.concept for m in matched for hit in m.hits}),
    )


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


class _Found:
    """Collects what a post speaks of while its words are read once, from left to right."""

    def __init__(self) -> None:
        self.cuts: list[str] = []
        self.fields: dict[str, set[str]] = {
            name: set() for name in ("names", "actors", "places", "acts", "things", "others")
        }
        self.numbers: set[str] = set()
        self.dates: set[str] = set()
        self.lead: set[str] = set()
        self.cites: list[str] = []

    def take(self, tokens: list[str], title_length: int) -> None:
        words: list[Reading] = []
        starts: list[bool] = []
        lead_end = title_length
        begins = True
        for token in tokens:
            if token in _STOP:
                begins = True
                if not lead_end and len(words) >= 7:
                    lead_end = len(words)
                continue
            words.append(read(token))
            starts.append(begins)
            begins = False
        lead_end = min(lead_end or len(words), LEAD_WORDS)
        at = 0
        while at < len(words):
            at = self._word(words, at, starts[at], at < lead_end)

    def _word(self, words: list[Reading], at: int, begins: bool, leads: bool) -> int:
        """Take the word at `at`, or the phrase that it opens; return where to go on."""
        word = words[at]
        kind, terms, step = word.kind, word.terms, 1
        for rest, phrase_kind, phrase_terms in word.opens:
            if follows(rest, words, at + 1):
                kind, terms, step = phrase_kind, phrase_terms, 1 + len(rest)
                break
        if len(self.cuts) < MOST_WORDS:
            for n in range(at, at + step):
                self.cuts.append(words[n].cut)
        if kind in ("digits", "numbers"):
            self._number(words, at, step, terms[0], kind, leads)
        elif kind == "months":
            pass
        elif kind == "agencies":
            self.cites.append(terms[0])
        elif kind == "name":
            self._name(word, begins, leads)
        elif kind == "word" or kind == "units":
            if rarity(terms[0]) >= COMMON:
                self.fields["others"].add(terms[0])
                if leads:
                    self.lead.add(terms[0])
        else:
            self.fields[_FIELDS[kind]].add(terms[0])
            self.fields["actors"].update(terms[1:])
            if leads:
                self.lead.update(terms)
        return at + step

    def _name(self, word: Reading, begins: bool, leads: bool) -> None:
        """A capitalised word is a name, unless it merely begins a sentence and is common."""
        plain, bones = word.terms
        term = plain if begins and rarity(plain) < 6.5 else bones
        self.fields["others" if term is plain else "names"].add(term)
        if term is bones:
            self.fields["others"].add(plain)
        if leads:
            self.lead.add(term)

    def _number(self, words: list[Reading], at: int, step: int, value: str, kind: str, leads: bool) -> None:
        if clock := _CLOCK.match(value):
            self.dates.add(f"{int(clock[1]):02}:{clock[2]}")
            return
        if dotted := _DOTTED_DATE.match(value):
            self.dates.add(f"{dotted[2]}-{int(dotted[1]):02}")
            return
        value = value.replace(" ", "").replace(",", "")
        after = words[at + step : at + step + 3]
        before = words[at - 1] if at else None
        month = next((w for w in after[:1] if w.kind == "months"), None)
        if month is None and before is not None and before.kind == "months":
            month = before
        if month is not None and value.isdigit() and 0 < int(value) <= 31:
            self.dates.add(f"{month.terms[0][5:]}-{int(value):02}")
            return
        if value.isdigit() and 1900 <= int(value) <= 2100:
            self.numbers.add(f"{value} year")
            return
        unit = next((w.terms[0] for w in after if w.kind in _COUNTED), "")
        if kind == "digits" or unit:
            self.numbers.add(f"{value} {unit}")
            if leads:
                self.lead.add(f"{value} {unit}")


def said_terms(text: str) -> set[str]:
    """Every term of a text, common or not: what `benchmarks/learn_rarity.py` counts."""
    words = [read(token) for token in _TOKEN.findall(text) if token not in _STOP]
    terms: set[str] = set()
    at = 0
    while at < len(words):
        word, step = words[at], 1
        found = word.terms
        for rest, _, phrase_terms in word.opens:
            if follows(rest, words, at + 1):
                found, step = phrase_terms, 1 + len(rest)
                break
        terms.update(found)
        terms.add(word.cut)
        at += step
    return terms


def winnow(words: list[str]) -> tuple[int, ...]:
    """Keys of a text: of every few neighbouring pairs of words the rarest one, as a stable number.

    Winnowing (Schleimer, Wilkerson, Aiken 2003) with rarity as the order: two texts that share a run of six words
    share a key, wherever the run stands, so prefixes, cuts and appended sentences do not matter.
    """
    pairs = [
        (-(rarity(a) + rarity(b)), zlib.crc32(f"{a} {b}".encode()))
        for a, b in zip(words[:90], words[1:90], strict=False)
    ]
    if len(pairs) <= WINNOW:
        return tuple(sorted({key for _, key in pairs}))
    return tuple(sorted({min(pairs[n : n + WINNOW])[1] for n in range(len(pairs) - WINNOW + 1)}))


def language(text: str) -> str:
    """`en`, `uk` or `ru` by the letters used; `en` stands for any Latin text. Feeds only the choice of scorer."""
    sample = text[:400]
    cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in sample)
    if cyrillic * 2 < sum(letter.isalpha() for letter in sample):
        return "en"
    return "uk" if len(_UKRAINIAN.findall(sample)) > len(_RUSSIAN.findall(sample)) else "ru"


def _is_digest(title: str, text: str) -> bool:
    """Whether a post sums up several stories: it says so, in its title or its first line."""
    return _DIGEST.search(title) is not None or _DIGEST.search(text[:160].split("\n", 1)[0]) is not None
