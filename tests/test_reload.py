"""Rules that change under a running bot: a real folder, edited, and the loop that watches it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot import app
from bot.cli.run import hangup_signal
from bot.errors import RulesUnproven
from bot.sandbox import SandboxBotApi
from bot.sandbox.serve import serving
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
ADMIN = 900
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closure, shut]
signals:
  closed: {severity: high, when: harbour near/8 close}
cases:
  - {post: "The port of Southmere is closed.", expect: [closed]}
  - {post: "The port of Southmere is busy.", expect: []}
"""
WIDER = RULES.replace("shut]", "shut, sealed]")
FAULTY = RULES.replace("near/8 close", "near/8 cloze")
UNPROVEN = RULES.replace("is busy", "is shut")
SOURCE = "sources:\n  - {{id: {0}, kind: telegram, channel: {0}_demo, outlet: Wire, every: 1s, base_url: 'http://127.0.0.1:9', allow_private: true}}\n"


class Desk:
    """A rules folder that is edited, and bots that watch it."""

    def __init__(self, folder: Path, stack: AsyncExitStack):
        self.folder = folder
        self.rules = folder / "rules"
        self.api = SandboxBotApi()
        self.admin = self.api.add_user("Ada", user=ADMIN)
        self.stack = stack
        self.root = ""

    async def open(self) -> None:
        site = web.Application()
        self.api.add_routes(site)
        self.root = await self.stack.enter_async_context(serving(site))
        await self.api.user_sends(self.admin, "/start")  # whom nobody wrote to cannot be told
        (self.rules / "storylines").mkdir(parents=True)
        self.write(RULES)
        (self.rules / "sources.yaml").write_text(SOURCE.format("wire"), "utf-8")

    def write(self, text: str) -> None:
        (self.rules / "storylines" / "harbour.yaml").write_text(text, "utf-8")

    async def bot(self, *roles: str, **more: Any) -> app.App:
        """A process of the bot; `more` are settings, and `force`."""
        force = more.pop("force", False)
        values = {
            "token": SecretStr(self.api.token),
            "api_url": self.root,
            "rules": self.rules,
            "data": self.folder / "data",
            "console": "",
            "admins": frozenset({ADMIN}),
        }
        settings = Settings.model_validate({**values, **more})
        return await self.stack.enter_async_context(app.running(settings, roles, force=force))

    def told(self) -> list[str]:
        return [text for text in self.api.texts(self.admin) if "rules folder" in text]


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come true in 20 s")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        made = Desk(tmp_path, stack)
        await made.open()
        yield made


async def test_a_changed_file_is_taken_up(desk: Desk) -> None:
    """Saved is running: another revision, since another time, and nobody is bothered."""
    bot = await desk.bot("relay")
    old, since = bot.rules.current, bot.rules.since
    desk.write(WIDER)
    await until(lambda: bot.rules.current is not old)
    assert "sealed" in [term.text for term in bot.rules.current.concepts["harbour"]["close"]]
    assert bot.rules.since > since
    assert desk.told() == []


async def test_a_faulty_file_keeps_the_old_rules_and_tells_the_admins_once(desk: Desk) -> None:
    """File, line and what is wrong, one message however many processes watch; a second one when it is mended."""
    first = await desk.bot("relay")
    socket = first.store.place
    second = await desk.bot("relay", redis_url=SecretStr(socket if "://" in socket else f"unix://{socket}"))
    old = first.rules.current
    desk.write(FAULTY)
    await until(lambda: bool(first.rules.refused and second.rules.refused and desk.told()))
    await asyncio.sleep(1.5)  # longer than the other process takes to look
    [told] = desk.told()
    assert "harbour.yaml:8:" in told
    assert "did you mean 'close'" in told
    assert f"Revision {old.revision} goes on" in told
    assert first.rules.current is old
    desk.write(WIDER)
    await until(lambda: len(desk.told()) == 2)
    await asyncio.sleep(1.5)
    assert "in order again" in desk.told()[-1]
    assert len(desk.told()) == 2
    assert first.rules.current.revision == second.rules.current.revision != old.revision


async def test_a_failing_case_is_refused_unless_forced(desk: Desk) -> None:
    """A folder whose own tests fail does not start, nor is it taken up; `--force` does both."""
    bot = await desk.bot("relay")
    old = bot.rules.current
    desk.write(UNPROVEN)
    await until(lambda: bool(bot.rules.refused))
    assert "case of 'harbour' fails" in bot.rules.refused[0].message
    assert bot.rules.current is old
    with pytest.raises(RulesUnproven, match=r"harbour.yaml:11:1: case of 'harbour' fails"):
        await desk.bot("relay", data=desk.folder / "other")
    forced = await desk.bot("relay", data=desk.folder / "other", force=True)
    was = forced.rules.current
    desk.write(UNPROVEN.replace("shut]", "shut, sealed]"))
    await until(lambda: forced.rules.current is not was)


