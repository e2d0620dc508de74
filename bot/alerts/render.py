"""An event as a reader sees it: the living alert, and the line in a list. The reply that rings is in `ring.py`.

Pure. Nothing is said here that a linked post does not say: headlines and excerpts are literal extracts, everything
around them counts and dates. Every message fits Telegram's limits; what is folded away is counted ("and 7 more").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from bot.alerts import presses
from bot.alerts.markup import NOTHING, Rich, bold, clip, is_web, italic, join, line, link, marked, quoted, struck, text
from bot.alerts.pieces import (
    MARKS,
    by_origin,
    count_line,
    counted,
    denials,
    is_retracted,
    lead_of,
    named,
    sentence,
    severity_of,
    signals_of,
    when,
    witnesses,
    words_of,
)
from bot.alerts.presses import Verb
from bot.alerts.ring import render_ring
from bot.model import Button, Event, Message, Reason, Report, Said

__all__ = ["reason_text", "render_alert", "render_event_line", "render_ring"]

_HEADLINE = 240
# Tried in order until the alert fits: origins shown, posts shown for each origin, units of the excerpt.
_SIZES = ((8, 6, 900), (8, 3, 700), (8, 2, 600), (8, 1, 500), (5, 1, 300), (3, 1, 160), (1, 1, 80))
_STORYLINES = 4
RETRACTED = "⚫"  # in place of the severity, once no post stands any more


def render_alert(
    event: Event,
    storyline_titles: Mapping[str, str],
    now: datetime,
    *,
    phases_before: Mapping[str, str] | None = None,
) -> Message:
    """The living alert of `event`: sent once to a chat, then edited in place as the event grows.

    `storyline_titles` gives the title of each storyline by name (a missing one is shown by its name);
    `phases_before` the phase that a storyline had before this event, where it is known.
    """
    head = _head(event, storyline_titles, phases_before or {})
    body = NOTHING
    for origins, posts, excerpt in _SIZES:
        extract = _extract(lead_of(event), excerpt, now)
        # A quote stands apart by itself; before anything else an empty line does.
        top = join((head, extract), "\n" if extract.html.startswith("<blockquote>") else "\n\n")
        body = join((top, _witnesses(event, origins, posts, now), _reason(event, now)), "\n\n")
        if body.fits:
            break
    return Message(html=body.html, buttons=_buttons(event))


# --- head -------------------------------------------------------------------------------------------------------


def _head(event: Event, titles: Mapping[str, str], before: Mapping[str, str]) -> Rich:
    word = bold(severity_of(event).label.upper())
    if not witnesses(event):
        ended = "RETRACTED" if is_retracted(event) else "NO LONGER REPORTED"
        word = bold(ended) + text(f" (was {event.severity.label.upper()})")
    word = text(f"{_mark(event)} ") + word
    shown = event.storylines[:_STORYLINES]
    lines = []
    for number, storyline in enumerate(shown):
        signals = "; ".join(words_of(signal) for signal in signals_of(event, storyline))
        head = line(sentence(signals), 120) if signals else NOTHING
        title = italic(line(titles.get(storyline, words_of(storyline)), 120))
        moved = _phase(event, storyline, before)
        if number == 0:
            lines += [join((word, bold(head)), " · "), join((title, moved), " · ")]
        else:
            lines.append(text("Also: ") + join((head, title, moved), " · "))
    if len(event.storylines) > len(shown):
        lines.append(text(f"and {counted(len(event.storylines) - len(shown), 'more storyline')}"))
    return join(lines or [word])


def _mark(event: Event) -> str:
    return MARKS[severity_of(event)] if witnesses(event) else RETRACTED


def _phase(event: Event, storyline: str, before: Mapping[str, str]) -> Rich:
    now_in = [phase for name, phase in event.phases if name == storyline]
    if not now_in or not witnesses(event):
        return NOTHING
    was = before.get(storyline, "")
    moved = f"{words_of(was)} → " if was and was != now_in[-1] else ""
    return line(f"phase: {moved}{words_of(now_in[-1])}", 100)


# --- the extract ------------------------------------------------------------------------------------------------


def _extract(report: Report, limit: int, now: datetime) -> Rich:
    """What the leading report says, in its own words, and where and when it said so."""
    said = marked(report.excerpt, report.marks, limit)
    headline = bold(line(report.headline, _HEADLINE))
    if said and _begins_with(report.excerpt, report.headline):
        headline = NOTHING
    whole = join((headline, quoted(said)))
    if report.gone:
        whole = struck(line(report.headline or report.excerpt, _HEADLINE))
    elif not report.stands and report.was:
        whole = join((struck(line(report.was, _HEADLINE)), whole))
    notes = [text(note)] if (note := _fate(report)) else []
    return join((whole, join((named(report), text(when(report.published, now)), *notes), " · ")))


def _fate(report: Report) -> str:
    """What became of a post, in words; empty where it stands as it was published."""
    if report.gone:
        return "deleted by its source"
    if report.stands or not report.edited:
        return "edited" if report.edited else ""
    return "edited, now denies it" if report.dissent else "edited, no longer says so"


def _begins_with(excerpt: str, headline: str) -> bool:
    start = " ".join(headline.split()).rstrip("…").rstrip(" .")
    return not start or " ".join(excerpt.split()).startswith(start)


# --- who says so ------------------------------------------------------------------------------------------------


def _witnesses(event: Event, origins: int, posts: int, now: datetime) -> Rich:
    """Every origin with the posts that stand for it: copies as copies, deleted ones struck. The oldest are folded.

    Where sources disagree each says it in its own words; otherwise only the newest that tells it differently does.
    """
    disagree = bool(event.dissents) or any(said.reason is Reason.CONTRADICTED for said in event.said)
    head = bold(count_line(event)) + text(denials(event) or (", reports differ" if disagree else ""))
    if len(event.reports) == 1:
        return head
    groups = list(by_origin(event).values())
    first = len(groups) - min(len(groups), origins)
    lines = []
    if first:
        lines.append(text(f"… and {counted(first, 'earlier origin')} ({_posts_in(groups[:first])})"))
    quoting = _telling(event, everyone=disagree)
    for number, group in enumerate(groups[first:], first + 1):
        lines.append(text(f"{number}. ") + _origin(group, posts, event.first, now))
        lines += [text("    “") + line(report.headline, 110) + text("”") for report in group if report.post in quoting]
    return join((head, *lines))


def _telling(event: Event, *, everyone: bool) -> frozenset[str]:
    """The posts whose headline is shown in the list: of each origin its first and its newest words, or only those of
    the newest report, where they are not the ones shown above."""
    own = [report for report in event.reports if report.copy_of is None and not report.gone and report.headline]
    if everyone:
        first = {report.origin: report.post for report in reversed(own)}
        newest = {report.origin: report.post for report in own}
        return frozenset((*first.values(), *newest.values())) - {lead_of(event).post}
    return frozenset(report.post for report in own[-1:]) - {lead_of(event).post}


def _posts_in(groups: list[list[Report]]) -> str:
    return counted(sum(map(len, groups)), "post")


def _origin(group: list[Report], most: int, since: Report, now: datetime) -> Rich:
    head = next((report for report in group if report.copy_of is None), group[0])
    others = [report for report in group if report is not head]
    kept = others[len(others) - min(len(others), most - 1) :]
    copies = [_post(report, since, now) for report in kept if report.copy_of is not None]
    again = [_post(report, since, now, named_already=head.outlet) for report in kept if report.copy_of is None]
    shown = [_post(head, since, now) + text(" a copy" if head.copy_of is not None else "")]
    if copies:
        shown.append(text("copied by ") + join(copies, ", "))
    if again:
        shown.append(text("again ") + join(again, ", "))
    if len(others) > len(kept):
        shown.append(text(f"and {len(others) - len(kept)} more"))
    return join(shown, "; ")


def _post(report: Report, since: Report, now: datetime, *, named_already: str | None = None) -> Rich:
    """`Outlet (uk) 09:05`, with the day unless it is that of the first report; without the outlet if it was named."""
    same_day = report.published.date() == since.published.date()
    at = f"{report.published:%H:%M}" if same_day else when(report.published, now, zone=False)
    piece = link(at, report.url) if report.outlet == named_already else named(report) + text(f" {at}")
    if report.gone:
        piece = struck(piece)
    fate = _fate(report)
    return piece + text(" denies it" if report.dissent and not fate else "") + text(f" {fate}" if fate else "")


# --- why now ----------------------------------------------------------------------------------------------------


_GRAVITY = (
    Reason.RETRACTED,
    Reason.ESCALATED,
    Reason.CONTRADICTED,
    Reason.CORRECTED,
    Reason.CONFIRMED,
    Reason.FIRST_REPORT,
    Reason.UPDATED,
)


def _reason(event: Event, now: datetime) -> Rich:
    """The newest change that deserved a sound, and when it last changed without one.

    One moment can bring a reason for each storyline: the gravest speaks. A first report needs no words once others
    have joined it.
    """
    if not event.said:
        return NOTHING
    loud = [said for said in event.said if said.reason is not Reason.UPDATED]
    newest = max(said.at for said in event.said)
    told = [said for said in loud if said.at == max(each.at for each in loud)]
    words = []
    if told:
        gravest = min(told, key=lambda said: _GRAVITY.index(said.reason))
        if gravest.reason is Reason.RETRACTED and not witnesses(event) and not any(r.gone for r in event.reports):
            gravest = msgspec.structs.replace(gravest, reason=Reason.CORRECTED)
        if gravest.reason is not Reason.FIRST_REPORT:
            words.append(reason_text(gravest, _moment(gravest.at, event, now)))
        elif event.origins == 1:
            words.append("First report: one origin so far.")
    if not told or newest > told[0].at:
        words.append(f"Updated {_moment(newest, event, now)}.")
    if not witnesses(event):
        words.append("No post that reports it still stands." if is_retracted(event) else "No post says so any more.")
    return italic(" ".join(words)) if words else NOTHING


def _moment(at: datetime, event: Event, now: datetime) -> str:
    """The time alone on the day of the report that leads: that day stands above."""
    return f"{at:%H:%M} UTC" if at.date() == lead_of(event).published.date() else when(at, now)


def reason_text(said: Said, at: str) -> str:
    """`said` as a sentence: what, when (`at`, in words), and briefly why."""
    origins = counted(said.origins, "origin")
    if said.again:
        return f"Reported again {at}{' and confirmed' if said.reason is Reason.CONFIRMED else ''} by {origins}."
    return {
        Reason.FIRST_REPORT: f"First report {at}, {origins}.",
        Reason.CONFIRMED: f"Confirmed {at} by {origins}.",
        Reason.ESCALATED: f"Escalated {at} to {said.severity.label}.",
        Reason.CONTRADICTED: f"Contradicted {at}: reports differ.",
        Reason.CORRECTED: f"Corrected {at}: a source changed what its post says.",
        Reason.RETRACTED: f"Retracted {at}: a source deleted its post.",
        Reason.UPDATED: f"Updated {at}, {origins}.",
    }[said.reason]


# --- buttons ----------------------------------------------------------------------------------------------------


def _buttons(event: Event) -> tuple[tuple[Button, ...], ...]:
    lead = lead_of(event)
    row = [Button("Open post", url=lead.url)] if is_web(lead.url) else []
    if event.storylines:
        row.append(Button("Story", data=presses.data(Verb.CARD, presses.short(event.storylines[0]))))
    if event.id and len(event.id.encode()) <= presses.MAX_BYTES - 2:
        row.append(Button("Why this?", data=presses.data(Verb.WHY, event.id)))
    return (tuple(row),) if row else ()


# --- the line in a list -----------------------------------------------------------------------------------------


def render_event_line(event: Event, now: datetime, *, outlets: int = 4) -> Rich:
    """An event in a list: mark, time, headline linked to its post, and who reports it, each linked."""
    lead = lead_of(event)
    title = line(lead.headline or clip(lead.excerpt, 160), 160) or text("(no text)")
    if lead.gone:
        title = struck(title) + text(" deleted by its source")
    else:
        was = struck(line(lead.was, 160)) + text(f" {_fate(lead)}: ") if lead.was and not lead.stands else NOTHING
        title = was + link(title, lead.url)
    head = text(f"{_mark(event)} {_span(event, lead, now)}\n") + title
    who = list(_heads(event, witnesses(event))) or [lead]
    more = text(f" and {len(who) - outlets} more") if len(who) > outlets else NOTHING
    told = text(f"{count_line(event)}: ") + join(map(named, who[:outlets]), ", ") + more
    if denying := list(_heads(event, [report for report in event.reports if report.dissent and not report.gone])):
        told += text("; denied by ") + join(map(named, denying[:outlets]), ", ")
    return join((head, told))


def _span(event: Event, lead: Report, now: datetime) -> str:
    """When it was reported, and when its newest report came out, if that is another minute."""
    first, last = when(lead.published, now), event.last_at
    if f"{last:%Y%m%d%H%M}" <= f"{lead.published:%Y%m%d%H%M}":
        return first
    return f"{first}, newest {f'{last:%H:%M}' if last.date() == lead.published.date() else when(last, now, zone=False)}"


def _heads(event: Event, reports: list[Report]) -> Iterator[Report]:
    """Of each origin the first of `reports`, a copy only where it has nothing else."""
    wanted = {report.post for report in reports}
    for group in by_origin(event).values():
        found = [report for report in group if report.post in wanted]
        if found:
            yield next((report for report in found if report.copy_of is None), found[0])
