"""Which event a post belongs to. Four steps, the first that answers wins:

1. the same post again: its id is known; or it forwards, or links to, a known post
2. near-duplicate text: a copy, of the same event and the same origin
3. the same happening in other words or another language: a report of the same event, of its own origin
4. otherwise a new event

A post that no rule matched is passed over, unless it denies an open event ("no evacuation is planned"): then it joins
that event as a dissent, so that readers hear that sources disagree.

A false merge hides news and is worse than a second alert, so every step answers only when it is sure. Pure: `now` and
the window are arguments, nothing is put into the window here, and equal input gives equal output. A post that sums up
several stories joins no event in step 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.events.compose import begin, extend, report_of
from bot.events.copies import Overlap, agreement, other_happening, repeats_itself
from bot.events.dissent import dissent, now_denies
from bot.events.fingerprint import fingerprint
from bot.events.placement import CLOSE, READ, SURE, Placement, Relation
from bot.events.same import same_post
from bot.events.score import Sketch, explain, score, shared_weight
from bot.events.window import Window, leading_terms, links_of
from bot.model import Event, Fingerprint, Match, Post, Report

CANDIDATE = 0.2  # share of the shorter post's weight below which two posts are never compared further
DOUBT = 0.1  # likelihood from which surface likeness is looked at too
LEAST = 4.5  # weight of leading terms that an event must share to be read closely
LEAST_SHARE = 0.05  # and as a share of the post's own
CROWD = 0.1  # added to the likelihood, only to choose among events that are all sure


class _Found(msgspec.Struct, frozen=True):
    event: Event
    report: Report
    relation: Relation
    score: float
    why: tuple[tuple[str, float], ...] = ()


def gather(window: Window, post: Post, matches: Sequence[Match], now: datetime) -> Placement | None:
    """Place `post`. None when it changes nothing: it matches no signal and is unknown, or is known as it stands."""
    known = window.event_of(post.id)
    if known is None and not matches:
        return dissent(window, post, now)
    made = fingerprint(post, matches)
    if known is not None:
        return _again(window, known, post, matches, made, now)
    report = report_of(post, matches, made, now)
    found = _linked(window, report) or _repeated(window, report) or _retold(window, report)
    if found is None:
        return Placement(before=None, after=begin(report, matches, now, window.span), relation=Relation.NEW, score=0.0)
    if found.relation is not Relation.OTHER_WORDS:
        report = msgspec.structs.replace(report, copy_of=found.report.post, dissent=found.report.dissent)
    return Placement(
        before=found.event,
        after=extend(found.event, (*found.event.reports, report), matches, now),
        relation=found.relation,
        against=found.report.post,
        score=round(found.score, 4),
        why=found.why,
    )


def retract(window: Window, post_id: str, now: datetime) -> Placement | None:
    """Mark a post as deleted by its source; None when no open event holds it, or it is marked already."""
    event = window.event_of(post_id)
    if event is None or any(report.post == post_id and report.gone for report in event.reports):
        return None
    reports = [_marked(report, now, gone=report.gone or report.post == post_id) for report in event.reports]
    return Placement(before=event, after=extend(event, reports, (), now), relation=Relation.SAME, against=post_id)


def _marked(report: Report, now: datetime, *, gone: bool) -> Report:
    return report if gone == report.gone else msgspec.structs.replace(report, gone=gone, changed=now)


def _again(
    window: Window, event: Event, post: Post, matches: Sequence[Match], made: Fingerprint, now: datetime
) -> Placement | None:
    """A known post: as it was, or a new version of it, which takes its report's place."""
    old = next(report for report in event.reports if report.post == post.id)
    fresh = report_of(post, matches, made, now, old.copy_of)
    if fresh.digest == old.digest and fresh.signals == old.signals and not old.gone:
        return None
    fresh = msgspec.structs.replace(
        fresh,
        seen=old.seen,
        edited=old.edited or fresh.digest != old.digest,
        dissent=not matches and now_denies(window, event, post, fresh),
        changed=now if fresh.digest != old.digest else old.changed,
    )
    if fresh.fingerprint.words == old.fingerprint.words or not (old.stands or fresh.stands):
        was = old.was  # of a post that says so no more, its last words that did
    else:
        was = old.excerpt
    fresh = msgspec.structs.replace(fresh, was=was)
    reports = [fresh if report.post == post.id else report for report in event.reports]
    return Placement(before=event, after=extend(event, reports, matches, now), relation=Relation.SAME, against=post.id)


