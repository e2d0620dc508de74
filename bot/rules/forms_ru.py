# ruff: noqa: SIM905, E501 - tables of endings read best as lines of words
"""Russian: declension and conjugation by the ending of the dictionary form (ё is е here, as in all canonical text)."""

from __future__ import annotations

import re

_VOWELS = "аеиоуыэюя"
_VELAR = "гкх"
_HISSING = "жчшщ"
_CONSONANT = re.compile(r"[бвгджзклмнпрстфхцчшщ]$")

_ADJECTIVE = "ый ий ой ая яя ое ее ые ие ого его ому ему ую юю ою ею ым им ом ем ых их ыми ими ей".split()
_PARTICIPLE = "ий ая ее ие его ему ую ею им ем их ими ей".split()
_MASCULINE = "а у ом е ов ам ами ах".split()
_SOFT_MASCULINE = "я ю ем е и ей ям ями ях".split()
_FLEETING = re.compile(r"(?:([^аеиоуыэюя])[ео]к|([^аеиоуыэюя])ец|([^аеиоуыэюя])[ео][лнр])$")

_FIXED = frozenset(
    "в во на с со к ко о об от до за из по у не ни и а но да же ли бы что как так это этот для при про под над без или "
    "он она оно они мы вы я ты его ее их им мне нас нам вас вам кто где когда если уже еще все всех весь вся через между "
    "перед после сша оон нато ес рф мид всу снг мчс".split()
)
_IRREGULAR = {  # verbs whose present tense their infinitive does not show: ending → present stems
    "звать": ("зов",), "брать": ("бер",), "драть": ("дер",), "слать": ("шл",), "стать": ("стан",), "дать": (), "быть": ("буд",),
    "ехать": ("ед",), "жить": ("жив",), "бить": ("бь",), "пить": ("пь",), "лить": ("ль",), "крыть": ("кро",), "мыть": ("мо",),
    "рвать": ("рв",), "ждать": ("жд",), "гнать": ("гон",), "лгать": ("лг", "лж"), "сесть": ("сяд",), "лечь": ("ляг", "ляж"),
    "честь": ("чт",), "расти": ("раст",), "мереть": ("мр",), "переть": ("пр",), "начать": ("начн",), "взять": ("возьм",),
    "нять": ("ним", "йм", "м", "ым"), "ключить": ("ключ",), "вести": ("вед",), "везти": ("вез",), "нести": ("нес",),
    "йти": ("йд",), "прийти": ("прид",), "идти": ("ид",), "мочь": ("мог", "мож"), "пасти": ("пас",), "пасть": ("пад",),
    "красть": ("крад",), "класть": ("клад",), "сечь": ("сек", "сеч"), "речь": ("рек", "реч"), "влечь": ("влек", "влеч"),
    "брести": ("брет",), "хотеть": ("хоч", "хот"), "мести": ("мет",), "сти": ("ст",),
}  # fmt: skip
_PAST = {
    "йти": (), "прийти": (), "идти": (), "вести": ("ве",), "нести": ("нес",), "везти": ("вез",),
    "мочь": ("мог",), "сесть": ("се",), "пасть": ("па",), "красть": ("кра",), "класть": ("кла",), "расти": ("рос",),
    "мереть": ("мер",), "переть": ("пер",), "сечь": ("сек",), "влечь": ("влек",),
}  # fmt: skip
_PEOPLE = {
    "друг": "друг друга другу другом друге друзья друзей друзьям друзьями друзьях",
    "человек": "человек человека человеку человеком человеке люди людей людям людьми людях",
    "ребенок": "ребенок ребенка ребенку ребенком ребенке дети детей детям детьми детях",
}
_CHANGING = (  # -ать with another consonant in the present: сказать, скажет
    "казать", "писать", "вязать", "резать", "мазать", "искать", "плакать", "скакать", "прятать", "махать", "пахать", "двигать",
    "хлопотать", "клеветать", "лизать", "чесать", "тесать", "плясать", "полоскать", "шептать",
)  # fmt: skip
_GIVING = frozenset(" пере от с вы из за при про со раз по воз пре до у об на обна".split(" "))
_SECOND = (
    "держать", "слышать", "молчать", "кричать", "лежать", "стучать", "дышать", "звучать", "торчать", "мчать", "бежать", "гнать",
    "стоять", "боять", "спать",
)  # fmt: skip
_ALTERNATE = (  # before the first person, and before participles in -енный
    ("ст", "щ"), ("ск", "щ"), ("т", "ч"), ("т", "щ"), ("д", "ж"), ("д", "жд"), ("з", "ж"), ("с", "ш"), ("к", "ч"), ("г", "ж"),
    ("х", "ш"), ("б", "бл"), ("п", "пл"), ("в", "вл"), ("м", "мл"), ("ф", "фл"),
)  # fmt: skip


