"""Why a signal matched a post, or why not: every clause with its answer, spans and what was missing. Only data."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Hit, Post
from bot.rules import condition as c
from bot.rules.doc import Doc
from bot.rules.evaluate import Absent, Both, Close, Compiled, Confined, Either, Some, Window
from bot.rules.index import Rule
from bot.rules.ruleset import Ruleset, hits

_KINDS: dict[type, str] = {
    c.All: "all",
    c.Any: "any",
    c.Not: "not",
    c.Near: "near",
    c.Within: "within",
    c.AtLeast: "of",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a condition as the operator wrote it: whether it held, the hits, and `why` it did not.

    `kind` is one of term, all, any, not, near, within, of.
    """

    kind: str
    text: str
    held: bool
    hits: tuple[Hit, ...]
    why: str = ""
    parts: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A signal and a post. `missing` counts the clauses that would have had to hold: 0 is a match, 1 a near miss."""

    storyline: str
    signal: str
    matched: bool
    when: Clause
    unless: Clause | None = None
    refused: str = ""  # a language or source that the signal does not take
    missing: int = 0

    @property
    def near_miss(self) -> bool:
        """One clause short of a match, with at least one that held."""
        return not self.matched and self.missing == 1

    def __str__(self) -> str:
        head = f"{self.storyline}/{self.signal}: {'matches' if self.matched else 'does not match'}"
        if self.refused:
            head += f" ({self.refused})"
        lines = [head, *_lines(self.when, 1)]
        if self.unless is not None and self.unless.held:
            lines += ["  unless:", *_lines(self.unless, 2)]
        return "\n".join(lines)


def explain(ruleset: Ruleset, post: Post, storyline: str | None = None) -> list[Explanation]:
    """Each signal (of one storyline, or of all), matches first, then near misses, then by what is missing."""
    doc = ruleset.index.doc(post.title, post.text)
    matched = set(ruleset.index.matching(doc, post.language, post.source))
    found = [
        _explain(ruleset, rule, doc, post, number in matched)
        for number, rule in enumerate(ruleset.index.rules)
        if storyline is None or rule.storyline == storyline
    ]
    return sorted(found, key=lambda e: (not e.matched, e.missing, e.storyline, e.signal))


def _explain(ruleset: Ruleset, rule: Rule, doc: Doc, post: Post, matched: bool) -> Explanation:
    signal = ruleset.storylines[rule.storyline].signals[rule.signal]
    when = clause(signal.when, rule.when, doc)
    unless = None if signal.unless is None or rule.unless is None else clause(signal.unless, rule.unless, doc)
    refused = ""
    if rule.languages and post.language is not None and post.language not in rule.languages:
        refused = f"the post is in '{post.language}', the signal takes {', '.join(sorted(rule.languages))}"
    elif rule.sources and post.source not in rule.sources:
        refused = f"the post is of '{post.source}', the signal takes {', '.join(sorted(rule.sources))}"
    short = _missing(when) + (1 if refused else 0) + (1 if unless is not None and unless.held else 0)
    if not matched and _empty(when):
        short = max(short, 2)  # nothing of it is in the post: that is no near miss
    return Explanation(rule.storyline, rule.signal, matched, when, unless, refused, 0 if matched else short)


def clause(node: c.Node, compiled: Compiled, doc: Doc, window: Window = None) -> Clause:
    """One node and those below it, asked about a post."""
    held = compiled.holds(doc, window)
    found = hits(doc, compiled.witness(doc, window)) if held else ()
    parts = tuple(
        clause(below, inner, doc, window) for below, inner in zip(c.children(node), _inner(compiled), strict=True)
    )
    if not held and not found:
        found = tuple(hit for part in parts for hit in part.hits)
    return Clause(
        _KINDS.get(type(node), "term"),
        c.show(node),
        held,
        found,
        "" if held else _why(node, compiled, doc, window),
        parts,
    )


def _inner(compiled: Compiled) -> tuple[Compiled, ...]:
    match compiled:
        case Both(parts) | Either(parts) | Some(_, parts):
            return parts
        case Absent(part) | Confined(_, part):
            return (part,)
        case Close(left, right):
            return (left, right)
        case _:
            return ()


def _why(node: c.Node, compiled: Compiled, doc: Doc, window: Window) -> str:
    match node, compiled:
        case c.Concept(name), _:
            return f"no term of '{name}' is in the post"
        case c.Quoted(term), _:
            return f"'{term}' is not in the post"
        case c.Not(part), _:
            return f"'{c.show(part)}' holds"
        case c.Near() as near, Close() as close:
            return _why_not_close(near, close, doc, window)
        case c.Within(where, part), Confined(_, inner):
            if inner.holds(doc, window):
                return f"it holds in the post, but not within one {where}"
            return f"'{c.show(part)}' does not hold"
        case c.AtLeast(number, parts), Some(_, inners):
            return f"{sum(inner.holds(doc, window) for inner in inners)} of {len(parts)} hold, {number} must"
        case _:
            return ""


def _why_not_close(node: c.Near, close: Close, doc: Doc, window: Window) -> str:
    lefts, rights = close.left.places(doc, window), close.right.places(doc, window)
    absent = [c.show(side) for side, places in ((node.left, lefts), (node.right, rights)) if not places]
    if absent:
        return " and ".join(f"'{text}'" for text in absent) + " not in the post"
    nearest = min(max(b[0] - a[1], a[0] - b[1], 0) for a in lefts for b in rights)
    if nearest > 5_000:
        return "one is in the title, the other in the text"
    if node.ordered and nearest <= node.within:
        return f"'{c.show(node.right)}' does not follow '{c.show(node.left)}' within {node.within} words"
    return f"nearest {nearest} words apart, {node.within} allowed"


def _missing(found: Clause) -> int:
    """How many clauses would have had to be otherwise, at least."""
    if found.held:
        return 0
    below = [_missing(part) for part in found.parts]
    match found.kind:
        case "all":
            return sum(below)
        case "any":
            return min(below)
        case "near" | "within":
            return sum(below) or 1  # all is there, but not close enough
        case _:
            return 1


def _empty(found: Clause) -> bool:
    return not found.hits and not any(part.hits for part in found.parts)


def _lines(found: Clause, depth: int) -> list[str]:
    mark = "+" if found.held else "-"
    where = (
        ", ".join(f"{hit.concept}@{hit.field}:{hit.start}-{hit.end}" for hit in found.hits[:6])
        if found.held
        else found.why
    )
    line = f"{'  ' * depth}{mark} {found.text}" + (f"   [{where}]" if where else "")
    return [line, *(below for part in found.parts for below in _lines(part, depth + 1))]