def _linked(window: Window, report: Report) -> _Found | None:
    """Step 1: another post with its link, or the post that it forwards, or another forward of that."""
    mine = window.sketch(report)
    for event in window.linked(links_of(report.url, report.fingerprint.forward)):
        for known in event.reports:
            if same_post(report, known, mine, window.sketch(known)):
                return _Found(event, known, Relation.COPY, 1.0, (("same-link", 1.0),))
    return None


def _repeated(window: Window, report: Report) -> _Found | None:
    """Step 2: near-duplicate text."""
    mine = window.sketch(report)
    shared = window.sharing_keys(report.fingerprint.keys)
    least = min(2.0, len(mine.keys))
    best: _Found | None = None
    for event_id in sorted((key for key in shared if shared[key] >= least), key=lambda key: (-shared[key], key))[
        :CLOSE
    ]:
        event = window.get(event_id)
        if event is None:
            continue
        for known in event.reports:
            theirs = window.sketch(known)
            if len(mine.keys & theirs.keys) < least:
                continue
            overlap = Overlap(mine, theirs)
            if overlap.copy and not repeats_itself(mine, theirs):
                found = _Found(event, known, Relation.COPY, overlap.contained, (("words-in-order", overlap.contained),))
                if best is None or found.score > best.score:
                    best = found
        if best is not None and best.score > 0.95:
            break
    return best


def _retold(window: Window, report: Report) -> _Found | None:
    """Step 3: the same happening in other words."""
    if report.fingerprint.digest:
        return None
    mine = window.sketch(report)
    leading = leading_terms(mine)
    shared = window.sharing_terms(leading)
    least = max(LEAST, LEAST_SHARE * sum(weight for _, weight in leading))
    best: _Found | None = None
    for event_id in sorted((key for key in shared if shared[key] >= least), key=lambda key: (-shared[key], key))[
        :CLOSE
    ]:
        event = window.get(event_id)
        found = _likeness(window, mine, event) if event else None
        if found is not None and found.score >= SURE and (best is None or _pull(found) > _pull(best)):
            best = found
    if best is None:
        return None
    why = explain(mine, window.sketch(best.report))
    return msgspec.structs.replace(best, why=why)


def _telling(event: Event) -> list[Report]:
    """The reports that a post is compared with: the first and the newest; digests and denials tell of other things."""
    told = [report for report in event.reports if not report.fingerprint.digest and not report.dissent]
    return [*told[:1], *told[1:][-READ:]]


def _likelihood(mine: Sketch, theirs: Sketch) -> float:
    """How likely two posts tell of one happening; posts that share neither terms nor a signal are not read closely."""
    apart = set(mine.print.signals).isdisjoint(theirs.print.signals)
    if apart and shared_weight(mine.terms, theirs.terms) < CANDIDATE * min(mine.weight, theirs.weight):
        return 0.0
    likelihood = score(mine, theirs) * agreement(mine.print, theirs.print)
    return 0.0 if likelihood > DOUBT and other_happening(mine, theirs) else likelihood


def _pull(found: _Found) -> float:
    """How strongly an event draws a post that could join several: a well-reported one more than a single report."""
    return found.score + CROWD * math.log(len(found.event.reports))


def _likeness(window: Window, mine: Sketch, event: Event) -> _Found | None:
    """How likely an event is the happening that a post tells of: its nearest report counts most, all of them some."""
    likely: list[tuple[float, Report]] = []
    for known in _telling(event):
        theirs = window.sketch(known)
        likely.append((_likelihood(mine, theirs), known))
    if not likely:
        return None
    nearest, against = max(likely, key=lambda pair: pair[0])
    mean = sum(likelihood for likelihood, _ in likely) / len(likely)
    return _Found(event, against, Relation.OTHER_WORDS, 0.6 * nearest + 0.4 * mean)
