"""The short reply to an alert: it rings where an edit would make no sound, and says what changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.alerts.markup import NOTHING, Rich, bold, join, line, quoted, struck, text
from bot.alerts.pieces import MARKS, count_line, counted, named, signals_of, when, witnesses, words_of
from bot.model import Delivery, Event, Message, Reason, Report, Said

_HEADLINE = 240


def render_ring(event: Event, delivery: Delivery, now: datetime | None = None, before: Event | None = None) -> Message:
    """A short reply to the alert, sent because an edit makes no sound.

    `before` is the event as the chat last saw it; with it a correction and a retraction say what changed.
    """
    now = now or delivery.owed_at
    reason = _true_reason(event, delivery.reason)
    said = _changed(event, before, reason)
    word = _word(event, delivery)
    if word is not None and word.again:
        return Message(html=_ring_again(event, said, now).html)
    detail = {
        Reason.CONFIRMED: _ring_confirmed,
        Reason.ESCALATED: _ring_escalated,
        Reason.CONTRADICTED: _ring_contradicted,
        Reason.CORRECTED: _ring_corrected,
        Reason.RETRACTED: _ring_retracted,
    }.get(reason, _ring_updated)
    return Message(html=detail(event, said, delivery, now, before).html)


def _true_reason(event: Event, reason: Reason) -> Reason:
    """The reason that the reports bear out: what is sent is the newest state, and it may have moved on since."""
    gone = any(report.gone for report in event.reports)
    changed = any((report.edited or report.was) and not report.gone for report in event.reports)
    if reason is Reason.RETRACTED and not gone:
        return Reason.CORRECTED if changed else Reason.UPDATED
    if reason is Reason.CORRECTED and not changed:
        return Reason.RETRACTED if gone else Reason.UPDATED
    return reason


def _word(event: Event, delivery: Delivery) -> Said | None:
    """What was said of the storyline for the delivery's reason, the newest of it."""
    known = (said for said in reversed(event.said) if said.storyline == delivery.storyline)
    return next((said for said in known if said.reason is delivery.reason), None)


def _changed(event: Event, before: Event | None, reason: Reason) -> list[Report]:
    """The reports that the ring is about, newest last."""
    known = {report.post: report for report in before.reports} if before else {}
    if reason is Reason.RETRACTED:
        return _lost(event, known)
    if reason is Reason.CORRECTED:
        if known:
            return [r for r in event.reports if r.post in known and known[r.post].digest != r.digest]
        standing = [report for report in event.reports if not report.gone]
        return _last_changed([r for r in standing if r.was] or [r for r in standing if r.edited])
    standing = witnesses(event)
    if reason is Reason.CONTRADICTED:
        standing = [report for report in event.reports if not report.gone]  # a denial is news here
    fresh = [report for report in standing if report.post not in known] if known else []
    return fresh or [report for report in standing if report.copy_of is None][-1:]


def _lost(event: Event, known: Mapping[str, Report]) -> list[Report]:
    """The newest deletions."""
    gone = [report for report in event.reports if report.gone]
    if known:
        return [report for report in gone if report.post not in known or not known[report.post].gone] or gone
    if any(report.changed for report in gone):
        return _last_changed(gone)
    # Where nothing tells which went last: as long as others stand, only the first report's end is a retraction.
    return [event.first] if event.first.gone and witnesses(event) else gone


def _denying(event: Event) -> list[Report]:
    return [report for report in event.reports if report.dissent and not report.gone and report.copy_of is None]


def _last_changed(reports: list[Report]) -> list[Report]:
    """Those that changed last, where that is known."""
    newest = max((report.changed for report in reports if report.changed), default=None)
    return [report for report in reports if report.changed == newest] if newest else reports


def _said_by(reports: Iterable[Report], now: datetime, most: int = 3) -> Rich:
    reports = list(reports)
    more = text(f" and {len(reports) - most} more") if len(reports) > most else NOTHING
    return join((named(report) + text(f" {report.published:%H:%M}") for report in reports[:most]), ", ") + more


def _newest(reports: list[Report], now: datetime) -> Rich:
    """The newest of `reports`, with its own words."""
    if not reports:
        return NOTHING
    report = reports[-1]
    return line(report.headline, _HEADLINE) + text(" — ") + named(report) + text(f", {when(report.published, now)}")


def _ring_confirmed(event: Event, said: list[Report], delivery: Delivery, now: datetime, _: Event | None) -> Rich:
    head = bold("Confirmed:") + text(f" now {counted(event.origins, 'origin')}.")
    return join((head, _newest(said, now)))


