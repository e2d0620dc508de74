"""The inflected forms of a word of a rule, made by the grammar of English, Russian and Ukrainian.

Forms are made from what the operator wrote; posts are never stemmed. So a term matches exactly the words listed here
(`forms("посольство")` shows them), an already inflected term stays narrow, and looking a word up costs one dict access.
A form that does not exist harms nobody; one that is another word would, so derivation (strike → striker) is left out.
Measured against the paradigms of pymorphy3: see docs/rules.md, "Word forms".
"""

from __future__ import annotations

import re

from bot.rules import forms_en, forms_ru, forms_uk

_CYRILLIC = re.compile(r"[а-яґєіїў]+")
_LATIN = re.compile(r"[a-z]+")
_ONLY_UKRAINIAN = re.compile("[ґєії]")
_ONLY_RUSSIAN = re.compile("[ыэъ]|(?:ия|ие|ии|ая|ое|ией|[^ь]ский|ость|ться|овать|ить|ать|еть|нуть)$")


def forms(word: str) -> frozenset[str]:
    """All forms of a word in canonical writing, itself included. A word of another script or with digits has one."""
    if _LATIN.fullmatch(word):
        return frozenset(forms_en.forms(word))
    if _CYRILLIC.fullmatch(word):
        made = {word}
        if not _ONLY_UKRAINIAN.search(word):
            made |= forms_ru.forms(word)
        if not _ONLY_RUSSIAN.search(word):
            made |= forms_uk.forms(word)
        return frozenset(made)
    return frozenset({word})
