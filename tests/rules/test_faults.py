"""What operators read when a file is broken: recorded messages beside the broken files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.errors import RuleFaults
from bot.rules import load

BROKEN = Path(__file__).resolve().parents[2] / "fixtures" / "rules" / "broken"
NAMES = sorted(path.stem for path in BROKEN.glob("*.yaml") if path.stem != "lexicon")


def told(folder: Path) -> str:
    with pytest.raises(RuleFaults) as caught:
        load(folder)
    return "".join(f"{fault}\n" for fault in caught.value.faults).replace(f"{folder.as_posix()}/", "")


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_is_told_at_once(name: str, tmp_path: Path) -> None:
    """Line, column, what was found, what is expected, the nearest name: exactly the recorded lines."""
    (tmp_path / "storylines").mkdir()
    shutil.copy(BROKEN / "lexicon.yaml", tmp_path / "lexicon.yaml")
    shutil.copy(BROKEN / f"{name}.yaml", tmp_path / "storylines" / f"{name}.yaml")
    assert told(tmp_path) == (BROKEN / f"{name}.txt").read_text("utf-8")


def test_collisions(tmp_path: Path) -> None:
    """Two storylines of one name, and an alias that means another storyline, are faults of the later file."""
    (tmp_path / "storylines").mkdir()
    body = "title: T\nsignals:\n  it: {severity: low, when: '\"port\"'}\n"
    for name, head in {
        "a": "storyline: ports\naliases: [sea, Black Sea]\n",
        "b": "storyline: ports\n",
        "c": "storyline: fleet\naliases: [black-sea, ports, fleet]\n",
    }.items():
        (tmp_path / "storylines" / f"{name}.yaml").write_text(head + body, "utf-8")
    assert told(tmp_path).replace(f"{tmp_path}/", "") == (
        "storylines/b.yaml:1:12: found storyline 'ports' a second time: it means storyline 'ports' of storylines/a.yaml\n"
        "storylines/c.yaml:2:11: found alias 'black-sea' a second time: it means storyline 'ports' of storylines/a.yaml\n"
        "storylines/c.yaml:2:22: found alias 'ports' a second time: it means storyline 'ports' of storylines/a.yaml\n"
        "storylines/c.yaml:2:29: found alias 'fleet' a second time: this file already uses it\n"
    )


def test_a_broken_lexicon_does_not_blame_the_storylines(tmp_path: Path) -> None:
    """One fault in the lexicon is told as one fault, not once for every concept that is missing then."""
    (tmp_path / "storylines").mkdir()
    (tmp_path / "lexicon.yaml").write_text("concepts:\n  us: [@them]\n", "utf-8")
    (tmp_path / "storylines" / "a.yaml").write_text(
        "storyline: a\ntitle: A\nsignals:\n  it: {severity: low, when: us and them}\n", "utf-8"
    )
    assert told(tmp_path) == ("lexicon.yaml:2:8: not YAML: found a bare '@'; put it into quotes: \"@them\"\n")


def test_no_folder_no_storylines_no_utf8(tmp_path: Path) -> None:
    """An absent folder and bytes that are no text are faults too, never a traceback."""
    assert "found no storyline" in told(tmp_path)
    (tmp_path / "storylines").mkdir()
    (tmp_path / "storylines" / "a.yaml").write_bytes(b"storyline: a\ntitle: \xff\n")
    assert told(tmp_path) == "storylines/a.yaml:2:1: found byte 0xff; expected text in UTF-8\n"
