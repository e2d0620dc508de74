"""A store, rules and sources in memory, with the shapes of the real ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
from rapidfuzz import fuzz, process

from bot.chat.buttons import Buttons
from bot.chat.commands import Commands
from bot.chat.desk import Desk, Place
from bot.model import Event, Health, Phase, Severity, Subscription, Target

NOW = datetime(2026, 11, 22, 9, 45, tzinfo=UTC)


class Storyline(msgspec.Struct, frozen=True):
    name: str
    title: str
    aliases: tuple[str, ...] = ()
    about: str = ""
    signals: dict = {}


class Signal(msgspec.Struct, frozen=True):
    name: str
    severity: Severity


def _storyline(name: str, title: str, about: str, aliases: tuple[str, ...], **signals: Severity) -> Storyline:
    named = {key.replace("_", "-"): Signal(key.replace("_", "-"), severity) for key, severity in signals.items()}
    return Storyline(name, title, aliases, about, named)


SHIPPED = (
    _storyline(
        "mediation",
        "US mediation between Russia and Ukraine",
        "Whether Washington brokers, threatens to leave, leaves or resumes.",
        ("mediation", "peace-talks"),
        withdrawal_announced=Severity.CRITICAL,
        withdrawal_threatened=Severity.HIGH,
        mediation_resumed=Severity.HIGH,
    ),
    _storyline(
        "embassy-evacuation",
        "Evacuation of embassies",
        "Demands and orders to leave, and the way back.",
        ("embassy", "evacuation"),
        evacuation_demanded=Severity.HIGH,
    ),
    _storyline("talks", "Talks between Russia and Ukraine", "", (), round_postponed=Severity.LOW),
)


class Rules:
    def __init__(self, storylines=SHIPPED):
        self.storylines = {each.name: each for each in storylines}

    def find(self, name: str):
        return next((s for s in self.storylines.values() if name == s.name or name in s.aliases), None)

    def nearest(self, text: str):
        found = process.extract(text, list(self.storylines), scorer=fuzz.WRatio, limit=3, score_cutoff=60)
        return [name for name, _, _ in found]


class Subscriptions:
    def __init__(self):
        self.rows: dict[tuple[Target, str], Subscription] = {}
        self.paused: dict[Target, str] = {}

    async def of_target(self, target):
        return [row for (at, _), row in sorted(self.rows.items()) if at == target]

    async def get(self, target, storyline):
        return self.rows.get((target, storyline))

    async def put(self, subscription):
        self.rows[(subscription.target, subscription.storyline)] = subscription
        return True

    async def remove(self, target, storyline):
        return self.rows.pop((target, storyline), None) is not None

    async def targets_of(self, chat):
        return sorted({target for target, _ in self.rows if target.chat == chat})

    async def pause(self, target, why, *, whole_chat=False):
        return self._change(target, why, whole_chat)

    async def resume(self, target, *, whole_chat=False):
        return self._change(target, None, whole_chat)

    def _change(self, target, why, whole_chat):
        changed = 0
        for key, row in self.rows.items():
            if key[0] == target or (whole_chat and key[0].chat == target.chat):
                self.rows[key] = msgspec.structs.replace(row, paused=why)
                changed += row.paused != why
        return changed

    async def migrate(self, old_chat, new_chat):
        moved = [key for key in self.rows if key[0].chat == old_chat]
        for key in moved:
            row = self.rows.pop(key)
            target = Target(new_chat, key[0].thread)
            self.rows[(target, key[1])] = msgspec.structs.replace(row, target=target)
        return len(moved)


class Events:
    def __init__(self, events: tuple[Event, ...] = (), phases: tuple[Phase, ...] = ()):
        self.events = {event.id: event for event in events}
        self.at = {phase.storyline: phase for phase in phases}

    async def get(self, event):
        return self.events.get(event)

    async def of_storyline(self, storyline, limit=10):
        found = [event for event in self.events.values() if storyline in event.storylines]
        return sorted(found, key=lambda event: event.last_at, reverse=True)[:limit]

    async def latest(self, limit=10):
        return list(reversed(self.events.values()))[:limit]

    async def phase(self, storyline):
        return self.at.get(storyline)

    async def phases(self):
        return self.at


class Sources:
    def __init__(self, healths: tuple[Health, ...] = ()):
        self.known = {health.source: health for health in healths}

    async def healths(self):
        return self.known


class Source(msgspec.Struct, frozen=True):
    id: str
    kind: str
    outlet: str


CONFIGURED = (
    Source("harbor_desk", "telegram", "Harbor Desk"),
    Source("dnipro_line", "telegram", "Dnipro Line"),
    Source("capital-feed", "feed", "Capital Feed"),
    Source("new-one", "feed", ""),
)
HEALTHS = (
    Health(
        source="harbor_desk",
        state="ok",
        since=NOW - timedelta(hours=3),
        checked=NOW,
        last_post=NOW - timedelta(minutes=45),
    ),
    Health(
        source="dnipro_line",
        state="throttled",
        since=NOW - timedelta(minutes=20),
        checked=NOW,
        last_ok=NOW - timedelta(minutes=21),
        last_post=NOW - timedelta(hours=20),
        detail="http://secret@internal.example/feed",
    ),
    Health(source="capital-feed", state="some-new-state", since=NOW - timedelta(days=1), checked=NOW),
)


class World:
    """Everything that the desk needs, at one moment."""

    def __init__(self, events=(), phases=(), rules=None, healths=HEALTHS, configured=CONFIGURED):
        self.subscriptions = Subscriptions()
        self.events = Events(events, phases)
        self.sources = Sources(healths)
        self.rules = SimpleNamespace(current=rules or Rules())
        self.configured = configured
        desk = Desk(self, self.rules, lambda: NOW, lambda: self.configured)
        self.commands, self.buttons = Commands(desk), Buttons(desk)

    def place(self, chat: int = 7, thread: int | None = None, *, admin: bool | None = True) -> Place:
        async def may_change() -> bool | None:
            return admin

        return Place(target=Target(chat, thread), private=chat > 0, may_change=may_change)
