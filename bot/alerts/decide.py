"""What an event's subscribers are told, and why: one reason a storyline, from a closed set.

Pure: two states of an event in, alerts out, nothing else is touched. What was said before is read from the event's
own `said`, so a decision can be repeated after a crash and comes out the same.

Of several reasons that hold at once the gravest is given: retracted, escalated, contradicted, corrected, confirmed,
updated. Once everything behind an event was taken back, the next report is news again: it rings as `confirmed` from two
origins on, as `escalated` before that, with `Said.again`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from bot.model import Alert, Event, Fingerprint, Reason, Report, Said, Severity

CONFIRMED_BY = 2  # origins
REWORDED = 0.6  # share of the old words that a new version must keep to be the same statement
TAKEN_BACK = frozenset({Reason.RETRACTED, Reason.CORRECTED})


class SignalPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say of a signal. It is held back until `min_origins` origins stand behind the event."""

    severity: Severity
    phase: str | None = None
    min_origins: int = 1


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say of a storyline; `fresh_for` is in seconds."""

    signals: Mapping[str, SignalPolicy] = {}
    fresh_for: float = 48 * 3600.0


class _Standing(msgspec.Struct, frozen=True):
    """How an event stands in one storyline, by the posts that still say so."""

    reports: tuple[Report, ...]
    severity: Severity  # of the weightiest signal that enough origins stand behind
    phases: frozenset[str]
    phase: str | None  # of the weightiest signal
    origins: int
    ready: bool  # some signal has the origins it needs


def decide(
    before: Event | None,
    after: Event,
    policies: Mapping[str, Policy],
    now: datetime,
    *,
    rules: str = "",
    quiet: bool = False,
) -> tuple[Event, tuple[Alert, ...]]:
    """`after` with what is now said of it, and the alerts that say it: at most one a storyline, in its order.

    `before` is the event as it was last decided on (None for a new one). A storyline without a policy takes its
    signals as ready and as severe as the event. `quiet`: nobody is told for the first time, but who was told before
    hears of what becomes of it.
    """
    alerts: list[Alert] = []
    said = after.said
    for storyline in after.storylines:
        policy = policies.get(storyline, Policy())
        standing = _stand(after, storyline, policy)
        told = _last_told(said, storyline)
        if told is None and quiet:
            continue
        again = _again(before, said, storyline, standing, policy, now)
        reason = _reason(before, after, storyline, standing, told, policy, now, again=again)
        if reason is None:
            continue
        severity = max(standing.severity, told.severity) if told else standing.severity
        anew = again or (reason in TAKEN_BACK and standing.ready)  # what is left may grow anew
        word = Said(
            storyline=storyline,
            reason=reason,
            at=now,
            severity=standing.severity if anew else severity,
            origins=standing.origins,
            phase=standing.phase or (told.phase if told else None),
            again=again,
        )
        said = _with(said, word)
        alerts.append(
            Alert(
                event=after.id,
                storyline=storyline,
                reason=reason,
                rings=reason.rings,
                at=now,
                revision=after.revision,
                # Who was told of a grave event hears of all that becomes of it.
                severity=max(severity, *(known.severity for known in said if known.storyline == storyline)),
                origins=standing.origins,
                rules=rules,
                fresh_for=policy.fresh_for,
            )
        )
    return msgspec.structs.replace(after, said=said), tuple(alerts)


def _stand(event: Event, storyline: str, policy: Policy) -> _Standing:
    reports = tuple(report for report in event.reports if _says(report, storyline))
    default = SignalPolicy(severity=event.severity)
    signals = {
        signal: policy.signals.get(signal, default) for r in reports for name, signal in r.signals if name == storyline
    }
    ready = [known for known in signals.values() if event.origins >= known.min_origins]
    weightiest = max(ready, key=lambda known: known.severity, default=None)
    return _Standing(
        reports=reports,
        severity=weightiest.severity if weightiest else Severity.LOW,
        phases=frozenset(known.phase for known in signals.values() if known.phase),
        phase=weightiest.phase if weightiest else None,
        origins=event.origins,
        ready=weightiest is not None,
    )


def _reason(
    before: Event | None,
    after: Event,
    storyline: str,
    standing: _Standing,
    told: Said | None,
    policy: Policy,
    now: datetime,
    *,
    again: bool,
) -> Reason | None:
    if told is None:
        return _first_word(before, storyline, standing, policy, now)
    if before is None or not _differs(before, after):
        return None
    if _retracted(before, after, storyline, standing):
        return Reason.RETRACTED
    if not standing.reports:
        if any(_says(report, storyline) for report in before.reports):
            return Reason.CORRECTED  # nothing was deleted: an edit took the last of it
        if told.reason is Reason.RETRACTED:
            return None  # nothing stands: there is nothing to add to that
    if again:  # not a first report: a chat that holds the alert would not hear that
        return Reason.CONFIRMED if standing.origins >= CONFIRMED_BY else Reason.ESCALATED
    if standing.severity > told.severity:
        return Reason.ESCALATED
    if _contradicted(before, after, storyline, policy):
        return Reason.CONTRADICTED
    if _corrected(before, after, storyline):
        return Reason.CORRECTED
    if standing.origins >= CONFIRMED_BY > _most_origins(after.said, storyline):
        return Reason.CONFIRMED
    return Reason.UPDATED


def _first_word(
    before: Event | None, storyline: str, standing: _Standing, policy: Policy, now: datetime
) -> Reason | None:
    """The first alert, once its signal has the origins it needs. Old happenings that come in late are no news."""
    if not standing.ready:
        return None
    if (now - max(report.published for report in standing.reports)).total_seconds() > policy.fresh_for:
        return None
    held = before is not None and any(_says(report, storyline) for report in before.reports)
    return Reason.CONFIRMED if held and standing.origins >= CONFIRMED_BY else Reason.FIRST_REPORT


def _says(report: Report, storyline: str) -> bool:
    """Whether a report still tells of this storyline."""
    return report.stands and any(name == storyline for name, _ in report.signals)


def _again(
    before: Event | None,
    said: tuple[Said, ...],
    storyline: str,
    standing: _Standing,
    policy: Policy,
    now: datetime,
) -> bool:
    """Whether this is the first fresh news since all that readers were told was retracted or corrected away."""
    loud = _last_loud(said, storyline)
    if before is None or loud is None or loud.reason not in TAKEN_BACK or not standing.ready:
        return False
    if _stand(before, storyline, policy).ready:
        return False
    return (now - max(report.published for report in standing.reports)).total_seconds() <= policy.fresh_for


def _differs(before: Event, after: Event) -> bool:
    return before.reports != after.reports


def _retracted(before: Event, after: Event, storyline: str, standing: _Standing) -> bool:
    """Whether a deletion has just taken the first report, or the last that stood; one that said so until then."""
    gone = {report.post for report in after.reports if report.gone}
    lost = [report for report in before.reports if report.stands and report.post in gone]
    if any(report.post == after.first.post for report in lost):
        return True
    return not standing.reports and any(_says(report, storyline) for report in lost)


def _contradicted(before: Event, after: Event, storyline: str, policy: Policy) -> bool:
    """Whether the first denial has just come in, or a report whose phase is another than all others' so far."""
    if after.dissents and not before.dissents:
        return True
    earlier = {phase for report in before.reports if report.stands for phase in _phases(report, storyline, policy)}
    known = {report.post: report for report in before.reports}
    for report in after.reports:
        if report.gone or report == known.get(report.post):
            continue
        brought = _phases(report, storyline, policy)
        if brought and earlier and not brought & earlier:
            return True
    return False


