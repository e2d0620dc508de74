"""The recorded wire: its story makes sense, and the real parsers and client read its pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Sandbox, Story, StoryClock
from bot.sandbox.wire.feeds import feed_body
from bot.sandbox.wire.telegram_pages import PAGE, ChannelPages
from bot.sources import Client, Source, load_sources, poll
from bot.sources import feed as feed_parser
from bot.sources.telegram_web import Presence, parse, read_embed

BEGINS = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
END = 180.0


@pytest.fixture(scope="module")
def story(fixtures: Path) -> Story:
    return Story.load(fixtures / "wire" / "story.yaml")


@pytest.fixture(scope="module")
def sources(fixtures: Path) -> dict[str, Source]:
    return {source.id: source for source in load_sources(fixtures / "wire" / "sources.yaml")}


@pytest.fixture(scope="module")
def pages(story: Story) -> ChannelPages:
    return ChannelPages(story, lambda: BEGINS, "/wire")


# --- the story itself -------------------------------------------------------------------------------------------


def test_every_source_is_polled(story: Story, sources: dict[str, Source]) -> None:
    """`sources.yaml` names exactly the story's channels and feeds, with their outlets, languages and addresses."""
    assert set(sources) == set(story.channels) | set(story.feeds)
    for name, channel in story.channels.items():
        source = sources[name]
        assert (source.kind, source.channel, source.outlet) == ("telegram", channel.handle, channel.title)
        assert (source.language, source.base_url) == (channel.language, "http://wire.example")
    for name, feed in story.feeds.items():
        assert (sources[name].kind, sources[name].outlet) == ("feed", feed.title)
        assert sources[name].url == f"http://wire.example/feeds/{name}.xml"
    for source in sources.values():
        assert source.allow_private
        assert 2 <= source.every <= 5


def test_nothing_in_it_can_be_real(story: Story) -> None:
    """Handles end in _demo, feeds stand under .example, and no text links anywhere else."""
    assert all(channel.handle.endswith("_demo") for channel in story.channels.values())
    assert all(feed.site.endswith(".example") for feed in story.feeds.values())
    for post in story.at(END):
        assert not re.search(r"https?://(?![\w-]+\.example)", post.text)


def test_what_the_story_holds(story: Story) -> None:
    """Three languages, forwards, copies, an edit in a channel and in a feed, a deletion, noise, an album, a reply."""
    posts = story.at(END)
    told = [post for post in posts if post.at >= 0]
    assert 45 <= len(told) <= 70
    assert {(story.channels.get(post.source) or story.feeds[post.source]).language for post in told} == {
        "en",
        "uk",
        "ru",
    }
    assert sum(post.forward is not None for post in told) >= 5
    assert Counter(post.kind for post in told)["noise"] >= 8
    assert {bool(post.title) for post in told if post.edited} == {True, False}
    assert [post.name for post in told if post.deleted] == ["skyline/2754"]
    assert any(post.album for post in told)
    assert any(post.reply for post in told)
    assert sum(post.at < 0 for post in posts) >= 10
    assert set(story.channels) | set(story.feeds) == {post.source for post in posts if post.at < 0}


def test_the_first_report_comes_early(story: Story) -> None:
    """The first report that matters is out within ten real seconds, and not before the bot had a look."""
    first = next(post for post in story.at(END) if post.at >= 0 and post.kind == "report")
    assert 6 <= first.at <= 10


def test_ids_grow_and_never_repeat(story: Story) -> None:
    """Native ids of a channel grow with time; an album takes one for each picture."""
    for source in story.channels:
        numbers = [number for post in story.at(END) if post.source == source for number in post.numbers]
        assert numbers == sorted(set(numbers))


def test_a_contradiction_is_refused(story: Story, tmp_path: Path) -> None:
    """A story that points at nothing, or changes a post before it exists, does not load; all faults are named."""
    path = tmp_path / "story.yaml"
    path.write_text(
        "{title: t, minutes: 9, happenings: {}, feeds: [], channels: [{source: a, handle: a_demo, title: A, language: en, number: 1,"
        " first: 1, about: x}], posts: [{at: 1, source: a, forward: nothing}, {at: 2, source: b, text: x},"
        " {at: 3, source: a, text: x, deleted: 2}]}"
    )
    with pytest.raises(ValueError, match=r"(?s)points at 'nothing'.*no such channel.*changes at minute 2"):
        Story.load(path)


