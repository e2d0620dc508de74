"""What operators and readers ask of the rules in the chat: /rules, /reload, /why, of a running bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot import app
from bot.events import Window
from bot.model import Commit, Cursor, Health, Post, Severity, Subscription, Target
from bot.pipeline.judge import Judge
from bot.pipeline.matched import newest_of
from bot.pipeline.policies import policies_of
from bot.sandbox import SandboxBotApi
from bot.sandbox.serve import serving
from bot.settings import Settings

NOW = datetime.now(UTC)
ADMIN, READER, GROUP = 900, 700, -1_000_000_000_900
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closure, shut]
  maybe: [may, might]
signals:
  closed: {severity: high, when: harbour near/8 close and not maybe}
  reopened: {severity: medium, min_origins: 2, when: harbour near/8 "reopen*"}
cases:
  - {post: "The port of Southmere is closed.", expect: [closed]}
  - {post: "The port of Southmere is busy.", expect: []}
"""
SOURCE = "sources:\n  - {id: wire, kind: telegram, channel: Wire_Demo, outlet: Wire, every: 1h}\n"
CLOSED = "The harbour of Westmark is closed after an explosion on pier nine, police said."


class Desk:
    """One process with relay and chat, and posts that a worker would have read."""

    def __init__(self, folder: Path, stack: AsyncExitStack):
        self.folder, self.stack = folder, stack
        self.api = SandboxBotApi()
        self.api.add_user("Ada", user=ADMIN)
        self.api.add_user("Rita", user=READER)
        self.bot: app.App
        self.window = Window()

    async def open(self) -> None:
        (self.folder / "rules" / "storylines").mkdir(parents=True)
        self.write(RULES)
        (self.folder / "rules" / "sources.yaml").write_text(SOURCE, "utf-8")
        site = web.Application()
        self.api.add_routes(site)
        root = await self.stack.enter_async_context(serving(site))
        settings = Settings(
            token=SecretStr(self.api.token),
            api_url=root,
            rules=self.folder / "rules",
            data=self.folder / "data",
            console="",
            admins=frozenset({ADMIN}),
        )
        self.bot = await self.stack.enter_async_context(app.running(settings, ("relay", "chat")))

    def write(self, text: str) -> None:
        (self.folder / "rules" / "storylines" / "harbour.yaml").write_text(text, "utf-8")

    async def reads(self, number: int, text: str, *, ago: float = 1, first_sight: datetime | None = None) -> None:
        """A post, published so many minutes ago, goes the way of all posts."""
        post = Post(
            id=f"wire/{number}",
            source="wire",
            outlet="Wire",
            url=f"https://t.me/wire_demo/{number}",
            published=NOW - timedelta(minutes=ago),
            text=text,
        )
        rules, store = self.bot.rules.current, self.bot.store
        judge = Judge(rules, policies_of(rules.storylines), self.window)
        judged = judge.judge((post,), NOW, first_sight=first_sight)
        await store.commit(
            Commit(
                cursor=Cursor(source="wire", first_sight=first_sight),
                health=Health(source="wire", state="ok", since=NOW, checked=NOW),
                posts=(post,),
                events=judged.events,
                alerts=judged.alerts,
                expected=await store.events.revision(),
                matched=newest_of(judged.matches, (post,)),
            )
        )

    async def follows(self, chat: int, minimum: Severity = Severity.LOW) -> None:
        since = NOW - timedelta(hours=1)
        await self.bot.store.subscriptions.put(
            Subscription(target=Target(chat), storyline="harbour", since=since, minimum=minimum)
        )

    async def told(self, chat: int) -> None:
        """Wait until the chat holds an alert, and the store knows it."""
        async with asyncio.timeout(10):
            while not await self.bot.store.receipts.of_target(Target(chat)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def asks(self, text: str, *, chat: int = READER, user: int | None = None, reply_to: int | None = None) -> str:
        """Say something, and the bot's answer."""
        before = len(self.api.texts(chat))
        await self.api.user_sends(chat, text, user=user, reply_to=reply_to)
        await self.api.until(lambda: len(self.api.texts(chat)) > before)
        return self.api.texts(chat)[-1]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        made = Desk(tmp_path, stack)
        await made.open()
        yield made


async def test_rules_tells_revision_and_last_matches(desk: Desk) -> None:
    """Each signal with the post it matched last, or that it has matched nothing yet though its cases pass."""
    await desk.reads(1, CLOSED, ago=30)
    await desk.reads(2, "The port of Southmere is shut.", ago=5)
    answer = await desk.asks("/rules", chat=ADMIN)
    assert desk.bot.rules.current.revision in answer
    assert "1 storyline, 2 signals, 2 tests" in answer
    newest = NOW - timedelta(minutes=5)
    assert f"• closed: {newest.day} {newest:%b}, {newest:%H:%M}, Wire" in answer
    assert "• reopened: nothing yet; 0 cases of it pass" in answer
    links = [entity for entity in desk.api.messages(ADMIN)[-1]["entities"] if entity["type"] == "text_link"]
    assert [entity["url"] for entity in links] == ["https://t.me/wire_demo/2"]
    assert "• closed:" in await desk.asks("/rules harbour", chat=ADMIN)


async def test_long_silence_is_told_as_silence(desk: Desk) -> None:
    """Nothing in 30 days is said so, with the last time."""
    await desk.reads(1, CLOSED, ago=60 * 24 * 45)
    answer = await desk.asks("/rules", chat=ADMIN)
    assert "• closed: nothing in 30 days; last " in answer


async def test_only_operators_and_only_in_private(desk: Desk) -> None:
    """Readers hear that it is not for them; in a group nothing of files and machines is told."""
    for command in ("/rules", "/reload"):
        assert "Only the people who run this bot" in await desk.asks(command)
    group = desk.api.add_group("Desk", admins=[ADMIN])
    await desk.api.until(lambda: bool(desk.api.texts(group)))
    assert "private chat" in await desk.asks("/rules", chat=group, user=ADMIN)


async def test_reload_takes_up_what_stands_there(desk: Desk) -> None:
    """/reload: taken up, unchanged, or refused with file and line; all workers are asked to follow."""
    old = desk.bot.rules.current.revision
    asked, _ = await desk.bot.store.rules.look()
    assert "Nothing has changed" in await desk.asks("/reload", chat=ADMIN)
    assert (await desk.bot.store.rules.look())[0] == asked + 1
    desk.write(RULES.replace("near/8 close and", "near/8 cloze and"))
    answer = await desk.asks("/reload", chat=ADMIN)
    assert "harbour.yaml:9:" in answer
    assert "did you mean 'close'" in answer
    assert f"revision {old} goes on" in answer
    assert "was not taken up" in await desk.asks("/rules", chat=ADMIN)


async def test_why_of_an_answered_alert(desk: Desk) -> None:
    """/why as the answer to an alert: what matched in it and how it was counted."""
    await desk.follows(READER)
    await desk.reads(1, CLOSED)
    await desk.told(READER)
    alert = desk.api.messages(READER)[-1]["message_id"]
    answer = await desk.asks("/why", reply_to=alert)
    assert "Why this alert" in answer
    assert "harbour" in answer
    await desk.asks("hm")
    own = desk.api.messages(READER)[-1]["message_id"]  # the bot's word, but no alert
    assert "Answer an alert" in await desk.asks("/why", reply_to=own)
    assert "Answer an alert" in await desk.asks("/why")


async def test_why_of_a_link_that_was_told(desk: Desk) -> None:
    """The clauses with the words that hit, where it was gathered, and that this chat holds its alert."""
    await desk.follows(READER)
    await desk.reads(1, CLOSED)
    await desk.told(READER)
    answer = await desk.asks("/why https://t.me/wire_demo/1")
    for told in (
        "Harbour closures, closed: matches",
        "✓ harbour near/8 close “harbour”, “closed”",
        "the first report of its event",
        "told as first-report, high",
        "This chat holds the alert",
    ):
        assert told in answer
    underlined = [entity for entity in desk.api.messages(READER)[-1]["entities"] if entity["type"] == "underline"]
    assert len(underlined) == 2


async def test_near_misses_of_a_post_that_matched_are_only_named(desk: Desk) -> None:
    """What matched is what was asked; the rest is a line."""
    await desk.reads(1, "The reopened port of Eastholm may be shut again.")
    answer = await desk.asks("/why https://t.me/wire_demo/1")
    assert "reopened: matches" in answer
    assert "Near misses: closed (harbour)" in answer
    assert "✗" not in answer


async def test_why_of_a_post_that_was_gathered(desk: Desk) -> None:
    """Against which post it was gathered is told, and what that made of the event."""
    await desk.reads(1, CLOSED, ago=9)
    await desk.reads(2, f"BREAKING: {CLOSED}", ago=5)
    answer = await desk.asks("/why https://t.me/wire_demo/2")
    assert "Gathering: a copy of Wire; the event has 2 posts, 1 origin." in answer


async def test_why_not(desk: Desk) -> None:
    """A near miss is named with the clause that failed; posts that are unknown are told apart from channels that are."""
    await desk.reads(1, "The harbour of Westmark may be closed tonight.")
    answer = await desk.asks("/why https://t.me/Wire_demo/1")
    assert "Harbour closures, closed: near miss" in answer
    assert "✗ not maybe" in answer
    assert "but maybe is there: “may”" in answer
    assert "No alert" in answer
    assert "do not hold this post" in await desk.asks("/why https://t.me/wire_demo/77")
    assert "do not read that channel" in await desk.asks("/why https://t.me/stranger/77")


async def test_what_kept_an_alert_back_is_named(desk: Desk) -> None:
    """min_origins, the past before the first sight, a chat's own minimum, no subscription: each in its words."""
    await desk.reads(1, "The port of Eastholm has reopened after the strike, the mayor said.")
    assert "waits for 2 origins; there is 1" in await desk.asks("/why https://t.me/wire_demo/1")
    await desk.reads(2, CLOSED, ago=50, first_sight=NOW - timedelta(minutes=20))
    assert "before I first read its source" in await desk.asks("/why https://t.me/wire_demo/2")
    await desk.reads(3, "The harbour of Northbay is shut: ice has closed the channel to tankers.")
    assert "does not follow Harbour closures" in await desk.asks("/why https://t.me/wire_demo/3")
    await desk.follows(READER, Severity.CRITICAL)
    assert "wants critical and above; the event is high" in await desk.asks("/why https://t.me/wire_demo/3")
