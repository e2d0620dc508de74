"""A storyline's timeline, told to the judge step by step: what it alerts, merges and passes over in silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from bot.alerts.decide import Policy
from bot.events import Window
from bot.model import Alert, Event, Post
from bot.pipeline.judge import Judge
from bot.pipeline.policies import policies_of
from bot.rules import Ruleset, Step, Storyline

_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # any day: only the time between steps matters
NONE = "none"


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it went. `wrong` says what was expected and what came; empty where all is as expected."""

    path: str
    line: int
    post: str
    wrong: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.wrong

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'; '.join(self.wrong) or 'as expected'}\n    {self.post}"


def rehearse(rules: Ruleset) -> list[Rehearsed]:
    """Every timeline of `rules`, each on a day and in a gathering window of its own."""
    policies = policies_of(rules.storylines)
    return [step for storyline in rules.storylines.values() for step in _timeline(storyline, rules, policies)]


def _timeline(storyline: Storyline, rules: Ruleset, policies: Mapping[str, Policy]) -> list[Rehearsed]:
    judge = Judge(rules, policies, Window())
    posts: list[Post] = []
    done = []
    for step in storyline.timeline:
        post = _post(step, len(posts) + 1, posts)
        posts.append(post)
        judged = judge.judge((post,), _DAY + timedelta(seconds=step.at))
        alert = next((alert for alert in judged.alerts if alert.storyline == storyline.name), None)
        wrong = tuple(_wrong(step, alert, judge.window.event_of(post.id)))
        done.append(Rehearsed(path=storyline.path, line=step.line, post=step.post, wrong=wrong))
    return done


def _post(step: Step, number: int, earlier: list[Post]) -> Post:
    at = _DAY + timedelta(seconds=step.at)
    if step.edits is not None:
        return msgspec.structs.replace(earlier[step.edits - 1], title=step.title, text=step.post, edited=True)
    return Post(
        id=f"{step.source}/{number}",
        source=step.source,
        outlet=step.outlet or step.source,
        url=f"https://example.org/{step.source}/{number}",
        published=at,
        title=step.title,
        text=step.post,
        language=step.language,
        forwarded_from=step.forwarded_from,
    )


def _wrong(step: Step, alert: Alert | None, event: Event | None) -> list[str]:
    wrong = []
    came = alert.reason.value if alert is not None else NONE
    if came != step.alert:
        wrong.append(f"found alert {came}, expected {step.alert}")
    origins = event.origins if event is not None else 0
    if step.origins is not None and origins != step.origins:
        wrong.append(f"found {origins} origins, expected {step.origins}")
    rings = alert is not None and alert.rings
    if step.rings is not None and rings != step.rings:
        wrong.append(f"found {'a ring' if rings else 'no ring'}, expected {'a ring' if step.rings else 'none'}")
    return wrong
