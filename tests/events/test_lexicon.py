from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events.fold import fold
from bot.events.lexicon import HERE, rarity, read, skeleton, vocabulary


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        (("embassy", "посольство", "посольства", "посольству"), "embassy"),
        (("ceasefire", "перемирие", "перемир’я"), "ceasefire"),
        (("drones", "беспилотники", "дрони"), "drone"),
        (("Kyiv", "Киева", "Києві"), "kyiv"),
        (("Rubio", "Рубио", "Рубіо"), "rubio"),
        (("killed", "погибли", "загинули"), "kill"),
    ],
)
def test_a_word_means_the_same_in_every_language(words: tuple[str, ...], meaning: str) -> None:
    """English, Russian and Ukrainian words for one thing share one meaning, in every case."""
    assert {read(word).terms[0] for word in words} == {meaning}


@pytest.mark.parametrize(
    "names",
    [
        ("Korvatov", "Корватов", "Корватова", "Корватовым"),
        ("Medinsky", "Мединский", "Мединского", "Мединський"),
        ("Kupiansk", "Купянску", "Куп’янськ"),
    ],
)
def test_a_name_has_the_same_bones_in_both_alphabets(names: tuple[str, ...]) -> None:
    """A name that no list knows meets its own transliteration, declined or not."""
    bones = {skeleton(fold(name)) for name in names}
    assert len(bones) == 1, bones


def test_case_matters_where_the_list_says_so() -> None:
    """`US` is a country, `us` is not."""
    assert read("US").terms[0] == "us"
    assert read("us").terms[0] != "us"


def test_a_lone_word_of_no_meaning_is_cut() -> None:
    """Words without a meaning are compared by their first six folded letters, so that inflections meet."""
    assert read("скрипичный").terms == read("скрипичного").terms == ("скрипи",)


def test_rare_terms_weigh_more_than_common_ones() -> None:
    """Rarity orders terms as an archive does: a function word below a topic word below one never counted."""
    assert rarity("the") < rarity("missile") < rarity("no-such-term")


def test_the_vocabulary_has_no_word_twice() -> None:
    """A word that stood under two meanings would silently take the first: the file must not hold one."""
    seen: dict[str, str] = {}
    for line in (HERE / "meanings.txt").read_text("utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line and not line.startswith("["):
            name, _, words = line.partition(":")
            for word in set(words.split()):
                key = word if word.startswith("=") else fold(word)
                meaning = name.split()[0]
                assert seen.setdefault(key, meaning) == meaning, f"{word} stands under {seen[key]} and {meaning}"
    assert len(vocabulary().kinds) > 300


@given(st.text(min_size=1, max_size=30))
def test_every_word_can_be_read(word: str) -> None:
    """Whatever is written, reading it answers and says the same twice."""
    assert read(word) == read(word)
