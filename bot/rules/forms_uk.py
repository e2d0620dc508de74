# ruff: noqa: SIM905, E501 - tables of endings read best as lines of words
"""Ukrainian: declension and conjugation by the ending of the dictionary form (apostrophes are dropped already)."""

from __future__ import annotations

import re

_VOWELS = "аеєиіїоуюя"
_CONSONANT = re.compile(r"[бвгґджзклмнпрстфхцчшщ]$")
_SOFTENED = {"к": "ц", "г": "з", "х": "с"}  # рука, руці

_ADJECTIVE = "ий ій а я е є ого ього ому ьому у ю ої ьої ою ьою им ім ією і ї их іх їх ими іми".split()
_MASCULINE = "а у ові еві ом ем і ї и ів їв ам ами ах".split()
_SOFT = "я ю еві єві ем єм і ї ів їв ей ям ями ях".split()
_FLEETING = re.compile(r"(?:[^аеєиіїоуюя][ео]к|ець|[^аеєиіїоуюя][ео][лнр])$")

_FIXED = frozenset(
    "в у на з із зі до від за по про при під над без або не ні і й та а але що як так це цей для він вона воно вони ми ви я "
    "ти його її їх їм нас нам вас вам хто де коли якщо вже ще все всіх весь через між перед після сша оон нато єс рф мзс зсу".split()
)
_IRREGULAR = {
    "йти": ("йд",), "звати": ("зв",), "брати": ("бер",), "слати": ("шл",), "стати": ("стан",), "їхати": ("їд",), "бути": ("буд",),
    "жити": ("жив",), "бити": ("б",), "лити": ("лл",), "крити": ("кри",), "ждати": ("жд",), "рвати": ("рв",), "гнати": ("жен",),
    "вести": ("вед",), "везти": ("вез",), "нести": ("нес",), "могти": ("мож",), "сісти": ("сяд",), "почати": ("почн",),
    "няти": ("нім", "йм", "м", "ім", "иєм"), "взяти": ("візьм",), "йняти": ("йм",), "помогти": ("помож",), "пасти": ("пад",),
    "класти": ("клад",), "красти": ("крад",), "лягти": ("ляж",), "рости": ("рост",), "мерти": ("мр",), "дати": (), "піти": ("під",), "хотіти": ("хоч",), "повісти": ("повіс", "повід"), "мати": ("ма",),
}  # fmt: skip
_PAST = {
    "йти": ("йшо", "йш"), "вести": ("ві", "ве"), "нести": ("ніс", "нес"), "везти": ("віз", "вез"), "могти": ("міг", "мог"),
    "сісти": ("сі",), "пасти": ("па",), "класти": ("кла",), "красти": ("кра",), "рости": ("ріс", "рос"), "мерти": ("мер",),
    "лягти": ("ліг", "ляг"), "піти": ("пішо", "піш"), "повісти": ("пові",), "бути": ("бу",),
}  # fmt: skip
_PEOPLE = {
    "друг": "друг друга другу другові другом друзі друзів друзям друзями друзях",
    "людина": "людина людини людині людину людиною люди людей людям людьми людях",
    "дитина": "дитина дитини дитині дитину дитиною діти дітей дітям дітьми дітях",
}
_CHANGING = (
    "казати", "писати", "вязати", "різати", "мазати", "шукати", "плакати", "скакати", "махати", "лизати", "чесати", "кликати",
)  # fmt: skip
_GIVING = frozenset(" пере від з ви за при про роз по до на у в зав".split(" "))
_SECOND = ("держати", "мовчати", "кричати", "лежати", "стукати", "звучати", "стояти", "бояти", "бігти", "їзджати")
_SHORT_ROOTS = (
    "бити",
    "крити",
    "пити",
    "шити",
    "вити",
    "мити",
    "рити",
    "лити",
    "жити",
    "взяти",
    "няти",
    "терти",
    "перти",
)
_ALTERNATE = (
    ("ст", "щ"), ("ск", "щ"), ("т", "ч"), ("д", "дж"), ("з", "ж"), ("с", "ш"), ("к", "ч"), ("г", "ж"), ("х", "ш"),
    ("зд", "ждж"), ("б", "бл"), ("п", "пл"), ("в", "вл"), ("м", "мл"), ("ф", "фл"),
)  # fmt: skip


def forms(word: str) -> set[str]:
    """The word and its forms, by every reading that its ending allows."""
    if len(word) < 3 or word in _FIXED:
        return {word}
    if word.endswith(("тися", "тись")):
        made = _verb(word[:-2])
        made |= {form + "ть" for form in made if form.endswith(("е", "є"))}  # залишає, залишається
        return {word} | {form + "ся" for form in made} | {form + "сь" for form in made}
    if word in _PEOPLE:
        return set(_PEOPLE[word].split())
    if word.endswith("ти") and len(word) > 3:
        return _verb(word) | (_noun(word) if word.endswith("сти") else set())
    if word.endswith("вся"):
        return {word} | {word[:-3] + ending for ending in ("лася", "лося", "лися", "лась", "лось", "лись", "всь")}
    return _noun(word)


