"""The storyline worked out in docs/rules.md is real: it loads, and its cases pass as the page says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bot.rules import load, run_cases

ROOT = Path(__file__).resolve().parents[2]
HEAD = "storyline: black-sea-ports\ntitle: Port closures in the Black Sea\n"


def chapter() -> list[str]:
    """The YAML blocks of the chapter, in order: cases, concepts, signals."""
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    text = page.split("\n## Writing a storyline well\n")[1].split("\n## ")[0]
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


def passed(folder: Path, *parts: str) -> tuple[int, int]:
    """How many cases pass, and how many there are."""
    (folder / "storylines").mkdir(parents=True)
    shutil.copy(ROOT / "rules" / "lexicon.yaml", folder)
    (folder / "storylines" / "black-sea-ports.yaml").write_text(HEAD + "".join(parts), encoding="utf-8")
    results = run_cases(load(folder))
    return sum(result.good for result in results), len(results)


def test_the_finished_storyline_passes_all_its_cases(tmp_path: Path) -> None:
    """An operator who copies the page gets what the page promises."""
    cases, concepts, signals = chapter()
    assert passed(tmp_path, concepts, signals, cases) == (10, 10)


def test_the_first_thoughts_pass_as_few_as_the_page_says(tmp_path: Path) -> None:
    """Four of ten for the keyword, seven for the concepts without structure."""
    cases, concepts, _ = chapter()
    keyword = "signals:\n  closed: {severity: high, when: \"'port' and 'close'\"}\n"
    keyword += "  reopened: {severity: high, when: \"'port' and 'reopen'\"}\n"
    assert passed(tmp_path / "keyword", keyword, cases) == (4, 10)
    loose = "signals:\n  closed: {severity: high, when: sea and harbour and shut}\n"
    loose += "  reopened: {severity: high, when: sea and harbour and opens}\n"
    assert passed(tmp_path / "loose", concepts, loose, cases) == (7, 10)
