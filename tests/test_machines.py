"""Several machines, one Redis: two ingest and two relay processes share the work, and the dead leave theirs to the rest."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.model import Subscription, Target
from bot.sandbox import SandboxBotApi
from bot.sandbox.serve import serving
from bot.store import Store, open_store
from bot.store.embedded import Embedded

ROOT = Path(__file__).resolve().parents[1]
READER = 700
EVERY = 1.0  # seconds between polls of a source
FEEDS = 3
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closed, closure, shut]
signals:
  closed: {severity: high, phase: closed, when: harbour near/8 close}
"""
NEWS = (
    "The harbour of Westmark is closed after an explosion at the grain terminal",
    "Ice forces the port of Eastholm shut, and forty trawlers wait outside",
    "A tanker aground: Southmere harbour closed until the salvage tug arrives",
    "Dockers walk out and the port of Nordvik is shut by their strike",
    "Customs computers fail; Karlby harbour closed to lorries all day",
    "After the flood the port of Lindau Bay is closed for dredging",
    "A visiting cruise liner with fever aboard: harbour of Alderney Point shut",
    "Wartime mines drift ashore and the port of Stenness is closed",
    "The harbour of Marrow Isle is shut while the queen's yacht berths",
)
FEED = '<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>{}</channel></rss>'
ROW = "<item><title>{}</title><link>{}</link><guid>{}</guid><pubDate>{}</pubDate></item>"
HOLDS_ALERT = re.compile(r"^w:(\w+)")


class Wire:
    """Feeds that grow, and a note of when each was read."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = defaultdict(list)
        self.read: dict[str, list[float]] = defaultdict(list)

    def post(self, feed: str, title: str) -> str:
        link = f"https://wire.example/{feed}/{len(self.rows[feed])}"
        self.rows[feed].insert(0, ROW.format(title, link, link, format_datetime(datetime.now(UTC))))
        return link

    async def handle(self, request: web.Request) -> web.Response:
        feed = request.match_info["feed"]
        self.read[feed].append(time.monotonic())
        return web.Response(text=FEED.format("".join(self.rows[feed])), content_type="application/rss+xml")


class Crew:
    """Processes of `wirewatch run`, as they stand on several machines."""

    def __init__(self, folder: Path, env: dict[str, str]):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("WIREWATCH_", "TELEGRAM_", "REDIS_"))}
        self._env = {**clean, **env, "PYTHONPATH": str(ROOT), "WIREWATCH_CONSOLE": "", "WIREWATCH_LOG": "json"}
        self._folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        command = [sys.executable, "-m", "bot.cli", "run", "--role", name.partition("-")[0]]
        with (self._folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, cwd=self._folder, env=self._env, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def alive(self) -> bool:
        return all(process.poll() is None for process in self.running.values())

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def logs(self) -> str:
        return "\n".join(path.read_text("utf-8")[-2000:] for path in sorted(self._folder.glob("*.log")))


async def read_first(store: Store, crew: Crew) -> None:
    """Every source has had its first sight."""
    async with asyncio.timeout(40):
        while len(await store.sources.healths()) < FEEDS:
            assert crew.alive(), crew.logs()
            await asyncio.sleep(0.1)


def repeats(api: SandboxBotApi) -> int:
    """How many messages of the chat hold an alert that another holds too."""
    held = Counter(
        found.group(1)
        for message in api.messages(READER)
        for row in message.get("reply_markup", {}).get("inline_keyboard", [])
        for button in row
        if (found := HOLDS_ALERT.match(button.get("callback_data", "")))
    )
    return sum(count - 1 for count in held.values())


@pytest.mark.timeout(180)
async def test_two_of_each_share_the_work_and_the_dead_leave_theirs(tmp_path: Path) -> None:
    """No source is read twice in an interval, no alert is missing or doubled, though one of each is killed midway."""
    rules = tmp_path / "rules"
    (rules / "storylines").mkdir(parents=True)
    (rules / "storylines" / "harbour.yaml").write_text(RULES, "utf-8")
    wire, api = Wire(), SandboxBotApi()
    reader = api.add_user("Rita", user=READER)
    site = web.Application()
    api.add_routes(site)
    site.router.add_get("/feed/{feed}", wire.handle)
    redis = Embedded(tmp_path / "redis")
    (tmp_path / "redis").mkdir()
    await asyncio.to_thread(redis.start)
    try:
        async with serving(site) as root, open_store(redis.url, tmp_path) as store:
            feeds = [f"wire-{n}" for n in range(FEEDS)]
            rows = [
                f"  - {{id: {f}, kind: feed, url: '{root}/feed/{f}', outlet: {f}, every: {EVERY:.0f}s, allow_private: true}}\n"
                for f in feeds
            ]
            (rules / "sources.yaml").write_text("sources:\n" + "".join(rows), "utf-8")
            await api.user_sends(reader, "/start")  # a bot may not begin a conversation
            me = Subscription(target=Target(READER), storyline="harbour", since=datetime.now(UTC))
            await store.subscriptions.put(me)
            crew = Crew(
                tmp_path,
                {
                    "REDIS_URL": redis.url,
                    "TELEGRAM_BOT_TOKEN": api.token,
                    "TELEGRAM_API_URL": root,
                    "WIREWATCH_RULES": str(rules),
                },
            )
            try:
                for name in ("ingest-1", "ingest-2", "relay-1", "relay-2"):
                    crew.start(name)
                await read_first(store, crew)
                await asyncio.sleep(
                    1.1
                )  # a feed's times are whole seconds, and what is older than first sight is no news
                links = []
                for number, news in enumerate(NEWS):
                    links.append(wire.post(feeds[number % FEEDS], news))
                    await asyncio.sleep(0.5)
                    if number == len(NEWS) // 2:
                        crew.kill("ingest-1")
                        crew.kill("relay-2")
                try:
                    await api.until(lambda: all(link in str(api.messages(READER)) for link in links), 60)
                except TimeoutError:
                    missing = [link for link in links if link not in str(api.messages(READER))]
                    pytest.fail(f"missing in the chat: {missing}\n{crew.logs()}")
                assert crew.alive(), crew.logs()
            finally:
                crew.end()
    finally:
        await asyncio.to_thread(redis.stop)
    assert repeats(api) <= 1, "one kill of a relay can repeat what it was just sending"
    for feed, read in wire.read.items():
        most = (read[-1] - read[0]) / (EVERY * 0.8) + 2
        assert len(read) <= most, f"{feed} was read {len(read)} times in {read[-1] - read[0]:.1f} s"
