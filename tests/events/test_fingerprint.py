from __future__ import annotations

from gathered import match, post
from hypothesis import given
from hypothesis import strategies as st

from bot.events import fingerprint


def test_it_names_what_a_post_speaks_of_in_no_language() -> None:
    """People, places, acts, things, numbers with units and dates come out alike from three languages."""
    english = fingerprint(post("Rubio: US embassy in Kyiv closed on May 5, 30 days of talks planned"))
    russian = fingerprint(post("Рубио: посольство США в Киеве закрыто 5 мая, планируются 30 дней переговоров"))
    ukrainian = fingerprint(post("Рубіо: посольство США в Києві зачинене 5 травня, заплановано 30 днів перемовин"))
    for found in (russian, ukrainian):
        assert found.names == english.names == ("rubio",)
        assert found.places == english.places == ("kyiv",)
        assert set(english.acts) == set(found.acts) == {"close", "negotiate"}
        assert "embassy" in found.things
        assert "30 dayunit" in found.numbers
        assert "30 dayunit" in english.numbers
        assert found.dates == english.dates == ("05-05",)


def test_signatures_do_not_change_it() -> None:
    """The same words with another channel's sign under them have the same words and keys."""
    bare = fingerprint(post("Мост через реку закрыт после взрыва, движение остановлено в обе стороны"))
    signed = fingerprint(
        post("⚡️ Мост через реку закрыт после взрыва, движение остановлено в обе стороны\n\n👉 @mayak. Подписаться")
    )
    assert signed.words == bare.words
    assert signed.keys == bare.keys


def test_it_sees_what_is_denied() -> None:
    """An act under a "not" or a denial is marked, in any word order."""
    assert "evacuate" in fingerprint(post("The United States is not evacuating its embassy")).denied
    assert "evacuate" in fingerprint(post("Госдеп опроверг эвакуацию посольства")).denied
    assert "evacuate" in fingerprint(post("Евакуації не буде, заявили в посольстві")).denied
    assert fingerprint(post("The United States is evacuating its embassy")).denied == ()


def test_it_sees_who_speaks_and_whom_is_cited() -> None:
    """The speaker of the lead and the agency that the news is taken from are named."""
    found = fingerprint(post("Мост закрыт на месяц — Лавров. Об этом сообщает Reuters."))
    assert found.speakers == ("lavrov",)
    assert found.cites == ("reuters",)
    assert fingerprint(post("Reuters moved its office to a new tower")).cites == ()


def test_the_news_is_told_from_its_background() -> None:
    """What stands after "after" is background, not the news of the lead."""
    found = fingerprint(post("Cities brace for unrest after the governor was arrested"))
    assert "arrest" in found.lead
    assert "arrest" not in found.main


def test_a_digest_is_known_as_one() -> None:
    """A post that sums up the day says so and is marked."""
    assert fingerprint(post("Главное к утру среды:\n— мост закрыт\n— порт открыт")).digest
    assert not fingerprint(post("Главное управление порта закрыло мост")).digest


def test_matches_add_signals_and_concepts() -> None:
    """Only matches with hits prove something."""
    one = post("Bridge closed")
    assert fingerprint(one, [match(one, hit=True)]).signals == (("story", "seen", ""),)
    assert fingerprint(one, [match(one)]).signals == ()


@given(st.text(max_size=400))
def test_any_text_has_a_fingerprint(text: str) -> None:
    """Whatever is posted, the fingerprint answers and says the same twice; a post without words has no keys."""
    one = post(text)
    found = fingerprint(one)
    assert found == fingerprint(one)
    assert bool(found.keys) == (len(found.words) > 1)
