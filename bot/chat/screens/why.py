"""Why an alert was sent: what matched in each post, how posts were counted, and what was told when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.alerts.markup import Rich, bold, code, join, line, text
from bot.alerts.pieces import MARKS, counted, named, when, words_of
from bot.alerts.presses import Verb, short
from bot.alerts.render import reason_text
from bot.chat.screens import frame
from bot.model import Event, Message, Report

_REPORTS = 8


def why(event: Event, titles: Mapping[str, str], now: datetime) -> Message:
    """The trail of `event`, from its records only."""
    told = [
        text(reason_text(said, when(said.at, now))) + _of(said.storyline, event, titles) for said in event.said[-6:]
    ]
    reports = event.reports[:_REPORTS]
    more = len(event.reports) - len(reports)
    storyline = event.storylines[0] if event.storylines else ""
    row = (frame.press("Show story", Verb.CARD, short(storyline)),) if storyline else ()
    return frame.message(
        (
            bold("Why this alert"),
            text(f"Severity {MARKS[event.severity]} {event.severity.label}, the highest that a post below matched."),
            join((bold("What matched"), *(_report(report, event) for report in reports))),
            text(f"and {counted(more, 'more post')}") if more else text(""),
            join((bold("What was told"), *(told or [text("Nothing yet.")]))),
        ),
        (row,),
    )


def _of(storyline: str, event: Event, titles: Mapping[str, str]) -> Rich:
    """Which storyline was told, where there is more than one."""
    if len(event.storylines) < 2:
        return text("")
    return text(" (") + line(titles.get(storyline, words_of(storyline)), 80) + text(")")


def _report(report: Report, event: Event) -> Rich:
    signals = ", ".join(dict.fromkeys(words_of(signal) for _, signal in report.signals))
    signals = signals or ("a denial" if report.dissent else "no signal by itself")
    widest = [span for span in report.marks if not any(_inside(span, other) for other in report.marks)]
    words = list(dict.fromkeys(report.excerpt[start:end].strip() for start, end in widest))
    shown = [code(word) for word in (" ".join(word.split())[:40] for word in words[:6]) if word]
    on = text(", by the words ") + join(shown, ", ") if join(shown) else text("")
    return (
        text("• ")
        + named(report)
        + text(f" {report.published:%H:%M}: ")
        + line(signals, 120)
        + on
        + _counts(report, event)
    )


def _inside(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return other != span and other[0] <= span[0] and span[1] <= other[1]


def _counts(report: Report, event: Event) -> Rich:
    """How the post counts towards corroboration."""
    if report.gone:
        return text(". Deleted by its source, so it no longer counts.")
    if report.dissent:
        return text(". It denies what the others say, so it adds no origin.")
    if not report.stands:
        return text(". Its source changed it and it no longer says so, so it no longer counts.")
    if report.copy_of is not None:
        original = next((other for other in event.reports if other.post == report.copy_of), None)
        of = text(" of ") + line(original.outlet, 40) if original else text("")
        return text(". A copy") + of + text(", so it adds no origin.")
    earlier = event.reports[: event.reports.index(report)]
    if any(other.origin == report.origin and other.stands for other in earlier):
        return text(". The same origin as an earlier post.")
    return text(". An origin of its own.")
