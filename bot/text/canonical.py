"""One written form for what a reader takes for the same word: the form in which rules and posts are compared."""

from __future__ import annotations

import re
import unicodedata

APOSTROPHES = "'`´ʹʼˈ‘’‛′＇՚"
HYPHENS = "-‐‑‒–−﹣－"
INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
)
"""As ranges of a character class: soft hyphen, zero-width and direction marks, variation selectors."""

_EVERYDAY = re.compile(r"[\x00-\x7fА-Яа-яЁёІіЇїЄєҐґЎў–—«»„“”№€…•]*")
"""Texts made of these alone need no normalisation: `…` and `№` are not letters and stand for themselves."""

_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_ACCENTS = re.compile(  # й, ў and ї keep theirs: without it they are other letters
    "(?<![иу])\u0306|(?<!і)\u0308|[\u0300-\u0305\u0307\u0309-\u036f\u0483-\u0489"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u064b-\u0652\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_APOSTROPHE_INSIDE = re.compile(rf"(?<=[^\W_])[{APOSTROPHES}]+(?=[^\W_])")
_OTHER_HYPHEN = re.compile(f"[{HYPHENS[1:]}]")
_WORD = re.compile("[a-zЀ-ӿ]+")
_LATIN_LETTER = re.compile("[a-z]")
_CYRILLIC_LETTER = re.compile("[Ѐ-ӿ]")

_LATIN = "abcehikmoptxy"
_CYRILLIC = "авсенікмортху"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)


def canonical(text: str) -> str:
    """The text in its comparable form; doing it twice changes nothing.

    Unicode NFKC and casefold; ё is е; accents and stress marks are dropped except those that make another letter
    (й, ї, ў); invisible characters are dropped; an apostrophe inside a word is dropped, every hyphen is `-`; a word
    that mixes look-alike Latin and Cyrillic letters is written in one script. Lengths can change, so spans in the
    original come from `bot.text.tokenize`, not from here.
    """
    if text.isascii():
        folded = text.lower()
        return _APOSTROPHE_INSIDE.sub("", folded) if "'" in folded or "`" in folded else folded
    for _ in range(8):  # one round settles nearly every text; a decomposition can bring up new letters to fold
        folded = _fold(text)
        if folded == text:
            break
        text = folded
    return text


def _fold(text: str) -> str:
    if _EVERYDAY.fullmatch(text):
        text = text.lower()
        if "ё" in text:
            text = text.replace("ё", "е")
    else:
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold())
        text = unicodedata.normalize("NFKC", _ACCENTS.sub("", _INVISIBLE.sub("", text)))
    text = _APOSTROPHE_INSIDE.sub("", _OTHER_HYPHEN.sub("-", text))
    if _LATIN_LETTER.search(text) and _CYRILLIC_LETTER.search(text):
        return _WORD.sub(_one_script, text)
    return text


def _one_script(match: re.Match[str]) -> str:
    """A Latin `a` inside a Cyrillic word becomes `а`, and the reverse; a word that cannot be either stays."""
    word = match.group()
    if word.isascii() or not _LATIN_LETTER.search(word):
        return word
    cyrillic = word.translate(_TO_CYRILLIC)
    if not any("a" <= letter <= "z" for letter in cyrillic):
        return cyrillic
    latin = word.translate(_TO_LATIN)
    return latin if latin.isascii() else word