def forms(word: str) -> set[str]:
    """The word and its forms, by every reading that its ending allows."""
    if len(word) < 3 or word in _FIXED:
        return {word}
    if word.endswith(("ться", "тись", "чься")):
        return {word} | {_reflexive(form) for form in _verb(word[:-2])}
    if word in _PEOPLE:
        return set(_PEOPLE[word].split())
    if word.endswith(("ть", "ти", "чь")) and len(word) > 3:
        made = _verb(word)
        noun = word[-3] not in _VOWELS or word.endswith(("чь", "асти", "ости", "сеть", "печать", "треть", "мать"))
        return made | _noun(word) if noun else made
    if word.endswith("лся"):
        return {word[:-2] + ending for ending in ("ся", "ась", "ось", "ись")}
    return _noun(word)


def _noun(word: str) -> set[str]:
    """Nouns and adjectives."""
    made = {word}
    stem, two = word[:-1], word[:-2]
    if _CONSONANT.search(word):
        made |= _masculine(word)
    elif word.endswith(("ый", "ий", "ой")):
        made |= _with(two, _ADJECTIVE)
        if word.endswith("ий"):
            made |= _with(two, "ия ию ием ии ев иев иям иями иях".split())
        if word.endswith("ный"):
            made |= _with(two[:-1], "ен на но ны".split())
        if word.endswith(("анный", "янный", "ленный", "ренный", "щенный", "женный", "денный")):
            made |= _with(two[:-1], ["", "а", "о", "ы"])
        if word.endswith(("герой", "бой", "строй", "слой", "покой", "застой", "рой")):
            made |= _with(stem, "я ю ем е и ев ям ями ях".split())
    elif word.endswith("й"):
        made |= _with(stem, "я ю ем е и ев ям ями ях".split())
    elif word.endswith(("сть", "знь", "вь", "бь", "пь", "мь", "дь", "жь", "чь", "шь", "щь")):  # feminine
        made |= _with(stem, "и ью ей ям ями ях ам ами ах".split())
    elif word.endswith("ь"):
        made |= _with(stem, [*_SOFT_MASCULINE, "ью"])
        if re.search(r"[^аеиоуыэюя][ео][нтршл]$", stem):
            made |= _with(stem[:-2] + stem[-1], [*_SOFT_MASCULINE, "ью"])
    elif word.endswith(("ая", "яя")) and len(word) > 4:
        made |= _with(two, _ADJECTIVE)
    elif word.endswith("ия"):
        made |= _with(two, "ия ии ию ией ий иям иями иях".split())
    elif word.endswith("а"):
        made |= _with(
            stem, ["ы" if stem[-1] not in _VELAR + _HISSING else "и", *"у е ой ей ою ам ами ах".split()]
        ) | _bare(stem)
    elif word.endswith("я"):
        made |= _with(stem, "и ю е ей ею ь й ям ями ях".split()) | _bare(stem, "ь")
    elif word.endswith(("ое", "ее")):
        made |= _with(two, _ADJECTIVE)
    elif word.endswith(("ие", "ье")):
        made |= _with(two, [two and word[-2] + ending for ending in "е я ю ем и ям ями ях".split()] + ["ий"])
        made |= _with(two, _ADJECTIVE) if word.endswith("ие") else set()
    elif word.endswith("о"):
        made |= _with(stem, "а у ом е ам ами ах".split()) | _bare(stem)
    elif word.endswith("е"):
        made |= _with(stem, "а я у ю ем и ам ями ям ами ах ях ей".split())
        made |= _bare(stem) if stem[-1] in "щцж" else set()
    elif word.endswith("ые"):
        made |= _with(two, "ых ым ыми".split())
    if word.endswith(("ые", "ие")):
        made |= _with(two, "ые ие ых их ым им ыми ими".split())
    elif word.endswith("ии"):
        made |= _with(two, "ии ий иям иями иях".split())
    elif word.endswith("ы"):
        made |= _with(stem, "ов ам ами ах ев".split()) | _bare(stem)
    elif word.endswith("и") and len(word) > 3:
        made |= _with(stem, "ов ей ев ам ами ах ям ями ях ь й".split()) | _bare(stem)
    return made


