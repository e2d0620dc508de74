"""Polls over real HTTP: nothing missed, nothing doubled, and silence only where it is proven."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import (
    IdentityChanged,
    MarkupChanged,
    PreviewOff,
    SourceGone,
    SourceThrottled,
    SourceUnreachable,
)
from bot.model import Cursor
from bot.sources import Client, Polled, Source, poll
from bot.sources.telegram_poll import native, poll_telegram

sys.path.insert(0, str(Path(__file__).parent))

from wire import START, Channel, Host, refusal

NOW = datetime(2026, 5, 26, 12, tzinfo=UTC)


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    host = Host(Channel())
    async with host.server:
        yield host


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(timeout=5.0) as client:
        yield client


def channel_source(host: Host, **changes: object) -> Source:
    fields = {"id": "src", "kind": "telegram", "channel": "harbour_wire", "outlet": "Out", "allow_private": True}
    return Source.model_validate({**fields, "base_url": host.url, **changes})


def texts(polled: Polled) -> list[str]:
    return [post.text for post in polled.posts]


async def seen_up_to(host: Host, client: Client) -> Cursor:
    """The cursor after a first poll, as the pipeline stores it."""
    polled = await poll(channel_source(host), None, client, NOW)
    return msgspec.structs.replace(polled.cursor, first_sight=NOW, polls=1)


async def test_the_first_poll_reads_the_newest_page_only(host: Host, client: Client) -> None:
    """A source new to us is read from now on: one page, no walk into its history."""
    host.channel.says(*(f"post {number}" for number in range(1, 61)))
    polled = await poll(channel_source(host), None, client, NOW)
    assert host.asked == ["/s/harbour_wire"]
    assert texts(polled) == [f"post {number}" for number in range(41, 61)]
    assert (polled.cursor.last_id, polled.cursor.channel) == (60, -1900000001)
    assert not polled.unchanged


async def test_a_page_that_shows_the_same_is_unchanged(host: Host, client: Client) -> None:
    """Views and tokens change at every load: they make no news. An edit does."""
    host.channel.says("one", "two")
    cursor = await seen_up_to(host, client)
    again = await poll(channel_source(host), cursor, client, NOW)
    assert (again.unchanged, again.posts) == (True, ())
    host.channel.posts[1] = "one, corrected"
    host.channel.edited.add(1)
    edited = await poll(channel_source(host), again.cursor, client, NOW)
    assert [(post.text, post.edited) for post in edited.posts] == [("one, corrected", True), ("two", False)]


@pytest.mark.parametrize("prev_links", [True, False])
async def test_a_gap_is_paged_back_until_it_closes(host: Host, client: Client, prev_links: bool) -> None:
    """After a long absence every post in between is read, oldest first, even where the page lacks its link back."""
    host.prev_links = prev_links
    host.channel.says(*(f"post {number}" for number in range(1, 31)))
    cursor = await seen_up_to(host, client)
    host.channel.says(*(f"post {number}" for number in range(31, 141)))
    host.asked.clear()
    polled = await poll(channel_source(host), cursor, client, NOW)
    numbers = [native(post.id) for post in polled.posts]
    assert numbers == sorted(set(numbers))
    assert set(range(31, 141)) <= set(numbers)
    assert polled.cursor.last_id == 140
    assert (polled.cursor.gaps, polled.faults) == ((), ())
    assert host.asked[1:] == [f"/s/harbour_wire?before={number}" for number in (121, 101, 81, 61, 41)]


async def test_album_ids_close_gaps_too(host: Host, client: Client) -> None:
    """Ids that belong to an album's other parts are not missing posts: no page is read for them."""
    host.channel.says("one")
    host.channel.albums[1] = (2, 3, 4)
    cursor = await seen_up_to(host, client)
    assert cursor.last_id == 4
    host.channel.says("five")
    host.asked.clear()
    polled = await poll(channel_source(host), cursor, client, NOW)
    assert host.asked == ["/s/harbour_wire"]
    assert polled.faults == ()


async def test_a_gap_too_long_for_one_poll_stays_open_by_name_and_closes_later(host: Host, client: Client) -> None:
    """At the page limit the rest is a named fault with its ids, and the next polls go on where this one stopped."""
    host.channel.says(*(f"post {number}" for number in range(1, 21)))
    cursor = await seen_up_to(host, client)
    host.channel.says(*(f"post {number}" for number in range(21, 201)))
    seen: set[int] = set()
    faults = []
    for _ in range(5):
        polled = await poll_telegram(channel_source(host), cursor, client, NOW, pages=2)
        seen |= {native(post.id) for post in polled.posts}
        faults.append(polled.faults)
        cursor = polled.cursor
    assert faults[0] == ("gap-open: posts 21 to 140 were not seen yet",)
    assert faults[1] == ("gap-open: posts 21 to 100 were not seen yet",)
    assert faults[-1] == ()
    assert set(range(21, 201)) <= seen
    assert cursor.gaps == ()


