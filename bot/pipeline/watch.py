"""Watches a rules folder and has it taken up: on a change of files, and when any worker was asked to reload.

    files change | SIGHUP | /reload  →  load, test, swap whole  →  say on the board what runs, or why not

Every process of every role watches its own folder. The board in Redis shows what each of them runs; of the processes
that can write to the admins one tells of a folder that was refused, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog
from watchfiles import awatch

from bot.errors import StoreUnavailable
from bot.model import Running
from bot.pipeline.live import LiveRules, Outcome, Reloaded

log = structlog.get_logger(__name__)

SETTLE = 100  # ms without another change, after which a save is taken as done
HALF_SAVED = 0.4  # seconds after which a folder with a fault is read again before anybody is told
LOOK = 1.0  # seconds between looks at the board
REPORT = 20.0  # seconds between signs of life on it
DEAD = timedelta(seconds=90)  # without a sign of life a worker is gone
SLOW_LOOK = 10  # every how many seconds files are compared even where the system told of no change (network folders)
MOST_FAULTS = 10  # told to the admins

Stamp = tuple[tuple[str, int, int, int], ...]


class Board(Protocol):
    """Where workers say what they run: `store.rules`."""

    async def look(self) -> tuple[int, list[Running]]: ...
    async def report(self, running: Running) -> None: ...
    async def leave(self, worker: str) -> None: ...
    async def first_to_tell(self, what: str) -> bool: ...
    async def untold(self, what: str) -> bool: ...


class Watch:
    """One process's watch. `tell` writes to the admins and says whether that went well; None where it cannot.

    `seen` is the folder's stamp from before its running rules were read: what changed since then is taken up.
    """

    def __init__(
        self,
        live: LiveRules,
        folder: Path,
        board: Board,
        worker: str,
        clock: Callable[[], datetime],
        tell: Callable[[str], Awaitable[bool]] | None = None,
        *,
        seen: Stamp,
    ):
        self._live = live
        self._folder = folder
        self._board = board
        self._worker = worker
        self._clock = clock
        self._tell = tell
        self._seen = seen
        self._asked: int | None = None
        self._reported: Running | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Trouble with the folder or the store is logged and waited out."""
        files = asyncio.create_task(self._files(stop), name="rules-files")
        try:
            while not stop.is_set():
                with contextlib.suppress(StoreUnavailable):  # the rest of the bot says so already
                    await self._look()
                await _pause(stop, LOOK)
        finally:
            files.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await files
            with contextlib.suppress(StoreUnavailable):
                await self._board.leave(self._worker)

    # --- files

    async def _files(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._until_replaced(stop)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # the folder is gone for a moment, or the system has no watch to give
                log.warning("rules-watch", outcome=type(error).__name__, next="looking every second")
                await _pause(stop, LOOK)
                await self._compare()

    async def _until_replaced(self, stop: asyncio.Event) -> None:
        """Watch the folder until another one stands in its place (a deployment, a link that was turned)."""
        place = _identity(self._folder)
        looks = 0
        changes_of = awatch(
            self._folder,
            watch_filter=None,  # mounted configuration changes by its links: what matters is decided by `stamp`
            step=SETTLE,
            debounce=5 * SETTLE,
            stop_event=stop,
            rust_timeout=int(LOOK * 1000),
            yield_on_timeout=True,
        )
        async with contextlib.aclosing(changes_of):
            async for changes in changes_of:
                looks += 1
                if changes or looks % SLOW_LOOK == 1:  # and what changed before the watch stood
                    await self._compare()
                if _identity(self._folder) != place:
                    await self._compare()
                    return

    async def _compare(self) -> None:
        now = await asyncio.to_thread(stamp, self._folder)
        if now == self._seen:
            return
        self._seen = now
        await self.reload("files", patient=True)

    async def reload(self, cause: str, *, patient: bool = False) -> Reloaded:
        """Reload and say what came of it. `patient` reads a faulty folder twice: it may have been saved half."""
        done = await self._live.reload(cause, quietly=patient)
        if done.outcome is Outcome.REFUSED and patient:
            await asyncio.sleep(HALF_SAVED)
            self._seen = await asyncio.to_thread(stamp, self._folder)
            done = await self._live.reload(cause)
        with contextlib.suppress(StoreUnavailable):
            await self._say()
        return done

    # --- the board

    async def _look(self) -> None:
        asked, workers = await self._board.look()
        if self._asked is not None and asked != self._asked:
            await self.reload("asked")
        self._asked = asked
        await self._say()
        if self._tell is None:
            return
        for worker in workers:
            if worker.faults and self._clock() - worker.checked < DEAD:
                await self._tell_once(worker)

    async def _say(self) -> None:
        """Put up what this process runs, when that changed, and as a sign of life."""
        before, now = self._reported, self._running()
        if before is not None and _same(before, now) and (now.checked - before.checked).total_seconds() < REPORT:
            return
        await self._board.report(now)
        self._reported = now
        if before is not None and before.faults and not now.faults:
            await self._tell_recovered(before)

    def _running(self) -> Running:
        faults = tuple(str(fault) for fault in self._live.refused)
        return Running(
            worker=self._worker,
            revision=self._live.current.revision,
            since=self._live.since,
            checked=self._clock(),
            faults=faults[:MOST_FAULTS],
            more=max(0, len(faults) - MOST_FAULTS),
        )

    async def _tell_once(self, worker: Running) -> None:
        assert self._tell is not None
        what = _what(worker)
        if await self._board.first_to_tell(what) and not await self._tell(refusal(worker)):
            await self._board.untold(what)  # Telegram is away: the next look tries again

    async def _tell_recovered(self, before: Running) -> None:
        """Say that a refusal is over, once the last worker that had it is over it."""
        _, workers = await self._board.look()
        if any(worker.faults == before.faults for worker in workers):
            return
        if await self._board.untold(_what(before)) and self._tell is not None:
            await self._tell(f"The rules folder is in order again: revision {self._live.current.revision} runs.")


def refusal(worker: Running) -> str:
    """What the admins read when a rules folder was not taken up."""
    count = len(worker.faults) + worker.more
    more = [f"… and {worker.more} more"] if worker.more else []
    return "\n".join(
        (
            f"The rules folder was not taken up: {count} fault{'' if count == 1 else 's'}. "
            f"Revision {worker.revision} goes on.",
            *worker.faults,
            *more,
        )
    )


def stamp(folder: Path) -> Stamp:
    """What the files of a rules folder look like from outside: another stamp means that one of them changed."""
    return tuple(sorted(_stamps(folder)))


def _stamps(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    for pattern in ("*.y*ml", "storylines/*.y*ml", "quiet/*.jsonl"):
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):  # gone since it was listed
                found = path.stat()
                yield str(path), found.st_mtime_ns, found.st_size, found.st_ino


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _what(worker: Running) -> str:
    """A name for a refusal that all workers give it."""
    return hashlib.blake2b("\n".join(worker.faults).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _same(before: Running, now: Running) -> bool:
    return (before.revision, before.since, before.faults, before.more) == (
        now.revision,
        now.since,
        now.faults,
        now.more,
    )


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
