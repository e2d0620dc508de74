"""The open events of the last 72 hours, indexed so that gathering reads only the few that may fit.

Everything is rebuilt from events alone: `Window(events)` after a restart finds what it found before. Buckets are
bounded, so what a common word costs does not grow with the window; bounds drop the oldest entry first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from bot.events.score import Sketch
from bot.model import Event, Report
from bot.text.links import canonical_url

SPAN = timedelta(hours=72)
MOST = 250_000  # events; beyond that the one untouched for longest goes
SKETCHES = 100_000  # reports kept unpacked, about 5 kB each; others are unpacked again when they are looked at
BUCKET = 24  # events a key leads to
RAREST = 6  # terms a report can be found by, and as many as `SPOKEN` that other languages would name too
SPOKEN = 9
SIGNAL = 4.0  # weight of a signal that two reports share, when looking for candidates
FAMILIAR = 3.0  # weight below which a term leads nowhere


_Key = TypeVar("_Key", int, str)


class Window:
    """Open events by id, post, link, rare pairs of words, telling terms and signals."""

    def __init__(self, events: Iterable[Event] = (), span: timedelta = SPAN, most: int = MOST):
        self.span = span
        self.most = most
        self._events: dict[str, Event] = {}  # the one touched longest ago first
        self._sketches: dict[str, Sketch] = {}  # by post
        self._posts: dict[str, str] = {}
        self._links: dict[str, str | list[str]] = {}
        self._keys: dict[int, str | list[str]] = {}
        self._terms: dict[str, str | list[str]] = {}
        for event in sorted(events, key=lambda event: (event.updated or event.last_at, event.id)):
            self.put(event)

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events.values())

    def get(self, event_id: str) -> Event | None:
        """The open event of that id."""
        return self._events.get(event_id)

    def event_of(self, post_id: str) -> Event | None:
        """The open event that a post is a report of."""
        return self._events.get(self._posts.get(post_id, ""))

    def put(self, event: Event) -> Event | None:
        """Take an event in, in place of its earlier revision, which is returned. Putting that back undoes it."""
        before = self._events.pop(event.id, None)
        old = {report.post: report for report in before.reports} if before else {}
        new = {report.post: report for report in event.reports}
        changed = [r for r in old.values() if (kept := new.get(r.post)) is None or kept.fingerprint != r.fingerprint]
        for report in changed:
            self._forget(event.id, report)
        self._events[event.id] = event
        for report in event.reports:  # all of them again when one changed, since reports share keys
            if changed or report.post not in old:
                self._learn(event.id, report)
        if len(self._events) > self.most:
            self.drop(next(iter(self._events)))
        return before

    def drop(self, event_id: str) -> Event | None:
        """Let an event go; it is returned."""
        event = self._events.pop(event_id, None)
        for report in event.reports if event else ():
            self._forget(event_id, report)
        return event

    def expire(self, now: datetime) -> tuple[str, ...]:
        """Let go of events that nothing was added to for the window's span; their ids."""
        gone = []
        for event in self._events.values():
            if (event.updated or event.last_at) >= now - self.span:
                break
            gone.append(event.id)
        for event_id in gone:
            self.drop(event_id)
        return tuple(gone)

    def sketch(self, report: Report) -> Sketch:
        """The report unpacked for comparing."""
        found = self._sketches.get(report.post)
        if found is None or found.print is not report.fingerprint:
            found = self._sketches[report.post] = sketch_of(report)
            if len(self._sketches) > SKETCHES:
                del self._sketches[next(iter(self._sketches))]
        return found

    def linked(self, links: Iterable[str]) -> Iterator[Event]:
        """The open events that have one of these links. Several may: a feed's home page is many posts' link."""
        for link in links:
            found = self._links.get(link, ())
            for event_id in (found,) if isinstance(found, str) else tuple(found):
                if event := self._events.get(event_id):
                    yield event

    def sharing_keys(self, keys: Iterable[int]) -> dict[str, float]:
        """How many rare pairs of words each open event shares with these."""
        return _tally(self._keys, ((key, 1.0) for key in keys))

    def sharing_terms(self, terms: Iterable[tuple[str, float]]) -> dict[str, float]:
        """The weight of terms that each open event shares with these."""
        return _tally(self._terms, terms)

    def _learn(self, event_id: str, report: Report) -> None:
        self._posts[report.post] = event_id
        for link in links_of(report.url, report.fingerprint.forward):
            _add(self._links, link, event_id)
        for key in report.fingerprint.keys:
            _add(self._keys, key, event_id)
        for term, _ in leading_terms(self.sketch(report)):
            _add(self._terms, term, event_id)

    def _forget(self, event_id: str, report: Report) -> None:
        if self._posts.get(report.post) == event_id:
            del self._posts[report.post]
        for link in links_of(report.url, report.fingerprint.forward):
            _remove(self._links, link, event_id)
        for key in report.fingerprint.keys:
            _remove(self._keys, key, event_id)
        for term, _ in leading_terms(self.sketch(report)):
            _remove(self._terms, term, event_id)
        self._sketches.pop(report.post, None)


