"""A due source becomes one commit: what is new, what is lost to nobody when something goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import SourceThrottled, StoreUnavailable
from bot.model import Cursor, Post, Severity, Subscription, Target
from bot.pipeline import ingest as room
from bot.pipeline.ingest import Ingest
from bot.rules import Ruleset, load
from bot.sources import Client, Polled, Source
from bot.store import Store

START = datetime(2026, 5, 26, 9, 0, tzinfo=UTC)
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closed, closure, shut]
signals:
  closed: {severity: high, phase: closed, when: harbour near/8 close}
"""
CLAIM = (
    "The harbour of Westmark is closed after an explosion tore through the grain terminal on pier nine, police said."
)
OTHER = "The port of Southmere is shut: a tanker ran aground in the channel, the coast guard said."

Answer = Polled | Exception | Callable[[], Awaitable[Polled]]


class Rules:
    """The rule set of the moment."""

    def __init__(self, current: Ruleset):
        self.current = current


class Desk:
    """Ingest workers over one store; `answers` holds what each source's next poll brings."""

    def __init__(self, store: Store, rules: Ruleset):
        self.store = store
        self.rules = Rules(rules)
        self.now = START
        self.answers: dict[str, list[Answer]] = {}

    def worker(self, name: str = "one") -> Ingest:
        return Ingest(self.store, Client(), self.rules, lambda: self.now, name)

    async def poll(self, source: Source, *_: Any, **__: Any) -> Polled:
        answer = self.answers[source.id].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Polled) else await answer()

    async def run(self, worker: Ingest, name: str, answer: Answer) -> None:
        """One poll of a source, as if its interval were over."""
        self.answers.setdefault(name, []).append(answer)
        await self.store.sources.release(name)
        await worker.run(source(name))

    async def owed(self) -> int:
        return (await self.store.outbox.size())["alerts"]


def source(name: str) -> Source:
    return Source.model_validate({"id": name, "kind": "telegram", "channel": name, "outlet": name, "every": 30.0})


def post(name: str, number: int, text: str, *, minutes: float = 1) -> Post:
    return Post(
        id=f"{name}/{number}",
        source=name,
        outlet=name,
        url=f"https://t.me/{name}/{number}",
        published=START + timedelta(minutes=minutes),
        text=text,
        language="en",
    )


def polled(name: str, *posts: Post, gone: tuple[str, ...] = (), first_sight: datetime | None = START) -> Polled:
    cursor = Cursor(source=name, first_sight=first_sight, last_id=len(posts))
    return Polled(source=source(name), cursor=cursor, posts=posts, gone=gone, faults=(), unchanged=False)


