"""Word forms: what a dictionary form reaches, and what it must not."""

from __future__ import annotations

import pytest

from bot.rules.forms import forms


@pytest.mark.parametrize(
    ("word", "reached"),
    [
        ("strike", "strikes struck striking"),
        ("withdraw", "withdraws withdrew withdrawn withdrawing"),
        ("mediate", "mediates mediated mediating"),
        ("stop", "stops stopped stopping"),
        ("embassy", "embassies"),
        ("rebuild", "rebuilt rebuilding"),
        ("crisis", "crises"),
        ("эвакуировать", "эвакуирует эвакуируют эвакуировал эвакуировали эвакуирован эвакуированы эвакуированных"),
        ("призвать", "призвал призвала призовет призван"),
        ("выйти", "вышел вышла вышли выйдет выйдут"),
        ("отказаться", "отказался отказалась откажется отказались"),
        ("прекратить", "прекратил прекратит прекращен прекращена"),
        ("объявить", "объявил объявлено объявит"),
        ("приостановить", "приостановила приостановлена приостановит"),
        ("передавать", "передает передают"),
        ("посольство", "посольства посольств посольствам посольстве"),
        ("ставка", "ставок ставку ставке"),
        ("война", "войн войны войну"),
        ("перемирие", "перемирия перемирием перемирию"),
        ("посол", "посла послов послом"),
        ("украинец", "украинца украинцев"),
        ("Киев".lower(), "киева киеву киеве киевом"),
        ("путин", "путина путиным путину"),
        ("уиткофф", "уиткоффа уиткоффом"),
        ("мирный", "мирного мирных мирной мирные"),
        ("российский", "российского российские российских"),
        ("удар", "удары ударов ударами ударе"),
        ("область", "области областей областью"),
        ("евакуювати", "евакуює евакуюють евакуював евакуйовано евакуйовані"),
        ("припинити", "припинив припинено припинить припинять"),
        ("вийти", "вийшов вийшла вийде"),
        ("вихід", "виходу виході виходом"),
        ("посольство", "посольств посольству посольстві"),
        ("обстріл", "обстрілу обстріли обстрілів обстрілом"),
        ("київ", "києва києві києвом"),
        ("санкція", "санкції санкцій санкціям санкцією"),
        ("перемирʼя".replace("ʼ", ""), "перемирям"),
        ("війна", "війни війну війною війні"),
        ("російський", "російського російські російських"),
        ("боєць", "бійці бійців"),
        ("залишатися", "залишається залишаються залишався"),
    ],
)
def test_dictionary_forms_reach_their_inflections(word: str, reached: str) -> None:
    """Operators write the dictionary form once; these must follow."""
    assert set(reached.split()) <= forms(word)


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("strike", "striker airstrike stroke"),
        ("talks", "talk talked talking"),
        ("united", "unit unite"),
        ("general", "generate generation"),
        ("mediate", "media medium mediator mediation"),
        ("us", "use used"),
        ("мир", "мирный мера"),
        ("найти", "наш"),
        ("победить", "победа победу"),
        ("заявити", "заява заяву"),
        ("месть", "место месте"),
        ("законный", "закон закона"),
        ("посольство", "посол посла"),
    ],
)
def test_other_words_stay_out(word: str, others: str) -> None:
    """Forms never reach a different word: a false match is an alert about nothing."""
    assert not set(others.split()) & forms(word)


def test_every_word_has_itself() -> None:
    """Any word, of any script, is among its own forms."""
    for word in (
        "a",
        "us",
        "мы",
        "停火",
        "f16",
        "сша",
        "x",
        "ь",
        "ing",
        "ed",
        "s",
        "ти",
        "ся",
        "лся",
        "ь",
        "ий",
        "ість",
    ):
        assert word in forms(word)
