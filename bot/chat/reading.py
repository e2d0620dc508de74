"""What a person typed, read without judging: commands, names, and how to follow. Pure; never raises on any text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from bot.model import Severity

_SEVERITIES = {severity.label: severity for severity in Severity}
_CONFIRMED = frozenset({"confirmed", "corroborated"})
_FIRST = frozenset({"fast", "first", "unconfirmed"})
_ALL = frozenset({"all", "everything", "*"})
_FILLER = frozenset({"only", "and", "to", "from", "above", "the"})
_MOST_WORDS = 60


class Command(msgspec.Struct, frozen=True):
    """A command and its words. `addressed`: the bot was named, so silence would be rude."""

    name: str
    words: tuple[str, ...] = ()
    addressed: bool = False

    @property
    def rest(self) -> str:
        """The words as one."""
        return " ".join(self.words)


def read_command(text: str, username: str) -> Command | None:
    """The command that `text` begins with; None when it is none, or is for another bot (`/help@other_bot`)."""
    if not text.startswith("/"):
        return None
    first, *words = text[1:].split(None, _MOST_WORDS) or [""]
    name, at, bot = first.partition("@")
    if at and bot.casefold() != username.casefold():
        return None
    return Command(name.casefold(), tuple(words[:_MOST_WORDS]), addressed=bool(at))


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What `/subscribe …` asked for. None means: leave it as it is."""

    storylines: tuple[str, ...] = ()  # names
    every: bool = False
    minimum: Severity | None = None
    confirmed: bool | None = None
    unknown: tuple[str, ...] = ()


def read_choice(words: Sequence[str], find: Callable[[str], str | None]) -> Choice:
    """Read the words after `/subscribe`. `find` gives the name of the storyline that a phrase stands for.

    Names may be of several words; the longest that is known wins. Words such as `critical` are only read as options
    where they are not part of a name.
    """
    names: list[str] = []
    unknown: list[str] = []
    every, minimum, confirmed = False, None, None
    at = 0
    while at < len(words):
        found, length = _longest(words, at, find)
        word = words[at].strip(",;.+").casefold()
        if found is not None:
            names.append(found)
            at += length
            continue
        if word in _SEVERITIES:
            minimum = _SEVERITIES[word]
        elif word in _CONFIRMED:
            confirmed = True
        elif word in _FIRST:
            confirmed = False
        elif word in _ALL:
            every = True
        elif word and word not in _FILLER:
            unknown.append(words[at])
        at += 1
    return Choice(
        storylines=tuple(dict.fromkeys(names)),
        every=every,
        minimum=minimum,
        confirmed=confirmed,
        unknown=tuple(unknown),
    )


def _longest(words: Sequence[str], at: int, find: Callable[[str], str | None]) -> tuple[str | None, int]:
    for length in range(min(6, len(words) - at), 0, -1):
        phrase = " ".join(words[at : at + length]).strip(",;.")
        found = find(phrase) if phrase else None
        if found is not None:
            return found, length
    return None, 0


def read_deep_link(payload: str) -> tuple[str, str] | None:
    """`story_mediation` → (story, mediation), `sub_mediation` → (sub, mediation); None for anything else."""
    what, _, name = payload.partition("_")
    return (what, name) if what in {"story", "sub"} and name else None


def variants(phrase: str) -> tuple[str, ...]:
    """The ways in which a typed name may stand in the rules: as it is, and with hyphens."""
    plain = " ".join(phrase.split()).casefold()
    return tuple(dict.fromkeys((phrase, plain, plain.replace(" ", "-"), plain.replace("_", "-"))))
