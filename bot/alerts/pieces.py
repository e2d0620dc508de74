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
    """The reports that still say so: neither deleted, nor edited away, nor denials."""
    return [report for report in event.reports if report.stands]


def severity_of(event: Event) -> Severity:
    """The severity that the standing reports give it; when none stands, the highest that it had."""
    standing = [report.severity for report in witnesses(event)]
    known = [severity for severity in standing if severity is not None]
    return max(known) if known and len(known) == len(standing) else event.severity


def is_retracted(event: Event) -> bool:
    """Whether every post that said so was deleted; otherwise some were only changed."""
    return all(report.gone for report in event.reports if not report.dissent or report.edited)


def signals_of(event: Event, storyline: str) -> list[str]:
    """The newest three signals of `storyline` that the standing reports matched, in the order they first came.

    When no report stands, those that the deleted ones matched.
    """
    standing = witnesses(event) or list(event.reports)
    found = [signal for report in standing for name, signal in report.signals if name == storyline]
    return list(dict.fromkeys(found))[-3:]


def count_line(event: Event) -> str:
    """`5 posts (1 deleted, 1 changed), 3 origins`; `2 posts, all deleted`. Changed: it no longer says so.

    Posts that say so, or did: denials are counted by `denials`.
    """
    told = [report for report in event.reports if not report.dissent] or list(event.reports)
    posts = counted(len(told), "post")
    gone = sum(report.gone for report in told)
    changed = sum(not report.gone and not report.stands for report in told)
    if gone == len(told):
        return f"{posts}, {'deleted' if gone == 1 else 'all deleted'}"
    if changed == len(told):
        return f"{posts}, {'changed since' if changed == 1 else 'all changed since'}"
    fewer = ", ".join(f"{number} {word}" for number, word in ((gone, "deleted"), (changed, "changed")) if number)
    return f"{posts}{f' ({fewer})' if fewer else ''}, {counted(event.origins, 'origin')}"


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
