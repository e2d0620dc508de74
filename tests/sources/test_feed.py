"""Feeds as they are in the wild, in our own sentences, beside what must be read from them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import MarkupChanged, PollError
from bot.sources import Page, Source, parse_file
from bot.sources.encoding import decode
from bot.sources.entry import Entry
from bot.sources.feed_text import html_text
from bot.sources.identity import identify, link_key

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "feeds"
NOW = datetime(2026, 5, 26, 12, tzinfo=UTC)
FEEDS = sorted(path.name for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
SOURCE = Source(id="src", kind="feed", url="https://feeds.example/feed", outlet="Example Outlet")


def read(body: bytes | str, now: datetime = NOW) -> Page:
    return parse_file("feed", body.encode() if isinstance(body, str) else body, SOURCE, now=now)


def rss(*items: str) -> str:
    """A small RSS feed of these items' inner XML."""
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>T</title><link>https://h.example/</link>{inner}</channel></rss>'


@pytest.mark.parametrize("name", FEEDS)
def test_each_recorded_feed_reads_as_written_down(name: str) -> None:
    """A recorded feed gives exactly the posts and faults, or the state, that stand beside it."""
    expected = json.loads((FOLDER / f"{name}.expected.json").read_text("utf-8"))
    source = SOURCE.model_copy(update={"url": expected["url"]})
    try:
        page = parse_file("feed", (FOLDER / name).read_bytes(), source, now=NOW)
    except PollError as error:
        found: dict[str, Any] = {"state": error.state, "error": str(error)}
    else:
        rows = json.loads(msgspec.json.encode(page))
        found = {name: value for name, value in rows.items() if value not in (None, [], "", False)}
    assert found == expected["page"]


@pytest.mark.parametrize("name", ["cp1251.xml", "cp1251_says_utf8.xml", "utf8_says_cp1251.xml", "utf16.xml"])
def test_one_feed_in_four_encodings_is_one_feed(name: str) -> None:
    """Whatever the declaration says, the letters are read right, and the post is the same post."""
    (post,) = read((FOLDER / name).read_bytes()).posts
    assert post.title == "Мост открыли, объезд отменён"
    assert post.id == read((FOLDER / "cp1251.xml").read_bytes()).posts[0].id


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("text/xml; charset=iso-8859-1", "Мост открыли".encode()),
        ("text/xml; charset=windows-1251", "Мост открыли".encode("cp1251")),
        (None, "Мост открыли снова".encode("cp1251")),
        ("text/xml", b'<?xml version="1.0" encoding="koi8-r"?>' + "Мост открыли".encode("koi8-r")),
        ("text/xml; charset=utf-8", b'<?xml version="1.0" encoding="windows-1251"?>' + "Мост открыли".encode("cp1251")),
    ],
)
def test_headers_and_declarations_may_be_wrong(header: str | None, body: bytes) -> None:
    """UTF-8 bytes are UTF-8 whatever the header says; else the document is believed before the header."""
    assert "Мост открыли" in decode(body, header)[0]


def ids(*posts: str) -> list[str]:
    return [post.id for post in read(rss(*posts)).posts]


def test_a_revision_in_the_guid_is_the_same_post() -> None:
    """The BBC counts revisions behind `#`: a later one is the same post; another anchor of the link is not."""
    one = "<title>A</title><link>https://b.example/n/1?at_medium=RSS</link><guid>https://b.example/n/1#0</guid>"
    assert ids(one) == ids(one.replace("#0", "#3").replace("<title>A", "<title>A, updated"))
    anchor = "<title>A</title><link>https://b.example/live#1</link><guid>https://b.example/live#1</guid>"
    assert ids(anchor) != ids(anchor.replace("#1", "#2"))


def test_ids_do_not_change_when_a_feed_moves_to_https_or_tags_its_links() -> None:
    """Scheme, `www.`, tracking and a trailing slash change no identity; a real parameter does."""
    base = "<title>A</title><link>{0}</link>"
    same = ["http://b.example/n/1", "https://www.b.example/n/1/", "https://b.example/n/1?utm_source=x&amp;fbclid=1"]
    assert len({ids(base.format(url))[0] for url in same}) == 1
    assert ids(base.format("https://b.example/n?id=1")) != ids(base.format("https://b.example/n?id=2"))
    assert ids(base.format("https://b.example/n?cid=1")) != ids(base.format("https://b.example/n?cid=2"))


def test_an_edit_of_the_words_does_not_change_an_id() -> None:
    """A post with a guid or a link stays itself when its title and text change."""
    for mark in ("<guid isPermaLink='false'>x1</guid>", "<link>https://b.example/1</link>"):
        assert ids(f"<title>A</title>{mark}") == ids(f"<title>B</title><description>new</description>{mark}")