def _ring_escalated(event: Event, said: list[Report], delivery: Delivery, now: datetime, _: Event | None) -> Rich:
    signals = signals_of(event, delivery.storyline)
    word = _word(event, delivery)
    severity = word.severity if word else delivery.severity
    to = f" now {severity.label}" + (f", {words_of(signals[-1])}" if signals else "") + "."
    return join((text(f"{MARKS[severity]} ") + bold("Escalated:") + text(to), _newest(said, now)))


def _ring_contradicted(event: Event, said: list[Report], delivery: Delivery, now: datetime, _: Event | None) -> Rich:
    newest = said[-1:]
    who = _said_by(newest, now) or text("A source")
    # Another phase may be a denial or the next step of the story: only the reader can tell, from its words.
    how = " denies it." if any(report.dissent for report in newest) else " reports otherwise."
    words = line(newest[0].headline, _HEADLINE) if newest else NOTHING
    return join((bold("Contradicted: ") + who + text(how), words))


def _ring_retracted(event: Event, said: list[Report], delivery: Delivery, now: datetime, _: Event | None) -> Rich:
    posts = "its post" if len(said) <= 1 else "their posts"
    who = _said_by(said, now) or text("A source")
    claim = struck(line(said[-1].headline, _HEADLINE)) if said else NOTHING
    return join((bold("Retracted: ") + who + text(f" deleted {posts}."), claim, _left(event, now)))


def _left(event: Event, now: datetime) -> Rich:
    """Who still says so, and who denies it."""
    standing = witnesses(event)
    own = [report for report in standing if report.copy_of is None]
    denying = _denying(event)
    if own:
        left = text("Still reported by ") + _said_by(own, now)
    elif standing:
        left = text("Only copies of it still stand: ") + _said_by(standing, now)
    else:
        left = text("No other post reports it")
    return left + (text("; denied by ") + _said_by(denying, now) if denying else NOTHING) + text(".")


def _ring_corrected(event: Event, said: list[Report], delivery: Delivery, now: datetime, before: Event | None) -> Rich:
    who = _said_by(said, now) or text("A source")
    head = bold("Corrected: ") + who + text(_how_changed(said))
    left = NOTHING if any(report.stands for report in said) else _left(event, now)
    known = {report.post: report.excerpt for report in before.reports} if before else {}
    was = {report.post: known.get(report.post) or report.was for report in said}
    changes = [difference(was[report.post], report.excerpt) for report in said[:3] if was[report.post]]
    return join((head, join(changes) or _newest(said, now), left))


def _how_changed(said: list[Report]) -> str:
    if not said or any(report.stands for report in said):
        return " changed what it says."
    if all(report.dissent for report in said):
        return " changed its post and now denies it." if len(said) == 1 else " changed their posts and now deny it."
    return (
        " changed its post; it no longer says so." if len(said) == 1 else " changed their posts; they no longer say so."
    )


def _ring_again(event: Event, said: list[Report], now: datetime) -> Rich:
    """Who knows that it was taken back hears that it is reported anew."""
    head = bold("Reported again:") + text(f" now {counted(event.origins, 'origin')}.")
    return join((head, _newest(said, now)))


def _ring_updated(event: Event, said: list[Report], delivery: Delivery, now: datetime, _: Event | None) -> Rich:
    return join((bold("Updated:") + text(f" {count_line(event)}."), _newest(said, now)))


def difference(was: str, now: str, limit: int = 500) -> Rich:
    """The words that went (struck) and came (bold) between two versions of a text, with a few words around them."""
    old, new = was.split()[:400], now.split()[:400]  # the cost grows with the product
    if old == new:
        return NOTHING
    pieces = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(text(_around(new[k:m], start=k == 0, end=m == len(new))))
        else:
            pieces += [
                struck(line(" ".join(old[i:j]), limit // 3)) if i < j else NOTHING,
                bold(line(" ".join(new[k:m]), limit // 3)) if k < m else NOTHING,
            ]
    return quoted(_within(pieces, limit))


def _around(words: list[str], *, start: bool, end: bool) -> str:
    few = 6
    if start:
        return " ".join(words) if len(words) <= few else "… " + " ".join(words[-few:])
    if end:
        return " ".join(words) if len(words) <= few else " ".join(words[:few]) + " …"
    return " ".join(words) if len(words) <= 2 * few else " ".join(words[:few]) + " … " + " ".join(words[-few:])


def _within(pieces: list[Rich], limit: int) -> Rich:
    whole = NOTHING
    for piece in pieces:
        if not piece:
            continue
        more = join((whole, piece), " ")
        if more.units > limit or more.entities > 40:
            return whole + text(" …")
        whole = more
    return whole
