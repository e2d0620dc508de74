"""The door of the room: one `Store` on one Redis, given or embedded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.errors import SettingsError, StoreUnavailable
from bot.model import Commit
from bot.store.archive import Archive
from bot.store.commit import commit
from bot.store.embedded import Embedded
from bot.store.events import Events
from bot.store.link import Link
from bot.store.outbox import Outbox
from bot.store.pace import Limits, Pace
from bot.store.receipts import Receipts
from bot.store.rules import Rules
from bot.store.sources import Sources
from bot.store.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

LOOKS_EVERY = 0.5  # seconds between looks at the embedded server


class Store:
    """Everything that is kept, by what it is about. Any call may raise StoreUnavailable."""

    def __init__(self, link: Link, limits: Limits, server: str, *, embedded: bool):
        self.server = server  # name and version, for people
        self.place = link.place  # where it is, without a password
        self.embedded = embedded
        self.link = link
        self.sources = Sources(link)
        self.archive = Archive(link)
        self.events = Events(link)
        self.rules = Rules(link)
        self.subscriptions = Subscriptions(link)
        self.receipts = Receipts(link)
        self.outbox = Outbox(link, limits)
        self.pace = Pace(link, limits)

    async def commit(self, batch: Commit) -> int:
        """Write a poll's outcome; see `bot.store.commit.commit`."""
        return await commit(self.link, batch)

    async def ping(self) -> None:
        """Raises StoreUnavailable unless Redis answers."""
        await self.link.do("PING")

    async def clock(self) -> datetime:
        """The time by Redis's clock, on which pace, leases and retries run."""
        seconds, micro = await self.link.do("TIME")
        return datetime.fromtimestamp(int(seconds) + int(micro) / 1e6, UTC)

    async def memory(self) -> int:
        """Bytes that Redis uses."""
        return int((await self.link.do("INFO", "memory"))["used_memory"])


@contextlib.asynccontextmanager
async def open_store(
    url: str | None, data: Path, *, guest: bool = False, limits: Limits | None = None
) -> AsyncIterator[Store]:
    """The store at `url`, or, without one, on a server of our own inside the folder `data`.

    The embedded server has one owner at a time. A `guest` (a command that only reads) uses the owner's server where
    there is an owner, and is the owner for its own short life where there is none. Raises SettingsError where the
    folder is in use or cannot be written or the URL makes no sense, StoreUnavailable where Redis does not answer.
    """
    if url:
        async with _connected(url, limits, embedded=False) as store:
            yield store
        return
    server = Embedded(data)
    try:
        await asyncio.to_thread(server.start)
    except SettingsError:
        if not (guest and await asyncio.to_thread(server.answers)):
            raise
        async with _connected(server.url, limits, embedded=True) as store:
            yield store
        return
    try:
        keeper = asyncio.create_task(_keep(server), name="embedded-store")
        try:
            async with _connected(server.url, limits, embedded=True) as store:
                yield store
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
    finally:
        # A thread: the loop may be closing under a cancellation, and the server must be gone before we are.
        await asyncio.shield(asyncio.to_thread(server.stop))


@contextlib.asynccontextmanager
async def _connected(url: str, limits: Limits | None, *, embedded: bool) -> AsyncIterator[Store]:
    link = Link(url)
    try:
        name = await link.check()
        store = Store(link, limits or Limits(), name, embedded=embedded)
        await store.outbox.open()
        yield store
    finally:
        await link.close()


async def _keep(server: Embedded) -> None:
    """Start the server again whenever it dies: the file on disk holds everything that was answered."""
    while True:
        await asyncio.sleep(LOOKS_EVERY)
        try:
            await asyncio.to_thread(server.ensure)
        except StoreUnavailable as error:
            log.error("store-restart", outcome="failed", error=str(error))
