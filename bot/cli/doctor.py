"""`wirewatch doctor`: is everything there that the bot needs?"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import typer
from rich.table import Table

from bot.app import load_all, utc_now
from bot.cli.output import out
from bot.errors import WirewatchError
from bot.rules import lint, run_cases
from bot.send import Telegram, make_bot
from bot.settings import Settings
from bot.store import open_store

LEAST_DISK = 500_000_000  # bytes free that a data folder should have
CLOCK_OFF = 3.0  # seconds that clocks may differ; a web server's Date is rounded to one
Finding = tuple[bool, str]


def doctor() -> None:
    """Check the settings, Python, rules, disk, Redis, clock and Telegram; exit 1 when something needs care."""
    settings = Settings.from_env(os.environ)
    table = Table("check", "", "found")
    healthy = True
    for name, (good, found) in asyncio.run(_examine(settings)):
        healthy = healthy and good
        table.add_row(name, "[green]good[/]" if good else "[red]look[/]", found)
    out.print(table)
    if not healthy:
        raise typer.Exit(1)


async def _examine(settings: Settings) -> list[tuple[str, Finding]]:
    checks: list[tuple[str, Callable[[Settings], Awaitable[Finding]]]] = [
        ("python", _python),
        ("rules", _rules),
        ("disk", _disk),
        ("redis", _redis),
        ("clock", _clock),
        ("telegram", _telegram),
    ]
    return [(name, await _told(check, settings)) for name, check in checks]


async def _told(check: Callable[[Settings], Awaitable[Finding]], settings: Settings) -> Finding:
    """What a check finds; trouble that was foreseen is a finding too."""
    try:
        return await check(settings)
    except WirewatchError as error:
        return False, str(error)


async def _python(_settings: Settings) -> Finding:
    return sys.version_info >= (3, 11), sys.version.split()[0]


async def _rules(settings: Settings) -> Finding:
    rules, sources = load_all(settings.rules)
    failing = sum(not case.good for case in run_cases(rules))
    found = f"{len(rules.storylines)} storylines, {len(sources)} sources, revision {rules.revision}"
    return not failing, f"{found}, {failing} failing cases, {len(lint(rules))} issues"


async def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.data.absolute(), *settings.data.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    return (
        writable and free > LEAST_DISK,
        f"{_shown(folder)}: {free / 1e9:.1f} GB free{'' if writable else ', read-only'}",
    )


async def _redis(settings: Settings) -> Finding:
    url = settings.redis_url.get_secret_value() if settings.redis_url is not None else None
    async with open_store(url, settings.data, guest=True) as store:
        kind = "embedded" if store.embedded else "given"
        healths = await store.sources.healths()
        bad = sum(health.state != "ok" for health in healths.values())
        newest = max((health.checked for health in healths.values()), default=None)
        read = (
            f"last poll {(utc_now() - newest).total_seconds():.0f} s ago"
            if newest is not None
            else "nothing polled yet"
        )
        return True, f"{store.server}, {kind}, at {store.place}: {len(healths)} sources known, {bad} in trouble, {read}"


async def _clock(settings: Settings) -> Finding:
    """Our clock beside Redis's and Telegram's: a wrong one makes news look old, or not yet published."""
    url = settings.redis_url.get_secret_value() if settings.redis_url is not None else None
    async with open_store(url, settings.data, guest=True) as store:
        off = {"Redis": (await store.clock() - utc_now()).total_seconds()}
    if (told := await _date_of(settings.api_url)) is not None:
        off[urlsplit(settings.api_url).hostname or "Telegram"] = (told - utc_now()).total_seconds()
    found = ", ".join(f"{name} {'+' if seconds > 0 else ''}{seconds:.1f} s" for name, seconds in off.items())
    return all(abs(seconds) <= CLOCK_OFF for seconds in off.values()), f"{utc_now():%H:%M:%S} UTC; {found}"


async def _date_of(url: str) -> datetime | None:
    """The time that a web server tells with its answer, in whole seconds; None where it does not."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5.0), trust_env=True) as session,
            session.head(url) as answer,
        ):
            return parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError):
        return None


async def _telegram(settings: Settings) -> Finding:
    if settings.token is None:
        return False, "TELEGRAM_BOT_TOKEN is not set: get a token from @BotFather; the demo needs none"
    bot = make_bot(settings.token.get_secret_value(), settings.api_url)
    try:
        await bot.request.initialize()
        await Telegram(bot).ping()
        return True, f"{settings.api_url} knows the token"
    finally:
        await bot.request.shutdown()


def _shown(folder: Path) -> str:
    """A folder as short as it can be said."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
