"""What gathering compares: a post reduced to its words, what they mean, its names, places, numbers and dates.

Pure: the same post and matches give the same fingerprint on every machine. Boilerplate is left out (clean.py), words
are cut to six letters, and whatever the shipped vocabulary knows is named independently of language (lexicon.py).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

from bot.events.clean import body
from bot.events.lexicon import FOLDING, Reading, follows, rarity, read
from bot.text.canonical import canonical
from bot.text.links import canonical_url
from bot.model import Fingerprint, Match, Post

MOST_WORDS = 140  # a post says its news early; the rest of a long read tells nothing about sameness
LEAD_WORDS = 32
COMMON = 2.0  # weight below which a word is as good as empty: every fifth post holds it
WINNOW = 5  # of so many neighbouring pairs of words the rarest is kept as a key

_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}|\d+(?:[.,: ]\d{3}\b)*(?:[.,:]\d+)*|[^\W\d_]+(?:['’ʼ`´][^\W\d_]+)*|[.!?…\n—–:]", re.UNICODE
)
_STOP = frozenset(".!?…\n")
_DIGEST = re.compile(
    r"главное (?:к утру|за |к вечеру|на утро)|к этому часу|итоги (?:дня|недели)|коротко о главном|что произошло за|дайджест|"
    r"головне (?:за|на ранок|до ранку)|підсумки (?:дня|тижня)|дайджест|коротко про головне|"
    r"\bweek in review\b|\bmorning brief|\bevening brief|\bdigest\b|\brecap\b|\bround-?up\b|\bwhat we know so far\b|"
    r"\bkey (?:events|developments) (?:of|on)\b|\b(?:daily|weekly) (?:summary|wrap)\b",
    re.IGNORECASE,
)
STOP_WORDS = frozenset(
    "a an the and or but of to in on at by for from with without as is are was were be been being it its this that these "
    "those there here he she they them his her their we our you your i who whom which what how why where than then so such "
    "into onto about between against during under up down out off again more most other some any all both each few own same "
    "has have had having do does did can could should would will may might must also just only very s t "
    "и в во на с со к ко у о об от до из за по под над при про для без а но да же ли бы не ни то это эта этот эти того этого "
    "тот та те что чтобы как так там тут где когда если или он она оно они его ее их ему ей им них мы нас наш вы вас ваш я мне "
    "меня был была было были быть есть будет уже еще также только все всех всем весь вся свои своих своего своей который "
    "которая которые которых может можно нужно очень через после перед между "
    "и й в у на з із зі до від по під над при про для без а але та же чи би не ні то це ця цей ці того цього той ті що щоб як так "
    "там тут де коли якщо або він вона воно вони його її їх йому їй ним них ми нас наш ви вас ваш я мені мене був була було "
    "були бути є буде вже ще також тільки лише всі всіх усі весь вся свої своїх свого своєї який яка які яких може можна треба "
    "дуже через після перед між".translate(FOLDING).split()  # noqa: SIM905
)
_LEAD = re.compile(r"(?:[^\n]{0,60}\n)?[^\n]{0,40}[^\n.!?…]{0,240}", re.DOTALL)
_NOT = frozenset(
    "not no never nobody isnt arent wasnt werent wont dont doesnt didnt cant cannot couldnt wouldnt hasnt havent "
    "не нет нема немае ни никто нихто".split()  # noqa: SIM905
)
_HEDGED = re.compile(
    r"\b(?:will|would|may|might|could|plans? to|set to|to (?:announce|vote|hold|meet|sign|withdraw|seek|declare|step)|expected|"
    r"prepared to|ready to|considers?|considering|if|unless|likely|about to|"
    r"будет|будут|может|могут|мог|планиру\w+|готов\w*|намерен\w*|собира\w+|если|возможн\w*|допуст\w+|"
    r"буде|будуть|може|можуть|плану\w+|готов\w*|має намір|збира\w+|якщо|можлив\w*|розгляда\w+|рассматрива\w+)\b",
    re.IGNORECASE,
)
_REACTS = re.compile(
    r"\b(?:laments?|condemn\w*|prais\w+|welcom\w+|react\w*|respond\w*|in response|comment\w*|hails?|slams?|mocks?|thanks?|vows?|warns?|"
    r"отреагировал\w*|прокомментировал\w*|комментиру\w+|осуди\w+|ответил\w*|реагиру\w+|поблагодарил\w*|назвал\w*|"
    r"відреагува\w+|прокоментува\w+|засуди\w+|відповіл\w+|відповів|подякува\w+|назва[вл]\w*)\b",
    re.IGNORECASE,
)
_BACKGROUND = frozenset(
    "after following amid over since because despite while before ahead when wake "
    "после из-за фоне вслед ввиду через несмотря пока накануне ранее "
    "після тлі попри напередодні раніше коли когда".split()  # noqa: SIM905
)
_REPORTING = tuple(
    "report say said tell told accord cit quot via ссыл сообщ сообща переда пиш данн публик рассказ "
    "повидом посил розпов напис интерв interv".split()
)
_SAYING = frozenset({"announce", "speak", "threaten", "deny", "confirm", "demand", "propose", "reject", "condemn"})
_SAID = (
    *("say", "said", "tell", "told", "stat", "call", "believ", "insist", "accord", "tweet", "vow", "claim"),
    *("заяв", "сообщ", "сказа", "говор", "назва", "рассказ", "счита", "уверен", "подчеркн", "отмет", "пообещ", "выступ"),
    *("слова", "словам", "мнени", "обращ", "отреаг", "реагир", "ответи", "повидом", "розпов", "зазнач", "наголос"),
    *("вважа", "видпов", "звернен", "словами", "написа", "наголо", "кажу", "каже", "позици"),
)
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_RUSSIAN = re.compile("[ыэъёЫЭЪЁ]")
_FIELDS = {
    "actors": "actors",
    "agencies": "cites",
    "people": "names",
    "places": "places",
    "acts": "acts",
    "things": "things",
    "name": "names",
}
_COUNTED = ("units", "acts", "things", "places")
_CLOCK = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_DOTTED_DATE = re.compile(r"^([0-3]?\d)\.(0\d|1[0-2])(?:\.\d+)?$")


def fingerprint(post: Post, matches: Iterable[Match] = ()) -> Fingerprint:
    """The fingerprint of `post`; its matches add what they prove independently of language."""
    title, text = body(post)
    lead = title or text[: _LEAD.match(text).end()]  # type: ignore[union-attr]  # it matches any text
    found = _Found()
    found.take(_TOKEN.findall(f"{title}\n{text[:3000]}" if title else text[:3000])[: MOST_WORDS * 2], bool(title))
    matched = tuple(matches)
    return Fingerprint(
        words=tuple(found.cuts),
        keys=winnow(found.cuts),
        names=_sorted(found.fields["names"]),
        actors=_sorted(found.fields["actors"]),
        places=_sorted(found.fields["places"]),
        acts=_sorted(found.fields["acts"]),
        things=_sorted(found.fields["things"]),
        others=_sorted(found.fields["others"]),
        numbers=_sorted(found.numbers),
        dates=_sorted(found.dates),
        lead=_sorted(found.lead),
        cites=tuple(dict.fromkeys(found.cites)),
        language=post.language or language(text or title),
        main=_sorted(found.main),
        denied=_sorted(found.denied),
        speakers=_sorted(found.speakers),
        hedged=_HEDGED.search(lead) is not None,
        reacts=_REACTS.search(lead) is not None,
        digest=_is_digest(title, text),
        signals=tuple(sorted({(m.storyline, m.signal, m.phase or "") for m in matched if m.hits})),
        forward=_forward(post.forwarded_from),
        concepts=_sorted({hit.concept for m in matched for hit in m.hits}),
    )


def _forward(origin: str | None) -> str:
    if not origin:
        return ""
    return canonical_url(origin) if "/" in origin else canonical(origin)


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


class _Found:
    """Collects what a post speaks of while its words are read once, from left to right."""

    def __init__(self) -> None:
        self.cuts: list[str] = []
        self.fields: dict[str, set[str]] = {
            name: set() for name in ("names", "actors", "places", "acts", "things", "others")
        }
        self.numbers: set[str] = set()
        self.dates: set[str] = set()
        self.lead: set[str] = set()
        self.main: set[str] = set()  # of the lead, what stands before "after", "amid", "following"
        self.denied: set[str] = set()  # acts that it says are not so
        self.speakers: set[str] = set()  # who is said to say it, in the lead
        self.cites: list[str] = []
        self.starts: list[bool] = []  # for each word, whether it begins a sentence
        self.dashes: set[int] = set()  # words that stand after a dash
        self.colons: set[int] = set()  # and after a colon

    def take(self, tokens: list[str], titled: bool) -> None:
        words: list[Reading] = []
        starts = self.starts
        lead_end = main_end = 0
        begins = True
        for token in tokens:
            if token in "—–:":
                (self.colons if token == ":" else self.dashes).add(len(words))
                continue
            if token in _STOP:
                begins = True
                if not lead_end and (len(words) >= 7 or (titled and words and token == "\n")):
                    lead_end = len(words)
                continue
            if not main_end and len(words) >= 4 and token in _BACKGROUND:
                main_end = len(words)
            words.append(read(token))
            starts.append(begins)
            begins = False
        lead_end = min(lead_end or len(words), LEAD_WORDS)
        main_end = min(main_end or lead_end, lead_end)
        at = 0
        while at < len(words):
            at = self._word(words, at, starts[at], at < lead_end)
            if at <= main_end:
                self.main = set(self.lead)

    def _word(self, words: list[Reading], at: int, begins: bool, leads: bool) -> int:
        """Take the word at `at`, or the phrase that it opens; return where to go on."""
        word = words[at]
        kind, terms, step = word.kind, word.terms, 1
        for rest, phrase_kind, phrase_terms in word.opens:
            if follows(rest, words, at + 1):
                kind, terms, step = phrase_kind, phrase_terms, 1 + len(rest)
                break
        if len(self.cuts) < MOST_WORDS:
            for n in range(at, at + step):
                self.cuts.append(words[n].cut)
        if kind in ("digits", "numbers"):
            self._number(words, at, step, terms[0], kind, leads)
        elif kind == "months":
            pass
        elif kind == "agencies":
            if at in self.dashes or any(w.folded.startswith(_REPORTING) for w in words[max(0, at - 3) : at + step + 3]):
                self.cites.append(terms[0])
        elif kind == "name":
            self._name(word, begins, leads)
            if leads and not begins:
                self._speaker(words, at, step, terms[1])
        elif kind == "word" or kind == "units":
            if rarity(terms[0]) >= COMMON and word.folded not in STOP_WORDS:
                self.fields["others"].add(terms[0])
                if leads:
                    self.lead.add(terms[0])
        else:
            self.fields[_FIELDS[kind]].add(terms[0])
            self.fields["actors"].update(terms[1:])
            if leads:
                self.lead.update(terms)
            if leads and kind in ("people", "actors"):
                self._speaker(words, at, step, terms[0])
            if kind == "acts" and _denied(words, at, step):
                self.denied.add(terms[0])
        return at + step

    def _speaker(self, words: list[Reading], at: int, step: int, term: str) -> None:
        """Take a person or institution as the speaker when it stands after a dash or beside a word of saying."""
        near = (*words[max(0, at - 2) : at], *words[at + step : at + step + 2])
        if at in self.dashes or at + step in self.colons or any(_says(word) for word in near):
            self.speakers.add(term)

    def _name(self, word: Reading, begins: bool, leads: bool) -> None:
        """A capitalised word is a name, unless it merely begins a sentence and is common."""
        plain, bones = word.terms
        weight = rarity(plain)
        if weight < COMMON or word.folded in STOP_WORDS:
            return
        term = plain if weight < (6.5 if begins else 4.5) else bones
        self.fields["others" if term is plain else "names"].add(term)
        if term is bones:
            self.fields["others"].add(plain)
        if leads:
            self.lead.add(term)

    def _after(self, words: list[Reading], at: int) -> list[Reading]:
        """The few words that a number may count, within its own clause."""
        end = at
        while end < len(words) and end < at + 3 and not self.starts[end] and end not in self.dashes:
            end += 1
        return words[at:end]

    def _number(self, words: list[Reading], at: int, step: int, value: str, kind: str, leads: bool) -> None:
        if clock := _CLOCK.match(value):
            self.dates.add(f"{int(clock[1]):02}:{clock[2]}")
            return
        if dotted := _DOTTED_DATE.match(value):
            self.dates.add(f"{dotted[2]}-{int(dotted[1]):02}")
            return
        value = value.replace(" ", "").replace(",", "")
        after = self._after(words, at + step)
        before = words[at - 1] if at else None
        near = words[at + step : at + step + 2]  # `8 мая`, `8-10 мая`
        month = next((w for w in near if w.kind == "months" and (w is near[0] or near[0].kind == "digits")), None)
        if month is None and before is not None and before.kind == "months":
            month = before
        if month is not None and value.isdigit() and 0 < int(value) <= 31:
            self.dates.add(f"{month.terms[0][5:]}-{int(value):02}")
            return
        if value.isdigit() and 1900 <= int(value) <= 2100:
            self.numbers.add(f"{value} year")
            return
        unit = next((w.terms[0] for w in after if w.kind in _COUNTED), "")
        if kind == "digits" or unit:
            self.numbers.add(f"{value} {unit}")
            if leads:
                self.lead.add(f"{value} {unit}")


def said_terms(text: str) -> set[str]:
    """Every term of a text, common or not: what `benchmarks/learn_rarity.py` counts."""
    words = [read(token) for token in _TOKEN.findall(text) if token not in _STOP]
    terms: set[str] = set()
    at = 0
    while at < len(words):
        word, step = words[at], 1
        found = word.terms
        for rest, _, phrase_terms in word.opens:
            if follows(rest, words, at + 1):
                found, step = phrase_terms, 1 + len(rest)
                break
        terms.update(found)
        terms.add(word.cut)
        at += step
    return terms


def _says(word: Reading) -> bool:
    return word.terms[0] in _SAYING or word.folded.startswith(_SAID)


def _denied(words: list[Reading], at: int, step: int) -> bool:
    """Whether an act stands under a "not" or a denial: a few words before it, or right after it (`евакуації не буде`)."""
    before = words[max(0, at - 4) : at]
    return (
        any(word.folded in _NOT for word in before[-3:])
        or any(word.terms[0] == "deny" for word in before)
        or any(word.folded in ("не", "not") for word in words[at + step : at + step + 1])
    )


def winnow(words: list[str]) -> tuple[int, ...]:
    """Keys of a text: of every few neighbouring pairs of words the rarest one, as a stable number.

    Winnowing (Schleimer, Wilkerson, Aiken 2003) with rarity as the order: two texts that share a run of six words
    share a key, wherever the run stands, so prefixes, cuts and appended sentences do not matter.
    """
    pairs = [
        (-(rarity(a) + rarity(b)), zlib.crc32(f"{a} {b}".encode()))
        for a, b in zip(words[:90], words[1:90], strict=False)
    ]
    if len(pairs) <= WINNOW:
        return tuple(sorted({key for _, key in pairs}))
    return tuple(sorted({min(pairs[n : n + WINNOW])[1] for n in range(len(pairs) - WINNOW + 1)}))


def language(text: str) -> str:
    """`en`, `uk` or `ru` by the letters used; `en` stands for any Latin text. Feeds only the choice of scorer."""
    sample = text[:400]
    cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in sample)
    if cyrillic * 2 < sum(letter.isalpha() for letter in sample):
        return "en"
    return "uk" if len(_UKRAINIAN.findall(sample)) > len(_RUSSIAN.findall(sample)) else "ru"


def _is_digest(title: str, text: str) -> bool:
    """Whether a post sums up several stories: it says so, in its title or its first line."""
    return _DIGEST.search(title) is not None or _DIGEST.search(text[:160].split("\n", 1)[0]) is not None
