from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text import sentence_starts, tokenize

TROUBLE = st.text(
    st.sampled_from(
        "aAsSbUxz0139²½ﬁßİ еёйїАСШ’ʼ'`-‐–\u00ad\u200b\u200d\ufe0f\u20e3\u0301\u0308.,_*@/#:()[]!?…\n 🇺🇸ﷺ中한กิ"
    ),
    max_size=40,
)


def words(text: str) -> str:
    return " ".join(tokenize(text).words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. said Russia's troops won't leave", "the us said russia troops wont leave"),
        ("J.D. Vance, e.g. today.", "jd vance eg today"),
        ("US’s states' plan", "us states plan"),
        ("1,000 dead, 3,5 млн, 22.11.2026, 10-15 km²", "1000 dead 3.5 млн 22.11.2026 10 15 km2"),
        ("**US**-led __talks__ Каза**нь** foo_bar ~~no~~", "us led talks казань foo bar no"),
        ("[Reuters](https://example.org/a_b?c=d) says t.me/abc/12 www.example.org", "reuters says"),
        ("и/или 24/7 @osint_feed #Київ", "и или 24 7 @osintfeed київ"),
        ("⚡️1️⃣ 🇺🇸США❗️", "1 сша"),
        ("Ростов-на-Дону — по-прежнему", "ростов на дону по прежнему"),
        ("П’ять об'єктів", "пять обєктів"),
        ("конец.А потом", "конец а потом"),
        ("", ""),
        ("… — 🙂 _ __ ** '", ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    """Marks, links, signs and possessives stay out of the words."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("a cease-fire now", [(1, 2, "ceasefire")]),
        ("F-16 and Су-34", [(0, 1, "f16"), (3, 4, "су34")]),
        ("tit-for-tat", [(0, 1, "titfor"), (0, 2, "titfortat"), (1, 2, "fortat")]),
        ("10-15 people", []),
        ("war - peace", []),
        ("x/y cease‑fire https://a.b/c-d", [(2, 3, "ceasefire")]),
    ],
)
def test_compounds(text: str, joined: list[tuple[int, int, str]]) -> None:
    """A hyphenated compound is also one word, beside its parts and without moving what follows."""
    assert tokenize(text).joined == joined


@given(TROUBLE | st.text(max_size=60))
@example("a" * 5000 + "-" * 5000)
@example("1," * 3000)
@example("a." * 3000)
@example("\ud800 lone surrogate")
def test_spans_point_at_their_words(text: str) -> None:
    """Any string gives parallel lists, spans in order within the text, and each span by itself is that one word."""
    tokens = tokenize(text)
    assert len(tokens.words) == len(tokens.starts) == len(tokens.ends) == len(tokens.sentences)
    end = 0
    for index, word in enumerate(tokens.words):
        assert end <= tokens.starts[index] < tokens.ends[index] <= len(text)
        end = tokens.ends[index]
        assert tokenize(tokens.original(index)).words == [word]
        assert tokens.written(index)
    assert list(tokens.sentences) == sorted(tokens.sentences)
    for first, last, _ in tokens.joined:
        assert 0 <= first < last < len(tokens.words)


@given(TROUBLE)
def test_words_are_letters_and_digits(text: str) -> None:
    """No word holds a blank or a mark, so that words can be compared and stored as they are."""
    for word in tokenize(text).words:
        assert word
        assert word == word.strip()
        assert word.lstrip("@").replace(".", "").isalnum()


def test_written_keeps_capitals() -> None:
    """`written` tells US from us, with dots, possessives and marks away."""
    tokens = tokenize("us, US, U.S., **US**'s, US-led cease-Fire (https://a.b/US)")
    assert [tokens.written(i) for i in range(len(tokens))] == ["us", "US", "US", "US", "US", "led", "cease", "Fire"]


@given(
    TROUBLE
    | st.lists(st.sampled_from(["Gen. Smith", "U.S.", "left.", "Да!", "\n", "t.me/a/1", "5 тыс.", "“Hi”"])).map(
        " ".join
    )
)
def test_every_word_is_in_the_sentence_where_it_begins(text: str) -> None:
    """Sentences are counted by chunks of text; it comes to the same as asking for every word where it begins."""
    tokens, begins = tokenize(text), sentence_starts(text)
    assert list(tokens.sentences) == [bisect_right(begins, start) - 1 for start in tokens.starts]