def test_one_guid_for_all_is_no_identity() -> None:
    """Entries that share a guid, but not a link or words, are different posts."""
    shared = "<guid>https://h.example/</guid>"
    assert len(set(ids(f"<title>A</title>{shared}", f"<title>B</title>{shared}"))) == 2
    assert len(set(ids("<title>A</title><guid>z</guid>", "<title>B</title><guid>z</guid>"))) == 2


def test_the_same_entry_twice_is_one_post() -> None:
    """A feed that repeats an entry brings one post."""
    twice = "<title>A</title><link>https://b.example/1</link><guid>1</guid>"
    assert len(ids(twice, twice)) == 1


def test_ids_are_scoped_to_the_feed() -> None:
    """Two feeds may use one guid for different posts."""
    entries = [Entry(guid="1", title="A")]
    assert identify(entries, "") == identify(entries, "https://other.example/")
    other = SOURCE.model_copy(update={"id": "other"})
    body = rss("<title>A</title><guid>1</guid>").encode()
    assert parse_file("feed", body, other, now=NOW).posts[0].id != parse_file("feed", body, SOURCE, now=NOW).posts[0].id


def test_a_date_in_the_future_is_not_believed() -> None:
    """A post dated ahead is dated now; a few minutes ahead is a clock, and now too; an older update is used first."""

    def at(moment: datetime) -> datetime:
        return read(rss(f"<title>A</title><pubDate>{moment:%a, %d %b %Y %H:%M:%S} GMT</pubDate>")).posts[0].published

    assert at(NOW + timedelta(days=1)) == NOW
    assert at(NOW + timedelta(minutes=5)) == NOW
    assert at(NOW - timedelta(minutes=5)) == NOW - timedelta(minutes=5)
    assert at(datetime(1970, 1, 1, tzinfo=UTC)) == NOW


def test_what_is_no_feed_is_a_fault() -> None:
    """A web page, nothing, or other JSON in place of a feed is `markup-changed`, not an empty feed."""
    for body in (b"", b"<!DOCTYPE html><html><p>Moved</p></html>", b'{"a": 1}', b"{", b"\0\0\0", b"hello"):
        with pytest.raises(MarkupChanged, match="not a feed"):
            read(body)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("One<br>Two<br/><br/>Three", "One\nTwo\n\nThree"),
        ("&lt;p&gt;One&lt;/p&gt;", "One"),
        ("AT&amp;amp;T", "AT&T"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a &nbsp; b", "a \xa0 b"),
        ("<script>x()</script>Seen<style>p{}</style>", "Seen"),
        ("say <name> twice", "say <name> twice"),
        ("tabs\tand\x00 nuls\x0b", "tabs\tand nuls"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<pre>a\n b</pre>", "a\nb"),
    ],
)
def test_html_becomes_what_a_reader_sees(source: str, text: str) -> None:
    """Tags go, line breaks stay, escapes are undone however deep, and words in angle brackets are words."""
    assert html_text(source) == text


def test_a_megabyte_in_one_line_is_cut_at_a_word() -> None:
    """A huge text neither hangs nor fills the archive: its beginning is kept, word by word."""
    (post,) = read(rss(f"<title>A</title><description>{'word ' * 200_000}</description>")).posts
    assert len(post.text) <= 32_768
    assert post.text.endswith(" word")


def test_deep_nesting_is_read() -> None:
    """Thousands of nested elements are no reason to crash."""
    deep = "&lt;div&gt;" * 5_000 + "bottom" + "&lt;/div&gt;" * 5_000
    (post,) = read(rss(f"<title>A</title><description>{deep}</description>")).posts
    assert post.text == "bottom"


def test_feeds_made_to_hurt_are_read_as_far_as_is_sane() -> None:
    """Thousands of entries, a broken megabyte, and elements nested without end each give posts and a named fault."""
    many = read(rss(*(f"<title>t{number}</title><guid>{number}</guid>" for number in range(2_100))))
    assert (len(many.posts), many.faults[0]) == (2_000, "too-many: 2100 entries; the first 2000 are read")
    broken = read(rss("<title>First</title>", "<title>" + "a & b " * 200_000 + "</title>"))
    assert broken.posts[0].title == "First"
    assert broken.faults[0].startswith("broken-xml: large and not well-formed")
    deep = read(rss("<title>A</title><description>" + "&lt;div&gt;" * 60_000 + "bottom</description>"))
    assert deep.posts[0].text == "bottom"


@pytest.mark.parametrize("url", ["https://[bad", "", "no url", "mailto:a@b.example"])
def test_link_keys_never_fail(url: str) -> None:
    """Whatever stands where a link should be, it makes a key."""
    assert isinstance(link_key(url), str)
