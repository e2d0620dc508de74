"""Builds everything once, in the order in which it is needed, and stops it in reverse.

    rules → store → connections → ingest, relay, rules watch, chat, console

The parts in the last place end side by side, so that stopping takes as long as the slowest of them and not as all
together; their connections close after them, and the store last. A process serves one or more roles; several
processes on several machines share one Redis. Rules and settings that cannot work are found before anything starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import chat
from bot.alerts.ring import render_ring
from bot.chat.commands import Answering
from bot.chat.desk import Desk
from bot.chat.inquiry import Inquiry
from bot.chat.operators import Operators
from bot.console import Console, Metrics
from bot.errors import SettingsError
from bot.pipeline.admins import Admins
from bot.pipeline.ingest import Ingest
from bot.pipeline.live import LiveRules, Reloaded
from bot.pipeline.relay import Relay
from bot.pipeline.rendering import Rendering
from bot.pipeline.schedule import Schedule
from bot.pipeline.trial import prove
from bot.pipeline.watch import Stamp, Watch, stamp
from bot.rules import Ruleset, load
from bot.send import Telegram, make_bot, meaning
from bot.settings import ROLES, Settings
from bot.sources import Client, Source, load_sources
from bot.store import Limits, Store, open_store

log = structlog.get_logger(__name__)

FREE_RATE = 30.0  # messages a second above which Telegram wants them marked as paid broadcast
ENDS_WITHIN = 3.0  # seconds for all parts together; then the store has its time, and 5 s are not exceeded
GRACE = 2.0  # seconds that polls under way have to finish once we are asked to stop


def utc_now() -> datetime:
    """The clock of the live bot."""
    return datetime.now(UTC)


class App:
    """What one process runs: the parts its roles need, opened onto a stack that closes them in reverse."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        rules: LiveRules,
        clock: Callable[[], datetime],
        seen: Stamp,
    ):
        self._seen = seen
        self.store = store
        self.rules = rules
        self.metrics = Metrics()
        self._settings = settings
        self._clock = clock
        # A name that no other process has: host and process alone repeat in containers.
        self._worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._ends: list[Callable[[], Awaitable[None]]] = []

    async def open(self, roles: Collection[str], stack: AsyncExitStack) -> None:
        """Start the parts of `roles`. SettingsError where one of them cannot work as given."""
        if "ingest" in roles:
            await self._open_ingest(stack)
        if "relay" in roles:
            await self._open_relay(stack)
        await self._open_watch(stack)
        if "chat" in roles:
            await self._open_chat(stack)
        if "console" in roles and self._settings.console:
            console = Console(self.store, self._settings.console, self.metrics)
            self._ends.append(console.stop)
            await console.start()

    async def end(self) -> None:
        """End all parts side by side: none of them waits for another's last words. Their connections close afterwards.

        What takes longer than `ENDS_WITHIN` is dropped: a poll leaves no trace, a delivery stays claimable.
        """
        ends = [asyncio.ensure_future(end()) for end in self._ends]
        if not ends:
            return
        _, late = await asyncio.wait(ends, timeout=ENDS_WITHIN)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("end", outcome="failed", error=type(outcome).__name__)
        if late:
            log.warning("end", outcome="late", parts=len(late))

    async def _open_ingest(self, stack: AsyncExitStack) -> None:
        await self.store.sources.keep(source.id for source in self.sources)
        client = await stack.enter_async_context(Client())
        ingest = Ingest(self.store, client, self.rules, self._clock, self._worker, observe=self.metrics.polled)
        schedule = Schedule(self.sources, ingest.run)

        async def follow(sources: tuple[Source, ...]) -> None:
            schedule.follow(sources)
            await self.store.sources.keep(source.id for source in sources)

        self.rules.on_sources.append(follow)

        async def end() -> None:
            schedule.stop()
            await ingest.finish(GRACE)

        self._ends.append(end)
        schedule.start()

    async def _open_relay(self, stack: AsyncExitStack) -> None:
        bot = make_bot(self._token, self._settings.api_url)
        telegram = Telegram(bot, paid=self._settings.rate > FREE_RATE)
        stack.push_async_callback(_shut, bot)
        await _ready(bot)

        relay = Relay(
            self.store,
            telegram,
            Rendering(self.store.events, self.rules).alert,
            lambda event, delivery, now: render_ring(event, delivery, now),
            self._clock,
            worker=self._worker,
            tell_admins=Admins(telegram, self._settings.admins).tell,
            observe=self.metrics.delivered,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(relay.run(stop), name="relay")
        self._ends.append(lambda: _told_to_end(stop, task))

    async def _open_chat(self, stack: AsyncExitStack) -> None:
        bot = chat.build(
            self.store,
            self.rules,
            token=self._token,
            clock=self._clock,
            sources=lambda: self.sources,
            api_url=self._settings.api_url,
            admins=self._settings.admins,
            more=self._more_commands,
        )
        self._ends.append(bot.stop)
        await bot.start()

    def _more_commands(self, desk: Desk) -> dict[str, Answering]:
        """Commands that look at the rules themselves."""
        operators = Operators(desk, self.rules, self.store, self.reload, self._settings.admins, self._clock)
        return {"why": Inquiry(desk, self.rules, self.store, self._clock).answer, **operators.commands()}

    async def _open_watch(self, stack: AsyncExitStack) -> None:
        """Take up a changed rules folder while running; whoever can write to the admins tells of a refused one."""
        tell = None
        if self._settings.token is not None and self._settings.admins:
            bot = make_bot(self._token, self._settings.api_url)
            await bot.request.initialize()  # opens the way without asking Telegram anything
            stack.push_async_callback(bot.request.shutdown)
            tell = Admins(Telegram(bot), self._settings.admins).tell
        self._watch = Watch(
            self.rules, self._settings.rules, self.store.rules, self._worker, utc_now, tell, seen=self._seen
        )
        stop = asyncio.Event()
        task = asyncio.create_task(self._watch.run(stop), name="rules-watch")
        self._ends.append(lambda: _told_to_end(stop, task))

    async def reload(self, cause: str) -> Reloaded:
        """Take up the rules folder as it is now; what comes of it is logged, a refusal is told to the admins."""
        return await self._watch.reload(cause)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What is polled at the moment."""
        return self.rules.sources

    @property
    def _token(self) -> str:
        token = self._settings.token
        if token is None:
            raise SettingsError("TELEGRAM_BOT_TOKEN is not set: get a token from @BotFather, or try `wirewatch demo`")
        return token.get_secret_value()


@asynccontextmanager
async def running(
    settings: Settings,
    roles: Collection[str] = ROLES,
    *,
    clock: Callable[[], datetime] = utc_now,
    sources: tuple[Source, ...] | None = None,
    force: bool = False,
) -> AsyncIterator[App]:
    """The bot at work while the context is open.

    `sources` and `clock` stand in for `sources.yaml` and the time of day in the demo; `force` runs rules that break
    their own tests, now and after a reload. Raises SettingsError, RuleFaults
    or StoreUnavailable before anything was sent or polled; each text is one sentence for a person.
    """
    if settings.token is None and {"relay", "chat"} & set(roles):
        raise SettingsError("TELEGRAM_BOT_TOKEN is not set: get a token from @BotFather, or try `wirewatch demo`")

    def load_folder() -> tuple[Ruleset, tuple[Source, ...]]:
        return load_all(settings.rules, sources, force=force)

    seen = stamp(settings.rules)
    rules, polled = load_folder()
    live = LiveRules(rules, sources=polled, load=load_folder, clock=clock)
    async with AsyncExitStack() as stack:
        redis_url = settings.redis_url.get_secret_value() if settings.redis_url is not None else None
        limits = Limits(per_second=settings.rate)
        store = await stack.enter_async_context(open_store(redis_url, settings.data, limits=limits))
        app = App(settings, store, live, clock, seen)
        async with AsyncExitStack() as connections:
            try:
                await app.open(roles, connections)
                log.info("running", roles=",".join(roles), sources=len(polled), rules=rules.revision, store=store.place)
                yield app
                log.info("stopping")
            finally:
                await app.end()


def load_all(
    folder: Path, sources: tuple[Source, ...] | None = None, *, force: bool = False
) -> tuple[Ruleset, tuple[Source, ...]]:
    """The rules and sources of a rules folder. SettingsError when there is none, RuleFaults when it has faults.

    RulesUnproven when its own cases, timelines or quiet baseline fail, unless that is forced.
    """
    if not folder.is_dir():
        raise SettingsError(f"the rules folder {folder} does not exist: set WIREWATCH_RULES, or start where `rules` is")
    rules = load(folder)
    polled = sources if sources is not None else load_sources(folder / "sources.yaml")
    if not force:
        prove(rules)
    # Rules live as long as the process: the collector need not walk through their million objects again and again.
    gc.collect()
    gc.freeze()
    return rules, polled


async def _ready(bot: Bot) -> None:
    """Make sure that Telegram knows the token. Telegram being out of reach is no reason not to start."""
    try:
        await bot.initialize()
    except InvalidToken:
        raise SettingsError(
            "Telegram refuses the token in TELEGRAM_BOT_TOKEN: copy it anew from @BotFather and start again"
        ) from None  # the library's text holds the token
    except TelegramError as error:
        why = str(meaning(error, editing=True) or type(error).__name__)  # our words hold no token
        log.warning("telegram-unreachable", detail=why, next="alerts wait in the outbox")


async def _told_to_end(stop: asyncio.Event, task: asyncio.Task[None]) -> None:
    stop.set()
    await task


async def _shut(bot: Bot) -> None:
    with contextlib.suppress(Exception):  # nothing is left to lose: what is owed stays in the outbox
        await bot.shutdown()
