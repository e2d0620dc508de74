"""One poll of a Telegram channel: the newest page, the gap behind it, and watched posts that vanished."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, urlsplit

import msgspec

from bot.errors import IdentityChanged, PollError, PreviewOff, SourceThrottled
from bot.model import Cursor, Post
from bot.sources.client import Client
from bot.sources.page import Page, Polled
from bot.sources.source import Source
from bot.sources.telegram_web import Presence, parse, read_embed

PAGES = 20  # read behind the newest page in one poll; about 300 posts
PROBES = 5  # single posts asked for in one poll
GAPS = 8  # kept open at once

Gap = tuple[int, int]  # ids after the first and before the second were not seen


async def poll_telegram(
    source: Source,
    cursor: Cursor | None,
    client: Client,
    now: datetime,
    watched: frozenset[str] = frozenset(),
    *,
    pages: int = PAGES,
) -> Polled:
    """Read a channel back to where `cursor` stands; the first poll reads its newest page only.

    A gap that cannot be closed in `pages` pages stays in the cursor, is named as a fault with its ids, and is gone
    on with by later polls. Raises PollError when the newest page cannot be read.
    """
    before = cursor or Cursor(source=source.id)
    walk = _Walk(source, client, pages, before)
    newest = await walk.page(None)
    if newest.empty:
        if before.last_id:
            raise SourceThrottled(
                f"{source.id}: the page shows no posts, but posts up to {before.last_id} were there; throttled?"
            )
        # Never seen a post: the channel may be new. Should it be throttling, nothing is lost by believing it, since
        # posts published from now on will be read and alerted when the page shows them.
        walk.faults.append("empty: the page says that there are no posts; a new channel, or throttling")
    gaps = _gap(before, newest)
    left = [*await walk.close(gaps), *await walk.close(before.gaps)]
    gone = await _gone(source, client, watched, walk, before.polls)
    posts = walk.posts()
    body = _fingerprint(walk.shown())
    unchanged = body == before.body and not gaps and not before.gaps
    return Polled(
        source=source.id,
        cursor=msgspec.structs.replace(
            before,
            address=source.address,
            last_id=max(before.last_id, newest.highest),
            channel=newest.channel if newest.channel is not None else before.channel,
            body=body,
            gaps=_merged(left),
        ),
        posts=() if unchanged else posts,
        gone=gone,
        faults=(*walk.faults, *(f"gap-open: posts {low + 1} to {high - 1} were not seen yet" for low, high in left)),
        unchanged=unchanged,
    )


def _gap(before: Cursor, newest: Page) -> list[Gap]:
    """What stands between the last post known and the newest page."""
    if before.last_id:
        return [(before.last_id, newest.lowest)] if before.last_id < newest.lowest - 1 else []
    # Seen before, but without posts: how far back is news, only the time can tell.
    if before.first_sight is None or newest.older is None or not newest.posts:
        return []
    return [] if _older(newest.posts[0], before.first_sight) else [(0, newest.lowest)]


def _older(post: Post, moment: datetime) -> bool:
    return post.published < moment


class _Walk:
    """The pages read in one poll, and what came of them."""

    def __init__(self, source: Source, client: Client, budget: int, before: Cursor):
        self.source, self.client, self.budget = source, client, budget
        self.number, self.first_sight = before.channel, before.first_sight
        self.pages: list[Page] = []
        self.faults: list[str] = []

    async def page(self, before: int | None) -> Page:
        """One page, the newest or the one before an id. Raises PollError."""
        query = f"?before={before}" if before is not None else ""
        page = parse(await _fetch(self.source, self.client, query), self.source)
        if page.channel is not None and self.number not in (None, page.channel):
            raise IdentityChanged(
                f"{self.source.id}: the handle was taken over: channel {page.channel}, it was {self.number}"
            )
        self.pages.append(page)
        self.faults.extend(page.faults)
        return page

    async def close(self, gaps: Iterable[Gap]) -> list[Gap]:
        """Page back through `gaps`; returns what stays open of them."""
        left: list[Gap] = []
        for low, high in gaps:
            top = await self._close(low, high)
            if top > low + 1:
                left.append((low, top))
        return left

    async def _close(self, low: int, high: int) -> int:
        """The lowest id down to which the gap is closed: `low` or less when it is."""
        while high > low + 1:
            if self.budget <= 0:
                return high
            self.budget -= 1
            try:
                page = await self.page(high)
            except PollError as error:  # what was read is kept; the rest of the gap waits for the next poll
                self.faults.append(f"gap-interrupted: {error.state}: {error}")
                return high
            if page.empty:
                # Posts up to `low` were there, so an empty page is throttling or a purge: never "nothing was said".
                self.faults.append(f"gap-interrupted: throttled: the page before {high} says that there are no posts")
                return high
            # Some pages lack the link to the page before; the lowest id, albums included, leads there as well.
            if page.lowest >= high:
                self.faults.append(f"gap-interrupted: the page before {high} shows posts from {page.lowest} on")
                return high
            high = page.lowest
            if low == 0 and self.first_sight is not None and page.posts[:1] and _older(page.posts[0], self.first_sight):
                return low  # what is older than our first sight of the channel is its past
        return low

    def posts(self) -> tuple[Post, ...]:
        """All posts, oldest first, each once: the newest page's reading wins."""
        found: dict[int, Post] = {}
        for page in reversed(self.pages):
            found.update((native(post.id), post) for post in page.posts)
        return tuple(found[key] for key in sorted(found))

    def shown(self) -> tuple[Post, ...]:
        """What the newest page shows."""
        return self.pages[0].posts


