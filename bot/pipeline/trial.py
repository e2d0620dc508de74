"""What a rules folder promises of itself, tried: its cases, its timelines, and its quiet baseline.

The quiet baseline is `quiet/*.jsonl` of the folder: posts, as JSON Lines, on which nothing may alert. All of it runs
through the production path; a folder that breaks a promise of its own is not put to work unless it is forced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from bot.errors import Fault, RuleFaults, RulesUnproven
from bot.events import Window
from bot.model import Post
from bot.pipeline.judge import Judge
from bot.pipeline.policies import policies_of
from bot.pipeline.posts import post_from
from bot.pipeline.rehearse import Rehearsed, rehearse
from bot.rules import CaseResult, Explanation, Ruleset, explain, run_cases

_SHOWN = 200  # characters of a post that a failure repeats


class QuietPost(msgspec.Struct, frozen=True):
    """A post of the quiet baseline and where it stands."""

    path: str
    line: int
    post: Post


class Disturbed(msgspec.Struct, frozen=True, kw_only=True):
    """A post of the quiet baseline that alerted. `why` explains each signal that matched it."""

    path: str
    line: int
    post: Post
    storylines: tuple[str, ...]
    why: tuple[Explanation, ...] = ()

    @property
    def signals(self) -> tuple[str, ...]:
        """What matched, as `storyline/signal`."""
        return tuple(f"{one.storyline}/{one.signal}" for one in self.why)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How a rule set stood the tests that it ships with."""

    cases: tuple[CaseResult, ...] = ()
    steps: tuple[Rehearsed, ...] = ()
    quiet: int = 0  # posts of the baseline
    disturbed: tuple[Disturbed, ...] = ()

    @property
    def good(self) -> bool:
        return not self.disturbed and all(case.good for case in self.cases) and all(step.good for step in self.steps)

    def faults(self) -> tuple[Fault, ...]:
        """Each failure in one line with its place, cases first."""
        return (
            *(Fault(case.path, case.case.line, 1, case_headline(case)) for case in self.cases if not case.good),
            *(Fault(step.path, step.line, 1, step_headline(step)) for step in self.steps if not step.good),
            *(Fault(one.path, one.line, 1, quiet_headline(one)) for one in self.disturbed),
        )


def trial(ruleset: Ruleset) -> Trial:
    """Run everything. RuleFaults where the quiet baseline itself cannot be read."""
    quiet = quiet_posts(ruleset.folder)
    return Trial(
        cases=tuple(run_cases(ruleset)),
        steps=tuple(rehearse(ruleset)),
        quiet=len(quiet),
        disturbed=tuple(disturbances(ruleset, quiet)),
    )


def prove(ruleset: Ruleset) -> None:
    """Return when the rule set keeps its own promises; RulesUnproven with every failure otherwise."""
    found = trial(ruleset)
    if not found.good:
        raise RulesUnproven(found.faults())


def quiet_posts(folder: Path) -> list[QuietPost]:
    """The baseline of a rules folder, in order of publication. RuleFaults names every line that is no post."""
    posts: list[QuietPost] = []
    faults: list[Fault] = []
    for path in sorted((folder / "quiet").glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if not line.strip():
                continue
            try:
                posts.append(QuietPost(str(path), number, post_from(msgspec.json.decode(line))))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                faults.append(Fault(str(path), number, 1, f"not JSON: {error}"))
            except (KeyError, TypeError, ValueError) as error:
                faults.append(Fault(str(path), number, 1, f"not a post: {error}"))
    if faults:
        raise RuleFaults(tuple(faults))
    return sorted(posts, key=lambda one: (one.post.published, one.post.id))


def disturbances(ruleset: Ruleset, quiet: Sequence[QuietPost]) -> Iterator[Disturbed]:
    """The posts of the baseline that alert, each judged at its own time of publication."""
    judge = Judge(ruleset, policies_of(ruleset.storylines), Window())
    for one in quiet:
        judged = judge.judge((one.post,), one.post.published)
        if judged.alerts:
            found = {(match.storyline, match.signal) for match in judged.matches}
            why = tuple(e for e in explain(ruleset, one.post) if (e.storyline, e.signal) in found)
            storylines = tuple(sorted({alert.storyline for alert in judged.alerts}))
            yield Disturbed(path=one.path, line=one.line, post=one.post, storylines=storylines, why=why)


def case_headline(case: CaseResult) -> str:
    """A case that fails, in one line."""
    wrong = [f"expected {name}, which did not match" for name in case.missing]
    wrong += [f"found {name}, which was not expected" for name in case.extra]
    return f"case of '{case.storyline}' fails: {'; '.join(wrong)}: {_quoted(case.case.title, case.case.post)}"


def step_headline(step: Rehearsed) -> str:
    """A step of a timeline that goes otherwise, in one line."""
    return f"timeline step fails: {'; '.join(step.wrong)}: {_quoted(step.post)}"


def quiet_headline(one: Disturbed) -> str:
    """A post of the quiet baseline that alerts, in one line."""
    return f"the quiet baseline alerts: found {', '.join(one.signals) or ', '.join(one.storylines)}: {shown(one.post)}"


def shown(post: Post) -> str:
    """What a post says, quoted, on one line."""
    return _quoted(post.title, post.text)


def _quoted(*parts: str) -> str:
    text = " / ".join(" ".join(part.split()) for part in parts if part.strip())
    return f"“{text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + '…'}”"
