from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.events_quality import SETS, bcubed, clusters, copies, count, judged
from benchmarks.labelled import rows_of

FLOORS = {  # precision, recall: a little below what docs/events.md reports, so that only a real step back fails
    "telegram_ru_2024": (0.92, 0.66),
    "en_wire_pairs_2017": (0.81, 0.83),
    "story_2025, text alone": (0.92, 0.71),
    "story_2025, perfect matches": (0.95, 0.91),
}


@pytest.mark.parametrize("name", SETS)
def test_labelled_sets_are_gathered_as_well_as_documented(name: str, corpus: Path) -> None:
    """The figures of docs/events.md hold: no change may lose them unseen."""
    rows = rows_of(corpus / SETS[name])
    event_of = clusters(name, rows)
    found = count(judged(name, rows), event_of)
    precision, recall = FLOORS[name]
    assert found["tp"] / (found["tp"] + found["fp"]) >= precision
    assert found["tp"] / (found["tp"] + found["fn"]) >= recall


def test_copies_of_the_invented_story_are_all_found(corpus: Path) -> None:
    """Forwards, pastes, cut and prefixed copies join what they repeat, and events are nearly whole."""
    name = "story_2025, text alone"
    rows = rows_of(corpus / SETS[name])
    event_of = clusters(name, rows)
    assert copies(rows, event_of) == "15/15"
    assert bcubed(rows, event_of) > 0.92