async def test_the_quiet_baseline_guards_the_reload(desk: Desk) -> None:
    """Rules that alert on a post of `quiet/` are not taken up."""
    (desk.rules / "quiet").mkdir()
    row = '{"id": "wire/1", "published": "2026-05-01T09:00:00Z", "text": "The port is sealed for a film."}\n'
    (desk.rules / "quiet" / "baseline.jsonl").write_text(row, "utf-8")
    bot = await desk.bot("relay")
    old = bot.rules.current
    desk.write(WIDER)
    await until(lambda: bool(bot.rules.refused))
    assert "baseline.jsonl:1:1: the quiet baseline alerts" in str(bot.rules.refused[0])
    assert bot.rules.current is old


async def test_a_file_saved_in_two_halves_alarms_nobody(desk: Desk) -> None:
    """An editor that empties a file before it writes it is no fault."""
    bot = await desk.bot("relay")
    old = bot.rules.current
    desk.write("storyline: harb")
    await asyncio.sleep(0.3)
    desk.write(WIDER)
    await until(lambda: bot.rules.current is not old)
    await asyncio.sleep(1.2)
    assert desk.told() == []


async def test_a_folder_put_in_place_of_the_other_is_followed(desk: Desk) -> None:
    """A deployment that swaps the whole folder is taken up, and so is the next edit in the new one."""
    bot = await desk.bot("relay")
    old = bot.rules.current
    desk.rules.rename(desk.folder / "before")
    (desk.rules / "storylines").mkdir(parents=True)
    (desk.rules / "sources.yaml").write_text(SOURCE.format("wire"), "utf-8")
    desk.write(WIDER)
    await until(lambda: bot.rules.current is not old)
    new = bot.rules.current
    await asyncio.sleep(1.5)  # the new folder's watch stands
    desk.write(RULES.replace("shut]", "shut, barred]"))
    await until(lambda: bot.rules.current is not new)


async def test_changed_sources_are_polled(desk: Desk) -> None:
    """A row added to sources.yaml is polled without a restart, one taken out is forgotten."""
    bot = await desk.bot("ingest")
    assert [source.id for source in bot.sources] == ["wire"]
    (desk.rules / "sources.yaml").write_text(SOURCE.format("echo"), "utf-8")
    await until(lambda: [source.id for source in bot.sources] == ["echo"])
    for _ in range(300):
        if set(await bot.store.sources.healths()) == {"echo"}:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the new source was not polled")


async def test_what_runs_is_on_the_board(desk: Desk) -> None:
    """Every process says which revision it runs, and takes its line down when it stops."""
    async with AsyncExitStack() as stack:
        bot = await desk.bot("relay")
        inner = Desk(desk.folder, stack)
        inner.api, inner.root = desk.api, desk.root
        await inner.bot("ingest", redis_url=SecretStr(bot.store.place))
        for _ in range(100):
            workers = (await bot.store.rules.look())[1]
            if len(workers) == 2:
                break
            await asyncio.sleep(0.05)
        assert [worker.revision for worker in workers] == [bot.rules.current.revision] * 2
    assert len((await bot.store.rules.look())[1]) == 1


def test_sighup_reloads_and_sigterm_still_stops(tmp_path: Path) -> None:
    """SIGHUP reads the folder anew and the bot lives on; SIGTERM then ends it with 0."""
    (tmp_path / "rules" / "storylines").mkdir(parents=True)
    path = tmp_path / "rules" / "storylines" / "harbour.yaml"
    path.write_text(RULES, "utf-8")
    (tmp_path / "rules" / "sources.yaml").write_text(SOURCE.format("wire"), "utf-8")
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "WIREWATCH_CONSOLE": "",
        "WIREWATCH_LOG": "json",
        "WIREWATCH_DATA": str(tmp_path / "data"),
    }
    command = [sys.executable, "-m", "bot.cli", "run", "--role", "ingest"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    ) as bot:
        assert bot.stderr is not None
        logs = []
        for line in bot.stderr:
            logs.append(line)
            if '"running"' in line:
                # The watch would see an edit by itself: a time set back to what it was hides this one from it.
                times = path.stat()
                path.write_text(RULES.replace("shut]", "lock]"), "utf-8")
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
                bot.send_signal(signal.SIGHUP)
            if '"reloaded"' in line:
                bot.send_signal(signal.SIGTERM)
        assert bot.wait(timeout=20) == 0, logs
    assert any('"cause": "SIGHUP"' in line or '"outcome": "swapped"' in line for line in logs), logs


async def test_a_closed_terminal_is_no_wish_to_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGHUP reloads while the terminal lives; when that is what went away, the bot stops with it."""
    alive = True
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(os, "isatty", lambda number: alive)
    stop = asyncio.Event()
    hangup = hangup_signal(stop)
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        await until(hangup.is_set)
        assert not stop.is_set()
        alive = False
        os.kill(os.getpid(), signal.SIGHUP)
        await until(stop.is_set)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
