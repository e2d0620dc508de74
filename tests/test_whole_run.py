"""Whole runs, told as timelines: a wire over HTTP, the real bot between, chats on the other side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from pydantic import SecretStr

from bot import app
from bot.errors import RuleFaults, SettingsError, StoreUnavailable
from bot.sandbox import SandboxBotApi, Story
from bot.sandbox.serve import serving
from bot.sandbox.wire.routes import BASE, WireRoutes
from bot.settings import Settings
from bot.sources import Source

START = datetime(2026, 5, 26, 9, 0, tzinfo=UTC)
READER = 700
RULES = """
storyline: harbour
title: Harbour closures
aliases: [port]
about: Whether a harbour closes or opens again.
concepts:
  harbour: [harbour, port]
  close: [close, closed, closure, shut]
  reopen: [reopen]
signals:
  closed: {severity: high, phase: closed, when: harbour near/8 close}
  reopened: {severity: medium, phase: open, when: harbour near/8 reopen}
"""
CLAIM = (
    "The harbour of Westmark is closed after an explosion tore through the grain terminal on pier nine, police said."
)


class HandClock:
    """A story clock that a test moves by hand."""

    begins = START

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def minute(self) -> float:
        return (self.now - START) / timedelta(minutes=1)


class World:
    """The sandbox and the bot. `posts` are entries of a story file; time moves by `at`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.clock = HandClock()
        self.api = SandboxBotApi(clock=self.clock)
        self.reader = self.api.add_user("Rita", user=READER)
        self.root = ""
        self.bot: app.App
        self.settings: Settings
        self.sources: tuple[Source, ...]
        self._bot = AsyncExitStack()

    async def open(self, posts: list[dict[str, Any]], stack: AsyncExitStack) -> None:
        (self.folder / "rules" / "storylines").mkdir(parents=True)
        (self.folder / "rules" / "storylines" / "harbour.yaml").write_text(RULES, "utf-8")
        story = self._story(posts)
        site = web.Application()
        self.api.add_routes(site)
        WireRoutes(story, self.clock).add_to(site)  # type: ignore[arg-type]  # it asks a clock for what ours has
        self.root = await stack.enter_async_context(serving(site))
        self.settings = Settings(
            token=SecretStr(self.api.token),
            api_url=self.root,
            rules=self.folder / "rules",
            data=self.folder / "data",
            console="",
        )
        self.sources = tuple(
            Source.model_validate(
                {
                    "id": name,
                    "kind": "telegram",
                    "channel": f"{name}_demo",
                    "outlet": name,
                    "every": 0.2,
                    "allow_private": True,
                    "base_url": f"{self.root}{BASE}",
                }
            )
            for name in story.channels
        )

    def _story(self, posts: list[dict[str, Any]]) -> Story:
        names = sorted({post["source"] for post in posts})
        channels = [
            {
                "source": n,
                "handle": f"{n}_demo",
                "title": n,
                "language": "en",
                "number": 2_000 + i,
                "first": 10,
                "about": "",
            }
            for i, n in enumerate(names)
        ]
        path = self.folder / "story.yaml"
        path.write_text(
            yaml.safe_dump(
                {"title": "t", "minutes": 600, "happenings": {}, "channels": channels, "feeds": [], "posts": posts}
            ),
            "utf-8",
        )
        return Story.load(path)

    async def start(self) -> None:
        """The bot begins, with everything in its data folder as it was left."""
        self.bot = await self._bot.enter_async_context(
            app.running(self.settings, ("ingest", "relay", "chat"), clock=self.clock, sources=self.sources)
        )
        await self._polled(self.clock.now)

    async def stop(self) -> None:
        await self._bot.aclose()

    async def at(self, minute: float) -> None:
        """Move the time to `minute` and wait until all that was published by then has reached the chats."""
        self.clock.now = START + timedelta(minutes=minute)
        # A poll that fetched before the time moved may still commit: only one begun a moment later proves it.
        for _ in range(2):
            self.clock.now += timedelta(seconds=1)
            await self._polled(self.clock.now)
        await self._delivered()

    async def _polled(self, since: datetime) -> None:
        for _ in range(300):
            healths = (await self.bot.store.sources.healths()).values()
            if len(healths) == len(self.sources) and all(health.checked >= since for health in healths):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the sources were not polled in 15 s")

    async def _delivered(self) -> None:
        quiet = 0
        for _ in range(300):
            quiet = quiet + 1 if not any((await self.bot.store.outbox.size()).values()) else 0
            if quiet == 3:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the outbox did not empty in 15 s")

    async def says(self, text: str) -> None:
        """The reader writes, and waits for the answer."""
        before = len(self.api.texts(self.reader))
        await self.api.user_sends(self.reader, text)
        await self.api.until(lambda: len(self.api.texts(self.reader)) > before)

    def alerts(self) -> list[str]:
        """The alerts in the reader's chat, as they stand now; short answers to them, which ring, left out."""
        words = ("HIGH", "MEDIUM", "RETRACTED")
        return [text for text in self.api.texts(self.reader) if any(word in text.split("\n")[0] for word in words)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    await made.stop()


async def test_one_happening_is_one_message_that_lives(world: World) -> None:
    """A first report rings; a copy edits the message in place; noise and posts from before are silent."""
    async with AsyncExitStack() as stack:
        await world.open(
            [
                {"at": -40, "source": "echo", "text": "Good evening."},
                {"at": -35, "source": "wire", "text": "Good morning."},
                {"at": -30, "source": "old", "text": "The harbour of Eastholm is shut because of ice on the channel."},
                {"at": 5, "source": "wire", "text": CLAIM},
                {"at": 7, "source": "echo", "text": f"BREAKING: {CLAIM}"},
                {"at": 8, "source": "wire", "text": "A grey cat was found in the library."},
            ],
            stack,
        )
        await world.start()
        await world.says("/start")
        await world.says("/subscribe all")
        await world.at(1)
        assert world.alerts() == [], "what stood there before the first look is not news"
        await world.at(5)
        [first] = world.alerts()
        assert "pier nine" in first
        assert "1 post, 1 origin" in first
        await world.at(9)
        [after] = world.alerts()
        assert "2 posts, 1 origin" in after
        assert await world.bot.store.archive.count() == 6, "every post is archived"
        await world.stop()


async def test_nothing_is_lost_and_nothing_doubled_over_a_restart(world: World) -> None:
    """What is published while the bot is down is alerted when it comes back; what was sent is not sent again."""
    async with AsyncExitStack() as stack:
        await world.open(
            [
                {"at": -1, "source": "wire", "text": "Good morning."},
                {"at": 5, "source": "wire", "text": CLAIM},
                {
                    "at": 20,
                    "source": "wire",
                    "text": "The port of Southmere is shut: a tanker ran aground in the channel.",
                },
            ],
            stack,
        )
        await world.start()
        await world.says("/subscribe all")
        await world.at(6)
        await world.stop()
        world.clock.now = START + timedelta(minutes=30)
        await world.start()
        await world.at(31)
        southmere, westmark = sorted(world.alerts(), key=lambda text: "Westmark" in text)
        assert "Southmere" in southmere
        assert "pier nine" in westmark
        await world.stop()


async def test_an_edit_and_a_deletion_change_the_alert(world: World) -> None:
    """A material edit is told as a correction, a deletion as a retraction, in the one message of the event."""
    changed = CLAIM.replace("Westmark", "Eastholm").replace("pier nine", "pier two")
    async with AsyncExitStack() as stack:
        await world.open(
            [
                {"at": -1, "source": "wire", "text": "Good morning."},
                {"at": 5, "source": "wire", "text": CLAIM, "edit": {"at": 15, "text": changed}, "deleted": 30},
                {"at": 6, "source": "wire", "text": "A grey cat was found in the library."},
            ],
            stack,
        )
        await world.start()
        await world.says("/subscribe all")
        await world.at(10)
        assert "pier nine" in world.alerts()[0]
        await world.at(20)
        assert "pier two" in world.alerts()[0]
        assert any(text.startswith("Corrected") for text in world.api.texts(world.reader))
        await world.at(40)
        assert "deleted by its source" in world.alerts()[0]
        assert any(text.startswith("Retracted") for text in world.api.texts(world.reader))
        assert len(world.alerts()) == 1
        await world.stop()


async def test_a_blocked_bot_goes_on_for_others(world: World) -> None:
    """A reader who blocks the bot costs the others nothing, and gets no more tries."""
    async with AsyncExitStack() as stack:
        await world.open(
            [{"at": -1, "source": "wire", "text": "Good morning."}, {"at": 5, "source": "wire", "text": CLAIM}], stack
        )
        other = world.api.add_user("Omar", user=701)
        await world.start()
        await world.says("/subscribe all")
        await world.api.user_sends(other, "/subscribe all")
        await world.api.until(lambda: bool(world.api.texts(other)))
        world.api.block(world.reader)
        await world.at(6)
        assert any("pier nine" in text for text in world.api.texts(other))
        assert not any("pier nine" in text for text in world.api.texts(world.reader))
        await world.stop()


async def test_a_dead_source_stops_nothing_and_is_told(world: World) -> None:
    """A source that cannot be reached has a state and a since; the other goes on; `/sources` says which."""
    async with AsyncExitStack() as stack:
        await world.open(
            [{"at": -1, "source": "wire", "text": "Good morning."}, {"at": 5, "source": "wire", "text": CLAIM}], stack
        )
        dead = world.sources[0].model_copy(update={"id": "dead", "outlet": "Dead", "base_url": "http://127.0.0.1:9"})
        world.sources = (*world.sources, dead)
        await world.start()
        await world.says("/subscribe all")
        await world.at(6)
        assert len(world.alerts()) == 1
        await world.says("/sources")
        answer = world.api.texts(world.reader)[-1]
        assert "Dead" in answer
        assert "not answering since" in answer
        await world.stop()


def settings(folder: Path, **more: Any) -> Settings:
    values = {"token": SecretStr("1:x"), "api_url": "http://127.0.0.1:9", "rules": folder, "data": folder / "data"}
    return Settings.model_validate({**values, **more})


async def test_no_token_is_one_sentence(tmp_path: Path) -> None:
    """Without a token nothing is started, and the sentence says where to get one."""
    with pytest.raises(SettingsError, match="BotFather"):
        async with app.running(settings(tmp_path, token=None)):
            pass


async def test_no_rules_folder_is_one_sentence(tmp_path: Path) -> None:
    """An absent rules folder is named with the variable that sets it."""
    with pytest.raises(SettingsError, match="WIREWATCH_RULES"):
        async with app.running(settings(tmp_path / "nowhere")):
            pass


async def test_faulty_rules_do_not_start(tmp_path: Path) -> None:
    """Rules with a fault are refused with all faults before anything is started."""
    (tmp_path / "storylines").mkdir()
    (tmp_path / "storylines" / "harbour.yaml").write_text(RULES.replace("near/8 close", "near/8 cloze"), "utf-8")
    with pytest.raises(RuleFaults, match="cloze"):
        async with app.running(settings(tmp_path)):
            pass


async def test_an_unreachable_redis_is_one_sentence(tmp_path: Path, fixtures: Path) -> None:
    """A Redis that does not answer is told at once, without its password."""
    broken = settings(fixtures.parent / "rules", data=tmp_path, redis_url=SecretStr("redis://:secret@127.0.0.1:9/0"))
    with pytest.raises(StoreUnavailable) as error:
        async with app.running(broken):
            pass
    assert "secret" not in str(error.value)
    assert "127.0.0.1:9" in str(error.value)


async def test_a_refused_token_is_one_sentence(world: World) -> None:
    """Telegram's 401 stops the start, and the token is in no text."""
    async with AsyncExitStack() as stack:
        await world.open([{"at": 1, "source": "wire", "text": CLAIM}], stack)
        wrong = world.settings.model_copy(update={"token": SecretStr("123456:wrong-token-that-nobody-has")})
        with pytest.raises(SettingsError, match="BotFather") as error:
            async with app.running(wrong, ("relay", "chat"), sources=world.sources):
                pass
        assert "wrong-token" not in str(error.value)


async def test_an_unreachable_telegram_does_not_stop_the_wire(world: World) -> None:
    """Telegram out of reach: sources are read and what is owed waits in the outbox."""
    async with AsyncExitStack() as stack:
        await world.open([{"at": -1, "source": "wire", "text": "Good morning."}], stack)
        world.settings = world.settings.model_copy(update={"api_url": "http://127.0.0.1:9"})
        await world.start()
        await world._polled(START)
        await world.stop()
