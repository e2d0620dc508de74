"""Small rules folders, written as operators write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from bot.model import Match, Post
from bot.rules import Ruleset, load

settings.register_profile("untimed", deadline=None)  # shared machines are slow at times; no test is about time
settings.load_profile("untimed")

Loader = Callable[..., Ruleset]
Matcher = Callable[..., list[Match]]


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    """`loaded(storyline=…, lexicon=…)`: the folder with these files, loaded; further keywords are further storylines."""

    def build(lexicon: str | None = None, **storylines: str) -> Ruleset:
        (tmp_path / "storylines").mkdir(exist_ok=True)
        if lexicon is not None:
            (tmp_path / "lexicon.yaml").write_text(lexicon, "utf-8")
        for name, text in storylines.items():
            (tmp_path / "storylines" / f"{name}.yaml").write_text(text, "utf-8")
        return load(tmp_path)

    return build


def post(text: str, title: str = "", language: str | None = None, source: str = "wire") -> Post:
    """A post with this content."""
    return Post(
        id=f"{source}/1", source=source, outlet=source, url="", published=datetime(2026, 1, 1, tzinfo=UTC),
        title=title, text=text, language=language,
    )  # fmt: skip


@pytest.fixture
def holds(loaded: Loader) -> Callable[..., bool]:
    """Whether a condition holds for a post; `concepts` is YAML flow text."""

    def ask(when: str, text: str, title: str = "", concepts: str = "{}", **about: str) -> bool:
        ruleset = loaded(
            one=f"storyline: one\ntitle: One\nconcepts: {concepts}\nsignals:\n  it:\n    severity: low\n    when: >-\n      {when}\n"
        )
        return bool(ruleset.match(post(text, title, **about)))

    return ask
