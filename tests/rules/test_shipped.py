"""The rules that are shipped load, and judge their own cases rightly."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from bot.rules import Ruleset, lint, load, run_cases

RULES = Path(__file__).resolve().parents[2] / "rules"


@pytest.fixture(scope="module")
def shipped() -> Ruleset:
    return load(RULES)


def test_no_faults_and_no_warnings(shipped: Ruleset) -> None:
    """What operators copy from must be clean: no fault, and no issue above a hint."""
    assert shipped.storylines
    assert [str(issue) for issue in lint(shipped) if issue.severity == "warning"] == []


def test_every_case_is_good(shipped: Ruleset) -> None:
    """Each file's own cases pass through the production match."""
    results = run_cases(shipped)
    assert results
    assert [str(result) for result in results if not result.good] == []


def test_a_replaced_rule_set_is_freed_at_once() -> None:
    """Reloading for months holds one rule set, not all that ever were: no circles keep the old one."""
    gc.disable()
    try:
        old = load(RULES)
        index = weakref.ref(old.index)
        del old
        assert index() is None
    finally:
        gc.enable()
