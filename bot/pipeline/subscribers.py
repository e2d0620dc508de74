"""Subscriptions as JSON Lines: the form in which they are backed up and moved to another Redis.

    {"chat": 700, "storyline": "mediation", "minimum": "low", "confirmed_only": false, "since": "2026-05-26T09:00:00Z"}

`thread` stands where it is a topic, `paused` where nothing is sent and why. Fields that a newer version adds are
carried as they are; those that this version does not know are passed over on reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from bot.errors import WirewatchError
from bot.model import Severity, Subscription


class BadRow(WirewatchError):
    """A line that is not a subscription; the text says which line and what is wrong with it."""


def subscription_row(subscription: Subscription) -> dict[str, Any]:
    """The row of a subscription."""
    row: dict[str, Any] = msgspec.to_builtins(subscription)
    target = row.pop("target")
    row["minimum"] = subscription.minimum.label
    return {name: value for name, value in {**target, **row}.items() if value is not None}


def subscription_from(row: Any) -> Subscription:
    """The subscription of one decoded row. ValueError names what is missing or wrong."""
    if not isinstance(row, dict):
        raise ValueError(f"found {type(row).__name__}, expected an object")
    label = row.get("minimum", "low")
    labels = [severity.label for severity in Severity]
    if label not in labels:
        raise ValueError(f"minimum is {label!r}, expected one of {', '.join(labels)}")
    target = {name: row[name] for name in ("chat", "thread") if name in row}
    made = msgspec.convert({**row, "target": target, "minimum": int(Severity.named(label))}, Subscription)
    if not made.storyline or any(mark in made.storyline for mark in "\t\n"):
        raise ValueError("storyline is not the name of one")
    if made.since.tzinfo is None:
        raise ValueError("since has no time zone: add Z or an offset")
    return made


def read_subscriptions(lines: Iterable[bytes], name: str) -> Iterator[Subscription | BadRow]:
    """Each line as a Subscription, or as the BadRow that says why not. Empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield subscription_from(msgspec.json.decode(line))
        except msgspec.ValidationError as error:
            yield BadRow(f"{name}:{number}: not a subscription: {error}")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield BadRow(f"{name}:{number}: not JSON: {error}")
        except ValueError as error:
            yield BadRow(f"{name}:{number}: not a subscription: {error}")