@pytest.fixture
def desk(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    (tmp_path / "rules" / "storylines").mkdir(parents=True)
    (tmp_path / "rules" / "storylines" / "harbour.yaml").write_text(RULES, "utf-8")
    made = Desk(store, load(tmp_path / "rules"))
    monkeypatch.setattr(room, "poll", made.poll)
    return made


async def test_a_poll_becomes_one_commit(desk: Desk) -> None:
    """Post, event, phase, cursor, health and what is owed are all there afterwards."""
    await desk.run(desk.worker(), "wire", polled("wire", post("wire", 1, CLAIM)))
    assert await desk.store.archive.get("wire/1") is not None
    [event] = await desk.store.events.of_storyline("harbour")
    assert event.first.post == "wire/1"
    phase = await desk.store.events.phase("harbour")
    assert phase is not None
    assert phase.phase == "closed"
    health = await desk.store.sources.health("wire")
    assert health is not None
    assert health.state == "ok"
    assert await desk.owed() == 1


async def test_the_same_page_again_owes_nothing(desk: Desk) -> None:
    """A post is judged once, however often its page shows it."""
    worker = desk.worker()
    for _ in range(3):
        await desk.run(worker, "wire", polled("wire", post("wire", 1, CLAIM)))
    assert await desk.owed() == 1


async def test_a_first_look_is_quiet(desk: Desk) -> None:
    """What stood there before the first look is archived and gathered, and owes nothing."""
    old = post("wire", 1, CLAIM, minutes=-30)
    await desk.run(desk.worker(), "wire", polled("wire", old, first_sight=None))
    assert len(await desk.store.events.of_storyline("harbour")) == 1
    assert await desk.owed() == 0


async def test_a_post_published_while_the_page_was_on_its_way_is_news(desk: Desk) -> None:
    """First sight is the moment before the fetch, not after it."""

    async def slow() -> Polled:
        desk.now = START + timedelta(minutes=2)
        return polled("wire", post("wire", 1, CLAIM, minutes=1), first_sight=None)

    await desk.run(desk.worker(), "wire", slow)
    assert await desk.owed() == 1


async def test_an_overtaken_worker_gathers_again(desk: Desk) -> None:
    """Two workers with one happening: the second sees the first's event, joins it, and owes no second first report."""
    one, two = desk.worker("one"), desk.worker("two")
    await desk.run(one, "seed", polled("seed", post("seed", 1, OTHER)))
    await desk.run(two, "seed", polled("seed", post("seed", 1, OTHER)))
    first_commit = desk.store.commit

    async def overtaken(batch: Any) -> int:
        desk.store.commit = first_commit  # type: ignore[method-assign]
        await desk.run(one, "wire", polled("wire", post("wire", 1, CLAIM)))
        return await first_commit(batch)

    desk.store.commit = overtaken  # type: ignore[method-assign]
    await desk.run(two, "echo", polled("echo", post("echo", 1, f"BREAKING: {CLAIM}", minutes=2)))
    westmark = [e for e in await desk.store.events.of_storyline("harbour") if "Westmark" in e.first.headline]
    assert [[report.post for report in event.reports] for event in westmark] == [["wire/1", "echo/1"]]
    assert await desk.store.archive.get("echo/1") is not None


async def test_a_commit_whose_answer_was_lost_loses_and_doubles_nothing(desk: Desk) -> None:
    """Redis goes away after it has written: the next poll finds the posts known, and the window is read anew."""
    worker = desk.worker()
    commit = desk.store.commit

    async def written_but_unanswered(batch: Any) -> int:
        desk.store.commit = commit  # type: ignore[method-assign]
        await commit(batch)
        raise StoreUnavailable("the answer was lost")

    desk.store.commit = written_but_unanswered  # type: ignore[method-assign]
    await desk.run(worker, "wire", polled("wire", post("wire", 1, CLAIM)))
    await desk.run(worker, "wire", polled("wire", post("wire", 1, CLAIM)))
    await desk.run(worker, "echo", polled("echo", post("echo", 1, CLAIM, minutes=2)))
    [event] = await desk.store.events.of_storyline("harbour")
    assert [report.post for report in event.reports] == ["wire/1", "echo/1"]


async def test_a_commit_that_failed_is_made_by_the_next_poll(desk: Desk) -> None:
    """Redis goes away before it has written: nothing was marked seen, so nothing is missed."""
    worker = desk.worker()
    commit = desk.store.commit

    async def away(_: Any) -> int:
        desk.store.commit = commit  # type: ignore[method-assign]
        raise StoreUnavailable("gone")

    desk.store.commit = away  # type: ignore[method-assign]
    await desk.run(worker, "wire", polled("wire", post("wire", 1, CLAIM)))
    assert await desk.owed() == 0
    await desk.run(worker, "wire", polled("wire", post("wire", 1, CLAIM)))
    assert await desk.owed() == 1


async def test_a_failed_poll_moves_no_cursor_and_is_told(desk: Desk) -> None:
    """The state, since when and how often; the cursor stays; a good poll ends it."""
    worker = desk.worker()
    await desk.run(worker, "wire", polled("wire", post("wire", 1, CLAIM)))
    cursor = await desk.store.sources.cursor("wire")
    await desk.run(worker, "wire", SourceThrottled("slow down", retry_after=60))
    health = await desk.store.sources.health("wire")
    assert health is not None
    assert (health.state, health.failures, health.not_before) == ("throttled", 1, START + timedelta(seconds=60))
    assert await desk.store.sources.cursor("wire") == cursor
    desk.now = START + timedelta(minutes=5)
    await desk.run(worker, "wire", polled("wire", post("wire", 2, OTHER, minutes=4)))
    health = await desk.store.sources.health("wire")
    assert health is not None
    assert (health.state, health.failures) == ("ok", 0)


async def test_a_bug_is_shown_and_other_sources_go_on(desk: Desk) -> None:
    """An error that nobody foresaw: the source is in trouble by a fault of ours, rests, and stops nobody else."""
    worker = desk.worker()
    await desk.run(worker, "wire", ZeroDivisionError("unforeseen"))
    health = await desk.store.sources.health("wire")
    assert health is not None
    assert (health.state, health.failures) == ("bug", 1)
    assert "unforeseen" not in health.detail
    await desk.run(worker, "echo", polled("echo", post("echo", 1, CLAIM)))
    assert await desk.owed() == 1


async def test_two_workers_poll_a_source_once_in_an_interval(desk: Desk) -> None:
    """The lease: whoever comes second in one interval leaves the source alone."""
    desk.answers["wire"] = [polled("wire", post("wire", 1, CLAIM))]  # a second poll would find none and fail
    await desk.worker("one").run(source("wire"))
    await desk.worker("two").run(source("wire"))
    health = await desk.store.sources.health("wire")
    assert health is not None
    assert health.state == "ok"


async def test_a_stop_leaves_the_source_to_the_next_worker(desk: Desk) -> None:
    """A poll that does not end in time is dropped without a trace, and its lease is given back."""
    entered = asyncio.Event()

    async def hanging() -> Polled:
        entered.set()
        await asyncio.Event().wait()
        raise AssertionError

    worker = desk.worker("one")
    desk.answers["wire"] = [hanging]
    running = asyncio.create_task(worker.run(source("wire")))
    await entered.wait()
    await worker.finish(0.05)
    await running
    desk.answers["wire"] = [polled("wire", post("wire", 1, CLAIM))]
    await desk.worker("two").run(source("wire"))
    assert await desk.owed() == 1


async def test_a_subscriber_is_owed_what_is_committed(desk: Desk) -> None:
    """The alert of a commit becomes a delivery to who follows the storyline at that moment."""
    await desk.store.subscriptions.put(
        Subscription(target=Target(7), storyline="harbour", minimum=Severity.LOW, since=START)
    )
    await desk.run(desk.worker(), "wire", polled("wire", post("wire", 1, CLAIM)))
    while (await desk.store.outbox.fan_out()).worked:
        pass
    taken = await desk.store.outbox.take("relay", 10)
    assert [owed.delivery.target for owed in taken.owed] == [Target(7)]


def test_a_cursor_keeps_what_the_parsers_put_there() -> None:
    """First sight and the count of polls are added; everything else of the cursor stays as the poll left it."""
    cursor = Cursor(source="wire", last_id=7, etag="x", gaps=((3, 5),), polls=2)
    sighted = room.sighted(cursor, START)
    assert sighted == msgspec.structs.replace(cursor, first_sight=START, polls=3)