def _masculine(word: str) -> set[str]:
    last = word[-1]
    endings = [*_MASCULINE, "и" if last in _VELAR + _HISSING else "ы"]
    if last in _HISSING + "ц":
        endings += ["ем", "ей", "ев"]
    made = _with(word, endings)
    if word.endswith(("ан", "ен", "ян", "ят", "ыт", "ут", "ов", "ив", "л")):
        made |= _with(word, ["о", "и" if last == "л" else "ы"])
    if word.endswith(("ин", "ев", "ов")):
        made.add(word + "ым")  # surnames: Путиным
    if word.endswith(("анин", "янин")):
        made |= _with(word[:-2], "е ам ами ах".split()) | {word[:-2]}
    if _FLEETING.search(word) and len(word) > 3:
        short = word[:-2] + last
        made |= _with(short, endings)
        if last == "ц":
            made |= _with(word[:-2] + "ьц", endings) | _with(word[:-2] + "йц", endings)
            if word[-3] in _VOWELS:
                made |= _with(word[:-2] + "йц", endings)
    if word.endswith("ец") and word[-3] in _VOWELS:
        made |= _with(word[:-2] + "йц", endings)
    return made


def _bare(stem: str, soft: str = "") -> set[str]:
    """The genitive plural without an ending; between two consonants it takes a vowel: ставка, ставок."""
    made = {stem + soft, stem}
    if len(stem) > 2 and stem[-1] not in _VOWELS and stem[-2] not in _VOWELS:
        head = stem[:-2] if stem[-2] in "ьй" else stem[:-1]
        made |= {head + vowel + stem[-1] + soft for vowel in "ео"}
    return made


