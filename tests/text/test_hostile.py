"""Texts made to be slow. No time is measured: a quadratic reader would run into the suite's timeout."""

from __future__ import annotations

import pytest

from bot.text import body_end, canonical, canonical_url, find_urls, first_sentence, sentence_starts, tokenize

SIZE = 100_000


@pytest.mark.parametrize(
    "piece",
    ["ab.", "a-", ".", " ", "\n", "a.", "1,", "@", "a'", "a**", "a__", "http://", "www.", '!" ', "a's's", "\u0301", "a\u200b", "аa", "("],
)  # fmt: skip
def test_long_repetitions_are_read(piece: str) -> None:
    """Every reader of text passes over a hundred thousand repeated characters in one go."""
    text = "x" + piece * (SIZE // len(piece)) + "/ a"
    tokens = tokenize(text)
    assert len(tokens.words) == len(tokens.starts)
    for read in (sentence_starts, canonical, find_urls, canonical_url, lambda t: first_sentence(t, 100)):
        read(text)
    assert body_end(f"News.\n{text}") > 0