# --- pages and feeds, read by the real parsers --------------------------------------------------------------------


def test_channel_pages_say_what_the_story_says(story: Story, sources: dict[str, Source], pages: ChannelPages) -> None:
    """At every moment each channel's page yields the story's posts: ids, words, times, edits, forwards, albums."""
    for minute in (0.0, 9.0, 31.0, 68.0, 89.0, END):
        for name, channel in story.channels.items():
            page = parse(pages.page(channel, minute), sources[name])
            shown = story.of(name, minute)
            assert [post.id for post in page.posts] == [post.name for post in shown]
            assert page.faults == ()
            assert page.channel == -channel.number
            assert page.title == channel.title
            for read, post in zip(page.posts, shown, strict=True):
                assert read.text == post.text
                assert read.published == BEGINS + timedelta(minutes=post.at)
                assert read.edited == (post.edited is not None)
                assert read.url == f"https://t.me/{channel.handle}/{post.number}"
                assert len(read.also) == max(post.album, 1) - 1
                if post.forward:
                    assert read.forwarded_from == f"https://t.me/{post.forward[0]}/{post.forward[1]}"
                elif post.forward_title:
                    assert read.forwarded_from == post.forward_title
                assert bool(read.reply_to) == (post.reply is not None)
                assert (read.author or "") == post.author


def test_pages_chain_back_to_the_start(story: Story, sources: dict[str, Source], pages: ChannelPages) -> None:
    """Following `prev` from the newest page meets every post once; the last page has no `prev`."""
    channel = Story.load(Path(__file__).parents[2] / "fixtures" / "wire" / "story.yaml").channels["relay"]
    import bot.sandbox.wire.telegram_pages as module

    for size in (PAGE, 3):
        module.PAGE = size
        try:
            seen: list[str] = []
            before: int | None = None
            while True:
                page = parse(pages.page(channel, END, before), sources["relay"])
                seen = [post.id for post in page.posts] + seen
                if page.older is None:
                    break
                before = page.older
        finally:
            module.PAGE = PAGE
        assert seen == [post.name for post in story.of("relay", END)]
    assert parse(pages.page(channel, END, 1), sources["relay"]).empty


def test_embeds_tell_of_deletion(story: Story, pages: ChannelPages) -> None:
    """A post's embed shows it; a deleted one's says that it is not found; any part of an album shows the album."""
    skyline, vezha = story.channels["skyline"], story.channels["vezha"]
    assert read_embed(pages.embed(skyline, 2754, 87.0), skyline.handle, 2754) is Presence.PRESENT
    assert read_embed(pages.embed(skyline, 2754, 88.0), skyline.handle, 2754) is Presence.GONE
    album = next(post for post in story.at(END) if post.album)
    for number in album.numbers:
        assert read_embed(pages.embed(vezha, number, END), vezha.handle, number) is Presence.PRESENT


@pytest.mark.parametrize("minute", [0.0, 22.0, 102.0, END])
def test_feeds_say_what_the_story_says(story: Story, sources: dict[str, Source], minute: float) -> None:
    """RSS and Atom yield the story's titles, words, times and links, without a fault."""
    now = BEGINS + timedelta(minutes=minute)
    for name, feed in story.feeds.items():
        body = feed_body(story, feed, minute, BEGINS)
        page = feed_parser.parse(body.body, sources[name], now, content_type=body.media)
        shown = story.of(name, minute)
        assert [(post.title, post.text, post.published) for post in page.posts] == [
            (post.title, post.text, BEGINS + timedelta(minutes=post.at)) for post in shown
        ]
        assert [post.url for post in page.posts] == [f"{feed.site}/{post.number}" for post in shown]
        assert page.faults == ()


def test_a_feeds_edit_keeps_its_id(story: Story, sources: dict[str, Source]) -> None:
    """The edited article has the id it had, new words, and a new ETag and Last-Modified."""
    feed = story.feeds["meridian"]
    before, after = (feed_body(story, feed, minute, BEGINS) for minute in (100.0, 101.0))
    now = BEGINS + timedelta(minutes=102)
    assert before.etag != after.etag
    assert before.modified < after.modified
    old, new = (feed_parser.parse(one.body, sources["meridian"], now).posts[-1] for one in (before, after))
    assert old.id == new.id
    assert "ends its mediation" in old.title
    assert "suspends its mediation" in new.title


