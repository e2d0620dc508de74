"""What single words mean: the shipped vocabulary, skeletons of names, and how rare a term is.

Everything here is a pure function of its arguments and of two shipped files, `meanings.txt` and `rarity.txt`; the
memos only save time. A word is *read* once: folded over the spellings of one language family, looked up among the
meanings, or else cut to six letters, which keeps the forms of an inflected word together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from bot.events.fold import fold
from bot.events.marks import BACKGROUND, NEGATIONS, REPORTING, SAID, SAYING, STOP_WORDS

HERE = Path(__file__).parent
COMMON = 2.0  # weight below which a word is as good as empty: every seventh post holds it
CUT = 6  # letters
UNKNOWN = 8.0  # weight of a term that the archive never held often enough to be counted

_POSSESSIVE = re.compile("['’`ʼ][sS]$")

Phrase = tuple[tuple[str, ...], str, tuple[str, ...]]  # the words after the first, kind, terms


class Reading(NamedTuple):
    """What one written word stands for, and how it bears on its neighbours."""

    cut: str  # folded, at most six letters: the unit of near-duplicate reading
    kind: str  # actors · places · people · acts · things · units · months · numbers · agencies · word · name · digits
    terms: tuple[str, ...]  # the first is its own meaning, the others what that implies
    opens: tuple[Phrase, ...]  # phrases that it may begin
    folded: str
    weight: float  # rarity of the first term
    cut_weight: float  # rarity of `cut`
    tells: bool  # not one of the words that every post holds
    says: bool  # a word of saying: its neighbour speaks
    negates: bool
    reports: bool  # its neighbour is whom the news is taken from
    background: bool  # what follows is not the news: "after", "amid"


def _fits(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


class _Vocabulary:
    """The shipped meanings, indexed by exact word, by beginning, and by the first word of a phrase."""

    def __init__(self, path: Path):
        self.exact: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.cased: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.starts: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], str, tuple[str, ...]]]] = {}
        self.kinds: dict[str, str] = {}
        kind = ""
        for line in path.read_text("utf-8").splitlines():
            line = line.partition("#")[0].strip()
            if line.startswith("["):
                kind = line.strip("[]")
            elif line:
                names, _, words = line.partition(":")
                terms = tuple(names.split())
                self.kinds.setdefault(terms[0], kind)
                for word in words.split():
                    self._add(word, kind, terms)

    def _add(self, word: str, kind: str, terms: tuple[str, ...]) -> None:
        if word.startswith("="):
            self.cased.setdefault(word[1:].replace(".", ""), (kind, terms))
            return
        parts = tuple(fold(part.rstrip("*")) + "*" * part.endswith("*") for part in re.split(r"[_-]", word) if part)
        if len(parts) > 1:
            self.phrases.setdefault(parts[0], []).append((parts[1:], kind, terms))
        elif parts and parts[0].endswith("*"):
            self.starts.setdefault(parts[0][:-1], (kind, terms))
        elif parts:
            self.exact.setdefault(parts[0], (kind, terms))

    def of(self, folded: str) -> tuple[str, tuple[str, ...]] | None:
        """The meaning of a folded word: its exact form first, then the longest known beginning."""
        if found := self.exact.get(folded):
            return found
        for length in range(len(folded), 2, -1):
            if found := self.starts.get(folded[:length]):
                return found
        return None

    def opening(self, folded: str) -> tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]:
        """The phrases that `folded` may begin, the longest first."""
        found = list(self.phrases.get(folded, ()))
        for length in range(1, len(folded) + 1):
            found += self.phrases.get(folded[:length] + "*", ())
        return tuple(sorted(found, key=lambda phrase: -len(phrase[0])))


@lru_cache(maxsize=1)
def vocabulary() -> _Vocabulary:
    """The shipped meanings, read once."""
    return _Vocabulary(HERE / "meanings.txt")


@lru_cache(maxsize=1)
def _rarities() -> dict[str, float]:
    """Weight of each counted term: minus the logarithm of the share of posts that hold it."""
    path = HERE / "rarity.txt"
    found: dict[str, float] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        if line and not line.startswith("#"):
            term, _, level = line.rpartition(" ")
            found[term] = int(level) / 4
    return found


def rarity(term: str) -> float:
    """How telling it is that two posts share `term`: 0 for a word of every post, 8 for one hardly ever seen."""
    return _rarities().get(term, UNKNOWN)


_memo: dict[str, Reading] = {}
_MEMO_LIMIT = 300_000


def read(word: str) -> Reading:
    """What `word`, as written, stands for. Remembered, since an archive repeats its words."""
    found = _memo.get(word)
    if found is None:
        if len(_memo) >= _MEMO_LIMIT:
            _memo.clear()
        found = _memo[word] = _read(word)
    return found


def _read(word: str) -> Reading:
    folded = fold(_POSSESSIVE.sub("", word))
    kind, terms = _meaning(word, folded)
    cut, weight = folded[:CUT], rarity(terms[0])
    return Reading(
        cut=cut,
        kind=kind,
        terms=terms,
        opens=vocabulary().opening(folded),
        folded=folded,
        weight=weight,
        cut_weight=rarity(cut),
        tells=weight >= COMMON and folded not in STOP_WORDS,
        says=terms[0] in SAYING or folded.startswith(SAID),
        negates=folded in NEGATIONS,
        reports=folded.startswith(REPORTING),
        background=folded in BACKGROUND,
    )


def _meaning(word: str, folded: str) -> tuple[str, tuple[str, ...]]:
    if word[:1].isdigit():
        return "digits", (folded,)
    known = vocabulary()
    if meaning := known.cased.get(word.replace(".", "")) or known.of(folded):
        return meaning
    if word[:1].isupper() and len(folded) > 2:
        return "name", (folded[:CUT], skeleton(folded))
    cut = folded[:CUT]
    return "word", (f"{cut}'" if cut in known.kinds else cut,)  # the word "us" is not the meaning `us`


def follows(phrase: tuple[str, ...], words: list[Reading], at: int) -> bool:
    """Whether the words from `at` on are the rest of a phrase."""
    if at + len(phrase) > len(words):
        return False
    return all(_fits(pattern, words[at + n].folded) for n, pattern in enumerate(phrase))


# --- names -------------------------------------------------------------------------------------------------------

_ENDINGS = tuple(
    "ому ого ими ами ями ием ием ах ях ою ею ом ем им ии ои еи ия ию ие ов ев ам ям у ю а я е и о".split()  # noqa: SIM905
)
_KEEP = {"ов", "ев"}
_LATIN = (
    ("tsch", "c"), ("tch", "c"), ("sch", "s"), ("szcz", "s"), ("sz", "s"), ("cz", "c"), ("shch", "s"), ("sh", "s"),
    ("ch", "c"), ("zh", "z"), ("kh", "h"), ("ph", "f"), ("th", "t"), ("ts", "c"), ("tz", "c"), ("ck", "k"),
    ("ce", "s"), ("ci", "s"), ("cy", "s"), ("qu", "kv"), ("q", "k"), ("x", "ks"), ("w", "v"), ("gh", "g"), ("j", "z"),
)  # fmt: skip
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "z",
            "z",
            "i",
            "i",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "h",
            "c",
            "c",
            "s",
            "s",
            "u",
            "a",
        ],
        strict=True,
    )
)
_VOWELS = frozenset("aeiouy")


def skeleton(folded: str) -> str:
    """A name's bones, alike in Latin and Cyrillic letters and in every case: Лаврова, Lavrov → `~lvrv`.

    Endings of inflection go, Cyrillic is written in Latin letters, doubled letters and vowels (but the first letter)
    go. Short names keep their vowels, since two consonants tell little.
    """
    if folded[0] >= "Ѐ":
        folded = _bare(folded)
        if folded.startswith(("уи", "уо", "уе", "уа")) and len(folded) > 4:
            folded = "в" + folded[1:]
        latin = "".join(_CYRILLIC.get(letter, letter) for letter in folded.replace("дж", "з"))
    else:
        latin = folded
        for seen, heard in _LATIN:
            latin = latin.replace(seen, heard)
        latin = latin.replace("c", "k") if "c" in latin and "ch" not in folded and "t" not in folded else latin
        latin = latin.replace("y", "i")
    bones = latin[:1] + "".join(letter for letter in latin[1:] if letter not in _VOWELS)
    bones = re.sub(r"(.)\1+", r"\1", bones)
    return "~" + (bones[:6] if len(bones) > 2 else re.sub(r"(.)\1+", r"\1", latin)[:5])


def _bare(folded: str) -> str:
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= 4 and ending not in _KEEP:
            return folded[: -len(ending)]
    return folded
