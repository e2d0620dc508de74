"""What an inline button says when it is pressed: `<verb>:<arguments>` in at most 64 bytes.

Buttons outlive releases and come back from strangers' clients, so reading never trusts: anything but a known verb
with the right number of arguments is None. A button says the state it asks for ("follow: on"), never "toggle", so
that pressing an old one twice does no harm.
"""

from __future__ import annotations

import enum
import hashlib

import msgspec

MAX_BYTES = 64
_LONGEST_NAME = 40


class Verb(enum.StrEnum):
    """What pressing asks for. The values are sent to Telegram: never reuse one for something else."""

    CARD = "c"  # storyline: its card, in a new message (an alert must stay an alert)
    STORY = "s"  # storyline: its card, in place
    STORIES = "l"  # page: the list of storylines
    FOLLOW = "f"  # storyline, 1 or 0, the screen to show after
    CHOOSE = "p"  # page: the list with a tick at each followed storyline
    MINE = "m"  # what this chat follows
    TUNE = "o"  # storyline: how this chat follows it
    MINIMUM = "v"  # storyline, 1-4
    CONFIRMED = "k"  # storyline, 1 or 0
    LATEST = "n"  # the newest events
    SOURCES = "r"  # page: the state of the sources
    HELP = "h"
    WHY = "w"  # event: why it was sent, in a new message


_ARGUMENTS = {
    Verb.CARD: 1,
    Verb.STORY: 1,
    Verb.STORIES: 1,
    Verb.FOLLOW: 3,
    Verb.CHOOSE: 1,
    Verb.MINE: 0,
    Verb.TUNE: 1,
    Verb.MINIMUM: 2,
    Verb.CONFIRMED: 2,
    Verb.LATEST: 0,
    Verb.SOURCES: 1,
    Verb.HELP: 0,
    Verb.WHY: 1,
}


class Press(msgspec.Struct, frozen=True):
    """A button that was pressed."""

    verb: Verb
    arguments: tuple[str, ...] = ()


def short(name: str) -> str:
    """`name`, or a hash of it when it would not fit into a button."""
    if len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME and ":" not in name:
        return name
    return "~" + hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def data(verb: Verb, *arguments: str | int) -> str:
    """What a button carries. Names must have gone through `short`; ValueError if the whole is too long."""
    whole = ":".join((verb.value, *map(str, arguments)))
    if len(whole.encode()) > MAX_BYTES:
        raise ValueError(f"a button of {len(whole.encode())} bytes: Telegram takes {MAX_BYTES}")
    return whole


def read(whole: str) -> Press | None:
    """The press that `whole` stands for; None if it is not one of ours."""
    verb, *arguments = whole.split(":")
    try:
        known = Verb(verb)
    except ValueError:
        return None
    if known is Verb.WHY:  # an event id may hold colons
        arguments = [":".join(arguments)]
    if len(arguments) != _ARGUMENTS[known] or not all(arguments):
        return None
    return Press(known, tuple(arguments))