def _phases(report: Report, storyline: str, policy: Policy) -> set[str]:
    found = (policy.signals.get(signal) for name, signal in report.signals if name == storyline)
    return {known.phase for known in found if known and known.phase}


def _corrected(before: Event, after: Event, storyline: str) -> bool:
    """Whether a post behind the alert was edited so that a reader was told something it no longer says."""
    known = {report.post: report for report in before.reports}
    for report in after.reports:
        old = known.get(report.post)
        if old is None or report.gone or old.digest == report.digest:
            continue
        told = any(name == storyline for name, _ in old.signals)
        if told and (old.signals != report.signals or material(old.fingerprint, report.fingerprint)):
            return True
    return False


def material(old: Fingerprint, new: Fingerprint) -> bool:
    """Whether a new version says something else, not merely more: a particular is gone, a "not" came or went, or most
    words were replaced."""
    particulars = {*old.numbers, *old.dates, *old.places, *old.names} - {
        *new.numbers,
        *new.dates,
        *new.places,
        *new.names,
    }
    if particulars or old.denied != new.denied:
        return True
    kept = set(old.words) & set(new.words)
    return len(kept) < REWORDED * len(set(old.words))


def _last_told(said: tuple[Said, ...], storyline: str) -> Said | None:
    return next((word for word in reversed(said) if word.storyline == storyline), None)


def _last_loud(said: tuple[Said, ...], storyline: str) -> Said | None:
    return next((word for word in reversed(said) if word.storyline == storyline and word.reason.rings), None)


def _most_origins(said: tuple[Said, ...], storyline: str) -> int:
    """The most origins that readers were told of since something was last taken back; what went counts no more."""
    most = 0
    for word in reversed(said):
        if word.storyline == storyline:
            most = max(most, word.origins)
            if word.reason in TAKEN_BACK:
                break
    return most


def _with(said: tuple[Said, ...], word: Said) -> tuple[Said, ...]:
    """Add a word; of silent updates in a row only the newest is kept, so that a long event does not grow."""
    last = _last_told(said, word.storyline)
    if last is not None and last.reason is Reason.UPDATED and word.reason is Reason.UPDATED:
        return (*(known for known in said if known is not last), word)
    return (*said, word)
