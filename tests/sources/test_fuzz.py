"""Pages and feeds, damaged at random: no crash, and no word that the document does not hold."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import PollError, RuleFaults
from bot.sources import Page, Presence, parse_file, parse_sources, read_embed

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
NOW = datetime(2026, 5, 26, 12, tzinfo=UTC)
PAGES = [path.read_text("utf-8") for path in sorted((FIXTURES / "telegram").glob("*.html"))]
FEEDS = [path.read_bytes() for path in sorted((FIXTURES / "feeds").iterdir()) if ".expected" not in path.name]
UTF8_FEEDS = [
    feed.decode() for feed in FEEDS if b"\0" not in feed[:9] and feed.decode("utf-8", "ignore").encode() == feed
]
SPLINTERS = [
    "<", ">", "</div>", "<div>", '"', "'", "&", "&amp;", "&#0;", "&#x110000;", "&#99999999999999;", "&lt;b&gt;", "<b>",
    "</a>", "<!--", "-->", "<![CDATA[", "]]>", "<!", "<?", "\0", "\ufeff", "\u202e", "<script>", "</script>", "<table>",
    "<template>", "<svg>", "<pre>\n", "<item>", "</item>", "<br>", 'class="tgme_widget_message_text js-message_text"',
    'data-post="harbour_wire/9"', "🔥", "ё", "<select>", "<textarea>", "<plaintext>", "<math>", "<p>", "\r", "\u2028",
    "<title>", "<noscript>", "\ue000",
]  # fmt: skip

fuzz = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def damaged(text: str, seed: int, wounds: int) -> str:
    """`text` with pieces cut, doubled, moved and put in, always alike for one seed."""
    dice = random.Random(seed)
    for _ in range(wounds):
        at = dice.randrange(len(text) + 1)
        length = min(dice.choice([1, 3, 20, 300]), len(text) - at)
        piece = text[at : at + length]
        kind = dice.randrange(4)
        if kind == 0:
            text = text[:at] + text[at + length :]
        elif kind == 1:
            text = text[:at] + piece + text[at:]
        elif kind == 2:
            to = dice.randrange(len(text) + 1)
            text = text[:to] + piece + text[to:]
        else:
            text = text[:at] + dice.choice(SPLINTERS) + text[at:]
    return text


def holds(document: str, said: str) -> bool:
    """Whether the letters and digits of `said` stand in `document` in this order: reading may leave out, not put in."""
    rest = iter(document)
    return all(char in rest for char in said if char.isalnum())


def invented(document: str, page: Page) -> list[str]:
    """Lines of posts that no unescaping of the document holds.

    A stray `<` makes a tag of words, and feedparser writes it back as `word="word"`: such lines are left out.
    """
    levels = [document]
    while len(levels) < 5:
        levels.append(unescape(levels[-1]))
    whole = "".join(levels)
    lines = [line for post in page.posts for text in (post.title, post.text) for line in text.split("\n")]
    return [
        line
        for line in lines
        if '="' not in line
        and "</" not in line
        and not any(holds(level, line) for level in levels)
        and not holds(whole, line)
    ]


@fuzz
@given(st.sampled_from(PAGES), st.integers(0, 2**32), st.integers(1, 25))
def test_damaged_pages_are_read_or_refused(page: str, seed: int, wounds: int) -> None:
    """A damaged channel page gives true posts or a named state."""
    html = damaged(page, seed, wounds)
    try:
        read = parse_file("telegram", html.encode("utf-8", "replace"))
    except PollError:
        return
    assert invented(html, read) == []


@fuzz
@given(st.sampled_from(UTF8_FEEDS), st.integers(0, 2**32), st.integers(1, 15))
def test_damaged_feeds_are_read_or_refused(feed: str, seed: int, wounds: int) -> None:
    """A damaged feed gives true posts or a named state."""
    document = damaged(feed, seed, wounds)
    try:
        read = parse_file("feed", document.encode("utf-8", "replace"), now=NOW)
    except PollError:
        return
    assert invented(document, read) == []
    assert len({post.id for post in read.posts}) == len(read.posts)
    assert all(post.published <= NOW for post in read.posts)


@fuzz
@given(st.sampled_from(FEEDS), st.data())
def test_damaged_bytes_are_read_or_refused(feed: bytes, data: st.DataObject) -> None:
    """Bytes of no encoding at all crash neither parser."""
    at = data.draw(st.integers(0, len(feed)))
    body = feed[:at] + data.draw(st.binary(max_size=40)) + feed[at + data.draw(st.integers(0, 40)) :]
    for kind in ("feed", "telegram"):
        try:
            parse_file(kind, body, now=NOW)
        except PollError:
            continue


@fuzz
@given(st.sampled_from(PAGES), st.integers(0, 2**32), st.integers(1, 25))
def test_damage_never_makes_a_deletion(page: str, seed: int, wounds: int) -> None:
    """Only an embed that was a refusal before can be one after: nothing that a post says becomes `deleted`."""
    html = damaged(page, seed, wounds)
    if "err_message" not in html.replace("err_message&quot;", "").replace("<code>err_message", ""):
        assert read_embed(html.encode("utf-8", "replace"), "harbour_wire", 108) is not Presence.GONE


@fuzz
@given(st.integers(0, 2**32), st.integers(1, 25))
def test_damaged_source_files_load_or_give_faults(seed: int, wounds: int) -> None:
    """A damaged sources.yaml is sources or faults, never a crash."""
    text = damaged((FIXTURES / "sources" / "faults.yaml").read_text("utf-8"), seed, wounds)
    try:
        parse_sources(text, "x")
    except RuleFaults:
        return