async def _fetch(source: Source, client: Client, query: str) -> bytes:
    url = f"{source.base_url}/s/{quote(source.channel or '')}{query}"
    answer = await client.get(url, allow_private=source.allow_private, follow=False)
    if answer.location is not None:
        # Without a preview, /s/<name> sends to /<name>; where it sends is answer enough.
        if not _is_preview(answer.location):
            raise PreviewOff(f"{source.id}: no public preview (a group, restricted, renamed or not there)")
        answer = await client.get(answer.location, allow_private=source.allow_private)
        if not _is_preview(answer.url):
            raise PreviewOff(f"{source.id}: no public preview (a group, restricted, renamed or not there)")
    return answer.body


def _is_preview(url: str) -> bool:
    return "/s/" in urlsplit(url).path


async def _gone(source: Source, client: Client, watched: frozenset[str], walk: _Walk, turn: int) -> tuple[str, ...]:
    """Which of `watched` are proven deleted. They are probed one by one, since ids that a page lacks mean nothing;
    and a visible post is probed too: if that one "is not found" either, we have lost access."""
    missing = _missing(source, watched, walk, turn)
    gone: list[str] = []
    for post_id in missing:
        presence = await _probe(source, client, native(post_id), walk)
        if presence is Presence.GONE:
            gone.append(post_id)
        elif presence is Presence.NO_ACCESS:
            walk.faults.append("lost-access: the channel cannot be seen in single-post view")
            return ()
    if gone:
        control = walk.pages[0].highest
        if await _probe(source, client, control, walk) is not Presence.PRESENT:
            walk.faults.append(
                f"lost-access: {len(gone)} watched posts are not found, but nor is post {control} on the page"
            )
            return ()
    return tuple(gone)


def _missing(source: Source, watched: frozenset[str], walk: _Walk, turn: int) -> list[str]:
    """Watched posts that the newest pages, read without a break, should show and do not; newest first, in turns."""
    if walk.pages[0].empty:
        return []
    floor, ids = walk.pages[0].lowest, set(walk.pages[0].ids)
    for page in walk.pages[1:]:
        ids |= page.ids
        if not page.empty and page.highest < floor:
            floor = page.lowest
    mine = [post_id for post_id in watched if post_id.startswith(f"{source.id}/")]
    missing = [post_id for post_id in mine if (number := native(post_id)) >= floor and number not in ids]
    missing.sort(key=native, reverse=True)
    start = turn * PROBES % len(missing) if len(missing) > PROBES else 0
    return missing[start:][:PROBES]


async def _probe(source: Source, client: Client, number: int, walk: _Walk) -> Presence:
    channel = source.channel or ""
    url = f"{source.base_url}/{quote(channel)}/{number}?embed=1"
    try:
        answer = await client.get(url, allow_private=source.allow_private)
    except PollError as error:
        walk.faults.append(f"probe-failed: {error.state}: {error}")
        return Presence.UNKNOWN
    return read_embed(answer.body, channel, number)


def native(post_id: str) -> int:
    """The number of a Telegram post id; -1 for any other."""
    tail = post_id.rpartition("/")[2]
    return int(tail) if tail.isascii() and tail.isdigit() else -1


def _fingerprint(posts: Iterable[Post]) -> str:
    """A hash of what readers see: page bytes differ at every load, by views and tokens."""
    digest = hashlib.blake2b(digest_size=12)
    for post in posts:
        digest.update(f"{post.id} {post.digest()} {post.edited}\n".encode())
    return digest.hexdigest()


def _merged(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """The newest gaps, as separate ranges; more than we keep become one wide range at the old end, so none is lost."""
    kept: list[Gap] = []
    for low, high in sorted(set(gaps), reverse=True):
        if kept and high >= kept[-1][0]:
            kept[-1] = (min(low, kept[-1][0]), max(high, kept[-1][1]))
        elif len(kept) == GAPS:
            kept[-1] = (low, kept[-1][1])
        else:
            kept.append((low, high))
    return tuple(kept)
