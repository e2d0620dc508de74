"""`wirewatch run`: the real bot."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from bot import app
from bot.cli import logs
from bot.cli.output import complain
from bot.errors import RulesUnproven, SettingsError
from bot.settings import ROLES, Settings


def run(
    role: Annotated[
        list[str] | None,
        typer.Option(help=f"One share of the work: {', '.join(ROLES)}. Repeat for more; all by default."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run rules even if their own tests fail.")] = False,
) -> None:
    """Run the bot with the environment's settings (docs/operations.md), until SIGTERM or Ctrl-C.

    A changed rules folder is taken up while it runs; SIGHUP asks for that too.
    """
    settings = Settings.from_env(os.environ)
    roles = tuple(role or ROLES)
    if unknown := [name for name in roles if name not in ROLES]:
        raise SettingsError(f"there is no role {unknown[0]!r}: choose among {', '.join(ROLES)}")
    logs.configure(settings.log_format)
    try:
        asyncio.run(_run(settings, roles, force))
    except RulesUnproven as failing:
        complain(str(failing))
        complain("the rules fail their own tests (`wirewatch rules test` tells more): mend them, or run with --force")
        raise typer.Exit(2) from None


async def _run(settings: Settings, roles: tuple[str, ...], force: bool) -> None:
    stop = stop_signal()
    hangup = hangup_signal(stop)

    async def serve(opened: asyncio.Event) -> None:
        async with app.running(settings, roles, force=force) as bot:
            opened.set()
            reloading = asyncio.create_task(_reload_on(hangup, bot), name="sighup")
            await stop.wait()
            reloading.cancel()

    await until_stopped(serve, stop)


async def until_stopped(serve: Callable[[asyncio.Event], Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
    """Run `serve`, which sets its event once it is open and ends by itself after `stop`.

    A stop that comes while it still opens (Telegram hangs, say) does not wait for that.
    """
    opened = asyncio.Event()
    serving = asyncio.create_task(serve(opened), name="serve")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not opened.is_set() and stop.is_set():
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        return
    await serving


async def _reload_on(hangup: asyncio.Event, bot: app.App) -> None:
    while True:
        await hangup.wait()
        hangup.clear()
        await bot.reload("SIGHUP")


def hangup_signal(stop: asyncio.Event) -> asyncio.Event:
    """An event that SIGHUP sets; but where SIGHUP means that our terminal was closed, `stop` is set instead.

    A bot that lived on after its window was closed would send everything twice once another one is started.
    """
    hangup = asyncio.Event()
    interactive = sys.stdin is not None and sys.stdin.isatty()

    def hung_up() -> None:
        (stop if interactive and not os.isatty(0) else hangup).set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)
    return hangup


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
