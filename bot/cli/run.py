"""`wirewatch run`: the real bot."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Annotated

import typer

from bot import app
from bot.cli import logs
from bot.errors import SettingsError
from bot.settings import ROLES, Settings


def run(
    role: Annotated[
        list[str] | None,
        typer.Option(help=f"One share of the work: {', '.join(ROLES)}. Repeat for more; all by default."),
    ] = None,
) -> None:
    """Run the bot with the environment's settings (docs/operations.md), until SIGTERM or Ctrl-C."""
    settings = Settings.from_env(os.environ)
    roles = tuple(role or ROLES)
    if unknown := [name for name in roles if name not in ROLES]:
        raise SettingsError(f"there is no role {unknown[0]!r}: choose among {', '.join(ROLES)}")
    logs.configure(settings.log_format)
    asyncio.run(_run(settings, roles))


async def _run(settings: Settings, roles: tuple[str, ...]) -> None:
    stop = stop_signal()
    async with app.running(settings, roles):
        await stop.wait()


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. A second signal is left to its default, so that nobody is kept waiting."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def once(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, once, number)
    return stop
