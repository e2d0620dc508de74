"""`wirewatch rules`: what operators run before readers feel a change."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bot.alerts.pieces import counted
from bot.cli import explained, rules_diff
from bot.cli.findings import Checked, Finding, Format, of_fault, of_issue, show
from bot.errors import Fault, RuleFaults
from bot.model import Post
from bot.pipeline.reasons import told
from bot.pipeline.trial import Trial, case_headline, quiet_headline, quiet_posts, step_headline, trial
from bot.rules import Explanation, Ruleset, lint, load, schema
from bot.rules.cases import case_post
from bot.sources import load_sources

app = typer.Typer(no_args_is_help=True, help="Check, test, explain and compare rules folders.")
app.command("explain")(explained.explain_text)
app.command("diff")(rules_diff.diff)

Folder = Annotated[Path, typer.Option("--rules", envvar="WIREWATCH_RULES", help="The rules folder.")]
Form = Annotated[Format, typer.Option("--format", help="For people, programs, CI servers or pull requests.")]


@app.command()
def check(rules: Folder = Path("rules"), form: Form = Format.TEXT) -> None:
    """Load the folder and say every fault (cannot load) and issue (loads, but looks wrong) with its place."""
    faults, ruleset = _loaded(rules)
    issues = lint(ruleset) if ruleset is not None else []
    found = [*map(of_fault, faults), *map(of_issue, issues)]
    totals = {
        "revision": ruleset.revision if ruleset is not None else None,
        "storylines": len(ruleset.storylines) if ruleset is not None else 0,
        "faults": len(faults),
        "issues": len(issues),
    }
    show(_by_file(rules, found), form, "wirewatch rules check", totals, _summary(ruleset, len(faults), len(issues)))
    if faults:
        raise typer.Exit(1)


@app.command("test")
def run_tests(rules: Folder = Path("rules"), form: Form = Format.TEXT) -> None:
    """Run every case and timeline of the storylines, and the quiet baseline, through the production path."""
    faults, ruleset = _loaded(rules, with_sources=False)
    if ruleset is None:
        found = [of_fault(fault) for fault in faults]
        totals: dict[str, object] = {"revision": None, "faults": len(faults)}
        show(_by_file(rules, found), form, "wirewatch rules test", totals, _summary(None, len(faults), 0))
        raise typer.Exit(1)
    tried = trial(ruleset)
    checked = _tried(tried, ruleset)
    failed = sum(bool(one.findings) for one in checked)
    totals = {
        "revision": ruleset.revision,
        "cases": len(tried.cases),
        "steps": len(tried.steps),
        "quiet": tried.quiet,
        "failed": failed,
    }
    summary = (
        f"{counted(len(tried.cases), 'case')}, {counted(len(tried.steps), 'timeline step')}, "
        f"{counted(tried.quiet, 'quiet post')}: "
        f"{failed} failed, revision {ruleset.revision}"
    )
    show(checked, form, "wirewatch rules test", totals, summary)
    if failed:
        raise typer.Exit(1)


@app.command("schema")
def print_schema() -> None:
    """The JSON Schema of a storyline file, for editors."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n")


def _loaded(folder: Path, *, with_sources: bool = True) -> tuple[list[Fault], Ruleset | None]:
    """Every fault of the folder, and the rule set where there is one. Sources and quiet baseline belong to it."""
    faults: list[Fault] = []
    ruleset = None
    try:
        ruleset = load(folder)
    except RuleFaults as error:
        faults += error.faults
    try:
        quiet_posts(folder)
    except RuleFaults as error:
        faults += error.faults
        ruleset = ruleset if with_sources else None
    if with_sources:
        try:
            load_sources(folder / "sources.yaml")
        except RuleFaults as error:
            faults += error.faults
    return faults, ruleset


def _by_file(folder: Path, found: list[Finding]) -> list[Checked]:
    """One entry a file of the folder, the good ones too, in the order of their names."""
    paths = [*folder.glob("*.y*ml"), *(folder / "storylines").glob("*.y*ml"), *(folder / "quiet").glob("*.jsonl")]
    names = sorted({*map(str, paths), *(finding.path for finding in found)})
    return [
        Checked(group=str(folder), name=name, findings=tuple(one for one in found if one.path == name))
        for name in names
    ]


def _tried(tried: Trial, ruleset: Ruleset) -> list[Checked]:
    """One entry a case and step, and one a quiet post that alerts (or one for the silence of all of them)."""
    checked = [
        _entry(
            f"{case.path} cases",
            Fault(case.path, case.case.line, 1, case_headline(case)),
            case.good,
            case.case.post,
            _why(case.why, ruleset, case_post(case.case)),
        )
        for case in tried.cases
    ]
    checked += [
        _entry(f"{step.path} timeline", Fault(step.path, step.line, 1, step_headline(step)), step.good, step.post)
        for step in tried.steps
    ]
    checked += [
        _entry(
            "quiet baseline",
            Fault(one.path, one.line, 1, quiet_headline(one)),
            False,
            one.post.text,
            _why(one.why, ruleset, one.post),
        )
        for one in tried.disturbed
    ]
    if tried.quiet and not tried.disturbed:
        checked.append(Checked(group="quiet baseline", name=f"{tried.quiet} posts alert nothing"))
    return checked


def _entry(group: str, fault: Fault, good: bool, post: str, why: str = "") -> Checked:
    """A test by its line and the beginning of its post; `fault` is what is told where it did not pass."""
    name = f"line {fault.line}: {' '.join(post.split())[:60]}"
    return Checked(group=group, name=name, findings=() if good else (of_fault(fault, "failure", why),))


def _why(explanations: Iterable[Explanation], ruleset: Ruleset, post: Post) -> str:
    return "\n".join(f"    {line}" for one in explanations for line in told(one, ruleset, post))


def _summary(ruleset: Ruleset | None, faults: int, issues: int) -> str:
    if ruleset is None:
        return f"{counted(faults, 'fault')}: the rules do not load"
    signals = sum(len(storyline.signals) for storyline in ruleset.storylines.values())
    return (
        f"{counted(len(ruleset.storylines), 'storyline')}, {counted(signals, 'signal')}, "
        f"revision {ruleset.revision}: {counted(faults, 'fault')}, {counted(issues, 'issue')}"
    )
