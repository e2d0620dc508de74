"""Shared by all tests: where the third-party corpus lies."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store import Store, open_store
from bot.store.embedded import Embedded

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of third-party data (`WIREWATCH_CORPUS`, default `../shared`); skips where it is absent."""
    folder = Path(os.environ.get("WIREWATCH_CORPUS", ROOT.parent / "shared"))
    if not (folder / "data" / "SOURCES.md").is_file():
        pytest.skip(f"the third-party corpus is not at {folder}: set WIREWATCH_CORPUS to test against it")
    return folder


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of our own recorded inputs and expected outputs."""
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One embedded server for the whole run, thrown away afterwards."""
    server = Embedded(tmp_path_factory.mktemp("redis"), fsync="everysec")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
async def store(redis_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store on the run's own server."""
    async with open_store(redis_url, tmp_path) as opened:
        await opened.link.do("FLUSHALL")
        await opened.outbox.open()
        yield opened
