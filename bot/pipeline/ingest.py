"""A due source becomes one commit.

    claim | fetch and parse | new or edited posts | judge | COMMIT

A poll that fails leaves the cursor where it was, so nothing is lost; a commit that another worker overtook is judged
again on what that worker wrote. One source's trouble never reaches another.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from bot.errors import Conflict, PollError, StoreUnavailable, Stumbled
from bot.events import Window, newer
from bot.model import Commit, Cursor, Health, Phase, Post
from bot.pipeline.judge import Judge, Judged
from bot.pipeline.matched import newest_of
from bot.pipeline.observed import ObservePolling, Polling, unobserved_polling
from bot.pipeline.policies import policies_of
from bot.pipeline.schedule import due
from bot.rules import Ruleset
from bot.sources import Client, Polled, Source, poll
from bot.store import Store

log = structlog.get_logger(__name__)

TRIES = 5  # commits overtaken in a row before the poll is left to the next round


class LiveRules(Protocol):
    """Where the rule set of the moment is read; a reload replaces it whole."""

    @property
    def current(self) -> Ruleset: ...


class Gathering:
    """This worker's copy of the gathering window, kept level with what all workers have committed."""

    def __init__(self, store: Store):
        self.window = Window()
        self.revision = 0
        self._store = store

    async def catch_up(self) -> None:
        """Take in every event that changed since the last look.

        A revision that went back means that Redis lost its newest writes (a failover): the window is read anew.
        """
        revision, events = await self._store.events.since(self.revision)
        if revision < self.revision:
            self.window = Window()
            revision, events = await self._store.events.since(0)
        self.revision = revision
        for event in events:
            self.window.put(event)


