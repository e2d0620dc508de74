"""An explanation cut down to what a person needs: what hit, and what would have had to be otherwise.

Conditions of real storylines are long. Of several ways to match only the nearest is told, what is refused is told only
where it did harm, and a concept that did not hit brings some of its terms. Pure; command line and chat print it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bot.model import Hit, Post
from bot.rules import Clause, Explanation, Ruleset

TERMS = 6  # of a missing concept, as examples
WORDS = 6  # of the post, for one clause


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One clause. `words` are the post's own; `why` says what was missing where it did not hold."""

    held: bool
    clause: str
    words: tuple[str, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        words = ", ".join(f"“{word}”" for word in self.words)
        return f"{'✓' if self.held else '✗'} {self.clause}" + "".join(
            f"   {part}" for part in (self.why, words) if part
        )


def reasons(one: Explanation, ruleset: Ruleset, post: Post) -> list[Line]:
    """The lines of a signal, each once."""
    teller = _Teller(ruleset, one.storyline, post)
    told = list(teller.of(one.when))
    if one.unless is not None and one.unless.held:
        told.append(
            Line(held=False, clause=f"unless {one.unless.text}", words=teller.words(one.unless.hits), why="holds")
        )
    if one.refused:
        told.append(Line(held=False, clause="filter", why=one.refused))
    return list(dict.fromkeys(told))


def told(one: Explanation, ruleset: Ruleset, post: Post) -> list[str]:
    """An explanation as lines of plain text: the signal, what became of it, its clauses."""
    outcome = "matches" if one.matched else "near miss" if one.near_miss else "does not match"
    return [f"{one.storyline}/{one.signal}: {outcome}", *(f"  {line}" for line in reasons(one, ruleset, post))]


def hits_of(one: Explanation) -> tuple[Hit, ...]:
    """Where the words stand that speak for the signal, or against it: in the order of the post."""
    clauses = [one.when] if one.unless is None or not one.unless.held else [one.when, one.unless]
    hits = {hit for clause in clauses for hit in _told_hits(clause)}
    return tuple(sorted(hits, key=lambda hit: (hit.field != "title", hit.start, hit.end, hit.concept)))


def nearest_first(found: Iterable[Explanation]) -> list[Explanation]:
    """Matches, then what lacks least; among equals the one of which most is there."""
    return sorted(found, key=lambda one: (not one.matched, one.missing, -_weight(one.when), one.storyline, one.signal))


def lacks(clause: Clause) -> int:
    """How many clauses would have had to be otherwise, at least."""
    if clause.held:
        return 0
    below = [lacks(part) for part in clause.parts]
    match clause.kind:
        case "all":
            return sum(below)
        case "any":
            return min(below)
        case "near" | "within":
            return sum(below) or 1  # all is there, but not together
        case _:
            return 1


class _Teller:
    """Tells the clauses of one storyline about one post."""

    def __init__(self, ruleset: Ruleset, storyline: str, post: Post):
        self._concepts = ruleset.concepts.get(storyline, {})
        self._post = post

    def of(self, clause: Clause) -> Iterator[Line]:
        """The lines of a clause and of those below it that matter."""
        match clause.kind:
            case "all":
                for part in clause.parts:
                    yield from self.of(part)
            case "any":
                yield from self._any(clause)
            case "not":
                if not clause.held:
                    yield self._line(clause, clause.parts[0].hits, f"but {clause.parts[0].text} is there:")
            case "within" if clause.held or any(not part.held for part in clause.parts):
                for part in clause.parts:
                    yield from self.of(part)
            case "near" if not clause.held and any(not part.held for part in clause.parts):
                for part in clause.parts:
                    yield from self.of(part)
            case "of" if not clause.held:
                yield self._line(clause, (), clause.why)
                for part in clause.parts:
                    yield from self.of(part)
            case _:
                yield self._line(clause, clause.hits, "" if clause.held else self._why(clause))

    def words(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """What the post says there, each once."""
        said = (
            " ".join((self._post.title if hit.field == "title" else self._post.text)[hit.start : hit.end].split())
            for hit in hits
        )
        return tuple(dict.fromkeys(said))[:WORDS]

    def _any(self, clause: Clause) -> Iterator[Line]:
        """What held of several ways; where none did, the nearest, and only terms side by side are told as one."""
        if clause.held:
            yield from self.of(next(part for part in clause.parts if part.held))
        elif all(part.kind == "term" for part in clause.parts):
            yield self._line(clause, (), f"none of these is in the post{self._examples(clause.parts)}")
        else:
            yield from self.of(min(clause.parts, key=lambda part: (lacks(part), -_weight(part))))

    def _line(self, clause: Clause, hits: Sequence[Hit], why: str) -> Line:
        return Line(held=clause.held, clause=clause.text, words=self.words(hits), why=why)

    def _why(self, clause: Clause) -> str:
        return clause.why + (self._examples((clause,)) if clause.kind == "term" else "")

    def _examples(self, clauses: Sequence[Clause]) -> str:
        """Some terms of concepts that did not hit, so that nobody has to look them up."""
        terms = [term.text for clause in clauses for term in self._concepts.get(clause.text, ())]
        if not terms:
            return ""
        more = f" and {len(terms) - TERMS} more" if len(terms) > TERMS else ""
        return f" ({', '.join(terms[:TERMS])}{more})"


def _told_hits(clause: Clause) -> Iterator[Hit]:
    """The hits of the clauses that are told: the held way, or the nearest."""
    if clause.kind == "any" and clause.parts:
        held = [part for part in clause.parts if part.held]
        yield from _told_hits(held[0] if held else min(clause.parts, key=lambda part: (lacks(part), -_weight(part))))
    elif clause.parts and not clause.held:
        for part in clause.parts:
            yield from _told_hits(part)
    else:
        yield from clause.hits


def _weight(clause: Clause) -> int:
    """How many different concepts speak for a clause in the way that comes nearest."""
    return len({hit.concept for hit in _told_hits(clause)})
