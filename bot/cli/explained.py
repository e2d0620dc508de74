"""`wirewatch rules explain`: why each signal matches a text, or what it lacks."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from bot.cli.output import out
from bot.errors import SettingsError
from bot.model import Hit, Post
from bot.pipeline.reasons import hits_of, nearest_first, reasons
from bot.rules import Explanation, Ruleset, Signal, explain, load

NEAR = 4  # signals shown beside those that match
AROUND = 60  # characters shown on either side of what hit
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # matching does not look at the clock; a Post must have a time


def explain_text(
    text: Annotated[str, typer.Argument(help="The text of a post; - reads standard input.")],
    title: Annotated[str, typer.Option(help="Its title, where it has one.")] = "",
    language: Annotated[str | None, typer.Option(help="Its language (en, uk, ru); unknown by default.")] = None,
    source: Annotated[str, typer.Option(help="Its source, for signals that take only some.")] = "you",
    storyline: Annotated[str | None, typer.Option(help="Only this storyline (name or alias).")] = None,
    rules: Annotated[Path, typer.Option("--rules", envvar="WIREWATCH_RULES", help="The rules folder.")] = Path("rules"),
    every: Annotated[bool, typer.Option("--all", help="Every signal, however far off.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show every signal that matches TEXT or nearly does: clauses that held and failed, and what was missing."""
    ruleset = load(rules)
    name = _storyline(ruleset, storyline)
    post = Post(
        id=f"{source}/0",
        source=source,
        outlet=source,
        url="",
        published=_LONG_AGO,
        title=title,
        text=sys.stdin.read() if text == "-" else text,
        language=language,
    )
    found = explain(ruleset, post, name)
    if as_json:
        rows = [row(one) for one in found if every or one.matched or one.near_miss]
        answer = {"revision": ruleset.revision, "title": post.title, "text": post.text, "signals": rows}
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        return
    shown = _chosen(found, every=every)
    for one in shown:
        for line in lines(one, ruleset, post):
            out.print(line)
        out.print()
    out.print(_summary(found, len(found) - len(shown)), markup=False)


def _storyline(ruleset: Ruleset, wanted: str | None) -> str | None:
    if wanted is None:
        return None
    found = ruleset.find(wanted)
    if found is None:
        near = ruleset.nearest(wanted)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(ruleset.storylines))}"
        raise SettingsError(f"there is no storyline {wanted!r}{hint}")
    return found.name


def _chosen(found: list[Explanation], *, every: bool) -> list[Explanation]:
    """All matches and the nearest of the rest, of those that something of the text hits."""
    ordered = nearest_first(found)
    if every:
        return ordered
    matched = [one for one in ordered if one.matched]
    near = [one for one in ordered if one.near_miss][:NEAR]
    return matched + (near or [one for one in ordered if not one.matched and hits_of(one)][: 0 if matched else NEAR])


def _summary(found: list[Explanation], hidden: int) -> str:
    matched = sum(one.matched for one in found)
    near = sum(one.near_miss for one in found)
    rest = f"; {hidden} not shown (--all)" if hidden else ""
    return f"{len(found)} signals: {matched} match, {near} near miss{'' if near == 1 else 'es'}{rest}"


def row(one: Explanation) -> dict[str, Any]:
    """An explanation as JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(one)
    return {**plain, "near_miss": one.near_miss}


def lines(one: Explanation, ruleset: Ruleset, post: Post) -> Iterable[Text]:
    """A signal for people: what became of it, the words that hit, and each clause that matters."""
    signal = ruleset.storylines[one.storyline].signals[one.signal]
    yield _head(one, signal)
    hits = hits_of(one)
    for field, text in (("title", post.title), ("text", post.text)):
        of_field = [hit for hit in hits if hit.field == field]
        if of_field:
            yield Text("    ") + underlined(text, of_field)
    for line in reasons(one, ruleset, post):
        mark = Text("    ✓ ", style="green") if line.held else Text("    ✗ ", style="red")
        told = mark + Text(line.clause)
        if line.why:
            told += Text(f"   {line.why}", style="yellow")
        if line.words:
            told += Text(f"   {', '.join(f'“{word}”' for word in line.words)}", style="dim" if line.held else "yellow")
        yield told


def _head(one: Explanation, signal: Signal) -> Text:
    name = Text(f"{one.storyline}/{one.signal}", style="bold")
    if one.matched:
        origins = f"; alerts once {signal.min_origins} origins say so" if signal.min_origins > 1 else ""
        return Text("● ", style="green") + name + Text(f" matches ({signal.severity.label}{origins})", style="green")
    if one.near_miss:
        return Text("◐ ", style="yellow") + name + Text(" near miss: one clause short", style="yellow")
    return Text("○ ") + name + Text(f" does not match: {one.missing} clauses short")


def underlined(text: str, hits: Iterable[Hit]) -> Text:
    """The text around `hits`, on one line, each underlined; in brackets where the output is no terminal."""
    spans = _merged((hit.start, hit.end) for hit in hits)
    shown = Text()
    at = max(0, spans[0][0] - AROUND)
    shown.append("…" if at else "")
    for number, (start, end) in enumerate(spans):
        if start - at > 2 * AROUND and number:
            shown.append(f"{_flat(text[at : at + AROUND])} … {_flat(text[start - AROUND : start])}")
        else:
            shown.append(_flat(text[at:start]))
        word = _flat(text[start:end])
        shown.append(word if out.is_terminal else f"[{word}]", style="bold underline")
        at = end
    shown.append(_flat(text[at : at + AROUND]))
    shown.append("…" if at + AROUND < len(text) else "")
    return shown


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _flat(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
