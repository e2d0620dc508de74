"""Where posts come from: configuration, a careful HTTP client, one pure parser a kind, one poll."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.errors import SettingsError
from bot.sources import feed, telegram_web
from bot.sources.client import Client, Response
from bot.sources.config import KINDS, Source, load_sources, parse_sources, seconds
from bot.sources.pace import Pace, ProcessPace
from bot.sources.page import Page, Polled
from bot.sources.poll import poll
from bot.sources.telegram_web import Presence, read_embed
from bot.text.nearest import nearest

__all__ = [
    "KINDS",
    "Client",
    "Pace",
    "Page",
    "Polled",
    "Presence",
    "ProcessPace",
    "Response",
    "Source",
    "load_sources",
    "parse_file",
    "parse_sources",
    "poll",
    "read_embed",
    "seconds",
]


def parse_file(
    kind: str, body: bytes, source: str | Source = "file", outlet: str = "file", now: datetime | None = None
) -> Page:
    """The posts of a saved page or feed, of whichever channel.

    `now` (default: the time of day) only judges dates in the future. Raises PollError for a page that yields nothing,
    SettingsError for a kind that we do not know.
    """
    if kind not in KINDS:
        raise SettingsError(f"unknown kind {kind!r}; expected one of {', '.join(KINDS)}{nearest(kind, KINDS)}")
    if kind == "telegram":
        return telegram_web.parse(body, _as_source(source, outlet, "telegram"))
    return feed.parse(body, _as_source(source, outlet, "feed"), now or datetime.now(UTC))


def _as_source(source: str | Source, outlet: str, kind: str) -> Source:
    return (
        source if isinstance(source, Source) else Source.model_validate({"id": source, "kind": kind, "outlet": outlet})
    )
