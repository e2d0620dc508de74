from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text import first_sentence, sentence_starts


def cut(text: str) -> list[str]:
    starts = [*sentence_starts(text), len(text)]
    return [text[a:b].strip() for a, b in itertools.pairwise(starts)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("The U.S. Embassy in Kyiv. It closed.", ["The U.S. Embassy in Kyiv.", "It closed."]),
        ("Gen. Smith met J.D. Vance.", ["Gen. Smith met J.D. Vance."]),
        ("Погибли 5 тыс. Человек. Далее", ["Погибли 5 тыс. Человек.", "Далее"]),
        ("у 2024 р. Київ. Далі", ["у 2024 р. Київ.", "Далі"]),
        ("Заголовок\n\nТекст поста\nещё строка", ["Заголовок", "Текст поста", "ещё строка"]),
        ('He said: "Go." Then left.', ['He said: "Go."', "Then left."]),
        ("It fell.\nmore follows", ["It fell.", "more follows"]),
        ("wait... what", ["wait... what"]),
        ("Version 2.5 is out", ["Version 2.5 is out"]),
        ("", []),
    ],
)
def test_cuts(text: str, sentences: list[str]) -> None:
    """Full stops end sentences, abbreviations and initials do not, line breaks do."""
    assert [part for part in cut(text) if part] == sentences


@given(st.text(max_size=200) | st.text('.!? \n"a', max_size=60))
@example("." * 5_000 + "x")
@example(" " * 5_000)
@example('!" ' * 2_000)
def test_starts_ascend(text: str) -> None:
    """Offsets begin at 0, rise, and stay inside the text."""
    starts = sentence_starts(text)
    assert starts[0] == 0
    assert all(a < b for a, b in itertools.pairwise(starts))
    assert starts[-1] <= len(text)


@given(st.text(max_size=200), st.integers(10, 120))
def test_first_sentence_is_an_extract(text: str, limit: int) -> None:
    """The headline is literal text, within the limit; only an ellipsis may be added."""
    headline = first_sentence(text, limit)
    assert len(headline) <= limit
    assert headline.removesuffix("…") in text


def test_first_sentence_skips_bare_emoji() -> None:
    """A line of emoji is no headline."""
    assert first_sentence("⚡️⚡️\nBridge closed after blast. More soon.", 80) == "Bridge closed after blast."
    assert first_sentence("Bridge closed after a blast near the port", 25) == "Bridge closed after a…"
