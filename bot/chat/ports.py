"""What the chat needs of the rooms below, as shapes: the real store and rule set have them, and so have tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.model import Event, Health, Phase, Severity, Subscription, Target


class Signal(Protocol):
    """A kind of development inside a storyline."""

    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> Severity: ...


class Storyline(Protocol):
    """A topic tracked over time."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def aliases(self) -> Sequence[str]: ...
    @property
    def about(self) -> str: ...
    @property
    def signals(self) -> Mapping[str, Signal]: ...


class Rules(Protocol):
    """One loaded rule set."""

    @property
    def storylines(self) -> Mapping[str, Storyline]: ...

    def find(self, name: str) -> Storyline | None:
        """By name or alias, as a person types it."""
        ...

    def nearest(self, text: str) -> Sequence[str]:
        """Names of the storylines that `text` may have meant, the likeliest first."""
        ...


class RulesHolder(Protocol):
    """Where the running rule set stands: a reload replaces `current` whole."""

    @property
    def current(self) -> Rules: ...


class Source(Protocol):
    """A channel or feed that is polled."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def outlet(self) -> str: ...


class Subscriptions(Protocol):
    """Who follows what."""

    async def of_target(self, target: Target) -> Sequence[Subscription]: ...
    async def get(self, target: Target, storyline: str) -> Subscription | None: ...
    async def put(self, subscription: Subscription) -> bool: ...
    async def remove(self, target: Target, storyline: str) -> bool: ...
    async def targets_of(self, chat: int) -> Sequence[Target]: ...
    async def pause(self, target: Target, why: str, *, whole_chat: bool = False) -> int: ...
    async def resume(self, target: Target, *, whole_chat: bool = False) -> int: ...
    async def migrate(self, old_chat: int, new_chat: int) -> int: ...


class Events(Protocol):
    """What happened."""

    async def get(self, event: str) -> Event | None: ...
    async def of_storyline(self, storyline: str, limit: int = 10) -> Sequence[Event]: ...
    async def latest(self, limit: int = 10) -> Sequence[Event]: ...
    async def phase(self, storyline: str) -> Phase | None: ...
    async def phases(self) -> Mapping[str, Phase]: ...


class Sources(Protocol):
    """How the sources are."""

    async def healths(self) -> Mapping[str, Health]: ...


class Pace(Protocol):
    """Telegram's limits, shared with whoever else sends."""

    async def reserve(self, chat: int, messages: int = 1) -> float: ...
    async def hold(self, chat: int, seconds: float) -> bool: ...


class Store(Protocol):
    """The parts of the store that the chat reads and writes."""

    @property
    def subscriptions(self) -> Subscriptions: ...
    @property
    def events(self) -> Events: ...
    @property
    def sources(self) -> Sources: ...
    @property
    def pace(self) -> Pace: ...
