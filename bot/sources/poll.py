"""One poll of one source: the seam between the network and the pure parsers."""

from __future__ import annotations

from datetime import datetime

from bot.model import Cursor
from bot.sources.client import Client
from bot.sources.feed_poll import poll_feed
from bot.sources.page import Polled
from bot.sources.source import Source
from bot.sources.telegram_poll import poll_telegram


async def poll(
    source: Source,
    cursor: Cursor | None,
    client: Client,
    now: datetime,
    watched: frozenset[str] = frozenset(),
) -> Polled:
    """Read `source` from where `cursor` stands.

    Returns what its pages show, known posts too, and the cursor to be stored with them. `watched` are ids of posts
    whose deletion matters. Raises PollError; then nothing is lost, since the cursor stays where it was.
    """
    if cursor is not None and cursor.address not in (None, source.address):
        cursor = None  # the id now names another channel or feed: what was remembered is of the old one
    if source.kind == "telegram":
        return await poll_telegram(source, cursor, client, now, watched)
    return await poll_feed(source, cursor, client, now)
