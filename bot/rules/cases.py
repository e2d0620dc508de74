"""The tests that live in the rule files, run through the production match."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import Match, Post
from bot.rules.explain import Explanation, explain
from bot.rules.ruleset import Ruleset
from bot.rules.storyline import Case, Storyline

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # matching does not look at the clock; a Post must have a time


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and what matched. `missing` and `extra` name signals; `why` explains each of those."""

    path: str
    storyline: str
    case: Case
    matches: tuple[Match, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    why: tuple[Explanation, ...] = ()

    @property
    def good(self) -> bool:
        return not self.missing and not self.extra

    def __str__(self) -> str:
        if self.good:
            return f"{self.path}:{self.case.line}: good"
        lines = [f"{self.path}:{self.case.line}: case of '{self.storyline}' fails: {_shown(self.case)}"]
        lines += [f"  expected {name}, which did not match" for name in self.missing]
        lines += [f"  found {name}, which was not expected" for name in self.extra]
        lines += [f"  {line}" for explanation in self.why for line in str(explanation).splitlines()]
        return "\n".join(lines)


def run_cases(ruleset: Ruleset) -> list[CaseResult]:
    """Every case of every storyline, in the order of the files."""
    return [_run(ruleset, storyline, case) for storyline in ruleset.storylines.values() for case in storyline.cases]


def case_post(case: Case, number: int = 0) -> Post:
    """The post that a case tells of."""
    return Post(
        id=f"{case.source}/{number or case.line}",
        source=case.source,
        outlet=case.source,
        url="",
        published=_LONG_AGO,
        title=case.title,
        text=case.post,
        language=case.language,
    )


def _run(ruleset: Ruleset, storyline: Storyline, case: Case) -> CaseResult:
    post = case_post(case)
    matches = tuple(match for match in ruleset.match(post) if match.storyline == storyline.name)
    found = {match.signal for match in matches}
    missing, extra = tuple(sorted(case.expect - found)), tuple(sorted(found - case.expect))
    why = (
        tuple(e for e in explain(ruleset, post, storyline.name) if e.signal in {*missing, *extra})
        if missing or extra
        else ()
    )
    return CaseResult(storyline.path, storyline.name, case, matches, missing, extra, why)


def _shown(case: Case) -> str:
    text = " / ".join(part for part in (case.title, case.post) if part).replace("\n", " ⏎ ")
    return repr(text[:300])
