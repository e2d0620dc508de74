"""The story against the rules and the judge that ship: what a reader of the demo is told, and what not."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model import Post
from bot.pipeline.replay import replay
from bot.rules import Ruleset, load
from bot.sandbox import Story
from bot.sandbox.wire.feeds import feed_body, post_url
from bot.sandbox.wire.story import Shown
from bot.sandbox.wire.telegram_pages import ChannelPages
from bot.sources import feed as feed_parser
from bot.sources import load_sources, telegram_web

ROOT = Path(__file__).parents[2]
BEGINS = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
END = 180.0


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return load(ROOT / "rules")


@pytest.fixture(scope="module")
def story() -> Story:
    return Story.load(ROOT / "fixtures" / "wire" / "story.yaml")


@pytest.fixture(scope="module")
def read(story: Story) -> list[tuple[Shown, Post]]:
    """Each post as the story shows it when published, and as the real parsers read it from the page of that minute."""
    sources = {source.id: source for source in load_sources(ROOT / "fixtures" / "wire" / "sources.yaml")}
    pages = ChannelPages(story, lambda: BEGINS, "/wire")
    found = []
    for name in (post.name for post in story.at(END)):
        at = next(post.at for post in story.at(END) if post.name == name)
        shown = next(post for post in story.at(at) if post.name == name)
        channel, source = story.channels.get(shown.source), sources[shown.source]
        if channel:
            parsed = telegram_web.parse(pages.page(channel, at), source).posts
            post = next(post for post in parsed if post.id == name)
        else:
            feed = story.feeds[shown.source]
            parsed = feed_parser.parse(
                feed_body(story, feed, at, BEGINS).body, source, BEGINS + timedelta(minutes=at)
            ).posts
            post = next(post for post in parsed if post.url == post_url(feed, shown))
        found.append((shown, post))
    return found


@pytest.fixture(scope="module")
def rows(read: list[tuple[Shown, Post]], rules: Ruleset) -> list[dict[str, Any]]:
    return list(replay([post for shown, post in read if shown.at >= 0], rules, rules.storylines))


def test_every_report_matches_what_it_reports(read: list[tuple[Shown, Post]], rules: Ruleset, story: Story) -> None:
    """Each post that reports a happening matches its signal, in all three languages."""
    missed = []
    for shown, post in read:
        found = {f"{match.storyline}/{match.signal}" for match in rules.match(post)}
        if shown.happening and story.happenings[shown.happening] not in found:
            missed.append((shown.name, story.happenings[shown.happening], sorted(found)))
    assert missed == []


def test_noise_is_silent(read: list[tuple[Shown, Post]], rules: Ruleset) -> None:
    """Rail strikes, cup nights, other embassies, denials: what reports no happening matches nothing."""
    loud = [
        (shown.name, match.storyline, match.signal)
        for shown, post in read
        if not shown.happening and shown.kind != "digest"
        for match in rules.match(post)
    ]
    assert loud == []


def test_nothing_is_merged_that_differs(read: list[tuple[Shown, Post]], rows: list[dict[str, Any]]) -> None:
    """No event holds reports of two happenings: a false merge would hide news. Digests tell of several by nature."""
    happening = {post.id: shown.happening for shown, post in read if shown.happening}
    mixed = {}
    for row in rows:
        if row["kind"] == "event":
            inside = {happening[post] for post in row["posts"] if post in happening}
            if len(inside) > 1:
                mixed[row["event"]] = sorted(inside)
    assert mixed == {}


def _events(read: list[tuple[Shown, Post]], rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Happening → the posts that report it → the event each stands in."""
    happening = {post.id: shown.happening for shown, post in read if shown.happening}
    events: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        if row["kind"] == "event":
            for post in row["posts"]:
                if post in happening:
                    events[happening[post]][post] = row["event"]
    return events


def test_copies_join_what_they_repeat(read: list[tuple[Shown, Post]], rows: list[dict[str, Any]]) -> None:
    """A forward or a copy, with or without the reposter's signature, stands in the event of a post it repeats."""
    events = _events(read, rows)
    astray = []
    for shown, post in read:
        if shown.kind == "copy" and shown.happening:
            found = events[shown.happening]
            earlier = {found[other.id] for told, other in read if told.at < shown.at and other.id in found}
            if found[post.id] not in earlier:
                astray.append(shown.name)
    assert astray == []


def test_one_happening_is_told_once(read: list[tuple[Shown, Post]], rows: list[dict[str, Any]]) -> None:
    """Reports of one happening in three languages make one event."""
    counts = {name: len(set(found.values())) for name, found in _events(read, rows).items()}
    assert {name: count for name, count in counts.items() if count > 1} == {}
