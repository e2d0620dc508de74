# ruff: noqa: SIM905, E501 - tables of endings read best as lines of words
"""English: plurals and the forms of verbs."""

from __future__ import annotations

import re

_FIXED = frozenset(
    "a an the and or not no nor of in on at by to for from with into onto over under out off up down as than then so if "
    "but per via about after before amid since until till against between among through during without within is it its "
    "he him his she her they them their we us our you your i me my who whom whose which what this that these those there "
    "here will would shall should can could may might must all any both each some such more most less least many much few "
    "very too also just only even ever never again once how when where why news politics series species"
    " january february march april june july august september october november december".split()
)
_IRREGULAR_TEXT = """
be is are am was were been being; have has had having; do does did done doing; go goes went gone going; say says said saying;
withdraw withdraws withdrew withdrawn withdrawing; draw draws drew drawn drawing; strike strikes struck stricken striking;
hit hits hitting; leave leaves left leaving; take takes took taken taking; give gives gave given giving; get gets got gotten getting;
make makes made making; come comes came coming; become becomes became becoming; begin begins began begun beginning;
hold holds held holding; withhold withholds withheld withholding; uphold upholds upheld upholding; keep keeps kept keeping;
meet meets met meeting; send sends sent sending; tell tells told telling; pull pulls pulled pulling; quit quits quitting;
shut shuts shutting; cut cuts cutting; put puts putting; set sets setting; let lets letting; see sees saw seen seeing;
break breaks broke broken breaking; speak speaks spoke spoken speaking; fly flies flew flown flying; flee flees fled fleeing;
fall falls fell fallen falling; rise rises rose risen rising; drive drives drove driven driving; write writes wrote written writing;
bring brings brought bringing; buy buys bought buying; think thinks thought thinking; fight fights fought fighting;
seek seeks sought seeking; lose loses lost losing; win wins won winning; shoot shoots shot shooting; find finds found finding;
forbid forbids forbade forbidden forbidding; choose chooses chose chosen choosing; freeze freezes froze frozen freezing;
stand stands stood standing; understand understands understood understanding; lead leads led leading; pay pays paid paying;
lay lays laid laying; lie lies lay lain lying; sit sits sat sitting; spread spreads spreading; burst bursts bursting;
swear swears swore sworn swearing; tear tears tore torn tearing; throw throws threw thrown throwing; know knows knew known knowing;
grow grows grew grown growing; show shows showed shown showing; run runs ran running; sink sinks sank sunk sinking;
sing sings sang sung; ring rings rang rung ringing; hear hears heard hearing; build builds built building; spend spends spent spending;
lend lends lent lending; sell sells sold selling; teach teaches taught teaching; catch catches caught catching; die dies died dying;
undertake undertakes undertook undertaken undertaking; overthrow overthrows overthrew overthrown overthrowing; bid bids bidding;
man men; woman women; child children; person people persons; foot feet; life lives; wife wives; knife knives; half halves;
talk talks talked talking; mean means meant meaning; feel feels felt feeling; resume resumes resumed resuming; bomb bombs bombed bombing
"""
_IRREGULAR = {
    line.split()[0]: frozenset(line.split()) for line in _IRREGULAR_TEXT.replace("\n", " ").split(";") if line.strip()
}
_INFLECTED = frozenset(form for base, forms in _IRREGULAR.items() for form in forms if form != base) - {
    "lay", "left", "saw", "found", "shot", "meeting", "building", "drawing", "meaning", "bomb", "lives", "people", "met"
}  # fmt: skip
_VOWELS = "aeiou"
_DOUBLES = re.compile(r"^[^aeiou]*[aeiouy][bdgklmnprt]$|[^aeiou](?:[aeiou]t|[aeiou]l|[aeiou]m|e[rn]|u[rn]|ap|ip|op)$")


def forms(word: str) -> set[str]:
    """The word and what it becomes as a noun and as a verb; a word that is inflected already stays alone."""
    if word in _IRREGULAR:
        return set(_IRREGULAR[word])
    if len(word) < 3 or word in _FIXED or word in _INFLECTED:
        return {word}
    for prefix in ("out", "over", "re", "un", "with", "fore"):  # outfight, rebuild, rewrite …
        base = word.removeprefix(prefix)
        if base != word and base in _IRREGULAR and len(base) > 3:
            return {prefix + form for form in _IRREGULAR[base]}
    if word.endswith("ing") and len(word) > 5:
        return {word, word + "s"}
    if word.endswith("ed") and not word.endswith("eed") and len(word) > 4:
        return {word}
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "as", "os")):
        return {word}
    return {word, *_plurals(word), *_verbs(word)}


def _plurals(word: str) -> set[str]:
    if word.endswith("y") and word[-2] not in _VOWELS:
        return {word[:-1] + "ies"}
    if word.endswith("is") and len(word) > 4:
        return {word[:-2] + "es"}
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return {word + "es"}
    if word.endswith("o"):
        return {word + "es", word + "s"}
    if word.endswith("man"):
        return {word[:-3] + "men"}
    return {word + "s"}


def _verbs(word: str) -> set[str]:
    if word.endswith("e"):
        stem = word[:-2] + "y" if word.endswith("ie") else word if word.endswith(("ee", "oe", "ye")) else word[:-1]
        return {word + "d", stem + "ing"}
    if word.endswith("y") and word[-2] not in _VOWELS:
        return {word[:-1] + "ied", word + "ing"}
    if word.endswith("c"):
        return {word + "ked", word + "king"}
    made = {word + "ed", word + "ing"}
    if _DOUBLES.search(word):
        made |= {word + word[-1] + "ed", word + word[-1] + "ing"}
    return made
