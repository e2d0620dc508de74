"""Rules that load but look wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from bot.rules import Ruleset, lint

GOOD = """storyline: ports
title: Port closures
concepts:
  port: [harbour, "sea port"]
  closure: [close, shut]
signals:
  closed: {severity: low, when: port near/5 closure}
cases:
  - {post: The harbour closed, expect: [closed]}
  - {post: The harbour opened, expect: []}
"""


def codes(ruleset: Ruleset) -> list[tuple[str, int, int, str]]:
    return [(Path(issue.path).name, issue.line, issue.column, issue.code) for issue in lint(ruleset)]


def test_good_rules_have_no_issues(loaded: Callable[..., Ruleset]) -> None:
    """A clean file is silent: an operator reads every line that lint prints."""
    assert codes(loaded(ports=GOOD)) == []


def test_every_kind_of_issue_is_placed(loaded: Callable[..., Ruleset]) -> None:
    """Each issue names its file, line and column."""
    ruleset = loaded(
        lexicon="concepts:\n  us: [us]\n  port: [port]\n  sea: [sea]\n  nobody: [x-ray]\n",
        ports="""storyline: ports
title: Port closures
concepts:
  port: [harb*, harbour, "old harbour", po*, harb*]
  spare: ["@sea"]
  used: ["@extra"]
  extra: [quay]
signals:
  closed: {severity: low, when: port}
  quiet: {severity: low, when: not port}
  again: {severity: low, when: port}
  some: {severity: low, when: us or used, languages: [English], sources: [nobody]}
cases:
  - {post: harbour, expect: [closed, again]}
""",
    )
    assert codes(ruleset) == [
        ("lexicon.yaml", 2, 8, "pronoun"),
        ("lexicon.yaml", 4, 3, "unused-concept"),
        ("lexicon.yaml", 5, 3, "unused-concept"),
        ("ports.yaml", 4, 3, "hides-lexicon"),
        ("ports.yaml", 4, 17, "shadowed-term"),
        ("ports.yaml", 4, 26, "shadowed-term"),
        ("ports.yaml", 4, 41, "short-prefix"),
        ("ports.yaml", 4, 46, "repeated-term"),
        ("ports.yaml", 5, 3, "unused-concept"),
        ("ports.yaml", 10, 3, "no-case"),
        ("ports.yaml", 10, 32, "only-negative"),
        ("ports.yaml", 11, 32, "same-condition"),
        ("ports.yaml", 12, 3, "no-case"),
        ("ports.yaml", 12, 54, "odd-language"),
        ("ports.yaml", 13, 1, "no-near-miss"),
    ]


def test_sources_are_known_when_the_folder_lists_them(loaded: Callable[..., Ruleset], tmp_path: Path) -> None:
    """A signal that waits for a source that nobody polls is told."""
    (tmp_path / "sources.yaml").write_text("sources:\n  - {id: wire, kind: telegram}\n", "utf-8")
    text = GOOD.replace("when: port near/5 closure", "when: port near/5 closure, sources: [wire, wier]")
    assert codes(loaded(ports=text)) == [("ports.yaml", 7, 63, "unknown-source")]


def test_the_guide_names_every_issue() -> None:
    """docs/rules.md cannot lag: each code that lint can print stands there."""
    root = Path(__file__).resolve().parents[2]
    written = (root / "docs" / "rules.md").read_text("utf-8")
    source = (root / "bot" / "rules" / "lint.py").read_text("utf-8")
    found = set(re.findall(r'_issue\(\s*file,\s*(?:\(.*?\)|loc),\s*"([a-z-]+)"', source, re.DOTALL))
    assert len(found) >= 11
    assert [code for code in sorted(found) if f"`{code}`" not in written] == []