async def test_news_that_arrives_while_a_gap_is_open_is_not_held_up(host: Host, client: Client) -> None:
    """New posts come with every poll; the old gap is worked off behind them."""
    host.channel.says(*(f"post {number}" for number in range(1, 21)))
    cursor = await seen_up_to(host, client)
    host.channel.says(*(f"post {number}" for number in range(21, 121)))
    polled = await poll_telegram(channel_source(host), cursor, client, NOW, pages=1)
    host.channel.says("breaking")
    polled = await poll_telegram(channel_source(host), polled.cursor, client, NOW, pages=1)
    assert "breaking" in texts(polled)
    assert polled.faults == ("gap-open: posts 21 to 60 were not seen yet",)


async def test_trouble_inside_a_gap_keeps_what_was_read(host: Host, client: Client) -> None:
    """A page that fails in the middle of a walk loses nothing: what came is returned, the rest stays open."""
    host.channel.says(*(f"post {number}" for number in range(1, 21)))
    cursor = await seen_up_to(host, client)
    host.channel.says(*(f"post {number}" for number in range(21, 101)))
    host.refuse_before = {61}
    polled = await poll(channel_source(host), cursor, client, NOW)
    assert [native(post.id) for post in polled.posts] == list(range(61, 101))
    assert polled.cursor.gaps == ((20, 61),)
    assert polled.faults[0].startswith("gap-interrupted: unreachable: ")
    host.refuse_before = set()
    after = await poll(channel_source(host), polled.cursor, client, NOW)
    assert set(range(21, 61)) <= {native(post.id) for post in after.posts}
    assert after.cursor.gaps == ()


async def test_an_empty_page_is_suspicion_and_not_silence(host: Host, client: Client) -> None:
    """`No posts found` with HTTP 200 on a channel that had posts is throttling: the cursor must not move."""
    host.channel.says("one", "two")
    cursor = await seen_up_to(host, client)
    host.throttled = True
    with pytest.raises(SourceThrottled, match="posts up to 2 were there"):
        await poll(channel_source(host), cursor, client, NOW)


async def test_a_channel_that_never_had_posts_is_new_and_loses_none(host: Host, client: Client) -> None:
    """An empty page of a channel that we never saw a post of is believed by name; all that comes afterwards is read."""
    empty = await poll(channel_source(host), None, client, NOW)
    assert (empty.posts, empty.cursor.last_id) == ((), 0)
    assert empty.faults == ("empty: the page says that there are no posts; a new channel, or throttling",)
    host.channel.says(*(f"post {number}" for number in range(1, 101)))
    first_sight = START + timedelta(minutes=35)  # post N is published in minute N: it was throttling, not a new channel
    cursor = msgspec.structs.replace(empty.cursor, first_sight=first_sight, polls=1)
    polled = await poll(channel_source(host), cursor, client, NOW)
    assert set(range(35, 101)) <= {native(post.id) for post in polled.posts}
    assert (polled.cursor.gaps, polled.cursor.last_id) == ((), 100)
    assert "/s/harbour_wire?before=21" not in host.asked  # the channel's past is not walked through


async def test_a_channel_without_preview_is_named(host: Host, client: Client) -> None:
    """A redirect from the preview to the channel's card means that there is nothing to read; the card is not asked."""
    host.preview = False
    with pytest.raises(PreviewOff):
        await poll(channel_source(host), None, client, NOW)
    assert host.asked == ["/s/harbour_wire"]


async def test_a_redirect_to_another_preview_is_followed(host: Host, client: Client) -> None:
    """Only a redirect away from the preview means that there is none."""
    host.channel.says("one")
    host.elsewhere = "/s/Harbour_Wire"
    assert texts(await poll(channel_source(host), None, client, NOW)) == ["one"]


async def test_a_handle_that_was_taken_over_is_noticed(host: Host, client: Client) -> None:
    """The same name with another channel number, or posts under another name: nothing is taken."""
    host.channel.says("ours")
    cursor = await seen_up_to(host, client)
    host.channel.number = -1900000999
    host.channel.says("theirs")
    with pytest.raises(IdentityChanged, match="taken over"):
        await poll(channel_source(host), cursor, client, NOW)
    host.channel.number, host.channel.name = -1900000001, "someone_else"
    with pytest.raises(IdentityChanged, match="someone_else"):
        await poll(channel_source(host), cursor, client, NOW)


