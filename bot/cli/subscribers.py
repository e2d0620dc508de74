"""`wirewatch subscribers`: who follows what, out of one Redis and into another."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from bot.cli.archive import guest_store, opened
from bot.cli.output import complain, out
from bot.model import Subscription, Target
from bot.pipeline.subscribers import BadRow, read_subscriptions, subscription_row
from bot.store import Store

app = typer.Typer(no_args_is_help=True, help="Back up and restore who follows what.")

AT_ONCE = 1_000
FAULTS_SHOWN = 20


@app.command()
def export() -> None:
    """Print every subscription as JSON Lines; the running bot is not disturbed."""
    if not asyncio.run(_export()):
        complain("nobody follows anything: there is nothing to export")


async def _export() -> int:
    written = 0
    encoder = msgspec.json.Encoder()
    async with guest_store() as store:
        async for subscription in store.subscriptions.everyone():
            sys.stdout.buffer.write(encoder.encode(subscription_row(subscription)) + b"\n")
            written += 1
    sys.stdout.buffer.flush()
    return written


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="What `subscribers export` printed; `-` is standard input.")],
) -> None:
    """Take in the subscriptions of a file: all of them, or none where a line is wrong.

    Those that exist already are set to what the file says; nobody else is touched. Doing it twice changes nothing.
    """
    with opened(file) as lines:
        rows = list(read_subscriptions(lines, file))
    if wrong := [row for row in rows if isinstance(row, BadRow)]:
        for bad in wrong[:FAULTS_SHOWN]:
            complain(str(bad))
        complain(f"{len(wrong)} of {len(rows)} lines are wrong: nothing was imported")
        raise typer.Exit(1)
    good = [row for row in rows if isinstance(row, Subscription)]
    new = asyncio.run(_import(good))
    out.print(f"{len(good)} subscriptions: {new} new, {len(good) - new} were there")


async def _import(rows: Sequence[Subscription]) -> int:
    paused: dict[Target, str] = {}
    new = 0
    async with guest_store() as store:
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            new += await store.subscriptions.put_many(some)
            paused.update((row.target, row.paused) for row in some if row.paused is not None)
        await _pause(store, paused)
    return new


async def _pause(store: Store, paused: dict[Target, str]) -> None:
    """A target is paused as a whole, once all that it follows stands."""
    for target, why in paused.items():
        await store.subscriptions.pause(target, why)
