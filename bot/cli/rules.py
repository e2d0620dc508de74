"""`wirewatch rules`: what operators run before readers feel a change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bot.cli.output import out
from bot.errors import RuleFaults
from bot.pipeline.rehearse import rehearse
from bot.rules import Ruleset, lint, load, run_cases, schema
from bot.sources import load_sources

app = typer.Typer(no_args_is_help=True, help="Check, test and describe the rules folder.")

Folder = Annotated[Path, typer.Option("--rules", envvar="WIREWATCH_RULES", help="The rules folder.")]


@app.command()
def check(
    rules: Folder = Path("rules"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: faults and issues.")] = False,
) -> None:
    """Load the folder and say every fault (cannot load) and issue (loads, but looks wrong) with its place."""
    faults, ruleset = _loaded(rules)
    issues = lint(ruleset) if ruleset is not None else []
    if as_json:
        report = {"faults": faults, "issues": issues}
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    else:
        for fault in faults:
            out.print(f"fault  {fault}", markup=False)
        for issue in issues:
            out.print(f"issue  {issue}", markup=False)
        out.print(_summary(ruleset, len(faults), len(issues)), markup=False)
    if faults:
        raise typer.Exit(1)


@app.command("test")
def run_tests(rules: Folder = Path("rules")) -> None:
    """Run every `cases` and `timeline` entry of the storylines through the production path."""
    ruleset = load(rules)
    cases = run_cases(ruleset)
    steps = rehearse(ruleset)
    wrong = [str(case) for case in cases if not case.good] + [str(step) for step in steps if not step.good]
    for line in wrong:
        out.print(line, markup=False)
    out.print(f"{len(cases)} cases, {len(steps)} timeline steps, {len(wrong)} failed", markup=False)
    if wrong:
        raise typer.Exit(1)


@app.command("schema")
def print_schema() -> None:
    """The JSON Schema of a storyline file, for editors."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n")


def _loaded(folder: Path) -> tuple[list[str], Ruleset | None]:
    """Every fault of the folder, its sources included, and the rule set where there is one."""
    faults: list[str] = []
    ruleset = None
    try:
        ruleset = load(folder)
    except RuleFaults as error:
        faults += map(str, error.faults)
    try:
        load_sources(folder / "sources.yaml")
    except RuleFaults as error:
        faults += map(str, error.faults)
    return faults, ruleset


def _summary(ruleset: Ruleset | None, faults: int, issues: int) -> str:
    if ruleset is None:
        return f"{faults} faults: the rules do not load"
    signals = sum(len(storyline.signals) for storyline in ruleset.storylines.values())
    return (
        f"{len(ruleset.storylines)} storylines, {signals} signals, revision {ruleset.revision}: "
        f"{faults} faults, {issues} issues"
    )
