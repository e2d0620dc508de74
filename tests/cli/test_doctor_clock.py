"""`wirewatch doctor` and the clock: a wrong one makes news look old, or not yet published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.cli import doctor
from bot.settings import Settings


@pytest.mark.parametrize(("off", "good"), [(0, True), (3600, False), (-3600, False)])
async def test_a_clock_that_differs_from_telegrams_is_found(tmp_path: Path, off: int, good: bool) -> None:
    """More than a few seconds beside the Date of Telegram's answer needs care; Redis's clock is told too."""

    async def answer(_: web.Request) -> web.Response:
        date = datetime.now(UTC) + timedelta(seconds=off)
        return web.Response(status=302, headers={"Date": format_datetime(date, usegmt=True), "Location": "/"})

    site = web.Application()
    site.router.add_route("*", "/", answer)
    async with TestServer(site) as server:
        root = str(server.make_url("/")).rstrip("/")
        found = await doctor._clock(Settings(data=tmp_path, api_url=root))
    assert found[0] is good
    assert "Redis" in found[1]
    assert "127.0.0.1" in found[1]


async def test_without_telegram_redis_alone_is_asked(tmp_path: Path) -> None:
    """No answer is no wrong clock: the Telegram check tells that."""
    good, told = await doctor._clock(Settings(data=tmp_path, api_url="http://127.0.0.1:9"))
    assert good
    assert "127.0.0.1" not in told
