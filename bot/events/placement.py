"""What gathering answers with, and the bounds that its steps share."""

from __future__ import annotations

import enum

import msgspec

from bot.model import Event

CLOSE = 8  # events read closely in each of steps 2 and 3
READ = 6  # reports of an event that a post is compared with
SURE = 0.55  # likelihood from which two posts tell of one happening; the curve stands in docs/events.md


class Relation(enum.StrEnum):
    """How a post came to its event."""

    SAME = "same"
    COPY = "copy"
    OTHER_WORDS = "other-words"
    DENIAL = "denial"
    NEW = "new"


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Where a post belongs: the event before and after it, and why."""

    before: Event | None
    after: Event  # not yet in the window
    relation: Relation
    against: str | None = None  # the post that it was found to repeat or to confirm
    score: float = 1.0
    why: tuple[tuple[str, float], ...] = ()  # features, the weightiest first
