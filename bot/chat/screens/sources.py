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

PAGE = 15
# The states of model.Health in a reader's words. Details stay in the logs: they may name private addresses.
STATES = {
    "ok": "read normally",
    "quiet": "read normally, quiet",
    "throttled": "the host asks for patience",
    "preview-off": "no public preview at the moment",
    "markup-changed": "its page has changed and cannot be read",
    "identity-changed": "the name now belongs to another channel; nothing is taken from it",
    "unreachable": "does not answer",
    "gone": "has ended",
    "gap-open": "read, with a gap that is being closed",
}
GOOD = frozenset({"ok", "quiet"})


def sources(configured: Sequence[Source], health: Mapping[str, Health], now: datetime, page: int = 0) -> Message:
    """`/sources`: those in trouble first, each with its state, since when, and its last post."""
    if not configured:
        return frame.said("No source is configured, so nothing is read. The operators of this bot can add some.")
    ordered = sorted(configured, key=lambda source: _order(source, health))
    shown, page, pages = frame.page_of(ordered, page, PAGE)
    good = sum(source.id in health and health[source.id].state in GOOD for source in configured)
    head = bold("Sources") + text(f": {good} of {counted(len(configured), 'source')} can be read now.")
    lines = join(_line(source, health.get(source.id), now) for source in shown)
    at = f"As of {when(now, now)}." + (f" Page {page + 1} of {pages}." if pages > 1 else "")
    return frame.message(
        (head, lines, italic(at)),
        (*frame.turning(Verb.SOURCES, page, pages), (frame.press("Refresh", Verb.SOURCES, page),)),
    )


def _order(source: Source, health: Mapping[str, Health]) -> tuple[int, str]:
    known = health.get(source.id)
    return (1 if known is None else 2 if known.state in GOOD else 0, source.outlet.casefold() or source.id)


def _line(source: Source, health: Health | None, now: datetime) -> Rich:
    name = (
        bold(line(source.outlet or source.id, 48)) + text(" (") + line(f"{source.id}, {source.kind}", 60) + text("): ")
    )
    if health is None:
        return name + text("not read yet")
    state = f"{STATES.get(health.state, 'in trouble')} since {when(health.since, now)}"
    if health.state not in GOOD and health.last_ok is not None:
        state += f"; last read {when(health.last_ok, now)}"
    if health.last_post is not None:
        state += f"; last post {when(health.last_post, now)}"
    return name + text(state)
