"""Posts that deny an open event. No rule matches them, so they are looked for here, and only when they say so early.

"The embassy is not being evacuated" is no report of an evacuation and no event of its own storyline, yet whoever was
told of the evacuation must hear it: it joins that event as a dissent, which counts as no witness.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.events.compose import extend, report_of
from bot.events.copies import Overlap
from bot.events.fingerprint import fingerprint
from bot.events.placement import CLOSE, READ, Placement, Relation
from bot.events.same import same_post
from bot.events.score import at_odds, explain, score
from bot.events.window import Window, leading_terms
from bot.model import Event, Post, Report

EARLY = 240  # characters within which a denial says that it is one
DENIED = 0.45  # likelihood; below `SURE`, since the post must deny the very act as well
DAY = 24 * 3600.0  # seconds: a later denial answers to something newer
_CUE = re.compile(
    r"\bden(?:y|ies|ied|ying)|\bfake\b|\bhoax|not true|no plans?\b|\bnobody\b|"
    r"\b(?:is|are|was|were|has|have|will) not\b|n['’]t\b|"
    r"опроверг|опроверж|неправд|не соответству|не будет|не планир|не подтвержд|не намерен|не собира|не покид|\bфейк|"
    r"спрост|запереч|не буде\b|не плану|не підтвердж|не збира|не залиша",
    re.IGNORECASE,
)


def denies(post: Post) -> bool:
    """Whether a post says early on that something is not so; cheap, since every unmatched post is asked."""
    return _CUE.search(f"{post.title} {post.text[:EARLY]}"[:EARLY]) is not None


def dissent(window: Window, post: Post, now: datetime) -> Placement | None:
    """The open event that an unmatched post denies, with the post added as a dissent; None when there is none."""
    if not len(window) or not denies(post):
        return None
    made = fingerprint(post)
    if made.digest or not set(made.denied) & set(made.lead):
        return None
    report = report_of(post, (), made, now, dissent=True)
    found = _denied(window, report)
    if found is None:
        return None
    event, against, likelihood = found
    repeated = against.post if against.dissent and likelihood == 1.0 else None
    report = report_of(post, (), made, now, repeated, dissent=True)
    return Placement(
        before=event,
        after=extend(event, (*event.reports, report), (), now),
        relation=Relation.COPY if repeated else Relation.DENIAL,
        against=against.post,
        score=round(likelihood, 4),
        why=explain(window.sketch(report), window.sketch(against)),
    )


def now_denies(window: Window, event: Event, post: Post, fresh: Report) -> bool:
    """Whether the new version `fresh` of a post of `event`, which matches nothing any more, denies what it or another
    post of the event says; a denial that was only reworded stays one."""
    made = fresh.fingerprint
    if not denies(post) or made.digest or not set(made.denied) & set(made.lead):
        return False
    mine = window.sketch(fresh)
    for known in event.reports:
        theirs = window.sketch(known)
        if known.dissent:
            denied = known.post == post.id
        else:
            own = known.post == post.id  # its earlier version is of the same thing, however it is worded
            denied = at_odds(made, known.fingerprint) and (own or score(mine, theirs, ignoring="one-denies") >= DENIED)
        if denied:
            return True
    return False


def _denied(window: Window, report: Report) -> tuple[Event, Report, float] | None:
    """The event, the report and how likely it speaks of that: a copy of a known denial first, else what is denied."""
    mine = window.sketch(report)
    shared = window.sharing_terms(leading_terms(mine))
    best: tuple[Event, Report, float] | None = None
    for event_id in sorted(shared, key=lambda key: (-shared[key], key))[:CLOSE]:
        event = window.get(event_id)
        for known in (*event.reports[:1], *event.reports[1:][-READ:]) if event else ():
            theirs = window.sketch(known)
            if abs(mine.at - theirs.at) > DAY or event is None or known.gone:
                continue
            if known.dissent:
                same = same_post(report, known, mine, theirs) or Overlap(mine, theirs).copy
                likelihood = 1.0 if same else score(mine, theirs)
            else:
                likelihood = score(mine, theirs, ignoring="one-denies") if at_odds(mine.print, theirs.print) else 0.0
            if likelihood >= DENIED and (best is None or likelihood > best[2]):
                best = event, known, likelihood
    return best
