"""The rule set of the moment. New rules replace it whole, or not at all; work under way ends with those it has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum

import msgspec
import structlog

from bot.errors import Fault, RuleFaults, WirewatchError
from bot.rules import Ruleset
from bot.sources import Source

log = structlog.get_logger(__name__)

Loader = Callable[[], tuple[Ruleset, tuple[Source, ...]]]
SourcesChanged = Callable[[tuple[Source, ...]], Awaitable[None]]


class Outcome(StrEnum):
    """What came of a reload; also the word in the log."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Reloaded(msgspec.Struct, frozen=True, kw_only=True):
    """A reload: the revision that ran before, the one that runs now, and why the folder was refused, if it was."""

    outcome: Outcome
    was: str
    now: str
    faults: tuple[Fault, ...] = ()


class LiveRules:
    """Holds the running rules and sources. `load` reads the folder anew; without it there is nothing to reload."""

    def __init__(
        self,
        current: Ruleset,
        *,
        sources: tuple[Source, ...] = (),
        load: Loader | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self.current = current
        self.sources = sources
        self.since = clock()  # when the running set was taken up
        self.refused: tuple[Fault, ...] = ()  # why the folder as it is now does not run
        self.on_sources: list[SourcesChanged] = []  # called after a reload that brought other sources
        self._load = load
        self._clock = clock
        self._one = asyncio.Lock()

    async def reload(self, cause: str, *, quietly: bool = False) -> Reloaded:
        """Read the folder, run its own tests, and take it up; whatever is wrong with it, the running set goes on.

        Loading works in a thread, so that nothing waits for it. `quietly` does not log a refusal: the caller will ask
        again, for a file that was saved half.
        """
        async with self._one:
            was, began = self.current.revision, time.monotonic()
            if self._load is None:
                return Reloaded(outcome=Outcome.UNCHANGED, was=was, now=was)
            try:
                fresh, sources = await asyncio.to_thread(self._load)
            except Exception as error:
                self.refused = _faults(error)
                if not quietly:
                    self._log(cause, Outcome.REFUSED, was, began, level="error", fault=str(self.refused[0]))
                return Reloaded(outcome=Outcome.REFUSED, was=was, now=was, faults=self.refused)
            self.refused = ()
            if fresh.revision == was and sources == self.sources:
                return Reloaded(outcome=Outcome.UNCHANGED, was=was, now=was)
            await self._take_up(fresh, sources)
            self._log(cause, Outcome.SWAPPED, was, began)
            return Reloaded(outcome=Outcome.SWAPPED, was=was, now=fresh.revision)

    async def _take_up(self, fresh: Ruleset, sources: tuple[Source, ...]) -> None:
        if fresh.revision != self.current.revision:
            self.current, self.since = fresh, self._clock()
        if sources != self.sources:
            self.sources = sources
            for changed in self.on_sources:
                await changed(sources)

    def _log(self, cause: str, outcome: Outcome, was: str, began: float, level: str = "info", **more: object) -> None:
        getattr(log, level)(
            "reloaded",
            cause=cause,
            outcome=outcome.value,
            rules=self.current.revision,
            was=was,
            seconds=round(time.monotonic() - began, 2),
            faults=len(self.refused),
            **more,
        )


def _faults(error: Exception) -> tuple[Fault, ...]:
    """Why a folder was refused; what was not foreseen is logged whole and told in a word."""
    if isinstance(error, RuleFaults):
        return error.faults
    if isinstance(error, WirewatchError | OSError):
        return (Fault("rules", 0, 0, str(error)),)
    log.error("reload-failed", exc_info=error)
    return (Fault("rules", 0, 0, f"the rules could not be read ({type(error).__name__}); the log tells more"),)
