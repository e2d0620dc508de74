"""Alerts as chats see them, each state of an event rendered once however many chats it goes to.

An event, its revision and the rules that title it decide what is shown; only the year of a date depends on when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from bot.alerts.render import render_alert
from bot.model import Delivery, Event, Message, Phase
from bot.rules import Ruleset

KEPT = 512  # rendered alerts, of a few kilobytes each: far more than are on their way at once

_Key = tuple[str, int, str, int]


class RulesHolder(Protocol):
    """Where the running rule set stands."""

    @property
    def current(self) -> Ruleset: ...


class PastPhases(Protocol):
    """`store.events`, as far as it is asked here."""

    async def past_phases(self, storyline: str) -> list[Phase]: ...


class Rendering:
    """`alert` is the relay's way to show an event."""

    def __init__(
        self,
        events: PastPhases,
        rules: RulesHolder,
        render: Callable[..., Message] = render_alert,
    ):
        self._events = events
        self._rules = rules
        self._render = render
        self._kept: dict[_Key, asyncio.Future[Message]] = {}

    async def alert(self, event: Event, _delivery: Delivery, now: datetime) -> Message:
        """The alert of `event` as it stands. Raises StoreUnavailable; what failed is tried anew at the next call."""
        rules = self._rules.current
        key = (event.id, event.revision, rules.revision, now.year)
        rendering = self._kept.get(key)
        if rendering is None:
            rendering = asyncio.ensure_future(self._rendered(event, rules, now))
            self._keep(key, rendering)
        # Shielded: a delivery that is cancelled must not take the alert of all other chats with it.
        return await asyncio.shield(rendering)

    def _keep(self, key: _Key, rendering: asyncio.Future[Message]) -> None:
        while len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = rendering
        rendering.add_done_callback(lambda done: self._forget_failed(key, done))

    def _forget_failed(self, key: _Key, done: asyncio.Future[Message]) -> None:
        if (done.cancelled() or done.exception() is not None) and self._kept.get(key) is done:
            del self._kept[key]

    async def _rendered(self, event: Event, rules: Ruleset, now: datetime) -> Message:
        titles = {name: storyline.title for name, storyline in rules.storylines.items()}
        return self._render(event, titles, now, phases_before=await self._phases_before(event))

    async def _phases_before(self, event: Event) -> Mapping[str, str]:
        """The phase of each storyline before this event moved it; of a storyline that it did not move nothing."""
        moved = dict.fromkeys(storyline for storyline, _ in event.phases)
        found = {name: phase_before(event.id, await self._events.past_phases(name)) for name in moved}
        return {name: phase for name, phase in found.items() if phase is not None}


def phase_before(event: str, phases: Iterable[Phase]) -> str | None:
    """The phase that stood when `event` first moved its storyline; `phases` are its past ones, newest first."""
    mine = False
    before = None
    for phase in phases:
        if phase.event == event:
            mine, before = True, None
        elif mine and before is None:
            before = phase.phase
    return before