async def test_an_operator_may_point_a_source_elsewhere(host: Host, client: Client) -> None:
    """A changed channel in sources.yaml is a fresh start, not a stolen handle."""
    host.channel.says("old", first=500)
    cursor = await seen_up_to(host, client)
    host.channel.name, host.channel.number, host.channel.posts = "new_home", -1900000777, {3: "new"}
    polled = await poll(channel_source(host, channel="new_home"), cursor, client, NOW)
    assert (texts(polled), polled.cursor.last_id, polled.cursor.first_sight) == (["new"], 3, None)


async def test_a_watched_post_that_vanished_is_proven_deleted(host: Host, client: Client) -> None:
    """A post missing from the page is asked for by itself; so is one that is there, to know that asking works."""
    host.channel.says(*(f"post {number}" for number in range(1, 11)))
    cursor = await seen_up_to(host, client)
    del host.channel.posts[4], host.channel.posts[10]
    host.asked.clear()
    watched = frozenset({"src/3", "src/4", "src/10", "other/5"})
    polled = await poll(channel_source(host), cursor, client, NOW, watched)
    assert set(polled.gone) == {"src/4", "src/10"}
    assert host.asked[1:] == [f"/harbour_wire/{number}?embed=1" for number in (10, 4, 9)]


async def test_many_missing_posts_are_asked_for_in_turns(host: Host, client: Client) -> None:
    """At most five posts are asked for in one poll, and each gets its turn."""
    host.channel.says(*(f"post {number}" for number in range(1, 16)))
    cursor = await seen_up_to(host, client)
    watched = frozenset(f"src/{number}" for number in range(2, 14))
    host.channel.posts = {1: "first", 15: "last"}
    gone: set[str] = set()
    for turn in range(3):
        host.asked.clear()
        polled = await poll(channel_source(host), cursor, client, NOW, watched - gone)
        assert len(host.asked) <= 1 + 5 + 1
        gone |= set(polled.gone)
        cursor = msgspec.structs.replace(polled.cursor, polls=turn + 2)
    assert gone == watched


async def test_gaps_between_ids_are_not_deletions(host: Host, client: Client) -> None:
    """Parts of albums have no block of their own, and posts behind the page are out of sight: neither is probed."""
    host.channel.says(*(f"post {number}" for number in range(1, 31)))
    host.channel.posts.pop(21)
    host.channel.albums[20] = (21,)
    host.asked.clear()
    polled = await poll(channel_source(host), None, client, NOW, frozenset({"src/2", "src/21"}))
    assert polled.gone == ()
    assert host.asked == ["/s/harbour_wire"]


async def test_all_vanished_at_once_is_lost_access(host: Host, client: Client) -> None:
    """When even a visible post is `not found`, it is we who were shut out: nothing is called deleted."""
    host.channel.says(*(f"post {number}" for number in range(1, 11)))
    cursor = await seen_up_to(host, client)
    del host.channel.posts[4], host.channel.posts[5]
    for answer in (refusal("Post not found"), refusal("Channel with username <b>harbour_wire</b> not found")):
        host.embeds = answer
        polled = await poll(channel_source(host), cursor, client, NOW, frozenset({"src/4", "src/5"}))
        assert polled.gone == ()
        assert polled.faults[-1].startswith("lost-access: ")


async def test_an_embed_that_says_nothing_decides_nothing(host: Host, client: Client) -> None:
    """An embed in a markup that we do not know leaves a missing post as it is."""
    host.channel.says("one", "two", "three")
    cursor = await seen_up_to(host, client)
    del host.channel.posts[2]
    host.embeds = "<html>maintenance: Post not found, err_message</html>"
    assert (await poll(channel_source(host), cursor, client, NOW, frozenset({"src/2"}))).gone == ()


async def test_private_hosts_need_leave(host: Host, client: Client) -> None:
    """Without allow_private a stand-in on this machine is not asked."""
    with pytest.raises(SourceUnreachable, match="allow_private"):
        await poll(channel_source(host, allow_private=False), None, client, NOW)
    assert host.asked == []


class Feeds:
    """A host of one feed, with its validators."""

    def __init__(self) -> None:
        self.body = feed("one")
        self.etag: str | None = '"1"'
        self.status = 200
        self.moved: str | None = None
        self.asked: list[tuple[str, str | None]] = []
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers.get("If-None-Match")))
        if self.status != 200:
            return web.Response(status=self.status)
        if self.moved and request.path == "/feed":
            raise web.HTTPMovedPermanently(self.moved)
        if self.etag and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304)
        return web.Response(text=self.body, content_type="application/rss+xml", headers={"ETag": self.etag or ""})

    def source(self) -> Source:
        url = str(self.server.make_url("/feed"))
        return Source(id="src", kind="feed", url=url, outlet="Out", allow_private=True)


