"""Post JSON Lines, read and written."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Post
from bot.pipeline.posts import BadLine, post_from, post_row, read_posts, rfc3339

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
POSTS = st.builds(
    Post,
    id=st.sampled_from(["wire/1", "wire/two", "a/b/c"]),
    source=st.just("wire"),
    outlet=WORDS.filter(bool),
    url=WORDS,
    published=st.datetimes(timezones=st.just(UTC)),
    title=WORDS,
    text=WORDS,
    language=st.sampled_from([None, "en", "uk"]),
    edited=st.booleans(),
    links=st.lists(WORDS, max_size=2).map(tuple),
)


@given(post=POSTS)
def test_a_post_survives_the_round_trip(post: Post) -> None:
    """What is written as a line is read back as the same post."""
    line = msgspec.json.encode(post_row(post))
    assert list(read_posts(iter([line]), "posts")) == [post]


def test_unknown_fields_and_empty_lines_are_passed_over() -> None:
    """Labels of an evaluation set, or a field of tomorrow, disturb nobody."""
    row = {"id": "a/1", "published": "2026-05-26T09:00:00Z", "labels": {"level": 2}, "forwarded_from": None}
    [post] = read_posts(iter([b"\n", json.dumps(row).encode(), b"  \n"]), "posts")
    assert isinstance(post, Post)
    assert (post.source, post.outlet, post.text, post.forwarded_from) == ("a", "a", "", None)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"{", "posts:1: not JSON"),
        (b"\xff{}", "posts:1: not JSON"),
        (b"[]", "found list, expected an object"),
        (b'{"published":"2026-05-26T09:00:00Z"}', "id is missing"),
        (b'{"id":"nosource","published":"2026-05-26T09:00:00Z"}', "expected <source>/<native id>"),
        (b'{"id":"a/1"}', "published is missing"),
        (b'{"id":"a/1","published":"yesterday"}', "expected RFC 3339"),
        (b'{"id":"a/1","published":"2026-05-26T09:00:00"}', "without a time zone"),
        (b'{"id":"a/1","published":"2026-05-26T09:00:00Z","text":5}', "text is int"),
        (b'{"id":"a/1","published":"2026-05-26T09:00:00Z","links":"x"}', "links is not a list"),
    ],
)
def test_a_bad_line_is_named_and_stops_nothing(line: bytes, complaint: str) -> None:
    """A line that is no post says where and why; the next line is read all the same."""
    good = b'{"id":"a/2","published":"2026-05-26T09:00:00Z"}'
    bad, post = read_posts(iter([line, good]), "posts")
    assert isinstance(bad, BadLine)
    assert complaint in str(bad)
    assert isinstance(post, Post)


def test_times_are_utc() -> None:
    """An offset is turned into UTC, and printed with Z."""
    post = post_from({"id": "a/1", "published": "2026-05-26T12:00:00+03:00"})
    assert post.published == datetime(2026, 5, 26, 9, tzinfo=UTC)
    assert rfc3339(post.published) == "2026-05-26T09:00:00Z"