def _noun(word: str) -> set[str]:
    """Nouns and adjectives."""
    made = {word}
    stem, two = word[:-1], word[:-2]
    if _CONSONANT.search(word):
        made |= _masculine(word)
    elif word.endswith(("ий", "ій")):
        made |= _with(two, _ADJECTIVE)
        if word.endswith("ій"):
            made |= _with(two, "ія ію ієм ії іїв іям іями іях оя ою оєм ої оїв оям оями оях".split())
    elif word.endswith("й"):
        made |= _with(stem, "я ю єві єм ї їв ям ями ях".split())
        if word.endswith(("ай", "ей")):
            made |= _with(stem, ["ї"])
    elif word.endswith("ець"):
        for head in (two[:-1] + "ц", two[:-1] + "йц", two[:-1] + "ьц"):
            made |= _with(head, _SOFT)
    elif word.endswith("оєць"):  # боєць, бійця
        made |= _with(word[:-4] + "ійц", _SOFT)
    elif word.endswith("єць"):
        made |= _with(word[:-3] + "йц", _SOFT)
    elif word.endswith("ь"):
        made |= _with(stem, _SOFT) | {stem + "ю", stem + stem[-1] + "ю"}
        if re.search(r"[^аеєиіїоуюя][еоі][нтршлвст]$", stem):
            made |= _with(stem[:-2] + stem[-1], _SOFT)
        if stem.endswith("іст"):
            made |= _with(stem[:-3] + "ост", ["і", "ей", "ям", "ями", "ях"]) | {stem[:-3] + "істю"}
    elif word.endswith("ія"):
        made |= _with(two, "ії ію ією іє ій іям іями іях".split())
    elif word.endswith(("ння", "ття", "ддя", "сся", "лля", "ччя", "жжя", "ззя", "шшя")):
        made |= _with(stem, "ю ям і ь ями ях".split()) | {two, two + "ь", word[:-3] + "ь", stem + "м"}
        if word.endswith("ння"):
            made.add(two + "ь")
    elif word.endswith("а"):
        made |= _with(stem, "и і у ою ею о е ам ами ах".split()) | _bare(stem)
        if stem[-1] in _SOFTENED:
            made.add(stem[:-1] + _SOFTENED[stem[-1]] + "і")
        made |= _with(stem, _ADJECTIVE) if stem.endswith(("н", "ськ", "ов")) else set()
    elif word.endswith("я"):
        made |= _with(stem, "і ї ю ею єю е є ь й ям ями ях".split()) | _bare(stem, "ь")
    elif word.endswith("о"):
        made |= _with(stem, "а у ом ові і ам ами ах".split()) | _bare(stem)
        if stem[-1] in _SOFTENED:
            made.add(stem[:-1] + _SOFTENED[stem[-1]] + "і")
    elif word.endswith("е"):
        made |= _with(stem, "а я у ю ем і ь ам ям ами ями ах ях".split()) | _bare(stem) | _with(stem, _ADJECTIVE)
    elif word.endswith("ії"):
        made |= _with(two, "ій іям іями іях".split())
    elif word.endswith("и"):
        made |= _with(stem, "ів ей ам ами ах".split()) | _bare(stem)
    elif word.endswith(("і", "ї")):
        made |= (
            _with(stem, "ів їв ей ям ями ях ам ами ах ь й".split())
            | _bare(stem)
            | _with(stem, "их їх им їм ими їми".split())
        )
    return made


def _masculine(word: str) -> set[str]:
    last = word[-1]
    heads = {word}
    closed = re.search(r"([ії])([^аеєиіїоуюя]{1,2})$", word)
    if closed:  # вихід, виходу; приліт, прильоту; Київ, Києва
        vowels = ("о", "е", "ьо") if closed[1] == "і" else ("є",)
        heads |= {word[: closed.start()] + vowel + closed[2] for vowel in vowels}
    if _FLEETING.search(word):
        heads.add(word[:-2] + last)
    made = {word}
    for head in heads:
        made |= _with(head, _MASCULINE)
        if last in _SOFTENED:
            made |= {head[:-1] + _SOFTENED[last] + "і"}
    if word.endswith(("ін", "їн", "ов", "ев", "єв", "ан", "ен")):
        made |= _with(
            word, ["им", "о", "ий", "ого", "ому", "их", "ими"] if word.endswith(("ан", "ен")) else ["им", "о"]
        )
    if word.endswith(("анин", "янин")):
        made |= _with(word[:-2], "и ам ами ах".split()) | {word[:-2]}
    if last == "в" and word[-2] in _VOWELS:  # a past tense: оголосив, оголосила
        made |= _with(word[:-1], "ла ло ли".split())
    if last == "р" or last in "жчшщ":
        made |= _with(word, ["я", "ю", "ем", "еві", "ям", "ями", "ях"])
    return made


