"""The form in which words are compared across Ukrainian and Russian."""

from __future__ import annotations

from bot.text.canonical import canonical

FOLDING = str.maketrans(
    {"і": "и", "ї": "и", "ы": "и", "й": "и", "є": "е", "э": "е", "ґ": "г", "ъ": None, "ь": None, "'": None, "’": None}
)


def fold(word: str) -> str:
    """Canonical, and one spelling for what Ukrainian and Russian share: `Київ` and `Киев` differ less, `ракети` and
    `ракеты` not at all."""
    return canonical(word).translate(FOLDING)
