from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import canonical

# Letters of our scripts, marks, apostrophes, hyphens, invisible characters, oddities: where trouble lives.
TROUBLE = st.text(
    st.sampled_from(
        "aAbcehikmoptxyzß1²½ﬁŉǰİıſＵＳ еёйїієґўАВСЕУХТ'’ʼ`´-‐–−\u00ad\u200b\u200d\u2060\ufeff\u0301\u0306\u0308\u0345.,_*@/#\n"
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("Ёлка", "елка"),
        ("за́мок", "замок"),
        ("й і ї ў", "й і ї ў"),
        ("и\u0306 і\u0308", "й ї"),
        ("п’ять", "пять"),
        ("п'ять", "пять"),
        ("пʼять", "пять"),
        ("п`ять", "пять"),
        ("cease‑fire", "cease-fire"),
        ("cease\u00adfire", "ceasefire"),
        ("Ки\u200bев", "киев"),
        ("ＵＳ", "us"),
        ("Straße", "strasse"),
        ("ﬁre", "fire"),
        ("Erdoğan", "erdogan"),
        ("Мiнськ", "мінськ"),  # a Latin i
        ("Poссия", "россия"),  # a Latin P and o
        ("Kyїv", "kyїv"),  # neither script alone
        ("Оslo", "oslo"),  # a Cyrillic О
    ],
)
def test_written_forms_of_one_word_are_one(written: str, same: str) -> None:
    """What a reader takes for the same word is the same text."""
    assert canonical(written) == same


@given(TROUBLE | st.text(max_size=40))
def test_settled(text: str) -> None:
    """The canonical form of a canonical form is itself, for any Unicode."""
    once = canonical(text)
    assert canonical(once) == once


@given(st.text("abcdefgABC абвгдеёжАБВ,.!?", max_size=40))
def test_everyday_text_keeps_its_length(text: str) -> None:
    """Where nothing is dropped, nothing moves."""
    assert len(canonical(text)) == len(text)
