"""Posts and matches for the tests of gathering; all outlets are invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from bot.events import Placement, Window, gather
from bot.model import Hit, Match, Post, Severity

NOON = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)
_numbers = count(1)


def post(text: str, minute: float = 0, outlet: str = "Lighthouse", **more: object) -> Post:
    """A post of an invented outlet, so many minutes after noon."""
    name = outlet.lower().replace(" ", "_")
    number = next(_numbers)
    fields: dict[str, object] = {
        "id": f"{name}/{number}",
        "source": name,
        "outlet": outlet,
        "url": f"https://t.me/{name}/{number}",
        "published": NOON + timedelta(minutes=minute),
        "text": text,
    }
    return Post(**(fields | more))  # type: ignore[arg-type]


def match(
    of: Post, signal: str = "seen", storyline: str = "story", severity: Severity = Severity.HIGH, phase: str | None = None,
    hit: bool = False,
) -> Match:  # fmt: skip
    """A match; without a hit it proves nothing, as with `--together`."""
    hits = (Hit(concept=signal, field="text", start=0, end=1),) if hit else ()
    return Match(post=of.id, storyline=storyline, signal=signal, severity=severity, phase=phase, hits=hits)


def take(window: Window, of: Post, *matches: Match) -> Placement:
    """Gather a post as the pipeline would and put the event into the window."""
    placement = gather(window, of, matches or (match(of),), of.published)
    assert placement is not None
    window.put(placement.after)
    return placement