class Ingest:
    """Polls sources and commits what they bring; one for each worker process."""

    def __init__(
        self,
        store: Store,
        client: Client,
        rules: LiveRules,
        clock: Callable[[], datetime],
        worker: str,
        *,
        observe: ObservePolling = unobserved_polling,
    ):
        self._observe = observe
        self._store = store
        self._client = client
        self._rules = rules
        self._clock = clock
        self._worker = worker
        self._gathering = Gathering(store)
        self._polls: set[asyncio.Task[None]] = set()
        self._judging = asyncio.Lock()  # the window is one; polls run side by side, judging does not

    async def run(self, source: Source) -> None:
        """Poll `source` once if it is due and no other worker has; whatever fails is recorded, never raised."""
        poll = asyncio.create_task(self._guarded(source), name=f"poll-{source.id}")
        self._polls.add(poll)
        poll.add_done_callback(self._polls.discard)
        # The scheduler cancels what it runs when it stops; polls under way get their time in `finish`.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({poll})

    async def finish(self, grace: float) -> None:
        """Give polls under way `grace` seconds to commit; those that take longer are dropped and leave no trace."""
        if self._polls:
            await asyncio.wait(self._polls, timeout=grace)
        left = list(self._polls)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _guarded(self, source: Source) -> None:
        try:
            await self._run(source)
        except (StoreUnavailable, Conflict) as error:
            log.warning("polled", source=source.id, outcome=type(error).__name__, detail=str(error))
            outcome = "overtaken" if isinstance(error, Conflict) else "store-unavailable"
            self._observe(Polling(source=source.id, outcome=outcome))
        except Exception as error:
            log.exception("polled", source=source.id, outcome="bug")
            self._observe(Polling(source=source.id, outcome="bug"))
            await self._stumbled(source, error)

    async def _stumbled(self, source: Source, error: Exception) -> None:
        """A bug of ours must not look like a source that is read: it is shown, and tried again more and more rarely."""
        with contextlib.suppress(StoreUnavailable):
            health = await self._store.sources.health(source.id)
            told = Stumbled(f"a fault of this program while reading it: {type(error).__name__}")
            await self._store.sources.save_health(failed(source, health, told, self._clock()))

    async def _run(self, source: Source) -> None:
        health = await self._store.sources.health(source.id)
        if not due(source, health, self._clock()):
            return
        if not await self._store.sources.claim(source.id, source.every * 0.8, self._worker):
            return
        try:
            await self._poll(source, health)
        except asyncio.CancelledError:
            await asyncio.shield(self._store.sources.release(source.id))  # whoever comes next may poll at once
            raise

    async def _poll(self, source: Source, health: Health | None) -> None:
        cursor = await self._store.sources.cursor(source.id)
        began = self._clock()
        try:
            polled = await poll(source, cursor, self._client, began, watched=await self._watched(source))
        except PollError as error:
            await self._store.sources.save_health(failed(source, health, error, self._clock()))
            log.info("polled", source=source.id, outcome=error.state, detail=str(error))
            self._observe(Polling(source=source.id, outcome=error.state))
            return
        # First sight is before the fetch: what is published while the page is on its way is news. A source whose
        # address was changed is seen for the first time again.
        first_sight = polled.cursor.first_sight or began
        await self._commit(source, health, polled, first_sight)

    async def _watched(self, source: Source) -> frozenset[str]:
        """Posts of `source` that readers hold an alert of: should one vanish, its deletion is looked into."""
        events = await self._store.events.live_of_source(source.id)
        return frozenset(
            report.post
            for event in events
            for report in event.reports
            if report.source == source.id and not report.gone
        )

    async def _commit(self, source: Source, health: Health | None, polled: Polled, first_sight: datetime) -> None:
        seen, began = self._clock(), time.monotonic()
        known = await self._store.sources.digests(source.id, [post.id for post in polled.posts])
        fresh = [post for post in polled.posts if known.get(post.id) != post.digest()]
        async with self._judging:
            judged = await self._judged_and_committed(source, health, polled, fresh, first_sight)
        new = [post for post in fresh if post.id not in known]
        told = Polling(
            source=source.id,
            outcome="unchanged" if polled.unchanged else "ok",
            new=len(new),
            edited=len(fresh) - len(new),
            gone=len(polled.gone),
            matches=judged.matches,
            alerts=judged.alerts,
            ages=tuple((seen - post.published).total_seconds() for post in new if post.published >= first_sight),
            committing=time.monotonic() - began,
        )
        log.info(
            "polled",
            source=source.id,
            outcome=told.outcome,
            posts=len(polled.posts),
            new=told.new,
            edited=told.edited,
            gone=told.gone,
            matches=len(told.matches),
            alerts=len(told.alerts),
            faults=len(polled.faults),
        )
        self._observe(told)
        for fault in polled.faults:
            log.warning("fault", source=source.id, detail=fault)

    async def _judged_and_committed(
        self, source: Source, health: Health | None, polled: Polled, fresh: list[Post], first_sight: datetime
    ) -> Judged:
        rules = self._rules.current
        for attempt in range(TRIES):
            await self._gathering.catch_up()
            now = self._clock()
            judge = Judge(rules, policies_of(rules.storylines), self._gathering.window)
            judged = judge.judge(fresh, now, first_sight=first_sight, gone=polled.gone)
            try:
                revision = await self._store.commit(
                    Commit(
                        cursor=sighted(polled.cursor, first_sight),
                        health=succeeded(source, health, polled, now),
                        posts=tuple(fresh),
                        events=judged.events,
                        alerts=judged.alerts,
                        phases=await self._newer(judged),
                        expected=self._gathering.revision,
                        matched=newest_of(judged.matches, fresh),
                    )
                )
            except Conflict:
                judge.undo(judged)
                log.info("overtaken", source=source.id, attempt=attempt + 1)
                continue
            except BaseException:
                judge.undo(judged)
                raise
            if judged.events:  # otherwise others may have moved it past what our window holds
                self._gathering.revision = revision
            return judged
        raise Conflict(f"source {source.id}: overtaken {TRIES} times in a row; its posts come with the next poll")

    async def _newer(self, judged: Judged) -> tuple[Phase, ...]:
        """The phases that move a storyline on; a late report of an old event turns none back."""
        standing = await self._store.events.phases() if judged.phases else {}
        return tuple(phase for phase in judged.phases if newer(standing.get(phase.storyline), phase))


def sighted(cursor: Cursor, first_sight: datetime) -> Cursor:
    """`cursor` with the moment from which the source's posts are alerted."""
    return msgspec.structs.replace(cursor, first_sight=first_sight, polls=cursor.polls + 1)


def failed(source: Source, before: Health | None, error: PollError, now: datetime) -> Health:
    """The health of `source` after a poll that failed: its state, since when, and how often in a row."""
    same = before is not None and before.state == error.state
    return Health(
        source=source.id,
        state=error.state,
        since=before.since if before is not None and same else now,
        checked=now,
        detail=str(error),
        failures=(before.failures if before is not None else 0) + 1,
        last_ok=before.last_ok if before is not None else None,
        last_post=before.last_post if before is not None else None,
        not_before=now + timedelta(seconds=error.retry_after) if error.retry_after else None,
    )


def succeeded(source: Source, before: Health | None, polled: Polled, now: datetime) -> Health:
    """The health of `source` after a good poll."""
    same = before is not None and before.state == "ok"
    return Health(
        source=source.id,
        state="ok",
        since=before.since if before is not None and same else now,
        checked=now,
        detail="; ".join(polled.faults),
        last_ok=now,
        last_post=newest(polled.posts, before.last_post if before is not None else None),
    )


def newest(posts: Iterable[Post], known: datetime | None) -> datetime | None:
    """The latest time of publication among `posts` and what is already known."""
    moments = [post.published for post in posts] + ([known] if known is not None else [])
    return max(moments, default=None)
