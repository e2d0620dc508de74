"""`wirewatch replay`: archived posts through match, gather and decide."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from bot.cli.archive import good, opened
from bot.cli.output import complain, out
from bot.pipeline import replay as pipeline
from bot.pipeline.posts import BadLine, read_posts
from bot.rules import load


def replay(
    posts: Annotated[str, typer.Argument(help="Posts as JSON Lines; .gz is unpacked, - is standard input.")],
    rules: Annotated[Path, typer.Option(envvar="WIREWATCH_RULES", help="The rules folder.")] = Path("rules"),
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines: match, alert and event rows.")] = False,
    together: Annotated[
        bool, typer.Option("--together", help="No rules: every post reports one storyline, only gathering works.")
    ] = False,
) -> None:
    """Run POSTS in time order through match, gather and decide, on the posts' own clock, without network."""
    bad: list[BadLine] = []
    with opened(posts) as lines:
        kept = good(read_posts(lines, posts), bad)
        if together:
            rows = pipeline.replay(kept, pipeline.Together(), {})
        else:
            ruleset = load(rules)
            gc.collect()
            gc.freeze()  # the rules stay to the end: the collector need not walk through them
            rows = pipeline.replay(kept, ruleset, ruleset.storylines)
        (_print_json if as_json else _print_table)(rows)
    for line in bad:
        complain(str(line))
    if bad:
        complain(f"{len(bad)} lines were passed over")
        raise typer.Exit(1)


def _print_json(rows: Iterator[dict[str, Any]]) -> None:
    encoder = msgspec.json.Encoder()
    for row in rows:
        sys.stdout.buffer.write(encoder.encode(row) + b"\n")
    sys.stdout.buffer.flush()


def _print_table(rows: Iterator[dict[str, Any]]) -> None:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        count = counts.setdefault(row["storyline"], Counter())
        count[row["kind"]] += 1
        count["rings"] += bool(row.get("rings"))
    table = Table("storyline", "matches", "events", "alerts and updates", "of these ring")
    for name, count in sorted(counts.items()):
        table.add_row(name, *(f"{count[kind]:,}" for kind in ("match", "event", "alert", "rings")))
    out.print(table)
