"""`/why`: of an alert that is answered, or of a post whose link is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.chat.desk import Desk, Place
from bot.chat.reading import Command
from bot.chat.screens import clauses, frame, why
from bot.model import Event, Message, Post, Report
from bot.pipeline.live import LiveRules
from bot.pipeline.reasons import hits_of, nearest_first
from bot.rules import Explanation, Storyline, explain
from bot.store import Store
from bot.text import canonical_url, find_urls, telegram_post

NEAR = 2  # near misses that are shown
LOOK_BACK = 3_000  # newest posts among which a link that is not Telegram's is looked for


class Inquiry:
    """Answers `/why` from what is stored and from the rules that run."""

    def __init__(self, desk: Desk, live: LiveRules, store: Store, clock: Callable[[], datetime]):
        self._desk = desk
        self._live = live
        self._store = store
        self._clock = clock

    async def answer(self, command: Command, place: Place) -> Message:
        """Why there is an alert, or why there is none."""
        urls = find_urls(command.rest)
        if urls:
            return await self._of_link(urls[0], place)
        if place.answers is None:
            return frame.said(clauses.HOW)
        receipts = await self._store.receipts.of_target(place.target)
        held = next((receipt.event for receipt in receipts if receipt.message == place.answers), None)
        event = await self._store.events.get(held) if held is not None else None
        if event is None:
            return frame.said(clauses.NOT_HELD)
        return why.why(event, self._desk.titles(), self._clock())

    async def _of_link(self, url: str, place: Place) -> Message:
        post = await self._post(url)
        if post is None:
            return frame.said(clauses.NOT_KEPT if self._reads(url) else clauses.NOT_READ)
        ruleset = self._live.current
        event = await self._event_of(post)
        found = _chosen(explain(ruleset, post))
        return clauses.clauses(post, found, ruleset, event, await self._became(post, event, found, place))

    # --- the post behind a link

    def _channels(self) -> dict[str, str]:
        """Source ids by channel name."""
        return {source.channel.lower(): source.id for source in self._live.sources if source.channel}

    def _reads(self, url: str) -> bool:
        known = telegram_post(url)
        return known is not None and known[0] in self._channels()

    async def _post(self, url: str) -> Post | None:
        known = telegram_post(url)
        if known is not None and known[0] in self._channels():
            found = await self._store.archive.get(f"{self._channels()[known[0]]}/{known[1]}")
            if found is not None:
                return found
        wanted = canonical_url(url)
        recent = await self._store.archive.recent(limit=LOOK_BACK)
        return next((post for post in recent if canonical_url(post.url) == wanted), None)

    async def _event_of(self, post: Post) -> Event | None:
        events = await self._store.events.live_of_source(post.source, limit=200)
        return next((event for event in events if _report(event, post) is not None), None)

    # --- what became of it

    async def _became(self, post: Post, event: Event | None, found: list[Explanation], place: Place) -> list[str]:
        """For each storyline: told, or what kept it back; then what this chat has of it."""
        if event is None:
            if any(one.matched for one in found):
                return ["It matches the rules that run now, but was read under others, or its event is no longer kept."]
            return ["No alert: an alert needs a signal that matches."]
        report = _report(event, post)
        assert report is not None
        told: list[str] = []
        for name in event.storylines:
            storyline = self._live.current.storylines.get(name)
            title = storyline.title if storyline is not None else name
            said = [one for one in event.said if one.storyline == name]
            if said:
                told.append(f"{title}: told as {said[-1].reason.value}, {said[-1].severity.label}.")
                told += await self._here(event, name, title, place)
            else:
                told.append(f"{title}: not told. {await self._silence(event, report, storyline)}")
        return told

    async def _silence(self, event: Event, report: Report, storyline: Storyline | None) -> str:
        """What kept an event from being told at all."""
        if storyline is None:
            return "The rules no longer have that storyline."
        matched = [storyline.signals.get(signal) for name, signal in report.signals if name == storyline.name]
        waits = min((signal.min_origins for signal in matched if signal is not None), default=1)
        if waits > event.origins:
            return f"Its signal waits for {waits} origins; there is {event.origins} so far."
        cursor = await self._store.sources.cursor(report.source)
        if cursor is not None and cursor.first_sight is not None and report.published < cursor.first_sight:
            return "It was published before I first read its source: what is past then is kept, not alerted."
        if (report.seen - report.published).total_seconds() > storyline.fresh_for:
            return "It was too old when I read it (fresh_for)."
        return "The rules at that time did not call for it."

    async def _here(self, event: Event, name: str, title: str, place: Place) -> list[str]:
        """What this chat has of a storyline that was told."""
        if await self._store.receipts.get(place.target, event.id) is not None:
            return ["This chat holds the alert."]
        subscription = await self._store.subscriptions.get(place.target, name)
        if subscription is None:
            return [f"This chat does not follow {title}."]
        if subscription.paused:
            return [f"Nothing is sent to this chat at the moment ({subscription.paused})."]
        if subscription.minimum > event.severity:
            return [f"This chat wants {subscription.minimum.label} and above; the event is {event.severity.label}."]
        if subscription.confirmed_only and event.origins < 2:
            return ["This chat wants confirmed events only; one origin stands behind this one."]
        told_at = max(one.at for one in event.said if one.storyline == name)
        if subscription.since > told_at:
            return [f"This chat follows {title} only since a later time."]
        return ["It is on its way to this chat, or its message was deleted here."]


def _report(event: Event, post: Post) -> Report | None:
    return next((report for report in event.reports if report.post == post.id), None)


def _chosen(found: list[Explanation]) -> list[Explanation]:
    """All matches, and the near misses that come nearest."""
    ordered = nearest_first(found)
    near = [one for one in ordered if one.near_miss and len({hit.concept for hit in hits_of(one)}) > 1]
    return [one for one in ordered if one.matched] + near[:NEAR]
