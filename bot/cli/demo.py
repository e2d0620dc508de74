"""`wirewatch demo`: the whole bot against a local Telegram and a recorded wire of invented outlets."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from bot import app
from bot.cli import logs
from bot.cli.output import out
from bot.cli.run import stop_signal, until_stopped
from bot.errors import SettingsError
from bot.sandbox import Sandbox, StoryClock, story_clock, story_is_over, wipe_story
from bot.settings import ROLES, Settings
from bot.sources import load_sources
from bot.store import Store

FIRST_LOOKS = 10.0  # seconds that the bot has to look at every source before the story begins
SHARES = tuple(role for role in ROLES if role != "console")


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the chat page; a free one when taken.")] = 8080,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin the story anew instead of going on with it.")] = False,
    speed: Annotated[float, typer.Option(min=2, max=3600, help="Story minutes a minute.")] = 60,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print the bot's log.")] = False,
) -> None:
    """Tell a three-minute story in a chat page on this machine. No token, no network, everything in it invented."""
    settings = Settings.from_env({name: value for name, value in os.environ.items() if name != "TELEGRAM_BOT_TOKEN"})
    logs.configure(settings.log_format, logs.INFO if verbose else logs.ERROR)
    asyncio.run(_demo(settings, port, fresh, speed))


async def _demo(settings: Settings, port: int, fresh: bool, speed: float) -> None:
    stop = stop_signal()
    await until_stopped(lambda opened: _tell(settings, port, fresh, speed, stop, opened), stop)


async def _tell(
    settings: Settings, port: int, fresh: bool, speed: float, stop: asyncio.Event, opened: asyncio.Event
) -> None:
    wire, data = _fixtures() / "wire", settings.data / "demo"
    clock = story_clock(wire, data, speed)
    if clock.resumed and (fresh or story_is_over(data, app.utc_now())):
        wipe_story(data)
        clock = story_clock(wire, data, speed)
    async with Sandbox(wire, data, clock, port) as sandbox:
        sandbox.write_sources(data / "sources.yaml")
        sources = load_sources(data / "sources.yaml")
        told = settings.model_copy(
            update={
                "token": SecretStr(sandbox.token),
                "api_url": sandbox.root_url,
                "redis_url": None,  # a demo never writes into a server that holds real subscriptions
                "data": data,
            }
        )
        async with app.running(told, SHARES, clock=clock, sources=sources) as bot:
            await _first_looks(bot.store, len(sources))
            await sandbox.begin()
            out.print(_where(sandbox, clock, port), markup=False)
            opened.set()
            await stop.wait()


async def _first_looks(store: Store, sources: int) -> None:
    """Wait until every source was looked at once: what stands there already is the past, and not alerted."""
    for _ in range(int(FIRST_LOOKS / 0.1)):
        if len(await store.sources.healths()) >= sources:
            return
        await asyncio.sleep(0.1)


def _where(sandbox: Sandbox, clock: StoryClock, port: int) -> str:
    moved = f" (port {port} is taken)" if sandbox.moved else ""
    minutes = clock.length.total_seconds() / 60 / clock.speed
    length = f"{minutes:.0f} minutes" if minutes >= 2 else f"{minutes * 60:.0f} seconds"
    goes_on = "the story goes on" if clock.resumed else f"a story unfolds over {length}"
    return f"Open {sandbox.page_url}{moved}: {goes_on}; everything in it is invented. Ctrl-C stops it."


def _fixtures() -> Path:
    """The recorded wire: beside where we stand, or beside the package in a checkout."""
    for folder in (Path("fixtures"), Path(__file__).resolve().parents[2] / "fixtures"):
        if (folder / "wire" / "story.yaml").is_file():
            return folder
    raise SettingsError("the recorded wire (fixtures/wire) is not here: start in a checkout of Wirewatch")