def feed(*titles: str, dated: bool = True) -> str:
    date = "<pubDate>Tue, 26 May 2026 09:00:00 GMT</pubDate>" if dated else ""
    inner = "".join(f"<item><title>{title}</title><guid>{title}</guid>{date}</item>" for title in titles)
    return f'<rss version="2.0"><channel><title>T</title><link>https://h.example/</link>{inner}</channel></rss>'


@pytest.fixture
async def feeds() -> AsyncIterator[Feeds]:
    feeds = Feeds()
    async with feeds.server:
        yield feeds


async def test_a_feed_is_asked_conditionally(feeds: Feeds, client: Client) -> None:
    """The host's validator is sent back; 304 costs no parse and changes nothing."""
    first = await poll(feeds.source(), None, client, NOW)
    assert [post.title for post in first.posts] == ["one"]
    second = await poll(feeds.source(), first.cursor, client, NOW)
    assert (second.unchanged, second.posts, second.cursor) == (True, (), first.cursor)
    assert [sent for _, sent in feeds.asked] == [None, '"1"']


async def test_an_equal_body_is_unchanged_without_validators(feeds: Feeds, client: Client) -> None:
    """A host that knows no ETag is read, but the same bytes are not news."""
    feeds.etag = None
    first = await poll(feeds.source(), None, client, NOW)
    second = await poll(feeds.source(), first.cursor, client, NOW)
    assert (second.unchanged, second.posts) == (True, ())
    feeds.body = feed("one", "two")
    third = await poll(feeds.source(), second.cursor, client, NOW)
    assert sorted(post.title for post in third.posts) == ["one", "two"]


async def test_a_permanent_move_is_remembered_and_forgotten_when_it_fails(feeds: Feeds, client: Client) -> None:
    """After a 301 the new address is asked; when that one fails, the operator's address is asked again."""
    feeds.moved = "/moved"
    feeds.etag = None
    first = await poll(feeds.source(), None, client, NOW)
    assert first.cursor.moved_to == str(feeds.server.make_url("/moved"))
    feeds.asked.clear()
    second = await poll(feeds.source(), first.cursor, client, NOW)
    assert [path for path, _ in feeds.asked] == ["/moved"]
    assert second.cursor.moved_to == first.cursor.moved_to
    feeds.moved = None
    lost = msgspec.structs.replace(second.cursor, moved_to="http://127.0.0.1:1/nobody", body=None)
    third = await poll(feeds.source(), lost, client, NOW)
    assert [post.title for post in third.posts] == ["one"]
    assert third.cursor.moved_to is None


async def test_a_feed_that_ended_or_broke_is_named(feeds: Feeds, client: Client) -> None:
    """410 is the end of a source, 500 a bad day, and a web page in its place a change of markup."""
    feeds.status = 410
    with pytest.raises(SourceGone):
        await poll(feeds.source(), None, client, NOW)
    feeds.status = 500
    with pytest.raises(SourceUnreachable):
        await poll(feeds.source(), None, client, NOW)
    feeds.status, feeds.body = 200, "<!DOCTYPE html><html>moved</html>"
    with pytest.raises(MarkupChanged):
        await poll(feeds.source(), None, client, NOW)


async def test_undated_posts_are_old_at_first_sight_and_new_afterwards(feeds: Feeds, client: Client) -> None:
    """What a feed without dates holds when we first see it is its past; what comes later is news."""
    feeds.etag, feeds.body = None, feed("old", dated=False)
    first = await poll(feeds.source(), None, client, NOW)
    assert first.posts[0].published < NOW
    cursor = msgspec.structs.replace(first.cursor, first_sight=NOW)
    feeds.body = feed("new", "old", dated=False)
    second = await poll(feeds.source(), cursor, client, NOW)
    assert {post.published for post in second.posts} == {NOW}


async def test_posts_that_left_a_feed_are_not_deleted(feeds: Feeds, client: Client) -> None:
    """A feed shows its newest posts only: an old one that is gone from it says nothing."""
    first = await poll(feeds.source(), None, client, NOW)
    feeds.body, feeds.etag = feed("two"), None
    second = await poll(feeds.source(), first.cursor, client, NOW, frozenset({first.posts[0].id}))
    assert second.gone == ()
