"""The name that a mistyped word may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process


def nearest(word: str, known: Iterable[str], cutoff: float = 60.0) -> str:
    """`; did you mean 'x'?` when some known name is near, else nothing."""
    found = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=cutoff)
    return f"; did you mean '{found[0]}'?" if found else ""
