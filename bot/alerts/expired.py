"""What a chat is told of alerts that grew old before they could be sent: one message, one line each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.alerts.markup import bold, join, text
from bot.alerts.pieces import counted, when
from bot.alerts.render import render_event_line
from bot.model import Event, Message

_LINES = 12


def render_expired(events: Sequence[Event], now: datetime) -> Message:
    """The digest of `events`: the most severe first, then the newest; what does not fit is counted.

    It says that it is late and since when; of each event it says what its line in a list says, with its links.
    """
    ranked = sorted(events, key=lambda event: (event.severity, event.first.published), reverse=True)
    oldest = min(event.first.published for event in events)
    came = f"{counted(len(events), 'alert')} grew old before {'it' if len(events) == 1 else 'they'} could be sent"
    head = bold("Late:") + text(
        f" {came}; the {'' if len(events) == 1 else 'oldest '}report is of {when(oldest, now)}."
    )
    whole = head
    for shown in range(min(len(ranked), _LINES), 0, -1):
        lines = [render_event_line(event, now) for event in ranked[:shown]]
        rest = [text(f"… and {len(ranked) - shown} more: /stories")] if shown < len(ranked) else []
        whole = join((head, *lines, *rest), "\n\n")
        if whole.fits:
            break
    return Message(html=whole.html)
