"""Where sentences begin, and the first one as a headline."""

from __future__ import annotations

import itertools
import re

_END = re.compile(
    r"(?<![.!?…。！？])(?P<mark>[.!?…。！？]++)[\"'»”’)\]*_]*+[^\S\n\r\u2028\u2029]+(?P<next>[^\s])"
    r"|[\n\r\u2028\u2029]\s*"  # a line is a sentence
)
_SHORT = frozenset(
    (  # noqa: SIM905
        "mr mrs ms dr prof gen lt col sgt capt maj sen rep gov pres st vs no jan feb mar apr jun jul aug sep sept oct "
        "nov dec inc ltd co corp dept est approx г гг ул им тыс млн млрд руб ст стр см др пр т д п е к в вв напр проф "
        "ген акад кв обл р м с о тис грн смт вул"
    ).split()
)
_LAST_WORD = re.compile(r"[^\W_]+$")


def sentence_starts(text: str) -> list[int]:
    """Offsets at which sentences begin, ascending; the first is 0.

    A line break ends a sentence, as Telegram writes. A full stop does before a capital, a digit or a mark, unless it
    closes an initial or a usual abbreviation (`U.S. Embassy`, `Gen. Smith`, `5 тыс. человек`).
    """
    starts = [0]
    for end in _END.finditer(text):
        if end["next"] and not _closes(text, end):
            continue
        start = end.start("next") if end["next"] else end.end()
        if start < len(text) and start > starts[-1]:
            starts.append(start)
    return starts


def _closes(text: str, end: re.Match[str]) -> bool:
    if end["next"].islower():
        return False
    if end["mark"] != ".":
        return True
    word = _LAST_WORD.search(text, max(0, end.start() - 20), end.start())
    return word is None or not ((len(word.group()) == 1 and word.group().isalpha()) or word.group().lower() in _SHORT)


def first_sentence(text: str, limit: int) -> str:
    """The first sentence that has a letter, a literal extract; cut at a word with `…` when longer than `limit`."""
    starts = [*sentence_starts(text), len(text)]
    for start, end in itertools.pairwise(starts):
        sentence = text[start:end].strip()
        if any(map(str.isalnum, sentence)):
            return _cut(sentence, limit)
    return _cut(text.strip(), limit)


def _cut(sentence: str, limit: int) -> str:
    if len(sentence) <= limit:
        return sentence
    head = sentence[: max(0, limit - 1)]
    word_end = head.rfind(" ")
    if word_end > limit // 2 and not sentence[limit - 1 : limit].isspace():
        head = head[:word_end]
    return (head.rstrip(" ,;:–—-") + "…")[:limit]
