"""The metrics of a running bot: one post goes from a feed into a chat, and every stage has counted it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot import app
from bot.model import Subscription, Target
from bot.sandbox import SandboxBotApi
from bot.sandbox.serve import serving
from bot.settings import Settings
from bot.sources import Source

RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closed, closure, shut]
signals:
  closed: {severity: high, phase: closed, when: harbour near/8 close}
"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>
<description>d</description>{rows}</channel></rss>"""
ROW = "<item><title>{title}</title><link>https://wire.example/{n}</link><guid>{n}</guid><pubDate>{at}</pubDate></item>"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Wire:
    """A feed that grows."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def post(self, title: str) -> None:
        at = format_datetime(datetime.now(UTC))
        self.rows.insert(0, ROW.format(title=title, n=len(self.rows), at=at))

    async def handle(self, _: web.Request) -> web.Response:
        return web.Response(text=FEED.format(rows="".join(self.rows)), content_type="application/rss+xml")


async def samples(url: str) -> dict[str, float]:
    """The page, each line by its name and labels as text."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        text = await answer.text()
    return {
        " ".join([sample.name, *(value for _, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_every_stage_counts_a_post_on_its_way(tmp_path: Path) -> None:
    """Poll, post, match, alert, delivery and the three latencies, over HTTP, from the bot as it runs."""
    (tmp_path / "rules" / "storylines").mkdir(parents=True)
    (tmp_path / "rules" / "storylines" / "harbour.yaml").write_text(RULES, "utf-8")
    wire, api, address = Wire(), SandboxBotApi(), f"127.0.0.1:{free_port()}"
    reader = api.add_user("Rita", user=700)
    async with AsyncExitStack() as stack:
        site = web.Application()
        api.add_routes(site)
        site.router.add_get("/feed", wire.handle)
        root = await stack.enter_async_context(serving(site))
        wire.post("The harbour of Eastholm is closed because of ice")  # before first sight: no news
        await asyncio.sleep(1.1)  # a feed's times are whole seconds
        settings = Settings(
            token=SecretStr(api.token),
            api_url=root,
            rules=tmp_path / "rules",
            data=tmp_path / "data",
            console=address,
        )
        feed = Source(id="wire", kind="feed", url=f"{root}/feed", outlet="Wire", every=0.2, allow_private=True)
        bot = await stack.enter_async_context(app.running(settings, ("ingest", "relay", "console"), sources=(feed,)))
        await api.user_sends(reader, "/start")  # a bot may not begin a conversation
        await bot.store.subscriptions.put(
            Subscription(target=Target(700), storyline="harbour", since=datetime.now(UTC))
        )
        while not await bot.store.sources.healths():  # noqa: ASYNC110 - what is waited for happens in Redis
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.1)
        wire.post("The harbour of Westmark is closed after an explosion at the grain terminal")
        await api.until(lambda: any("Westmark" in text for text in api.texts(reader)))
        page: dict[str, float] = {}
        while not page.get("wirewatch_deliveries_total sent"):
            page = await samples(f"http://{address}/metrics")
        assert page["wirewatch_posts_total new"] == 2
        assert page["wirewatch_polls_total ok"] == 2
        assert page["wirewatch_matches_total harbour"] >= 1
        assert page["wirewatch_alerts_total first-report"] == 1
        assert page["wirewatch_deliveries_total sent"] == 1
        assert page["wirewatch_publication_to_sight_seconds_count"] == 1, "what stood there before is no latency"
        assert page["wirewatch_sight_to_commit_seconds_count"] >= 2
        assert page["wirewatch_commit_to_sent_seconds_count high"] == 1
        assert page["wirewatch_commit_to_sent_seconds_sum high"] < 10
        assert page["wirewatch_sources ok"] == 1
        assert page["wirewatch_subscriptions harbour"] == 1
