"""Telegram's HTML and what becomes of it: properties for any text, and cases we know."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from bot.sandbox import Refusal
from bot.sandbox.botapi.formatted import formatted
from bot.sandbox.botapi.markup import parse_html, utf16_length
from bot.sandbox.wire.richtext import rich

PIECES = st.sampled_from(
    ["<b>", "</b>", "<i>", "</i>", '<a href="http://a.b/c?d=e&amp;f">', "</a>", "<code>", "</code>", "<pre>", "</pre>",
     "<blockquote expandable>", "</blockquote>", "<tg-spoiler>", "</tg-spoiler>", "</>", "<", ">", "&", "&amp;", "&lt;",
     "&#128330;", "&#x1f54a;", "&bogus;", "\"", "=", "/", " ", "\n", "🕊", "é", "а", "x", "\u202e", "\0", "\ud800"]
)  # fmt: skip
MESSY = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))
TAGS = {"b": "bold", "i": "italic", "u": "underline", "s": "strikethrough", "tg-spoiler": "spoiler"}


def units(text: str, entity: dict[str, Any]) -> str:
    """The characters that an entity covers."""
    raw = text.encode("utf-16-le")
    start = entity["offset"] * 2
    return raw[start : start + entity["length"] * 2].decode("utf-16-le")


@given(MESSY)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text crashes the reader: it is refused with 400, or its entities lie inside it and split no character."""
    try:
        shown, entities = formatted(text, "HTML")
    except Refusal as refusal:
        note(refusal.description)
        if refusal.code != 400:
            raise
        return
    for entity in entities:
        assert entity["length"] > 0
        assert 0 <= entity["offset"] <= utf16_length(shown) - entity["length"]
        units(shown, entity)  # raises where a surrogate pair is cut
    assert shown == shown.rstrip(" \n")
    assert len(entities) <= 100


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_escaped_text_comes_back(text: str) -> None:
    """Whatever is escaped as HTML is shown as it was, apart from outer space and direction marks."""
    shown, _ = parse_html(escape(text))
    assert shown == text.replace("&#x27;", "'")


Case = tuple[str, str, list[tuple[str, str]]]  # markup, its text, and what each tag covers


def _tagged(inside: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    def tag(name: str, case: Case) -> Case:
        html, text, found = case
        return f"<{name}>{html}</{name}>", text, [(TAGS[name], text), *found]

    def join(one: Case, two: Case) -> Case:
        return one[0] + two[0], one[1] + two[1], one[2] + two[2]

    return st.one_of(st.builds(tag, st.sampled_from(sorted(TAGS)), inside), st.builds(join, inside, inside))


WORDS: st.SearchStrategy[Case] = st.text(alphabet="aя🕊&<", min_size=1, max_size=5).map(lambda t: (escape(t), t, []))
NESTED = st.recursive(WORDS, _tagged, max_leaves=12)


@given(NESTED)
def test_balanced_tags(case: Case) -> None:
    """For balanced markup the text is the text, and each tag covers exactly what stands inside it."""
    html, text, found = case
    shown, entities = parse_html(html)
    assert shown == text
    assert sorted((str(entity["type"]), units(shown, entity)) for entity in entities) == sorted(found)


@given(NESTED)
def test_what_a_message_holds_covers_the_same(case: Case) -> None:
    """Merging equal styles keeps which characters are bold, italic, …"""
    html, _, _ = case
    raw, entities = parse_html(html)
    shown, settled = formatted(html, "HTML")
    assert shown == raw

    def covered(found: list[Any], kind: str) -> set[int]:
        return {
            at for one in found if one["type"] == kind for at in range(one["offset"], one["offset"] + one["length"])
        }

    for kind in TAGS.values():
        assert covered(settled, kind) == covered(entities, kind)


@pytest.mark.parametrize(
    ("html", "shown", "expected"),
    [
        ("a &amp; b &lt;c&gt; &quot;&nbsp;", 'a & b <c> "&nbsp;', []),
        ("&#128330;&#x1f54a;x", "🕊🕊x", []),
        ('<a href="http://a.example/?x=1&amp;y=2">t</a>', "t", [("text_link", "t")]),
        ("<a>http://a.example</a>", "http://a.example", [("text_link", "http://a.example")]),
        ("<a href=''>no link</a>", "no link", []),
        ('<pre><code class="language-py">x</code></pre>', "x", [("pre", "x")]),
        ("<b>a<i>b</b></i>", None, []),
        ("<b><code>a</code></b>", "a", [("code", "a")]),
        ("<B>a</b>", "a", [("bold", "a")]),
        ("<b>a</>", "a", [("bold", "a")]),
        ("  <b> a </b>  ", " a", [("bold", " a")]),  # space in front goes, but not out of an entity
        ("a <b> </b><i>\n</i> b", "a  \n b", []),
        ("see https://x.example/a, and @wirewatch #news /start", None, []),
    ],
)
def test_known_cases(html: str, shown: str | None, expected: list[tuple[str, str]]) -> None:
    """Cases of Telegram's own reader."""
    if html.startswith("see"):
        text, entities = formatted(html, "HTML")
        assert [(entity["type"], units(text, entity)) for entity in entities] == [
            ("url", "https://x.example/a"), ("mention", "@wirewatch"), ("hashtag", "#news"), ("bot_command", "/start"),
        ]  # fmt: skip
    elif shown is None:
        with pytest.raises(Refusal, match="Unmatched end tag"):
            parse_html(html)
    else:
        text, entities = formatted(html, "HTML")
        assert (text, [(entity["type"], units(text, entity)) for entity in entities]) == (shown, expected)


@given(
    st.text(alphabet="a \n🕊\x01\r", max_size=20),
    st.lists(
        st.tuples(st.sampled_from(["bold", "code", "text_link"]), st.integers(-2, 30), st.integers(-2, 30)), max_size=8
    ),
)
def test_given_entities_stay_inside(text: str, spans: list[tuple[str, int, int]]) -> None:
    """Entities that a caller computed itself, right or wrong, never reach outside the text or cut a character."""
    rows = [{"type": kind, "offset": offset, "length": length, "url": "http://a.b/"} for kind, offset, length in spans]
    shown, entities = formatted(text, "", rows)
    for entity in entities:
        assert units(shown, entity).strip(" \n")
        assert int(entity["offset"]) + int(entity["length"]) <= utf16_length(shown)


def test_a_hundred_entities() -> None:
    """The first hundred entities are kept, the rest dropped in silence."""
    _, entities = formatted("<b>a</b> " * 120, "HTML")
    assert len(entities) == 100


@given(MESSY)
def test_rich_text_nests(text: str) -> None:
    """The HTML of a wire post opens and closes its tags in order, and its words are those of the text."""
    try:
        shown, entities = formatted(text, "HTML")
    except Refusal:
        return
    html = rich(shown, entities)
    open_tags: list[str] = []
    for closing, tag in re.findall(r"<(/?)([a-z-]+)[^>]*?(?<!/)>", html):
        if closing:
            assert open_tags.pop() == tag
        else:
            open_tags.append(tag)
    assert open_tags == []
