"""Timelines inside rule files are told through the production judge, and a wrong one says where and what."""

from __future__ import annotations

from pathlib import Path

from bot.pipeline.rehearse import rehearse
from bot.rules import load

FILE = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closed, closure, shut]
signals:
  closed: {severity: high, when: harbour near/8 close}
timeline:
  - {at: "09:00", source: wire, post: "The harbour of Westmark is closed after an explosion on pier nine, police said.", alert: first-report, origins: 1, rings: true}
  - {at: "09:02", source: echo, post: "The harbour of Westmark is closed after an explosion on pier nine, police said.", alert: updated, origins: 1, rings: false}
  - {at: "09:03", source: wire, post: "A grey cat was found in the library.", alert: none}
"""


def rehearsed(folder: Path, text: str) -> list[tuple[int, tuple[str, ...]]]:
    (folder / "storylines").mkdir()
    (folder / "storylines" / "harbour.yaml").write_text(text, "utf-8")
    return [(step.line, step.wrong) for step in rehearse(load(folder))]


def test_a_true_timeline_passes(tmp_path: Path) -> None:
    """Each step gives the alert, the origins and the ring that it names."""
    assert rehearsed(tmp_path, FILE) == [(10, ()), (11, ()), (12, ())]


def test_a_wrong_expectation_is_told_with_its_line(tmp_path: Path) -> None:
    """Alert, origins and ring are each told, with what was found and what was expected."""
    wrong = FILE.replace("alert: updated, origins: 1, rings: false", "alert: confirmed, origins: 2, rings: true")
    assert rehearsed(tmp_path, wrong)[1] == (
        11,
        (
            "found alert updated, expected confirmed",
            "found 1 origins, expected 2",
            "found no ring, expected a ring",
        ),
    )


def test_the_shipped_timelines_pass(fixtures: Path) -> None:
    """What the shipped storylines promise of whole stories holds."""
    failed = [str(step) for step in rehearse(load(fixtures.parent / "rules")) if not step.good]
    assert failed == []
