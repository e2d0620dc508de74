"""One poll of a feed: conditional, and parsed only when the body changed."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta

import msgspec

from bot.errors import PollError, SourceGone
from bot.model import Cursor
from bot.sources.client import Client, Response
from bot.sources.feed import parse
from bot.sources.page import Polled
from bot.sources.source import Source

# A post without a date is taken as new when it is first seen; at the first sight of a feed none of them is new.
_BEFORE_FIRST_SIGHT = timedelta(seconds=1)


async def poll_feed(source: Source, cursor: Cursor | None, client: Client, now: datetime) -> Polled:
    """Read a feed. Posts that have left it are not deleted: feeds are short. Raises PollError."""
    before = cursor or Cursor(source=source.id)
    answer = await _fetch(source, before, client)
    if answer.status == 304:
        return Polled(source=source.id, cursor=_cursor(source, before, answer, before.body), unchanged=True)
    body = hashlib.blake2b(answer.body, digest_size=12).hexdigest()
    if body == before.body:
        return Polled(source=source.id, cursor=_cursor(source, before, answer, body), unchanged=True)
    first = cursor is None or cursor.first_sight is None
    # Off the loop: feedparser takes seconds for a large feed that is broken, and other sources must not wait for it.
    page = await asyncio.to_thread(
        parse,
        answer.body,
        source,
        now,
        content_type=answer.content_type,
        undated=now - _BEFORE_FIRST_SIGHT if first else now,
    )
    return Polled(source=source.id, cursor=_cursor(source, before, answer, body), posts=page.posts, faults=page.faults)


async def _fetch(source: Source, before: Cursor, client: Client) -> Response:
    assert source.url is not None
    if before.moved_to is not None:
        try:
            return await _get(before.moved_to, source, before, client)
        except SourceGone:
            raise
        except PollError:
            pass  # what was called permanent was not: ask the address that the operator gave
    return await _get(source.url, source, before, client)


async def _get(url: str, source: Source, before: Cursor, client: Client) -> Response:
    return await client.get(
        url, etag=before.etag, last_modified=before.last_modified, allow_private=source.allow_private
    )


def _cursor(source: Source, before: Cursor, answer: Response, body: str | None) -> Cursor:
    fresh = answer.status == 200
    return msgspec.structs.replace(
        before,
        address=source.address,
        etag=answer.etag if fresh else before.etag,
        last_modified=answer.last_modified if fresh else before.last_modified,
        moved_to=answer.moved_to or (None if answer.url == source.url else before.moved_to),
        body=body,
    )
