"""Storylines as YAML: loaded with every fault told, matched by an index, tested by their own cases."""

from __future__ import annotations

from bot.rules.cases import CaseResult, run_cases
from bot.rules.explain import Clause, Explanation, explain
from bot.rules.issues import Issue
from bot.rules.lint import lint
from bot.rules.load import load
from bot.rules.ruleset import Ruleset
from bot.rules.schema import schema
from bot.rules.storyline import Case, Signal, Step, Storyline

__all__ = [
    "Case",
    "CaseResult",
    "Clause",
    "Explanation",
    "Issue",
    "Ruleset",
    "Signal",
    "Step",
    "Storyline",
    "explain",
    "lint",
    "load",
    "run_cases",
    "schema",
]