def _tally(buckets: Mapping[_Key, str | list[str]], weighted: Iterable[tuple[_Key, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, weight in weighted:
        bucket = buckets.get(key)
        if bucket is None:
            continue
        for event_id in (bucket,) if isinstance(bucket, str) else bucket:
            found[event_id] = found.get(event_id, 0.0) + weight
    return found


def _add(buckets: dict[_Key, str | list[str]], key: _Key, event_id: str) -> None:
    """Lead from `key` to an event. Most keys lead to one event only, so a lone one needs no list."""
    bucket = buckets.get(key)
    if bucket is None:
        buckets[key] = event_id
    elif isinstance(bucket, str):
        if bucket != event_id:
            buckets[key] = [bucket, event_id]
    elif event_id not in bucket:
        bucket.append(event_id)
        if len(bucket) > BUCKET:
            del bucket[0]


def _remove(buckets: dict[_Key, str | list[str]], key: _Key, event_id: str) -> None:
    bucket = buckets.get(key)
    if bucket == event_id:
        del buckets[key]
    elif isinstance(bucket, list) and event_id in bucket:
        bucket.remove(event_id)
        if len(bucket) == 1:
            buckets[key] = bucket[0]


def sketch_of(report: Report) -> Sketch:
    """A report unpacked for comparing."""
    return Sketch(report.fingerprint, report.published.timestamp(), report.outlet)


@lru_cache(maxsize=4096)
def links_of(url: str, forward: str) -> tuple[str, ...]:
    """The links by which the same post is known again: its own, and that of the post it forwards."""
    own = canonical_url(url) if url else ""
    links = [own] if own.count("/") > 2 else []  # a bare host is many posts' link
    if forward.startswith("https://t.me/") and forward.count("/") > 3:
        links.insert(0, forward)
    return tuple(links)


def leading_terms(sketch: Sketch) -> list[tuple[str, float]]:
    """The terms by which a report is found: its rarest, then those of any language, then its signals."""
    if sketch.leading is None:
        sketch.leading = _leading(sketch)
    return sketch.leading


def _leading(sketch: Sketch) -> list[tuple[str, float]]:
    one, terms = sketch.print, sketch.terms
    weights = sorted([(weight, term) for term, weight in terms.items() if weight >= FAMILIAR], reverse=True)
    found = [(term, weight) for weight, term in weights[:RAREST]]
    spoken = {*one.names, *one.places, *one.acts, *one.actors, *one.things, *one.numbers}
    found += [(term, weight) for weight, term in weights[RAREST:] if term in spoken][:SPOKEN]
    found += [(f"{storyline}/{signal}", SIGNAL) for storyline, signal, _ in one.signals]
    return found