# --- over HTTP ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def sandbox(fixtures: Path) -> AsyncIterator[Sandbox]:
    """A sandbox in the middle of its story."""
    at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    clock = StoryClock(timedelta(hours=3), now=lambda: at)
    async with Sandbox(fixtures / "wire", None, clock, port=0) as sandbox:
        clock.start()
        at += timedelta(seconds=60)
        yield sandbox


async def test_the_real_client_polls_it(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each source of the written sources.yaml is polled over HTTP; a second poll of a feed is not modified."""
    sandbox.write_sources(tmp_path / "sources.yaml")
    async with Client() as client:
        for source in load_sources(tmp_path / "sources.yaml"):
            first = await poll(source, None, client, sandbox.clock())
            assert [post.id for post in first.posts if source.kind == "telegram"] == [
                post.name for post in sandbox.story.of(source.id, 60.0) if source.kind == "telegram"
            ]
            assert first.posts
            assert first.faults == ()
            again = await poll(source, first.cursor, client, sandbox.clock())
            assert again.unchanged


async def test_conditional_requests(sandbox: Sandbox) -> None:
    """ETag and Last-Modified are honoured: 304 without a body when nothing changed, 200 otherwise."""
    url = f"{sandbox.wire_url}/feeds/meridian.xml"
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
        expected: list[tuple[dict[str, str], int]] = [
            ({"If-None-Match": etag}, 304),
            ({"If-None-Match": f'W/{etag}, "other"'}, 304),
            ({"If-None-Match": '"other"'}, 200),
            ({"If-None-Match": '"other"', "If-Modified-Since": modified}, 200),
            ({"If-Modified-Since": modified}, 304),
            ({"If-Modified-Since": "Sun, 01 Nov 2026 00:00:00 GMT"}, 200),
            ({"If-Modified-Since": "nonsense"}, 200),
        ]
        for headers, status in expected:
            async with session.get(url, headers=headers) as answer:
                assert (headers, answer.status) == (headers, status)


async def test_a_name_without_preview(sandbox: Sandbox) -> None:
    """An unknown channel leads to its landing page, as on t.me."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{sandbox.wire_url}/s/nobody_demo", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "/wire/nobody_demo")
        async with session.get(f"{sandbox.wire_url}/s/nobody_demo") as answer:
            assert "tgme_channel_info" not in await answer.text()


async def test_hostile_requests(sandbox: Sandbox) -> None:
    """Nonsense in addresses is answered, not crashed on; a foreign host name is turned away."""
    async with aiohttp.ClientSession() as session:
        for path, status in (
            ("/s/northgate_wire_demo?before=abc", 200),
            ("/s/northgate_wire_demo?before=99999999999999999999999", 200),
            ("/northgate_wire_demo/99999999999999999?embed=1", 200),
            ("/feeds/none.xml", 404),
            ("/picture/x.svg", 200),
            ("/%3Cscript%3E", 200),
        ):
            async with session.get(sandbox.wire_url + path) as answer:
                assert (path, answer.status) == (path, status)
                assert "<script>" not in await answer.text()
        for headers in ({"Host": "evil.example"}, {"Host": "evil.example:80"}):
            async with session.get(sandbox.page_url, headers=headers) as answer:
                assert answer.status == 403


async def test_only_json_moves_the_page(sandbox: Sandbox) -> None:
    """What another site's page could send unasked (forms, plain text) is refused; so are chats of other people."""
    stranger = sandbox.api.add_user("Olha")
    async with aiohttp.ClientSession() as session:

        async def sent(**kwargs: Any) -> int:
            async with session.post(sandbox.page_url + "page/send", **kwargs) as answer:
                return answer.status

        good = {"chat": sandbox.reader, "text": "hello"}
        assert await sent(data=good) == 415
        assert await sent(data='{"chat":501001,"text":"x"}', headers={"Content-Type": "text/plain"}) == 415
        assert await sent(json=[1]) == 400
        assert await sent(json={**good, "chat": stranger}) == 400
        assert await sent(json={**good, "text": "  "}) == 400
        assert await sent(json={**good, "text": "x" * 5000}) == 400
        assert await sent(json=good) == 200
    assert [message["text"] for message in sandbox.api.messages(sandbox.reader)] == ["hello"]
