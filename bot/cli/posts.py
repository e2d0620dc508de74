"""`wirewatch posts`: the archive of the running bot, as files that replay and diff read."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from bot.app import utc_now
from bot.cli.archive import guest_store, moment
from bot.cli.output import complain
from bot.pipeline.posts import post_row

app = typer.Typer(no_args_is_help=True, help="Take posts out of the archive.")


@app.callback()
def posts() -> None:
    """Take posts out of the archive."""


@app.command()
def export(
    since: Annotated[str, typer.Option(help="From when on, by publication: 12h, 7d, 2026-05-26.")] = "7d",
    source: Annotated[str | None, typer.Option(help="Only posts of this source id.")] = None,
) -> None:
    """Print archived posts as JSON Lines, the oldest first; the running bot is not disturbed."""
    written = asyncio.run(_export(moment(since, utc_now()), source))
    if not written:
        complain(f"the archive holds no post{f' of source {source!r}' if source else ''} since {since}")


async def _export(since: datetime, source: str | None) -> int:
    written = 0
    encoder = msgspec.json.Encoder()
    async with guest_store() as store:
        async for post in store.archive.stream(since, source):
            sys.stdout.buffer.write(encoder.encode(post_row(post)) + b"\n")
            written += 1
    sys.stdout.buffer.flush()
    return written
