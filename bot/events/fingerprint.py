"""What gathering compares: a post reduced to its words, what they mean, its names, places, numbers and dates.

Pure: the same post and matches give the same fingerprint on every machine. Boilerplate is left out (clean.py), words
are cut to six letters, and whatever the shipped vocabulary knows is named independently of language (lexicon.py).
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Iterable

from bot.events.clean import body
from bot.events.lexicon import Reading, read
from bot.events.walk import Walk, terms_of
from bot.model import Fingerprint, Match, Post
from bot.text.canonical import canonical
from bot.text.links import canonical_url

MOST_TOKENS = 220  # a post says its news early; the rest of a long read tells nothing about sameness
MOST_WORDS = 120
KEYS = 14  # pairs of words by which a copy is found
KEY_WORDS = 80  # taken from so many first words

_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}|\d+(?:[.,: ]\d{3}\b)*(?:[.,:]\d+)*|[^\W\d_]+(?:['’ʼ`´][^\W\d_]+)*|[.!?…\n—–:,]", re.UNICODE
)
_MARK = frozenset(".!?…\n—–:,")
_DIGEST = (
    *(
        "главное к утру",
        "главное за ",
        "главное к вечеру",
        "главное на утро",
        "к этому часу",
        "итоги дня",
        "итоги недели",
    ),
    *("коротко о главном", "что произошло за", "дайджест", "головне за", "головне на ранок", "головне до ранку"),
    *("підсумки дня", "підсумки тижня", "коротко про головне", "week in review", "morning brief", "evening brief"),
    *("digest", "recap", "round-up", "roundup", "what we know so far", "key events", "key developments"),
    *("daily summary", "weekly summary", "daily wrap", "weekly wrap"),
)
_LETTER = re.compile(r"[^\W\d_]")
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_RUSSIAN = re.compile("[ыэъёЫЭЪЁ]")


def fingerprint(post: Post, matches: Iterable[Match] = ()) -> Fingerprint:
    """The fingerprint of `post`; its matches add what they prove independently of language."""
    title, text = body(post)
    said = f"{title}\n{text[:2000]}" if title else text[:2000]
    found = Walk(_TOKEN.findall(said)[:MOST_TOKENS], bool(title))
    words = found.words[:MOST_WORDS]
    matched = tuple(matches)
    return Fingerprint(
        words=tuple([word.cut for word in words]),
        keys=keys_of(words),
        names=_tuple(found.names),
        actors=_tuple(found.actors),
        places=_tuple(found.places),
        acts=_tuple(found.acts),
        things=_tuple(found.things),
        others=_tuple(found.others),
        numbers=_tuple(found.numbers),
        dates=_tuple(found.dates),
        lead=_tuple(found.lead),
        main=_tuple(found.main),
        denied=_tuple(found.denied),
        speakers=_tuple(found.speakers),
        proper=_tuple(found.proper),
        cites=tuple(dict.fromkeys(found.cites)),
        language=post.language or language(text or title),
        digest=_is_digest(title, text),
        signals=tuple(sorted({(m.storyline, m.signal, m.phase or "") for m in matched if m.hits})),
        concepts=tuple(sorted({hit.concept for m in matched for hit in m.hits})),
        forward=_forward(post.forwarded_from),
    )


def readings(text: str) -> list[Reading]:
    """The words of a text, read."""
    return [read(token) for token in _TOKEN.findall(text) if token not in _MARK]


def said_terms(text: str) -> set[str]:
    """Every term of a text, common or not: what `benchmarks/learn_rarity.py` counts."""
    return terms_of(readings(text))


def keys_of(words: list[Reading]) -> tuple[int, ...]:
    """Keys of a text: its rarest pairs of neighbouring words, as stable numbers, ascending.

    A copy shares many of them wherever it was cut, wrapped or continued, since what makes a pair rare does not depend
    on where it stands.
    """
    words = words[:KEY_WORDS]
    weights = [a.cut_weight + b.cut_weight for a, b in itertools.pairwise(words)]
    rarest = sorted(range(len(weights)), key=weights.__getitem__, reverse=True)[:KEYS]
    return tuple(sorted({zlib.crc32(f"{words[at].cut} {words[at + 1].cut}".encode()) for at in rarest}))


def language(text: str) -> str:
    """`en`, `uk` or `ru` by the letters used; `en` stands for any Latin text. Feeds only the choice of scorer."""
    sample = text[:120]
    if sample.isascii() or len(_CYRILLIC.findall(sample)) * 2 < len(_LETTER.findall(sample)):
        return "en"
    return "uk" if len(_UKRAINIAN.findall(sample)) > len(_RUSSIAN.findall(sample)) else "ru"


def _tuple(terms: set[str]) -> tuple[str, ...]:
    return tuple(sorted(terms)) if terms else ()


def _forward(origin: str | None) -> str:
    if not origin:
        return ""
    return canonical_url(origin) if "/" in origin else canonical(origin)


def _is_digest(title: str, text: str) -> bool:
    """Whether a post sums up several stories: it says so, in its title or its first line."""
    opening = f"{title}\n{text[:160].partition(chr(10))[0]}".lower()
    return any(phrase in opening for phrase in _DIGEST)
