"""Crash safety: processes and Redis die by SIGKILL at random moments, and every chat holds every alert at the end.

`WIREWATCH_KILLS` (default 8) makes it long, `WIREWATCH_SEED` repeats one run.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.model import Subscription, Target
from bot.store import Store, open_store
from bot.store.embedded import Embedded

WORKER = Path(__file__).parent / "crash_worker.py"
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LAST = (3, 1)  # revisions in which the writer leaves even and odd events
CHATS = 8
VICTIMS = os.environ.get("WIREWATCH_VICTIMS", "writer relay-1 relay-2 relay-1 relay-2 redis").split()
KILLS = int(os.environ.get("WIREWATCH_KILLS", "8"))
SEED = int(os.environ.get("WIREWATCH_SEED", "20260301"))
EVENTS = 12 + KILLS * 4


class Api:
    """Telegram as far as chats are concerned: what was sent when, and what each message shows now."""

    def __init__(self, chance: random.Random) -> None:
        self.messages: list[dict[str, str]] = []
        self.sent_at: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._chance = chance

    async def handle(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        method = request.match_info["method"]
        if method == "getMe":
            return web.json_response(
                {"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "w", "username": "w_bot"}}
            )
        await asyncio.sleep(self._chance.uniform(0, 0.04))
        if request.transport is None or request.transport.is_closing():
            return web.Response()  # it died on its way to us
        if method == "editMessageText":
            number = int(form["message_id"])
            self.messages[number - 1]["text"] = form["text"]
        else:
            self.messages.append({"chat": form["chat_id"], "text": form["text"]})
            number = len(self.messages)
            key = form["text"] if form["text"].startswith("ring") else form["text"].split()[0]
            self.sent_at[form["chat_id"], key].append(time.monotonic())
        # The message is there; now its answer travels, and may find nobody.
        await asyncio.sleep(self._chance.uniform(0, 0.03))
        result = {"message_id": number, "date": 1, "chat": {"id": int(form["chat_id"]), "type": "private"}}
        return web.json_response({"ok": True, "result": result})


class Crew:
    """The processes under test."""

    def __init__(self, url: str, api: str) -> None:
        self._tail = (url, api)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        role = "writer" if name == "writer" else "relay"
        command = [sys.executable, str(WORKER), role, *self._tail, f"{name}-{time.monotonic_ns()}", str(EVENTS)]
        self.running[name] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)


async def settled(store: Store, crew: Crew) -> None:
    """Everything was written and nothing is owed."""
    deadline = time.monotonic() + 50 + KILLS
    while crew.running["writer"].poll() is None or any((await store.outbox.size()).values()):
        owed = await store.outbox.size()
        assert time.monotonic() < deadline, f"still owed: {owed}; {await store.events.revision()} of {EVENTS * 2}"
        await asyncio.sleep(0.05)
    assert crew.running["writer"].returncode == 0


def judge(api: Api, kills: list[float]) -> int:
    """Every chat holds every event in its last state; repeats only where a kill cut a send from its receipt."""
    shown: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in api.messages:
        if not message["text"].startswith("ring"):
            shown[message["chat"], message["text"].split()[0]].append(message["text"])
    for chat in range(1, CHATS + 1):
        for number in range(EVENTS):
            texts = shown[str(chat), f"e{number}"]
            last = f"e{number} r{LAST[number % 2]}"
            assert last in texts, f"chat {chat} lacks {last}: {texts}"
    repeats = 0
    for (chat, what), times in api.sent_at.items():
        for earlier, later in pairwise(times):
            repeats += 1
            cut = [kill for kill in kills if earlier - 0.05 <= kill <= min(later, earlier + 3.0)]
            assert cut, f"{what} was sent twice to chat {chat} without a kill in between"
    return repeats


@pytest.mark.timeout(90 + KILLS * 4)
async def test_no_alert_is_lost_and_none_doubled_without_a_kill(tmp_path: Path) -> None:
    """Writers and relays killed at random, Redis too: no alert missing, repeats only around a kill."""
    chance = random.Random(SEED)
    api = Api(chance)
    app = web.Application()
    app.router.add_post("/bot1:crash/{method}", api.handle)
    redis = Embedded(tmp_path)
    await asyncio.to_thread(redis.start)
    kills: list[float] = []
    try:
        async with TestServer(app) as server, open_store(redis.url, tmp_path) as store:
            for chat in range(1, CHATS + 1):
                await store.subscriptions.put(Subscription(target=Target(chat), storyline="bridges", since=NOW))
            crew = Crew(redis.url, str(server.make_url("/")))
            try:
                for name in ("writer", "relay-1", "relay-2"):
                    crew.start(name)
                for _ in range(KILLS):
                    await asyncio.sleep(chance.uniform(0.3, 1.2))
                    victim = chance.choice(VICTIMS)
                    kills.append(time.monotonic())
                    if victim == "redis":
                        os.kill(int((redis.folder / "server.pid").read_text()), signal.SIGKILL)
                        await asyncio.sleep(chance.uniform(0.05, 0.5))
                        await asyncio.to_thread(redis.ensure)
                    else:
                        crew.kill(victim)
                        crew.start(victim)
                await settled(store, crew)
            finally:
                crew.end()
    finally:
        await asyncio.to_thread(redis.stop)
    repeats = judge(api, kills)
    print(f"{EVENTS} events, {CHATS} chats, {len(kills)} kills: nothing missing, {repeats} repeated")
