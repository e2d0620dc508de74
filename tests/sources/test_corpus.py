"""Every saved page and feed of the third-party corpus: read without a crash, and compared with what it shows."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from bot.errors import MarkupChanged, PollError
from bot.sources import Page, parse_file

sys.path.insert(0, str(Path(__file__).parent))

from shown import shown, squeezed

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LEFT_OVER = re.compile(r"</?(?:p|div|br|span|pre|dl|ul|li|img|table|strong)\b[^<>]*>|&(?:amp|quot|lt|gt|nbsp|#\d+);")
# Two posts of a programmer's blog print markup as code; reading and second reading each drop a part of it.
PRINTS_MARKUP = {"d87ecc4c3d36ff97a5a7", "b6c4feae5b4e34bc51e6"}
NAMESPACE = re.compile(r"\{[^}]*\}")


def test_every_telegram_page_reads_as_shown(corpus: Path) -> None:
    """Each post of each page has exactly the text that an independent reading of the same block finds."""
    pages = sorted((corpus / "data" / "telegram_html").glob("*/*.html"))
    assert len(pages) > 50
    posts, different = 0, []
    for path in pages:
        rows = shown(path.read_text("utf-8"))
        page = readable(path)
        if page is None:
            assert not rows, f"{path.name}: nothing read although it shows posts"
            continue
        read = {post.url.rpartition("/")[2]: post for post in (*page.posts, *page.services)}
        assert len(read) == len(rows), path.name
        for row in rows:
            post = read[row["post"].rpartition("/")[2]]
            posts += 1
            if squeezed(post.text) != squeezed("".join([*row["text"], *row["parts"]])):
                different.append(f"{path.name} {row['post']}")
        assert [post for post in page.posts if post.id in {service.id for service in page.services}] == []
    print(f"telegram pages: {len(pages)} files, {posts} posts, {len(different)} differ")
    assert posts > 60
    assert different == []


def readable(path: Path) -> Page | None:
    """The page at `path`, or None for a fragment or landing page: a named state, not a crash."""
    try:
        return parse_file("telegram", path.read_bytes())
    except PollError:
        return None


def test_every_feed_reads_as_shown(corpus: Path) -> None:
    """Each feed gives posts, each title stands in the document, and no entry of a well-formed feed is lost."""
    feeds = sorted(path for path in (corpus / "data" / "feeds").glob("*/*") if path.is_file())
    posts, entries, invented, lost = 0, 0, [], []
    for path in feeds:
        body = path.read_bytes()
        try:
            page = parse_file("feed", body, now=NOW)
        except MarkupChanged:
            assert path.suffix == ".opml", f"{path.name} was not read as a feed"
            continue
        posts += len(page.posts)
        assert len({post.id for post in page.posts}) == len(page.posts), path.name
        page_words = everything(body)
        for post in page.posts:
            if post.id.rpartition("/")[2] in PRINTS_MARKUP:
                continue
            for said in (post.title, post.text):
                # `<name>` may be a word of the text: the crude second reading drops it, so it is dropped here too.
                if squeezed(strip_tags(said)) not in page_words or LEFT_OVER.search(said):
                    invented.append(f"{path.name} {post.id}: {said[:80]!r}")
        expected = titles(body)
        if expected is not None:
            entries += len(expected)
            found = {squeezed(post.title) for post in page.posts}
            lost += [f"{path.name}: {title[:60]!r}" for title in expected if squeezed(title) not in found]
    print(f"feeds: {len(feeds)} files, {posts} posts, {entries} titles, {len(invented)} invented, {len(lost)} lost")
    assert posts > 600
    assert invented == []
    assert lost == []


def everything(body: bytes) -> str:
    """All characters of a document in order, tags taken out and escapes undone, however deep; no white space."""
    texts = []
    for encoding in encodings(body):
        text = body.decode(encoding, "replace")
        for _ in range(5):
            text = re.sub(r"<!\[CDATA\[|\]\]>", " ", text)
            texts.append(squeezed(strip_tags(text)))
            once = unescape(text)
            texts.append(squeezed(strip_tags(once)))
            if once == text:
                break
            text = once
        texts.append(squeezed(strip_tags(strip_tags(text))))
    return "\n".join(texts)


def encodings(body: bytes) -> list[str]:
    declared = re.match(rb"""[^>]*encoding=["']([^"']+)""", body[:200])
    return [*([declared[1].decode()] if declared else []), "utf-8", "cp1252"]


def strip_tags(text: str) -> str:
    text = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return re.sub(r"</?[a-zA-Z!?][^<>]*>", " ", text)


def titles(body: bytes) -> list[str] | None:
    """The plain titles of a well-formed XML feed; None for what the standard parser cannot read."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return None
    found = []
    for node in root.iter():
        if NAMESPACE.sub("", node.tag) in ("item", "entry"):
            title = next((child for child in node if NAMESPACE.sub("", child.tag) == "title"), None)
            text = "".join(title.itertext()) if title is not None else ""
            while "&" in text and unescape(text) != text:
                text = unescape(text)
            if text.strip() and "<" not in text:
                found.append(text)
    return found