def _bare(stem: str, soft: str = "") -> set[str]:
    """The genitive plural without an ending, with the vowel that it takes: поставка, поставок; школа, шкіл."""
    made = {stem, stem + soft}
    if len(stem) > 2 and stem[-1] not in _VOWELS:
        if stem[-2] not in _VOWELS:
            head = stem[:-2] if stem[-2] in "ьй" else stem[:-1]
            made |= {head + vowel + stem[-1] + soft for vowel in "еоє"}
        elif stem[-2] in "ое":
            made.add(stem[:-2] + "і" + stem[-1] + soft)
    return made


def _verb(word: str) -> set[str]:
    """An infinitive without -ся: present, both futures, past, imperative, participles."""
    stem = word[:-2]
    made = {word, word[:-1] + "ь"} | _with(word, "му меш ме мемо мете муть".split())
    ending = max((e for e in _IRREGULAR if word.endswith(e)), key=len, default="")
    if ending == "дати" and word.removesuffix(ending) not in _GIVING:
        ending = ""
    if ending:
        head = word.removesuffix(ending)
        for root in _IRREGULAR[ending]:
            made |= (
                _present(head + root, "у", "е")
                | _with(head + root, "и іть імо ь ьте".split())
                | _passive(head + root + "ен")
            )
        if ending == "мати":
            made |= _present(head + "ма", "ю", "є")
        if ending == "дати":
            made |= _past(stem) | _passive(stem + "н")
            made |= _with(head, "дам даси дасть дамо дасте дадуть дай дайте".split())
        if ending in ("звати", "йняти", "рвати") and head:
            made |= _present(head + "зов" if ending == "звати" else head + "йм", "у", "е")
        if head.endswith("ві") and ending == "звати":
            made |= _present(head[:-3] + "дзов", "у", "е")
    past = max((e for e in _PAST if word.endswith(e)), key=len, default="")
    if past:
        for root in _PAST[past]:
            made |= {word.removesuffix(past) + root + e for e in ("", "в", "ла", "ло", "ли")}
    if word.endswith(("увати", "ювати")) and len(word) > 6:
        root = word[:-4]
        made |= (
            _present(root, "ю", "є") | _past(stem) | _with(root, "й йте ймо ючи".split()) | _participles(root + "юч")
        )
        made |= (
            _passive(word[:-5] + "ован")
            | _passive(word[:-5] + "йован")
            | _passive(word[:-5] + "ьован")
            | _passive(stem + "н")
        )
        made |= _present(stem, "ю", "є")  # перебувати, перебуває
        return made
    if not stem.endswith(tuple(_VOWELS)):
        return made
    base, vowel = stem[:-1], stem[-1]
    made |= _past(stem)
    if vowel in "ая":
        made |= (
            _present(stem, "ю", "є")
            | _with(stem, "й йте ймо ючи".split())
            | _passive(stem + "н")
            | _passive(stem + "т")
        )
        if word.endswith("авати"):  # передавати, передає
            made |= _present(word[:-4], "ю", "є")
        if word.endswith("іяти"):  # діяти, діє
            made |= _present(base, "ю", "є")
        if word.endswith(_CHANGING):
            for changed in _changed(base):
                made |= _present(changed, "у", "е") | _with(changed, "и іть".split())
        if word.endswith(_SECOND):
            made |= _second(base)
    elif vowel in "иії":
        made |= _second(base) | _with(base, "іть імо ьте ячи ачи".split()) | _present(stem, "ю", "є")
        for changed in [base, *_changed(base)]:
            first = "у" if changed.endswith(tuple("жчшщ")) else "ю"
            made |= _with(changed, [first, "ять", "ать"]) | _passive(changed + "ен")
        if word.endswith(_SHORT_ROOTS):
            made |= _passive(stem + "т") | _present(base + "ь", "ю", "є") | _present(base + "и", "ю", "є")
    elif word.endswith("нути"):
        made |= (
            _present(base, "у", "е") | _with(base, "и іть ь ьте".split()) | _passive(stem + "т") | _passive(base + "ен")
        )
    elif vowel in "оу":
        made |= _present(base, "ю", "е") | _passive(stem + "т")
    return made


def _changed(base: str) -> list[str]:
    return [base.removesuffix(old) + new for old, new in _ALTERNATE if base.endswith(old)]


def _present(root: str, first: str, link: str) -> set[str]:
    last = first + "ть"
    return _with(root, [first, link + "ш", link, link + "мо", link + "те", last])


def _second(root: str) -> set[str]:
    return _with(root, "иш ить имо ите ять ать їть їш їмо їте".split())


def _past(stem: str) -> set[str]:
    return _with(stem, "в ла ло ли вши".split())


def _participles(stem: str) -> set[str]:
    return _with(stem, "ий а е і ого ому у ої ою им их ими ій".split())


def _passive(stem: str) -> set[str]:
    """A passive participle with the impersonal form: евакуйований, евакуйовано."""
    return _participles(stem) | {stem + "о"}


def _with(stem: str, endings: list[str]) -> set[str]:
    return {stem + ending for ending in endings}
