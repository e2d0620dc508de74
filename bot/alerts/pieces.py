"""The small pieces that every view of an event is made of: marks, dates, counts, names."""

from __future__ import annotations

from datetime import datetime

from bot.alerts.markup import Rich, line, link, text
from bot.model import Event, Report, Severity

MARKS = {Severity.CRITICAL: "🔴", Severity.HIGH: "🟠", Severity.MEDIUM: "🟡", Severity.LOW: "⚪"}

_NAME = 48


def words_of(name: str) -> str:
    """A signal's or phase's name in words: `withdrawal-announced` → `withdrawal announced`."""
    return " ".join(name.replace("-", " ").replace("_", " ").split())


def sentence(words: str) -> str:
    """`words` with a capital at the start."""
    return words[:1].upper() + words[1:]


def when(moment: datetime, now: datetime, *, zone: bool = True) -> str:
    """`22 Nov, 09:04 UTC`; with the year unless it is this one."""
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year}, {moment:%H:%M}{' UTC' if zone else ''}"


def counted(number: int, word: str) -> str:
    """`1 post`, `2 posts`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def lead_of(event: Event) -> Report:
    """The report that speaks for the event: the first that still stands and is no copy, else the first that stands.

    A denial never speaks for what it denies; when nothing else stands it is the first report, struck.
    """
    standing = witnesses(event)
    return next((report for report in standing if report.copy_of is None), standing[0] if standing else event.first)


def witnesses(event: Event) -> list[Report]:
    """The reports that still say so: neither deleted nor denials."""
    return [report for report in event.reports if not report.gone and not report.dissent]


def signals_of(event: Event, storyline: str) -> list[str]:
    """The newest three signals of `storyline` that the standing reports matched, in the order they first came.

    When no report stands, those that the deleted ones matched.
    """
    standing = witnesses(event) or list(event.reports)
    found = [signal for report in standing for name, signal in report.signals if name == storyline]
    return list(dict.fromkeys(found))[-3:]


def count_line(event: Event) -> str:
    """`5 posts (1 deleted), 3 origins`; `2 posts, all deleted`. Posts that say so: denials are counted by `denials`."""
    told = [report for report in event.reports if not report.dissent] or list(event.reports)
    posts = counted(len(told), "post")
    gone = sum(report.gone for report in told)
    if gone == len(told):
        return f"{posts}, {'deleted' if gone == 1 else 'all deleted'}"
    return f"{posts}{f' ({gone} deleted)' if gone else ''}, {counted(event.origins, 'origin')}"


def denials(event: Event) -> str:
    """`, 1 denies it`; empty where nobody does."""
    number = event.dissents
    return f", {number} {'denies' if number == 1 else 'deny'} it" if number else ""


def by_origin(event: Event) -> dict[str, list[Report]]:
    """Reports by origin, in order of appearance; deleted ones stay where they were."""
    groups: dict[str, list[Report]] = {}
    for report in event.reports:
        groups.setdefault(report.origin or report.post, []).append(report)
    return groups


def named(report: Report) -> Rich:
    """The outlet, linked to the post, with its language unless it is English."""
    language = f" ({report.language[:8]})" if report.language and report.language != "en" else ""
    return link(line(report.outlet or report.source, _NAME), report.url) + text(language)
