"""Shared by all tests: where the third-party corpus lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of third-party data (`WIREWATCH_CORPUS`, default `../shared`); skips where it is absent."""
    folder = Path(os.environ.get("WIREWATCH_CORPUS", ROOT.parent / "shared"))
    if not (folder / "data" / "SOURCES.md").is_file():
        pytest.skip(f"the third-party corpus is not at {folder}: set WIREWATCH_CORPUS to test against it")
    return folder


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of our own recorded inputs and expected outputs."""
    return ROOT / "fixtures"
