"""`Sandbox`: Telegram, the wire and the chat page on one port."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType

from aiohttp import web

from bot.sandbox.botapi import FloodRules, SandboxBotApi
from bot.sandbox.clock import SPEED, StoryClock
from bot.sandbox.page.live import Live
from bot.sandbox.page.routes import PageRoutes, local_only
from bot.sandbox.serve import serving
from bot.sandbox.wire.routes import BASE, WireRoutes
from bot.sandbox.wire.story import Story

READER = 501_001
GROUP = -1_001_000_000_501
_PLACEHOLDER = "http://wire.example"  # in fixtures/wire/sources.yaml


class Sandbox:
    """The demo's outside world. `fixtures_dir` holds `story.yaml` and `sources.yaml`; `data_dir` remembers chats.

    Use as an async context manager. Build the clock with `story_clock()`, so that it has the story's length.
    """

    def __init__(self, fixtures_dir: Path, data_dir: Path | None, clock: StoryClock, port: int = 8080):
        self.story = Story.load(fixtures_dir / "story.yaml")
        self.clock = clock
        self.api = SandboxBotApi(clock=clock, folder=data_dir, flood=FloodRules())
        self.reader = READER
        self._fixtures = fixtures_dir
        self._port = port
        self._root = ""
        self._stack = AsyncExitStack()
        if READER not in self.api.state.people:
            self.api.add_user("Robin", user=READER, username="robin_demo", started=False)
        if GROUP not in self.api.state.chats:
            self.api.add_group("Night desk", chat=GROUP, admins=(READER,))

    async def __aenter__(self) -> Sandbox:
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[local_only])
        live = Live(self.api, self.story, self.clock, self.reader)
        self.api.add_routes(app)
        WireRoutes(self.story, self.clock).add_to(app)
        PageRoutes(self.api, live, self.reader).add_to(app)
        self._root = await self._stack.enter_async_context(serving(app, self._port))
        task = asyncio.create_task(live.run())
        self._stack.push_async_callback(_ended, task)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def token(self) -> str:
        """The bot's token; of no value anywhere else."""
        return self.api.token

    @property
    def root_url(self) -> str:
        """The Bot API root: `TELEGRAM_API_URL`."""
        return self._root

    @property
    def page_url(self) -> str:
        """Where a person looks."""
        return f"{self._root}/"

    @property
    def wire_url(self) -> str:
        """What stands in for `https://t.me`."""
        return f"{self._root}{BASE}"

    @property
    def moved(self) -> bool:
        """Whether the asked port was taken and a free one is used."""
        return self._port != 0 and not self._root.endswith(f":{self._port}")

    def sources_yaml(self) -> str:
        """The demo's sources with the wire's present address."""
        return (self._fixtures / "sources.yaml").read_text("utf-8").replace(_PLACEHOLDER, self.wire_url)

    def write_sources(self, path: Path) -> None:
        """Writes `sources_yaml()` for the bot to load."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.sources_yaml(), "utf-8")

    async def begin(self) -> None:
        """Starts the story; the page's user starts the bot and subscribes to everything, unless they did before."""
        self.clock.start()
        said = {message.get("text") for message in self.api.messages(self.reader)}
        for words in ("/start", "/subscribe all"):
            if words not in said:
                await self.api.user_sends(self.reader, words)


def story_clock(fixtures_dir: Path, folder: Path | None, speed: float = SPEED) -> StoryClock:
    """The clock of the story in `fixtures_dir`, remembered in `folder`; `speed` in story minutes a real minute."""
    return StoryClock(Story.load(fixtures_dir / "story.yaml").length, folder=folder, speed=speed)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
