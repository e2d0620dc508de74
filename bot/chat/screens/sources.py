"""What is read, and whether it can be read: nobody should take a broken source for a quiet one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.alerts.markup import Rich, bold, italic, join, line, text
from bot.alerts.pieces import counted, when
from bot.alerts.presses import Verb
from bot.chat.ports import Source
from bot.chat.screens import frame
from bot.model import Health, Message

PAGE = 12
# The states of model.Health in a reader's words. Details stay in the logs: they may name private addresses.
STATES = {
    "ok": "read",
    "quiet": "read, quiet",
    "throttled": "slowed down by its host",
    "preview-off": "without a public preview",
    "markup-changed": "unreadable, its page has changed,",
    "identity-changed": "left alone, its name belongs to another channel,",
    "unreachable": "not answering",
    "gone": "ended",
    "bug": "not read, by a fault of this bot,",
    "gap-open": "read, with a gap that is being closed,",
}
GOOD = frozenset({"ok", "quiet"})
_HEADINGS = ("In trouble", "Not read yet", "Read normally")


def sources(configured: Sequence[Source], health: Mapping[str, Health], now: datetime, page: int = 0) -> Message:
    """`/sources`: those in trouble first, each with its state, since when, and its last post."""
    if not configured:
        return frame.said("No source is configured, so nothing is read. The operators of this bot can add some.")
    ordered = sorted(configured, key=lambda source: _order(source, health))
    shown, page, pages = frame.page_of(ordered, page, PAGE)
    good = sum(_group(source, health) == 2 for source in configured)
    head = bold("Sources") + text(f": {good} of {counted(len(configured), 'source')} can be read now.")
    groups = [
        join((bold(heading), *(_line(source, health, now) for source in shown if _group(source, health) == number)))
        for number, heading in enumerate(_HEADINGS)
        if any(_group(source, health) == number for source in shown)
    ]
    at = f"As of {when(now, now)}; all times are UTC." + (f" Page {page + 1} of {pages}." if pages > 1 else "")
    return frame.message(
        (head, *groups),
        (*frame.turning(Verb.SOURCES, page, pages), (frame.press("Refresh", Verb.SOURCES, page),)),
        end=italic(at),
    )


def _group(source: Source, health: Mapping[str, Health]) -> int:
    """0 in trouble, 1 not read yet, 2 read normally."""
    known = health.get(source.id)
    return 1 if known is None else 2 if known.state in GOOD else 0


def _order(source: Source, health: Mapping[str, Health]) -> tuple[int, str, str]:
    return (_group(source, health), source.outlet.casefold() or source.id, source.id)


def _line(source: Source, healths: Mapping[str, Health], now: datetime) -> Rich:
    name = text("• ") + line(source.outlet or source.id, 48)
    if source.outlet:
        name = name + text(" (") + line(source.id, 60) + text(")")
    health = healths.get(source.id)
    if health is None:
        return name
    state = f": {STATES.get(health.state, 'in trouble')} since {_at(health.since, now)}"
    if health.state not in GOOD and health.last_ok is not None:
        state += f"; last read {_at(health.last_ok, now)}"
    if health.last_post is not None:
        state += f"; last post {_at(health.last_post, now)}"
    return name + text(state)


def _at(moment: datetime, now: datetime) -> str:
    """The time alone for today; the line below the list says which day that is, and that it is UTC."""
    return f"{moment:%H:%M}" if moment.date() == now.date() else when(moment, now, zone=False)
