"""A feed of any kind as posts. Pure: `now` is an argument, since feeds lie about time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from bot.errors import MarkupChanged
from bot.model import Post
from bot.sources.entry import Document, Entry
from bot.sources.feed_text import is_web
from bot.sources.identity import clean_link, identify
from bot.sources.jsonfeed import looks_like_json, read_json
from bot.sources.page import Page
from bot.sources.source import Source
from bot.sources.xmlfeed import read_xml

MOST = 2_000  # entries read of one feed
AHEAD = timedelta(minutes=10)  # how far a clock may be wrong before its time is not believed
EDITED_AFTER = timedelta(minutes=1)
_FIRST_FEEDS = datetime(1995, 1, 1, tzinfo=UTC)  # older dates are empty fields


def parse(
    body: bytes,
    source: Source,
    now: datetime,
    *,
    content_type: str | None = None,
    undated: datetime | None = None,
) -> Page:
    """The posts of a feed, oldest first.

    A post without a believable date gets `undated` (default `now`). A broken feed yields what can be read, and
    faults. Raises MarkupChanged when the body is no feed at all.
    """
    base = source.url or ""
    document = read_json(body) if looks_like_json(body) else read_xml(body, content_type)
    if document is None:
        raise MarkupChanged(f"{source.id}: what came is not a feed{_instead(body)}")
    faults = list(document.faults)
    if not document.entries:
        faults.append("empty: the feed has no entries")
    entries = document.entries[:MOST]
    if len(entries) < len(document.entries):
        faults.append(f"too-many: {len(document.entries)} entries; the first {MOST} are read")
    ids = identify(entries, document.home)
    posts: dict[str, Post] = {}
    guessed = ahead = 0
    for native, entry in zip(ids, entries, strict=True):
        if not entry.title and not entry.text:
            continue
        published, how = _published(entry, now, undated or now)
        guessed += how == "none"
        ahead += how == "ahead"
        post = _post(native, entry, document, source, base, published)
        if post.id not in posts:  # the same entry twice: the first is the newest version
            posts[post.id] = post
    if guessed:
        faults.append(f"no-date: {guessed} of {len(entries)} posts have no date; taken as new when first seen")
    if ahead:
        faults.append(f"future-date: {ahead} posts are dated ahead of our clock; their date is not used")
    return Page(
        posts=tuple(sorted(posts.values(), key=lambda post: post.published)),
        faults=tuple(faults),
        title=document.title,
        ttl=document.ttl,
    )


def _post(native: str, entry: Entry, document: Document, source: Source, base: str, published: datetime) -> Post:
    edited = entry.published and entry.updated and entry.updated - entry.published > EDITED_AFTER
    return Post(
        id=f"{source.id}/{native}",
        source=source.id,
        outlet=_outlet(entry, source, document, base),
        url=_url(entry, document, base),
        published=published,
        title=entry.title,
        text="" if entry.text == entry.title else entry.text,
        language=source.language or _language(entry.language or document.language),
        edited=bool(edited),
        links=entry.links,
        author=entry.author or None,
    )


def _published(entry: Entry, now: datetime, undated: datetime) -> tuple[datetime, str]:
    """The time of publication, and `none` or `ahead` when the feed gives none that can be believed."""
    given = [moment for moment in (entry.published, entry.updated) if moment is not None and moment >= _FIRST_FEEDS]
    for moment in given:
        if moment <= now + AHEAD:
            return min(moment, now), "given"
    return undated, "ahead" if given else "none"


def _url(entry: Entry, document: Document, base: str) -> str:
    """Where a reader finds the post: its link, else the feed's page, else the feed."""
    for link in (entry.link, document.home):
        try:
            link = urljoin(base, link.strip()) if link.strip() else ""
        except ValueError:
            continue
        if is_web(link):
            return clean_link(link)
    return base


def _outlet(entry: Entry, source: Source, document: Document, base: str) -> str:
    """The outlet that RSS `<source>` names, unless it is the feed's own site under another spelling."""
    if not entry.origin or entry.origin == document.title:
        return source.outlet
    theirs, ours = _host(entry.origin_url), {_host(base), _host(document.home)} - {""}
    return source.outlet if theirs and any(_same_site(theirs, host) for host in ours) else entry.origin


def _same_site(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _language(tag: str) -> str | None:
    primary = tag.strip().replace("_", "-").partition("-")[0].lower()
    return primary if primary.isascii() and primary.isalpha() and len(primary) in (2, 3) else None


def _instead(body: bytes) -> str:
    head = body[:2000].lstrip().lower()
    if not head:
        return " but an empty body"
    return " but a web page" if head.startswith((b"<!doctype html", b"<html")) else ""
