"""Every metric of Wirewatch, in one place: names by Prometheus' conventions, labels from closed sets only.

Two kinds stand side by side. What *this process* did is counted here as it happens (`polled`, `delivered` are handed
to the pipeline as observers) and begins at nought with each start. What *all processes* share is read from Redis at
the moment of asking: over several processes take `max`, not `sum`, of those.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from importlib import metadata

import msgspec
from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, Info, PlatformCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bot.errors import StoreUnavailable
from bot.model import Delivery, Reason, Severity
from bot.pipeline.observed import HEARD, OUTCOMES, POLLED, Polling
from bot.store import Store

OTHER = "other"  # a word that is in no closed set; a test holds that none is produced
SOURCE_STATES = ("ok", "throttled", "preview-off", "markup-changed", "identity-changed", "unreachable", "gone", "bug")
ANSWERS_WITHIN = 2.0  # seconds that Redis has for its share of the page

# Seconds. Seeing waits for polls and for hosts, committing for Redis, sending for Telegram's limits.
SIGHT = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 300, 600, 1800, 3600, 14_400)
COMMIT = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
SEND = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 43_200, 172_800)


class Metrics:
    """One process's metrics, and the page that shows them."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self._shared = _Shared()
        registry.register(self._shared)
        build = Info("wirewatch_build", "The version of the program.", registry=registry)
        build.info({"version": _version()})
        self._polls = _counter(registry, "polls", "Polls of sources, by how they came out.", "outcome", POLLED)
        kinds = ("new", "edited", "gone")
        self._posts = _counter(registry, "posts", "Posts that polls found new, edited or deleted.", "change", kinds)
        # Storylines are the files of the rules folder: as closed as the operator keeps it.
        self._matches = _counter(registry, "matches", "Posts that satisfied a signal of a storyline.", "storyline", ())
        reasons = tuple(reason.value for reason in Reason)
        self._alerts = _counter(registry, "alerts", "Alerts decided, by reason.", "reason", reasons)
        self._sight = Histogram(
            "wirewatch_publication_to_sight_seconds",
            "Age of a new post when we first saw it.",
            buckets=SIGHT,
            registry=registry,
        )
        self._commit = Histogram(
            "wirewatch_sight_to_commit_seconds",
            "From a poll's posts at hand to their commit.",
            buckets=COMMIT,
            registry=registry,
        )
        self._send = Histogram(
            "wirewatch_commit_to_sent_seconds",
            "From an alert's commit to Telegram's receipt, for what a reader hears of.",
            ("severity",),
            buckets=SEND,
            registry=registry,
        )
        for severity in Severity:
            self._send.labels(severity.label)

    def polled(self, polling: Polling) -> None:
        """An observer for `Ingest`."""
        self._polls.labels(_closed(polling.outcome, POLLED)).inc()
        self._posts.labels("new").inc(polling.new)
        self._posts.labels("edited").inc(polling.edited)
        self._posts.labels("gone").inc(polling.gone)
        for match in polling.matches:
            self._matches.labels(match.storyline).inc()
        for alert in polling.alerts:
            self._alerts.labels(alert.reason.value).inc()
        for age in polling.ages:
            self._sight.observe(max(0.0, age))  # a host whose clock is ahead of ours
        if polling.committing is not None:
            self._commit.observe(polling.committing)

    def delivered(self, outcome: str, delivery: Delivery, seconds: float) -> None:
        """An observer for `Relay`."""
        if outcome in HEARD:
            self._send.labels(delivery.severity.label).observe(max(0.0, seconds))

    async def page(self, store: Store, accept: str = "") -> tuple[bytes, str]:
        """The page in the form that `accept` asks for, and its content type.

        Where Redis does not answer within two seconds the page has this process's share only, and `wirewatch_redis_up`
        is 0.
        """
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                now = await _snapshot(store)
        except (StoreUnavailable, TimeoutError):
            now = None
        encode, content_type = choose_encoder(accept)
        self._shared.now = now  # nothing awaits between this and the page: two askers do not mix
        return encode(self.registry), content_type


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What all processes share, at one moment."""

    outbox: dict[str, int]
    outcomes: dict[str, int]
    states: dict[str, int]
    subscriptions: dict[str, int]
    posts: int
    memory: int


async def _snapshot(store: Store) -> Snapshot:
    outcomes: Tally[str] = Tally()
    for outcome, count in (await store.outbox.outcomes()).items():
        outcomes[_closed(outcome, OUTCOMES)] += count
    healths = await store.sources.healths()
    return Snapshot(
        outbox=await store.outbox.size(),
        outcomes=dict(outcomes),
        states=dict(Tally(_closed(health.state, SOURCE_STATES) for health in healths.values())),
        subscriptions={name: await store.subscriptions.count(name) for name in await store.subscriptions.followed()},
        posts=await store.archive.count(),
        memory=await store.memory(),
    )


class _Shared(Collector):
    """The shared figures as metrics; without a snapshot only that Redis is away."""

    now: Snapshot | None = None

    def collect(self) -> Iterator[Metric]:
        now = self.now
        up = GaugeMetricFamily("wirewatch_redis_up", "Whether Redis answered when this page was made.")
        up.add_metric([], float(now is not None))
        yield up
        if now is None:
            return
        ends = CounterMetricFamily("wirewatch_deliveries", f"Deliveries by outcome{SHARED}", labels=["outcome"])
        _fill(ends, now.outcomes, OUTCOMES)
        due = GaugeMetricFamily("wirewatch_outbox_due", f"Deliveries ready to go{SHARED}", labels=["severity"])
        _fill(due, {name.removeprefix("due-"): count for name, count in now.outbox.items()}, LABELS)
        states = GaugeMetricFamily("wirewatch_sources", f"Sources by state{SHARED}", labels=["state"])
        _fill(states, now.states, SOURCE_STATES)
        follow = GaugeMetricFamily("wirewatch_subscriptions", f"Subscriptions{SHARED}", labels=["storyline"])
        _fill(follow, now.subscriptions, now.subscriptions)
        yield from (ends, due, states, follow)
        for name, help_text, value in (
            ("outbox_alerts", "Alerts not yet written out for all of their audience", now.outbox["alerts"]),
            (
                "outbox_later",
                "Deliveries that wait: retries, and chats at their limit",
                now.outbox["later"],
            ),
            ("archive_posts", "Posts in the archive", now.posts),
            ("redis_memory_bytes", "Memory that Redis uses", now.memory),
        ):
            yield GaugeMetricFamily(f"wirewatch_{name}", help_text + SHARED, value=value)


SHARED = "; shared by all processes."
LABELS = tuple(severity.label for severity in Severity)


def _fill(family: CounterMetricFamily | GaugeMetricFamily, values: dict[str, int], words: Iterable[str]) -> None:
    """One line a word, nought where nothing is known; what is in no closed set under `other`."""
    for word in words:
        family.add_metric([word], values.get(word, 0))
    if OTHER in values and OTHER not in words:
        family.add_metric([OTHER], values[OTHER])


def _counter(registry: CollectorRegistry, name: str, help_text: str, label: str, words: tuple[str, ...]) -> Counter:
    """A counter whose lines all stand from the start, so that a first increase is one for Prometheus too."""
    counter = Counter(f"wirewatch_{name}", help_text, (label,), registry=registry)
    for word in words:
        counter.labels(word)
    return counter


def _version() -> str:
    try:
        return metadata.version("wirewatch")
    except metadata.PackageNotFoundError:  # run from a folder, without installation
        return "unknown"


def _closed(word: str, words: tuple[str, ...]) -> str:
    return word if word in words else OTHER
