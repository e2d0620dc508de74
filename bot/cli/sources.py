"""`wirewatch sources`: look at a source before, or while, the bot reads it."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from bot.cli.output import complain, out
from bot.errors import PollError, SettingsError
from bot.pipeline.posts import post_row
from bot.sources import Client, Source, load_sources, parse_file, poll

app = typer.Typer(no_args_is_help=True, help="Parse saved pages and try the sources.")


@app.command()
def parse(
    kind: Annotated[str, typer.Argument(help="telegram or feed")],
    file: Annotated[Path, typer.Argument(help="A saved page of t.me/s or a saved feed.")],
    as_json: Annotated[bool, typer.Option("--json", help="Posts as JSON Lines.")] = False,
    source: Annotated[str, typer.Option(help="The source id that the posts get.")] = "file",
    outlet: Annotated[str, typer.Option(help="The outlet that the posts get.")] = "file",
) -> None:
    """Print the posts of a saved page or feed; what could not be read is named on stderr."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    try:
        page = parse_file(kind, body, source=source, outlet=outlet)
    except PollError as error:
        complain(f"{file}: {error.state}: {error}")
        raise typer.Exit(1) from None
    for post in page.posts:
        if as_json:
            sys.stdout.buffer.write(msgspec.json.encode(post_row(post)) + b"\n")
        else:
            out.print(f"{post.published:%Y-%m-%d %H:%M}  {post.url}\n{post.title} {post.text}".rstrip(), markup=False)
            out.print()
    sys.stdout.flush()
    for fault in page.faults:
        complain(f"{file}: {fault}")


@app.command()
def check(
    rules: Annotated[Path, typer.Option("--rules", envvar="WIREWATCH_RULES", help="The rules folder.")] = Path("rules"),
) -> None:
    """Fetch each source once and show what came: state, posts, newest post, time taken."""
    sources = load_sources(rules / "sources.yaml")
    rows = asyncio.run(_try_all(sources))
    table = Table("source", "kind", "outlet", "state", "posts", "newest", "seconds", "detail")
    for row in rows:
        table.add_row(*row, style="red" if row[3] != "ok" else None)
    out.print(table)
    if any(row[3] != "ok" for row in rows):
        raise typer.Exit(1)


async def _try_all(sources: tuple[Source, ...]) -> list[tuple[str, ...]]:
    async with Client() as client:
        return await asyncio.gather(*(_try(source, client) for source in sources))


async def _try(source: Source, client: Client) -> tuple[str, ...]:
    start = time.monotonic()
    state, posts, newest, detail = "ok", "", "", ""
    try:
        polled = await poll(source, None, client, datetime.now(UTC))
    except PollError as error:
        state, detail = error.state, str(error)
    else:
        posts, detail = str(len(polled.posts)), "; ".join(polled.faults)
        if polled.posts:
            newest = f"{max(post.published for post in polled.posts):%Y-%m-%d %H:%M}Z"
    return (source.id, source.kind, source.outlet, state, posts, newest, f"{time.monotonic() - start:.1f}", detail)
