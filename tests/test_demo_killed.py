"""`kill -9` at any moment of the demo, and starting it again, loses no alert and doubles none.

The demo runs as a real process, on a fast story clock, and is killed at random moments (seeded); what its chat holds at the end
is compared with what the wire published. `WIREWATCH_KILLS` makes it longer, `WIREWATCH_SEED` repeats one run.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.sandbox import READER, SandboxBotApi, Story
from bot.store import open_store

ROOT = Path(__file__).resolve().parents[1]
WIRE = ROOT / "fixtures" / "wire"
KILLS = int(os.environ.get("WIREWATCH_KILLS", "5"))
SEED = int(os.environ.get("WIREWATCH_SEED", "20261122"))
SPEED = 360.0  # the story in half a minute
HOLDS_ALERT = re.compile(r"^w:(\w+)")  # the button "Why this?" names the event


def start(data: Path) -> subprocess.Popen[bytes]:
    """The demo as a person starts it."""
    env = {**os.environ, "WIREWATCH_DATA": str(data), "PYTHONPATH": str(ROOT), "WIREWATCH_RULES": str(ROOT / "rules")}
    command = [sys.executable, "-m", "bot.cli", "demo", "--port", "0", "--speed", str(SPEED)]
    with (data / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)


async def owed(data: Path) -> int:
    """How much is not delivered yet, asked as a guest of the demo's own store."""
    async with open_store(None, data / "demo", guest=True) as store:
        return sum((await store.outbox.size()).values())


async def alerts(data: Path) -> tuple[Counter[str], str]:
    """How many messages of the reader's chat hold each event's alert, and every link and text of the chat together."""
    api = SandboxBotApi(folder=data / "demo")
    async with api.serve():  # it closes its journal at the end
        messages = api.messages(READER)
    held: Counter[str] = Counter()
    for message in messages:
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if found := HOLDS_ALERT.match(button.get("callback_data", "")):
                    held[found.group(1)] += 1
    return held, str(messages)


@pytest.mark.timeout(300)
def test_killed_at_any_moment_nothing_is_lost(tmp_path: Path) -> None:
    """Every report of a happening is linked in the chat; an event has one message, but for one repeat a kill at most."""
    chance = random.Random(SEED)
    story = Story.load(WIRE / "story.yaml")
    told_for = story.length.total_seconds() / SPEED
    demo = start(tmp_path)
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(1.5, told_for / KILLS + 2))
            demo.kill()
            demo.wait()
            demo = start(tmp_path)
        time.sleep(told_for + 8)
        for _ in range(100):
            if asyncio.run(owed(tmp_path)) == 0:
                break
            time.sleep(0.2)
        demo.terminate()
        assert demo.wait(timeout=10) == 0, (tmp_path / "log").read_text("utf-8")
    finally:
        demo.kill()
        demo.wait()
    held, chat = asyncio.run(alerts(tmp_path))
    missing = [
        shown.name
        for shown in story.at(story.length.total_seconds() / 60)
        if shown.happening and shown.source in story.channels and not shown.deleted
        if f"/{story.channels[shown.source].handle}/{shown.number}" not in chat
    ]
    assert missing == []
    repeats = sum(count - 1 for count in held.values())
    assert repeats <= KILLS, f"{repeats} repeated messages after {KILLS} kills: {held}"
