"""Health endpoints: what a container and a balancer are told."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.console import Console
from bot.model import Health
from bot.store import Store, open_store

NOW = datetime(2026, 5, 26, 9, 0, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def root(store: Store) -> AsyncIterator[str]:
    address = f"127.0.0.1:{free_port()}"
    console = Console(store, address)
    await console.start()
    yield f"http://{address}"
    await console.stop()


async def get(url: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


async def test_alive_while_redis_answers(root: str) -> None:
    """200 and nothing else to say."""
    assert await get(f"{root}/healthz") == (200, {"ok": True})


async def test_ready_once_a_source_was_read(root: str, store: Store) -> None:
    """503 until then; the states are counted, and nothing of a source is shown."""
    assert await get(f"{root}/readyz") == (503, {"ready": False, "sources": {}})
    await store.sources.save_health(Health(source="dead", state="unreachable", since=NOW, checked=NOW))
    assert (await get(f"{root}/readyz"))[0] == 503
    await store.sources.save_health(Health(source="wire", state="ok", since=NOW, checked=NOW))
    assert await get(f"{root}/readyz") == (200, {"ready": True, "sources": {"unreachable": 1, "ok": 1}})


async def test_redis_gone_is_503_not_a_bug(tmp_path: Path) -> None:
    """Redis away: both endpoints say so with 503, and the console goes on."""
    address = f"127.0.0.1:{free_port()}"
    async with open_store(None, tmp_path) as store:
        console = Console(store, address)
        await console.start()
    for endpoint in ("healthz", "readyz"):
        status, told = await get(f"http://{address}/{endpoint}")
        assert status == 503
        assert told["why"] == "Redis does not answer"
    await console.stop()


async def test_a_taken_port_stops_nothing(store: Store) -> None:
    """The wire matters more than its gauge: the console says so in the log and lets the bot start."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        console = Console(store, f"127.0.0.1:{taken.getsockname()[1]}")
        await console.start()
        await console.stop()
