"""What the two runs tell whoever watches them (metrics): one record a unit of work, every word from a closed set.

The pipeline knows no metrics library and no console: it calls what it was given, and by default nobody listens.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bot.model import Alert, Delivery, Match

# How a poll can come out: read, or the state that a failure puts the source in, or why nothing was committed.
POLLED = (
    "ok",
    "unchanged",
    "throttled",
    "preview-off",
    "markup-changed",
    "identity-changed",
    "unreachable",
    "gone",
    "overtaken",
    "store-unavailable",
    "bug",
)

# How a delivery can end; docs/delivery.md, "Outcomes".
ENDED = (
    "sent",
    "edited",
    "rang",
    "sent-anew",
    "current",
    "not-held",
    "unsubscribed",
    "paused",
    "event-gone",
    "expired",
    "digested",
    "rejected",
    "unreachable",
    "topic-gone",
    "lost",
)
# What can happen to it on the way.
DELAYED = (
    "throttled",
    "transient",
    "unanswered",
    "migrated",
    "token-refused",
    "store-unavailable",
    "bug",
    "reclaimed",
)
OUTCOMES = ENDED + DELAYED
HEARD = frozenset({"sent", "rang", "sent-anew"})  # a reader's telephone made a sound, or could have


class Polling(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll came to. Times are seconds."""

    source: str
    outcome: str  # one of POLLED
    new: int = 0
    edited: int = 0
    gone: int = 0
    matches: tuple[Match, ...] = ()
    alerts: tuple[Alert, ...] = ()
    ages: tuple[float, ...] = ()  # of each new post when we first saw it; what lay there at first sight is left out
    committing: float | None = None  # from sight to commit


ObservePolling = Callable[[Polling], None]
ObserveDelivery = Callable[[str, Delivery, float], None]  # one of OUTCOMES, the delivery, seconds since it was owed


def unobserved_polling(_: Polling) -> None:
    """Without metrics."""


def unobserved_delivery(_outcome: str, _delivery: Delivery, _seconds: float) -> None:
    """Without metrics."""