def _verb(word: str) -> set[str]:
    """An infinitive without -ся: present or future, past, imperative, participles."""
    made = {word}
    if word.endswith(("овать", "евать")) and len(word) > 6:
        root = word[:-5] + ("у" if word[-5] == "о" or word[-6] in _HISSING + "ц" else "ю")
        made |= _present(root, "ю", "е") | _past(word[:-2]) | _participles(root + "ющ") | _short(word[:-2] + "н")
        made |= _participles(root + "ем", hard=True) | _with(root, "я й йте".split())
        return made | _present(word[:-2], "ю", "е") | _participles(word[:-2] + "ющ") | {word[:-2] + "я"}
    ending = max((e for e in _IRREGULAR if word.endswith(e)), key=len, default="")
    if ending == "дать" and word.removesuffix(ending) not in _GIVING:
        ending = ""
    head = word.removesuffix(ending) if ending else ""
    if ending:
        for root in _IRREGULAR[ending]:
            made |= (
                _present(head + root, "у", "е") | _present(head + root, "ю", "е") | _with(head + root, "и ите".split())
            )
            if ending.endswith(("ти", "чь", "красть")):
                made |= _short(head + root + "ен")
            if head.endswith("о"):  # разобрать, разберет
                made |= _present(head[:-1] + root, "у", "е")
        if ending == "дать":
            made |= _past(word[:-2]) | _short(word[:-2] + "н")
            return made | _with(head, "дам дашь даст дадим дадите дадут дай дайте".split())
    past = max((e for e in _PAST if word.endswith(e)), key=len, default="")
    if past:
        for root in _PAST[past]:
            made |= {word.removesuffix(past) + root + e for e in ("", "л", "ла", "ло", "ли")}
        if past in ("йти", "идти", "прийти"):
            head = word.removesuffix(past) + ("при" if past == "прийти" else "")
            made |= _with(head, ["шел", "шла", "шло", "шли"]) | _participles(head + "шедш")
    if word.endswith(("ти", "чь")):
        return made
    stem, base = word[:-2], word[:-3]
    made |= _past(stem)
    vowel = word[-3]
    if vowel in "ая":
        made |= (
            _present(stem, "ю", "е")
            | _participles(stem + "ющ")
            | _short(stem + "н")
            | _participles(stem + "ем", hard=True)
        )
        made |= _with(stem, "й йте я".split())
        if word.endswith("авать"):  # передавать, передает
            made |= _present(word[:-4], "ю", "е")
        if word.endswith(("нять", "чать", "жать", "мять", "пять", "взять")):
            made |= _short(stem + "т")
        if word.endswith(_CHANGING):
            for changed in _changed(base):
                made |= _present(changed, "у", "е") | _with(changed, "и ите".split())
        if word.endswith(_SECOND):
            made |= _second(base) | _participles(base + "ащ") | _participles(base + "ящ")
    elif vowel in "ие":
        made |= _second(base) | _participles(base + "ящ") | _participles(base + "ащ")
        made |= _with(base, ["ите", "ьте", "а" if base.endswith(tuple(_HISSING)) else "я"])
        if vowel == "е":
            made |= _present(stem, "ю", "е") | _participles(stem + "ющ") | {stem + "я"}
        for changed in [base, *_changed(base)]:
            made |= {changed + ("у" if changed.endswith(tuple(_HISSING)) else "ю")} | _short(changed + "ен")
    elif word.endswith("нуть"):
        made |= _present(base, "у", "е") | _with(base, "и ите ь ьте".split()) | _short(stem + "т")
        made |= _with(word[:-4], ["", "ла", "ло", "ли"]) if word[-5] not in _VOWELS else set()
    elif vowel in "ыо":
        made |= _short(stem + "т")
    elif word.endswith(("сть", "зть")):
        made |= _past(base)
    return made


def _changed(base: str) -> list[str]:
    return [base.removesuffix(old) + new for old, new in _ALTERNATE if base.endswith(old)]


def _present(root: str, first: str, link: str) -> set[str]:
    """First conjugation: веду, ведет, ведут."""
    return _with(root, [first, *(link + e for e in ("шь", "т", "м", "те")), first + "т"])


def _second(root: str) -> set[str]:
    """Second conjugation: говорит, говорят."""
    return _with(root, "ишь ит им ите ят ат".split())


def _past(stem: str) -> set[str]:
    return _with(stem, "л ла ло ли в вши".split()) | _participles(stem + "вш")


def _participles(stem: str, *, hard: bool = False) -> set[str]:
    return _with(stem, "ый ая ое ые ого ому ую ой ым ом ых ыми".split() if hard else _PARTICIPLE)


def _short(stem: str) -> set[str]:
    """A passive participle: эвакуирован, эвакуированы, эвакуированный."""
    full = stem + "н" if stem.endswith("н") else stem
    return _with(stem, ["", "а", "о", "ы"]) | _participles(full, hard=True)


def _reflexive(form: str) -> str:
    if form.endswith(("ая", "яя")) and form[-3] not in "щшн":
        return form + "сь"  # a gerund: пытаясь
    if form[-1] in _VOWELS and not form.endswith(("ая", "яя", "ое", "ее", "ые", "ие", "ую", "его", "ему", "ею")):
        return form + "сь"
    return form + "ся"


def _with(stem: str, endings: list[str]) -> set[str]:
    return {stem + ending for ending in endings}
