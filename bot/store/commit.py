"""One poll's outcome, written together or not at all."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from bot.errors import Conflict
from bot.model import Alert, Commit, Event, Phase, Reason
from bot.store.codec import encode
from bot.store.link import Link

# Reasons that may begin a conversation about an event; the others only change what a chat already holds.
CREATES = frozenset({Reason.FIRST_REPORT, Reason.CONFIRMED, Reason.ESCALATED})


async def commit(link: Link, batch: Commit) -> int:
    """Write a batch; returns the gathering revision from now on.

    Raises Conflict, having written nothing, where events were committed since `batch.expected`; a batch without
    events never conflicts. Where the connection breaks, redis-py asks again and gets the first call's answer. A batch
    that is committed anew owes nothing anew.
    """
    plan = _Plan()
    document = {
        "token": secrets.token_hex(8),
        "source": batch.cursor.source,
        "expected": batch.expected,
        "cursor": plan.blob(batch.cursor),
        "health": plan.blob(batch.health),
        "posts": [
            {
                "id": post.id,
                "source": post.source,
                "at": post.published.timestamp(),
                "digest": post.digest(),
                "record": plan.blob(post),
            }
            for post in batch.posts
        ],
        "events": [_event(event, plan) for event in batch.events],
        "phases": [_phase(phase, plan) for phase in batch.phases],
        "alerts": [_alert(alert) for alert in batch.alerts],
        "matched": [
            {"signal": f"{one.storyline}/{one.signal}", "post": one.post, "at": one.at.timestamp()}
            for one in batch.matched
        ],
    }
    written, revision = await link.run("commit", msgspec.json.encode(document), *plan.blobs)
    if not written:
        raise Conflict(f"events are at revision {revision}, the batch was gathered at {batch.expected}")
    return int(revision)


class _Plan:
    """Records beside the plan: JSON holds no bytes, so the plan names them by number."""

    def __init__(self) -> None:
        self.blobs: list[bytes] = []

    def blob(self, record: msgspec.Struct) -> int:
        self.blobs.append(encode(record))
        return len(self.blobs)


def _event(event: Event, plan: _Plan) -> dict[str, Any]:
    return {
        "id": event.id,
        "revision": event.revision,
        "at": event.last_at.timestamp(),
        "storylines": event.storylines,
        "sources": sorted({report.source for report in event.reports}),
        "record": plan.blob(event),
    }


def _phase(phase: Phase, plan: _Plan) -> dict[str, Any]:
    return {"storyline": phase.storyline, "record": plan.blob(phase)}


def _alert(alert: Alert) -> dict[str, Any]:
    if "\t" in alert.event + alert.storyline:
        raise ValueError("ids hold no tabs: the outbox separates with them")
    return {
        "event": alert.event,
        "storyline": alert.storyline,
        "reason": alert.reason.value,
        "rings": "1" if alert.rings else "0",
        "creates": "1" if alert.reason in CREATES else "0",
        "severity": int(alert.severity),
        "revision": alert.revision,
        "origins": alert.origins,
        "fresh": int(alert.fresh_for * 1000),
    }
