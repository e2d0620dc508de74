"""Alerts on their way to many chats: rendered once for each state of an event, with the phase that it changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from bot.alerts.render import render_alert
from bot.errors import StoreUnavailable
from bot.model import Commit, Cursor, Delivery, Event, Health, Message, Phase, Reason, Report, Severity, Target
from bot.pipeline import rendering as rendering_module
from bot.pipeline.rendering import Rendering, phase_before
from bot.store import Store

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
REPORT = Report(
    post="a/1", source="a", outlet="Harbour News", url="https://t.me/a/1", published=NOW, seen=NOW,
    headline="The bridge is shut", excerpt="The bridge is shut.", origin="a", signals=(("bridges", "bridge-shut"),),
)  # fmt: skip
EVENT = Event(
    id="e2", reports=(REPORT,), storylines=("bridges",), severity=Severity.HIGH, phases=(("bridges", "shut"),)
)
DELIVERY = Delivery(
    target=Target(7), event="e2", storyline="bridges", reason=Reason.FIRST_REPORT, rings=True,
    severity=Severity.HIGH, revision=1, owed_at=NOW,
)  # fmt: skip


def phase(name: str, event: str, minute: int = 0) -> Phase:
    return Phase(storyline="bridges", phase=name, since=NOW + timedelta(minutes=minute), event=event)


class World:
    """Rules, past phases and a renderer that counts."""

    def __init__(self, *phases: Phase):
        self.phases = list(phases)
        self.away = False
        self.rendered: list[tuple[str, int]] = []
        self.current: Any = SimpleNamespace(revision="r1", storylines={"bridges": SimpleNamespace(title="Bridges")})
        self.rendering = Rendering(self, self, self.render)

    async def past_phases(self, storyline: str) -> list[Phase]:
        await asyncio.sleep(0)
        if self.away:
            raise StoreUnavailable("no answer")
        return self.phases

    def render(self, event: Event, *arguments: Any, **named: Any) -> Message:
        self.rendered.append((event.id, event.revision))
        return render_alert(event, *arguments, **named)

    async def alert(self, event: Event = EVENT, now: datetime = NOW) -> str:
        return (await self.rendering.alert(event, DELIVERY, now)).html


async def test_a_fan_out_renders_once() -> None:
    """A hundred chats that ask at the same time, and those that ask later, get one rendering."""
    world = World()
    shown = await asyncio.gather(*(world.alert() for _ in range(100)))
    assert len(set(shown)) == 1
    assert await world.alert(now=NOW + timedelta(minutes=5)) == shown[0]
    assert world.rendered == [("e2", 1)]


async def test_what_changes_the_text_renders_anew() -> None:
    """Another revision of the event, other rules and another year are each shown as they are."""
    world = World()
    first = await world.alert()
    grown = msgspec.structs.replace(EVENT, revision=2, reports=(REPORT, msgspec.structs.replace(REPORT, post="b/1")))
    assert "2 posts" in await world.alert(grown)
    world.current = SimpleNamespace(revision="r2", storylines={"bridges": SimpleNamespace(title="River crossings")})
    assert "River crossings" in await world.alert()
    assert await world.alert(now=NOW.replace(year=2027)) != first
    assert len(world.rendered) == 4


async def test_the_phase_that_stood_before_is_shown() -> None:
    """ "phase: threatened → shut": from the history of the storyline, not from its present."""
    world = World(phase("open again", "e3", 9), phase("shut", "e2", 5), phase("threatened", "e1"))
    assert "phase: threatened → shut" in await world.alert()


@pytest.mark.parametrize(
    ("history", "before"),
    [
        ([], None),
        ([("shut", "e2")], None),
        ([("threatened", "e1")], None),
        ([("shut", "e2"), ("threatened", "e1"), ("calm", "e0")], "threatened"),
        ([("shut", "e2"), ("announced", "e2"), ("threatened", "e1")], "threatened"),
        ([("shut", "e2"), ("calm", "e9"), ("announced", "e2"), ("threatened", "e1")], "threatened"),
    ],
)
def test_the_phase_before_an_event(history: list[tuple[str, str]], before: str | None) -> None:
    """What stood when the event first moved the storyline; nothing where it did not, or was the first to."""
    assert phase_before("e2", [phase(name, event) for name, event in history]) == before


async def test_a_failure_is_not_kept() -> None:
    """Redis away: every chat that asked hears so, and the next time it is tried again."""
    world = World()
    world.away = True
    outcomes = await asyncio.gather(world.alert(), world.alert(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
    world.away = False
    assert "The bridge is shut" in await world.alert()


async def test_a_cancelled_delivery_does_not_cost_the_others_theirs() -> None:
    """One of two that wait is cancelled; the other gets its alert."""
    world = World()
    first, second = asyncio.create_task(world.alert()), asyncio.create_task(world.alert())
    await asyncio.sleep(0)
    first.cancel()
    assert "The bridge is shut" in await second
    assert world.rendered == [("e2", 1)]


async def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes; memory stays bounded however many events there are."""
    monkeypatch.setattr(rendering_module, "KEPT", 3)
    world = World()
    for number in range(10):
        await world.alert(msgspec.structs.replace(EVENT, id=f"e{number}"))
    assert len(world.rendering._kept) == 3


async def test_with_the_real_store(store: Store) -> None:
    """Phases as commits write them."""
    for number, (name, event) in enumerate((("threatened", "e1"), ("shut", "e2"))):
        await store.commit(
            Commit(
                cursor=Cursor(source="a"),
                health=Health(source="a", state="ok", since=NOW, checked=NOW),
                phases=(phase(name, event, number),),
            )
        )
    world = World()
    shown = await Rendering(store.events, world, world.render).alert(EVENT, DELIVERY, NOW)
    assert "phase: threatened → shut" in shown.html
