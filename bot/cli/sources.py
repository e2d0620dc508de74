"""`wirewatch sources`: look at a source before, or while, the bot reads it."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
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
    tried = asyncio.run(_try_all(sources))
    table = Table("source", "kind", "state", "posts", "newest", "seconds")
    for one in tried:
        newest = f"{one.newest:%Y-%m-%d %H:%M}Z" if one.newest is not None else ""
        posts = str(one.posts) if one.state == "ok" else ""
        style = "red" if one.state != "ok" else None
        table.add_row(one.source.id, one.source.kind, one.state, posts, newest, f"{one.seconds:.1f}", style=style)
    out.print(table)
    for one in tried:
        if one.detail:
            out.print(f"{one.source.id}: {one.detail}", markup=False)
    bad = sum(one.state != "ok" for one in tried)
    out.print(f"{len(tried)} sources, {bad} in trouble", markup=False)
    if bad:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Tried:
    """One source, fetched once."""

    source: Source
    seconds: float
    state: str = "ok"
    posts: int = 0
    newest: datetime | None = None
    detail: str = ""


async def _try_all(sources: tuple[Source, ...]) -> list[_Tried]:
    async with Client() as client:
        return await asyncio.gather(*(_try(source, client) for source in sources))


async def _try(source: Source, client: Client) -> _Tried:
    start = time.monotonic()
    try:
        polled = await poll(source, None, client, datetime.now(UTC))
    except PollError as error:
        return _Tried(source, time.monotonic() - start, state=error.state, detail=str(error))
    return _Tried(
        source,
        time.monotonic() - start,
        posts=len(polled.posts),
        newest=max((post.published for post in polled.posts), default=None),
        detail="; ".join(polled.faults),
    )
