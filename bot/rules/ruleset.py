"""All loaded rules as one value: matching, names, revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rapidfuzz import fuzz, process

from bot.model import Hit, Match, Post
from bot.rules.doc import Doc
from bot.rules.evaluate import Witness
from bot.rules.index import Draft, Index
from bot.rules.lexicon import Concepts
from bot.rules.storyline import Storyline
from bot.rules.terms import parse_term
from bot.text import canonical

_MOST_HITS = 64  # kept of one match; a post that repeats a word a hundred times says no more than that


class Ruleset:
    """Loaded rules; immutable, except for what it remembers of words to be fast."""

    def __init__(
        self,
        *,
        revision: str,
        folder: Path,
        storylines: Mapping[str, Storyline],
        concepts: Mapping[str, Concepts],
        shared: Concepts,
        drafts: tuple[Draft, ...],
        sample: Iterable[str] = (),
    ):
        self.revision = revision
        self.folder = folder
        self.storylines = storylines
        self.concepts = concepts  # by storyline: all that its conditions may name
        self.shared = shared
        cases = (f"{case.title}\n{case.post}" for s in storylines.values() for case in s.cases)
        self.index = Index(drafts, parse_term, [*sample, *cases])
        self._names = {_key(name): name for name in storylines}
        for storyline in storylines.values():
            for alias in storyline.aliases:
                self._names.setdefault(_key(alias), storyline.name)

    def match(self, post: Post) -> list[Match]:
        """Every signal that the post satisfies, sorted by storyline and signal, with the hits that bear witness."""
        doc = self.index.doc(post.title, post.text)
        numbers = self.index.matching(doc, post.language, post.source)
        if not numbers:
            return []
        return sorted((self._match(post, doc, number) for number in numbers), key=lambda m: (m.storyline, m.signal))

    def find(self, name: str) -> Storyline | None:
        """The storyline of that name or alias, however it is written (`Peace talks` finds `peace-talks`)."""
        found = self._names.get(_key(name))
        return self.storylines[found] if found else None

    def nearest(self, text: str, limit: int = 3) -> list[str]:
        """Names of the storylines whose name, alias or title is most like the text, best first."""
        best: dict[str, float] = {}
        choices = [(key, name) for key, name in self._names.items()]
        choices += [(_key(storyline.title), storyline.name) for storyline in self.storylines.values()]
        for _, score, index in process.extract(_key(text), [key for key, _ in choices], scorer=fuzz.WRatio, limit=None):
            name = choices[index][1]
            best[name] = max(best.get(name, 0.0), score)
        ranked = sorted(best, key=lambda name: (-best[name], name))
        return [name for name in ranked if best[name] >= 55.0][:limit]

    def _match(self, post: Post, doc: Doc, number: int) -> Match:
        rule = self.index.rules[number]
        signal = self.storylines[rule.storyline].signals[rule.signal]
        return Match(
            post=post.id,
            storyline=rule.storyline,
            signal=rule.signal,
            severity=signal.severity,
            phase=signal.phase,
            hits=hits(doc, rule.when.witness(doc)),
        )


def hits(doc: Doc, witness: Witness) -> tuple[Hit, ...]:
    """Witness positions as spans of the original title and text; hits of one concept that overlap become one."""
    spans: list[Hit] = []
    for concept, first, last in sorted(witness):
        field, tokens, base = ("text", doc.text, doc.text_from)
        if doc.title is not None and first < doc.text_from:
            field, tokens, base = ("title", doc.title, 0)
        start, end = tokens.starts[first - base], tokens.ends[last - base]
        before = spans[-1] if spans else None
        if before and before.concept == concept and before.field == field and start < before.end:
            spans[-1] = Hit(concept, field, before.start, max(end, before.end))
        else:
            spans.append(Hit(concept, field, start, end))
    order = {"title": 0, "text": 1}
    return tuple(sorted(spans, key=lambda h: (order[h.field], h.start, h.end, h.concept))[:_MOST_HITS])


def _key(name: str) -> str:
    return "-".join(canonical(name).replace("_", " ").replace("-", " ").split())
