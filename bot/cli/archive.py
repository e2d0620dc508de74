"""Posts for the command line: from a file of JSON Lines, or from the live archive since some time."""

from __future__ import annotations

import gzip
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from bot.errors import SettingsError
from bot.model import Post
from bot.pipeline.posts import BadLine, read_posts
from bot.settings import Settings
from bot.store import Store, open_store

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


def moment(text: str, now: datetime) -> datetime:
    """`7d` (so long ago), `2026-05-26` or `2026-05-26T09:00:00Z` as a time in UTC. SettingsError for anything else."""
    if found := _AGO.fullmatch(text.strip()):
        try:
            return now - timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SettingsError(
            f"--since is {text!r}: it takes a duration such as 12h, 7d or 4w, or a date such as 2026-05-26"
        ) from None
    return (given if given.tzinfo is not None else given.replace(tzinfo=UTC)).astimezone(UTC)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file of posts for reading: `.gz` is unpacked, `-` is standard input. SettingsError where it cannot be read."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield cast("BinaryIO", gzip.GzipFile(fileobj=file)) if name.endswith(".gz") else file
    except OSError as error:
        raise SettingsError(f"{name} cannot be read: {error.strerror or error}") from None


def good(posts: Iterable[Post | BadLine], bad: list[BadLine]) -> Iterator[Post]:
    """The posts; lines that are none go into `bad`."""
    for post in posts:
        if isinstance(post, BadLine):
            bad.append(post)
        else:
            yield post


def posts_of_file(name: str, bad: list[BadLine]) -> list[Post]:
    """All posts of a file."""
    with opened(name) as lines:
        return list(good(read_posts(lines, name), bad))


@asynccontextmanager
async def guest_store() -> AsyncIterator[Store]:
    """The store of the environment, read beside a bot that may be running on it."""
    settings = Settings.from_env(os.environ)
    url = settings.redis_url.get_secret_value() if settings.redis_url is not None else None
    async with open_store(url, settings.data, guest=True) as store:
        yield store


async def posts_since(since: datetime, source: str | None = None) -> list[Post]:
    """The archive from `since` on, the oldest first."""
    async with guest_store() as store:
        return [post async for post in store.archive.stream(since, source)]
