"""What a chat is told of alerts that grew old before they could be sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.expired import render_expired
from bot.model import Event, Report, Severity

NOW = datetime(2026, 11, 22, 9, 45, tzinfo=UTC)


def event(number: int, severity: Severity = Severity.HIGH, headline: str = "") -> Event:
    at = NOW - timedelta(days=3) + timedelta(minutes=number)
    report = Report(
        post=f"wire/{number}",
        source="wire",
        outlet="Wire",
        url=f"https://t.me/wire/{number}",
        published=at,
        seen=at,
        headline=headline or f"Headline {number}",
        excerpt="",
        origin="Wire",
    )
    return Event(id=f"e{number}", reports=(report,), storylines=("bridges",), severity=severity)


def test_one_late_alert_reads_as_one() -> None:
    """It says that it is late, of when it is, and links the post."""
    shown = render_expired([event(1)], NOW).html
    assert shown.startswith(
        "<b>Late:</b> 1 alert grew old before it could be sent; the report is of 19 Nov, 09:46 UTC.\n\n🟠 19 Nov, 09:46 UTC\n"
    )
    assert '<a href="https://t.me/wire/1">Headline 1</a>' in shown


def test_the_gravest_stand_first_and_the_rest_is_counted() -> None:
    """Twelve lines at most; severity before age; what is folded away is counted."""
    events = [event(n) for n in range(30)] + [event(40, Severity.CRITICAL), event(41, Severity.LOW)]
    shown = render_expired(events, NOW).html
    assert "32 alerts grew old before they could be sent; the oldest report is of 19 Nov, 09:45 UTC" in shown
    told = re.findall(r"Headline (\d+)<", shown)
    assert told == ["40", *(str(n) for n in range(29, 18, -1))]
    assert shown.endswith("… and 20 more: /stories")


@given(st.lists(st.text(min_size=1, max_size=400), min_size=1, max_size=40))
def test_any_headlines_fit_one_message(headlines: list[str]) -> None:
    """Whatever sources write, the digest is one message that Telegram takes."""
    shown = render_expired([event(n, headline=text) for n, text in enumerate(headlines)], NOW).html
    parsed = re.sub(r"<[^<>]*>", "", shown)
    assert len(parsed.encode("utf-16-le")) // 2 <= 4096 + shown.count("&") * 4
    assert shown.count("<a ") <= 100
