"""Parsing: a t.me page and a feed, against the standard library's HTML parser and plain feedparser.

    .venv/bin/python benchmarks/parse.py [PAGE.html FEED.xml]

Without arguments our own fixtures are parsed. The baseline for pages only walks the tags and keeps nothing.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import feedparser
from runner import compare

from bot.sources import parse_file

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PAGE = FIXTURES / "telegram" / "channel_2026.html"
FEED = FIXTURES / "feeds" / "rss2_traps.xml"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
REPEAT = 50


def walk(page: bytes) -> None:
    parser = HTMLParser()
    parser.feed(page.decode())
    parser.close()


def main(page_path: Path = PAGE, feed_path: Path = FEED) -> None:
    page, feed = page_path.read_bytes(), feed_path.read_bytes()
    posts = len(parse_file("telegram", page).posts)
    print(f"{page_path.name}: {len(page) / 1000:.0f} kB, {posts} posts; {feed_path.name}: {len(feed) / 1000:.0f} kB")
    compare(
        "t.me page",
        {
            "html.parser, tags only": lambda: [walk(page) for _ in range(REPEAT)],
            "ours, all posts": lambda: [parse_file("telegram", page) for _ in range(REPEAT)],
            "unchanged page known by its hash": lambda: [hashlib.blake2b(page).digest() for _ in range(REPEAT)],
        },
        units=REPEAT,
        unit="pages",
    )
    compare(
        "feed",
        {
            "feedparser as it comes": lambda: [feedparser.parse(feed) for _ in range(REPEAT)],
            "ours, all posts": lambda: [parse_file("feed", feed, now=NOW) for _ in range(REPEAT)],
            "unchanged feed known by its hash": lambda: [hashlib.blake2b(feed).digest() for _ in range(REPEAT)],
        },
        units=REPEAT,
        unit="feeds",
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
