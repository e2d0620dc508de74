"""`wirewatch rules diff`: what a change of rules would have done to readers, alert by alert."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from bot.app import utc_now
from bot.cli.archive import moment, posts_of_file, posts_since
from bot.cli.output import complain, err, out
from bot.errors import SettingsError
from bot.model import Post
from bot.pipeline.diff import Changed, Difference, Regrouped, Ring, compare
from bot.pipeline.posts import BadLine, rfc3339
from bot.pipeline.reasons import told
from bot.pipeline.trial import Disturbed, disturbances, quiet_headline, quiet_posts
from bot.rules import Ruleset, load

LENGTH = 160  # characters of a post that are shown


def diff(
    old: Annotated[Path, typer.Argument(help="The rules folder that runs now.")],
    new: Annotated[Path, typer.Argument(help="The changed rules folder.")],
    posts: Annotated[str | None, typer.Option(help="Posts as JSON Lines; .gz is unpacked, - reads stdin.")] = None,
    since: Annotated[str | None, typer.Option(help="The live archive from then on: 12h, 7d, 2026-05-26.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Replay posts under OLD and NEW and show each alert that only one of them gives.

    Exit code 1 when NEW alerts on its own quiet baseline.
    """
    if (posts is None) == (since is None):
        raise SettingsError("rules diff reads one of --posts FILE and --since 7d")
    before, after = load(old), load(new)
    quiet = quiet_posts(new)
    bad: list[BadLine] = []
    if posts is not None:
        archive = posts_of_file(posts, bad)
    else:
        archive = asyncio.run(posts_since(moment(since or "", utc_now())))
    with progress(len(archive)) as each:
        found = compare(before, after, archive, each)
    loud = list(disturbances(after, quiet))
    for line in bad:
        complain(str(line))
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(as_row(found, loud, before.revision, after.revision)) + b"\n")
    else:
        for one in _told(found):
            out.print(one)
        _print_quiet(loud, len(quiet), after)
        out.print(summary(found), markup=False)
    sys.stdout.flush()
    if loud:
        raise typer.Exit(1)


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None] | None]:
    """Something to call after every post: a bar on stderr where that is a terminal, else nothing."""
    if not err.is_terminal or not total:
        yield None
        return
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("replay", total=total)
        yield lambda: bar.advance(task)


def summary(found: Difference) -> str:
    """`+14 alerts, -3 alerts, 2 events merged`, and over how many posts."""
    parts = [_count("+", len(found.added), "alert"), _count("-", len(found.removed), "alert")]
    if found.changed:
        parts.append(f"{_count('', len(found.changed), 'alert')} changed")
    if found.moved:
        parts.append(f"{_count('', len(found.moved), 'first alert')} moved")
    parts.append(f"{_count('', len(found.merged), 'event')} merged")
    if found.split:
        parts.append(f"{_count('', len(found.split), 'event')} split")
    over = f"{found.posts:,} posts"
    if found.first is not None and found.last is not None:
        over += f" from {found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M}"
    return (
        f"{', '.join(parts)} ({over}; {found.rings[0]} alerts before, {found.rings[1]} after; "
        f"silent updates {found.updates[0]} before, {found.updates[1]} after)"
    )


def as_row(found: Difference, loud: list[Disturbed], old: str, new: str) -> dict[str, Any]:
    """The difference as one JSON object."""
    return {
        "old": old,
        "new": new,
        "summary": summary(found),
        "posts": found.posts,
        "alerts": {"old": found.rings[0], "new": found.rings[1]},
        "updates": {"old": found.updates[0], "new": found.updates[1]},
        "added": [_ring(ring) for ring in found.added],
        "removed": [_ring(ring) for ring in found.removed],
        "changed": [_pair(pair) for pair in found.changed],
        "moved": [_pair(pair) for pair in found.moved],
        "merged": [_group(group) for group in found.merged],
        "split": [_group(group) for group in found.split],
        "quiet": [{"path": one.path, "line": one.line, "signals": one.signals, "text": one.post.text} for one in loud],
    }


def _ring(ring: Ring) -> dict[str, Any]:
    return {
        "storyline": ring.storyline,
        "signals": ring.signals,
        "severity": ring.severity.label,
        "reason": ring.reason.value,
        "at": rfc3339(ring.at),
        **_post(ring.post),
    }


def _post(post: Post) -> dict[str, str]:
    return {"post": post.id, "url": post.url, "title": post.title, "text": post.text}


def _pair(pair: Changed) -> dict[str, Any]:
    return {"old": _ring(pair.old), "new": _ring(pair.new)}


def _group(group: Regrouped) -> dict[str, Any]:
    return {"whole": _post(group.whole), "parts": [_post(post) for post in group.parts]}


def _told(found: Difference) -> Iterable[Text]:
    """Each difference for people: what, and then the post's own words and its link."""
    for sign, style, rings in (("+", "green", found.added), ("-", "red", found.removed)):
        for ring in rings:
            yield Text(f"{sign} {_head(ring)}", style=style) + _words(ring.post)
    for pair in found.changed:
        yield Text(f"~ {_head(pair.new)}, was {_what(pair.old)}", style="yellow") + _words(pair.new.post)
    for pair in found.moved:
        when = "later" if pair.new.at > pair.old.at else "earlier"
        yield (
            Text(f"> {_head(pair.new)}, {when} than {pair.old.at:%Y-%m-%d %H:%M} by:", style="yellow")
            + _words(pair.old.post)
            + _words(pair.new.post)
        )
    for word, groups in (("merged", found.merged), ("split", found.split)):
        for group in groups:
            told = Text(f"= {len(group.parts)} events merged into one:" if word == "merged" else "= one event split:")
            for post in group.parts:
                told += _words(post)
            yield told


def _head(ring: Ring) -> str:
    return f"{ring.at:%Y-%m-%d %H:%M}  {ring.storyline}  {_what(ring)}"


def _what(ring: Ring) -> str:
    return f"{ring.severity.label}  {ring.reason.value}  {', '.join(ring.signals) or 'no signal of its own'}"


def _words(post: Post) -> Text:
    text = " ".join(f"{post.title} {post.text}".split())
    short = text if len(text) <= LENGTH else f"{text[: LENGTH - 1].rstrip()}…"
    return Text(f"\n    {post.outlet}: {short}\n    {post.url or post.id}")


def _print_quiet(loud: list[Disturbed], posts: int, rules: Ruleset) -> None:
    for one in loud:
        why = [f"    {line}" for each in one.why for line in told(each, rules, one.post)]
        out.print(Text("\n".join((f"! {one.path}:{one.line}: {quiet_headline(one)}", *why)), style="red"))
    if loud:
        out.print(f"the new rules alert on {len(loud)} of the {posts} posts of their quiet baseline", markup=False)


def _count(sign: str, number: int, what: str) -> str:
    return f"{sign}{number:,} {what}{'' if number == 1 else 's'}"
