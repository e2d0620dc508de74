"""The metrics page, read over HTTP as Prometheus reads it."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from bot.console import Console, Metrics
from bot.model import Alert, Delivery, Health, Match, Reason, Severity, Subscription, Target
from bot.pipeline.observed import OUTCOMES, POLLED, Polling
from bot.store import Store, open_store

NOW = datetime(2026, 5, 26, 9, 0, tzinfo=UTC)
DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "grafana" / "wirewatch.json"
Page = dict[tuple[str, tuple[str, ...]], float]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Desk:
    """A console over HTTP, and the metrics that it shows."""

    def __init__(self, root: str, metrics: Metrics):
        self.root = root
        self.metrics = metrics

    async def text(self, accept: str = "") -> tuple[int, str, str]:
        headers = {"Accept": accept}
        async with aiohttp.ClientSession(self.root, headers=headers) as session, session.get("/metrics") as answer:
            return answer.status, answer.headers["Content-Type"], await answer.text()

    async def page(self) -> Page:
        """Every sample by its name and the values of its labels, in the order of the labels' names."""
        status, _, text = await self.text()
        assert status == 200
        return {
            (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in plain_text(text)
            for sample in family.samples
        }


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    metrics = Metrics()
    address = f"127.0.0.1:{free_port()}"
    console = Console(store, address, metrics)
    await console.start()
    yield Desk(f"http://{address}", metrics)
    await console.stop()


def delivery(severity: Severity = Severity.HIGH) -> Delivery:
    return Delivery(
        target=Target(1),
        event="e1",
        storyline="bridges",
        reason=Reason.FIRST_REPORT,
        rings=True,
        severity=severity,
        revision=1,
        owed_at=NOW,
    )


def polling() -> Polling:
    match = Match(post="wire/1", storyline="bridges", signal="closed", severity=Severity.HIGH)
    alert = Alert(
        event="e1",
        storyline="bridges",
        reason=Reason.CONFIRMED,
        rings=True,
        at=NOW,
        revision=2,
        severity=Severity.HIGH,
        origins=2,
    )
    return Polling(
        source="wire",
        outcome="ok",
        new=2,
        edited=1,
        gone=1,
        matches=(match, match),
        alerts=(alert,),
        ages=(7.0, 100.0),
        committing=0.03,
    )


async def test_every_word_of_the_closed_sets_stands_from_the_start(desk: Desk) -> None:
    """A first increase is an increase for Prometheus too, so every line begins at nought."""
    page = await desk.page()
    for name, words in (
        ("wirewatch_polls_total", POLLED),
        ("wirewatch_deliveries_total", OUTCOMES),
        ("wirewatch_alerts_total", tuple(reason.value for reason in Reason)),
        ("wirewatch_outbox_due", ("low", "medium", "high", "critical")),
        ("wirewatch_posts_total", ("new", "edited", "gone")),
    ):
        assert {labels[0]: value for (found, labels), value in page.items() if found == name} == dict.fromkeys(words, 0)


async def test_what_a_poll_brought_is_counted(desk: Desk) -> None:
    """Outcome, posts, matches by storyline, alerts by reason, and both latencies of ingest."""
    desk.metrics.polled(polling())
    desk.metrics.polled(Polling(source="wire", outcome="throttled"))
    page = await desk.page()
    assert page["wirewatch_polls_total", ("ok",)] == 1
    assert page["wirewatch_polls_total", ("throttled",)] == 1
    assert [page["wirewatch_posts_total", (kind,)] for kind in ("new", "edited", "gone")] == [2, 1, 1]
    assert page["wirewatch_matches_total", ("bridges",)] == 2
    assert page["wirewatch_alerts_total", ("confirmed",)] == 1
    assert page["wirewatch_publication_to_sight_seconds_bucket", ("5.0",)] == 0
    assert page["wirewatch_publication_to_sight_seconds_bucket", ("10.0",)] == 1
    assert page["wirewatch_publication_to_sight_seconds_sum", ()] == 107
    assert page["wirewatch_sight_to_commit_seconds_count", ()] == 1


async def test_what_a_reader_hears_is_timed(desk: Desk) -> None:
    """From commit to receipt, by severity; a silent edit or a refusal is no latency that a reader feels."""
    desk.metrics.delivered("sent", delivery(Severity.CRITICAL), 0.12)
    desk.metrics.delivered("rang", delivery(Severity.CRITICAL), -0.5)  # a clock that is behind Redis's
    desk.metrics.delivered("edited", delivery(Severity.CRITICAL), 50.0)
    desk.metrics.delivered("throttled", delivery(Severity.LOW), 9.0)
    page = await desk.page()
    assert page["wirewatch_commit_to_sent_seconds_count", ("critical",)] == 2
    assert page["wirewatch_commit_to_sent_seconds_sum", ("critical",)] == 0.12
    assert page["wirewatch_commit_to_sent_seconds_bucket", ("0.1", "critical")] == 1
    assert page["wirewatch_commit_to_sent_seconds_count", ("low",)] == 0


async def test_what_all_processes_share_is_read_when_asked(desk: Desk, store: Store) -> None:
    """Outcomes, sources by state, subscriptions: as Redis has them at that moment, without being told."""
    for number in range(3):
        await store.subscriptions.put(Subscription(target=Target(number + 1), storyline="bridges", since=NOW))
    await store.outbox.count("sent")
    await store.sources.save_health(Health(source="wire", state="unreachable", since=NOW, checked=NOW))
    page = await desk.page()
    assert page["wirewatch_redis_up", ()] == 1
    assert page["wirewatch_deliveries_total", ("sent",)] == 1
    assert page["wirewatch_sources", ("unreachable",)] == 1
    assert page["wirewatch_subscriptions", ("bridges",)] == 3
    await store.subscriptions.remove(Target(1), "bridges")
    assert (await desk.page())["wirewatch_subscriptions", ("bridges",)] == 2


async def test_an_unknown_word_makes_no_new_line(desk: Desk, store: Store) -> None:
    """Labels stay closed sets: another version's outcome in Redis, or a state we do not know, counts as `other`."""
    await store.outbox.count("carried-by-pigeon")
    await store.sources.save_health(Health(source="wire", state="asleep", since=NOW, checked=NOW))
    desk.metrics.polled(Polling(source="wire", outcome="dreamt"))
    page = await desk.page()
    assert page["wirewatch_deliveries_total", ("other",)] == 1
    assert page["wirewatch_sources", ("other",)] == 1
    assert page["wirewatch_polls_total", ("other",)] == 1
    assert not [labels for _, labels in page if {"carried-by-pigeon", "asleep", "dreamt"} & set(labels)]


async def test_redis_away_leaves_our_own_share(tmp_path: Path) -> None:
    """Without Redis the page still answers 200: what this process did, and that Redis is away."""
    metrics = Metrics()
    address = f"127.0.0.1:{free_port()}"
    async with open_store(None, tmp_path) as store:
        console = Console(store, address, metrics)
        await console.start()
    metrics.polled(Polling(source="wire", outcome="store-unavailable"))
    page = await Desk(f"http://{address}", metrics).page()
    await console.stop()
    assert page["wirewatch_redis_up", ()] == 0
    assert page["wirewatch_polls_total", ("store-unavailable",)] == 1
    assert ("wirewatch_archive_posts", ()) not in page


async def test_both_text_formats(desk: Desk) -> None:
    """Prometheus gets OpenMetrics where it asks for it, and the older text otherwise."""
    _, content_type, text = await desk.text("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert {family.name for family in open_metrics(text)} >= {"wirewatch_polls", "wirewatch_deliveries"}
    _, content_type, _ = await desk.text("text/html")
    assert content_type.startswith("text/plain")


async def test_nothing_personal_or_secret_is_shown(desk: Desk, store: Store) -> None:
    """No chat id, no source, no text: counts only."""
    await store.subscriptions.put(Subscription(target=Target(777_111_777), storyline="bridges", since=NOW))
    desk.metrics.polled(polling())
    _, _, text = await desk.text()
    assert "777111777" not in text
    assert "wire/1" not in text


async def test_the_dashboard_asks_only_for_what_is_there(desk: Desk, store: Store) -> None:
    """Every metric named in docs/grafana/wirewatch.json is on the page."""
    await store.subscriptions.put(Subscription(target=Target(1), storyline="bridges", since=NOW))
    desk.metrics.polled(polling())
    names = {name for name, _ in await desk.page()}
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\b(?:wirewatch|process)_\w+", target["expr"])
    }
    assert len(asked) >= 15
    assert asked <= names
