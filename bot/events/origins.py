"""Who is behind a report: the independent outlet, after forwards, copies and agency reprints are collapsed.

Five channels that carry one agency line are one witness. An origin is named by a readable key:

- `agency:reuters` for a report that passes on an agency's or another outlet's news, and for that agency's own;
- the origin of the post it copies or forwards, when that post stands in the same event;
- `t.me/channel` for a forward whose origin we did not see; `name:…` when Telegram hides the origin;
- otherwise the outlet, in canonical form.

Known exception: a report that cites two outlets counts for the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from bot.events.lexicon import follows, read
from bot.model import Report
from bot.text.canonical import canonical
from bot.text.links import telegram_post

_WORD = re.compile(r"[^\W_]+")


def settle(reports: Sequence[Report]) -> tuple[Report, ...]:
    """The reports of one event with their origins; looks at all of them, so the order of arrival does not matter."""
    reports = tuple(_turned(reports))
    by_id = {report.post: report for report in reports}
    channels: dict[str, Report] = {}
    for report in reports:
        if not report.fingerprint.forward and (post := telegram_post(report.url)):
            channels.setdefault(post[0], report)
    settled = []
    for report in reports:
        origin = _origin(report, by_id, channels)
        settled.append(report if origin == report.origin else msgspec.structs.replace(report, origin=origin))
    return tuple(settled)


def _turned(reports: Sequence[Report]) -> Iterator[Report]:
    """A forward is a copy of what it forwards, never the reverse, whichever of them was seen first."""
    originals = {
        post: report.post
        for report in reports
        if not report.fingerprint.forward and (post := telegram_post(report.url)) is not None
    }
    forwards = {
        report.post: originals[post]
        for report in reports
        if report.fingerprint.forward and (post := telegram_post(report.fingerprint.forward)) in originals
    }
    for report in reports:
        copy_of = forwards.get(report.post, report.copy_of)
        if copy_of is not None and forwards.get(copy_of) == report.post:
            copy_of = None
        yield report if copy_of == report.copy_of else msgspec.structs.replace(report, copy_of=copy_of)


def _origin(report: Report, by_id: dict[str, Report], channels: dict[str, Report]) -> str:
    passed = {report.post}
    while True:
        source = by_id.get(report.copy_of or "") or _forwarded(report, channels)
        if source is None or source.post in passed:
            return _own(report)
        passed.add(source.post)
        report = source


def _forwarded(report: Report, channels: dict[str, Report]) -> Report | None:
    post = telegram_post(report.fingerprint.forward) if report.fingerprint.forward else None
    return channels.get(post[0]) if post else None


def _own(report: Report) -> str:
    if forward := report.fingerprint.forward:
        if post := telegram_post(forward):
            return f"t.me/{post[0]}"
        return forward.removeprefix("https://") if "/" in forward else f"name:{forward}"
    if agency := agency_of(report.outlet):
        return f"agency:{agency}"
    if report.fingerprint.cites:
        return f"agency:{report.fingerprint.cites[0]}"
    return canonical(report.outlet) or report.source


@lru_cache(maxsize=4096)
def agency_of(outlet: str) -> str | None:
    """The agency that an outlet's name names: `RIA Novosti` → `ria`."""
    words = [read(word) for word in _WORD.findall(outlet)]
    for at, word in enumerate(words):
        if word.kind == "agencies":
            return word.terms[0]
        for rest, kind, terms in word.opens:
            if kind == "agencies" and follows(rest, words, at + 1):
                return terms[0]
    return None
