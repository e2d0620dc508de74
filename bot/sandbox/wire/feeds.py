"""RSS 2.0 and Atom 1.0 of the story's feeds. Pure: story and minute in, XML and its validators out."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import NamedTuple

from bot.sandbox.wire.richtext import rich
from bot.sandbox.wire.story import Feed, Shown, Story

NEWEST = 15


class FeedBody(NamedTuple):
    """A feed as it stands: bytes, their media type, and what a conditional request is answered by."""

    body: bytes
    media: str
    etag: str
    modified: datetime


def feed_body(story: Story, feed: Feed, minute: float, begins: datetime) -> FeedBody:
    """The newest posts of a feed, newest first. `modified` is the time of the newest post, edit or deletion."""
    posts = story.of(feed.source, minute)[-NEWEST:][::-1]
    write = _rss if feed.format == "rss" else _atom
    changed = max((post.changed for post in story.at(minute) if post.source == feed.source), default=0.0)
    modified = _time(begins, changed)
    body = write(feed, posts, begins, modified).encode()
    media = "application/rss+xml" if feed.format == "rss" else "application/atom+xml"
    return FeedBody(body, media, f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"', modified)


def post_url(feed: Feed, post: Shown) -> str:
    """Where a feed's post would stand, under `.example`."""
    return f"{feed.site}/{post.number}"


def _time(begins: datetime, minute: float) -> datetime:
    return (begins + timedelta(minutes=minute)).replace(microsecond=0)


def _rss(feed: Feed, posts: tuple[Shown, ...], begins: datetime, modified: datetime) -> str:
    rows = "\n".join(
        f"<item><title>{escape(post.title)}</title><link>{post_url(feed, post)}</link>"
        f'<guid isPermaLink="true">{post_url(feed, post)}</guid>'
        f"<pubDate>{format_datetime(_time(begins, post.at), usegmt=True)}</pubDate>"
        f"<description>{escape(rich(post.text, post.entities))}</description></item>"
        for post in posts
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(feed.title)}</title><link>{feed.site}/</link><description>{escape(feed.about)}</description>"
        f"<language>{feed.language}</language><lastBuildDate>{format_datetime(modified, usegmt=True)}</lastBuildDate>\n"
        f"{rows}\n</channel></rss>\n"
    )


def _atom(feed: Feed, posts: tuple[Shown, ...], begins: datetime, modified: datetime) -> str:
    rows = "\n".join(
        f"<entry><id>{post_url(feed, post)}</id><title>{escape(post.title)}</title>"
        f'<link rel="alternate" href="{post_url(feed, post)}"/>'
        f"<published>{_time(begins, post.at).isoformat()}</published>"
        f"<updated>{_time(begins, post.changed).isoformat()}</updated>"
        f'<summary type="html">{escape(rich(post.text, post.entities))}</summary></entry>'
        for post in posts
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{feed.language}">'
        f"<id>{feed.site}/</id><title>{escape(feed.title)}</title><subtitle>{escape(feed.about)}</subtitle>"
        f'<link rel="alternate" href="{feed.site}/"/><author><name>{escape(feed.title)}</name></author>'
        f"<updated>{modified.isoformat()}</updated>\n{rows}\n</feed>\n"
    )
