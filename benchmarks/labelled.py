"""Reads labelled posts and pairs, and gathers them, for the quality figures and for learning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.events import Window, gather
from bot.model import Event, Hit, Match, Post, Severity

Row = dict[str, Any]
WINDOW_S = 48 * 3600


def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def is_pairs(rows: list[Row]) -> bool:
    return "a" in rows[0]


def post_of(row: Row) -> Post:
    return Post(
        id=row["id"],
        source=row["source"],
        outlet=row["outlet"],
        url=row["url"],
        title=row["title"],
        text=row["text"],
        published=datetime.fromisoformat(row["published"].replace("Z", "+00:00")),
        language=row.get("language"),
        forwarded_from=row.get("forwarded_from"),
    )


def pair_posts(row: Row) -> Iterator[Post]:
    """The two posts of a labelled pair."""
    for side in (row["a"], row["b"]):
        name = f"{side['src']}/{side['id']}"
        yield Post(
            id=name,
            source=side["src"],
            outlet=side["src"],
            url=f"https://example.org/{name}",
            text=side["text"],
            published=datetime.fromtimestamp(side["ts"], UTC),
            language="en",
        )


def together(post: Post) -> list[Match]:
    """What `--together` takes every post for."""
    return [Match(post=post.id, storyline="together", signal="post", severity=Severity.LOW)]


def labelled_matches(row: Row) -> list[Match]:
    """Matches as perfect rules would give them: what the labels say."""
    matches = []
    for storyline, value in row["labels"].get("storylines", {}).items():
        for signal in value if isinstance(value, list) else ():
            hit = Hit(concept=signal, field="text", start=0, end=1)
            matches.append(
                Match(
                    post=row["id"],
                    storyline=storyline,
                    signal=signal,
                    severity=Severity.HIGH,
                    phase=signal,
                    hits=(hit,),
                )
            )
    return matches


def gathered(posts: Iterable[tuple[Post, list[Match]]]) -> dict[str, str]:
    """The event of each post, after gathering all of them in order of publication."""
    window, events = Window(), dict[str, Event]()
    for post, matches in sorted(posts, key=lambda pair: (pair[0].published, pair[0].id)):
        window.expire(post.published)
        if placement := gather(window, post, matches, post.published):
            window.put(placement.after)
            events[placement.after.id] = placement.after
    return {report.post: event.id for event in events.values() for report in event.reports}


def moment(row: Row) -> float:
    return datetime.fromisoformat(row["published"].replace("Z", "+00:00")).timestamp()
