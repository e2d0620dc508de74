"""Words that carry no news of their own but say how to read their neighbours: the lists of `marks.txt`, folded."""

from __future__ import annotations

from pathlib import Path

from bot.events.fold import fold


def _load(path: Path) -> dict[str, frozenset[str]]:
    lists: dict[str, set[str]] = {}
    name = ""
    for line in path.read_text("utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            name = line.strip("[]")
        elif line:
            lists.setdefault(name, set()).update(map(fold, line.split()))
    return {name: frozenset(words) for name, words in lists.items()}


_LISTS = _load(Path(__file__).with_name("marks.txt"))
STOP_WORDS = _LISTS["stop"]
NEGATIONS = _LISTS["not"]
BACKGROUND = _LISTS["background"]
SIGNATURE = _LISTS["signature"]
REPORTING = tuple(sorted(_LISTS["reporting"]))  # beginnings, for `startswith`
SAID = tuple(sorted(_LISTS["saying"]))
SAYING = frozenset({"announce", "speak", "threaten", "deny", "confirm", "demand", "propose", "reject", "condemn"})
