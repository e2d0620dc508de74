"""What screens share: buttons, pages, and the way a list is kept within one message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from bot.alerts.markup import MAX_ENTITIES, MAX_UNITS, NOTHING, Rich, clip, join, text
from bot.alerts.presses import Verb, data
from bot.model import Button, Message

T = TypeVar("T")
Rows = tuple[tuple[Button, ...], ...]

_LABEL = 40


def press(label: str, verb: Verb, *arguments: str | int) -> Button:
    """A button that comes back to us."""
    return Button(clip(" ".join(label.split()), _LABEL) or "…", data=data(verb, *arguments))


def page_of(rows: Sequence[T], page: int, size: int) -> tuple[Sequence[T], int, int]:
    """The rows of `page` (from 0; out of range is brought back in), the page, and how many there are."""
    pages = max(1, -(-len(rows) // size))
    page = min(max(page, 0), pages - 1)
    return rows[page * size : (page + 1) * size], page, pages


def turning(verb: Verb, page: int, pages: int) -> Rows:
    """The row that turns pages; none when there is one page."""
    row = []
    if page > 0:
        row.append(press("‹ Back", verb, page - 1))
    if page + 1 < pages:
        row.append(press("More ›", verb, page + 1))
    return (tuple(row),) if row else ()


def message(parts: Iterable[Rich], rows: Rows = (), *, end: Rich = NOTHING) -> Message:
    """`parts` as one message, with `end` below them. Parts that do not fit are left out whole, and counted."""
    whole = _fitted([part for part in parts if part], end)
    return Message(html=join((whole, end), "\n\n").html, buttons=tuple(row for row in rows if row))


def _fitted(parts: list[Rich], end: Rich) -> Rich:
    """As many of `parts`, from the first, as one message holds above `end`."""
    whole = NOTHING
    for number, part in enumerate(parts):
        more = join((whole, part), "\n\n")
        if more.units > MAX_UNITS - 40 - end.units or more.entities > MAX_ENTITIES - end.entities:
            return join((whole, text(f"… and {len(parts) - number} more")), "\n\n")
        whole = more
    return whole


def said(sentence: str, *rows: tuple[Button, ...]) -> Message:
    """A plain sentence with buttons."""
    return message((text(sentence),), rows)
