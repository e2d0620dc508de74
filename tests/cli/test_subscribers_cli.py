"""`wirewatch subscribers export|import`: who follows what moves to another Redis and loses nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Severity, Subscription, Target
from bot.pipeline.subscribers import BadRow, read_subscriptions, subscription_from, subscription_row
from bot.store import open_store

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 5, 26, 9, 0, 0, 250_000, tzinfo=UTC)
ROWS = (
    Subscription(target=Target(700), storyline="mediation", since=NOW),
    Subscription(target=Target(700), storyline="strikes", since=NOW, minimum=Severity.CRITICAL, confirmed_only=True),
    Subscription(target=Target(-1001, 7), storyline="mediation", since=NOW, paused="topic-gone"),
    Subscription(target=Target(-1001), storyline="mediation", since=NOW, minimum=Severity.HIGH),
    Subscription(target=Target(9_007_199_254_740_000), storyline="mediation", since=NOW, paused="blocked"),
)


def wirewatch(*words: str, data: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WIREWATCH_", "REDIS_"))}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *words],
        cwd=data,
        env={**clean, "PYTHONPATH": str(ROOT), "WIREWATCH_DATA": str(data / "data"), "COLUMNS": "200"},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def fill(folder: Path, rows: tuple[Subscription, ...]) -> None:
    async with open_store(None, folder / "data") as store:
        for row in rows:
            await store.subscriptions.put(row)
        for row in rows:
            if row.paused:
                await store.subscriptions.pause(row.target, row.paused)


async def kept(folder: Path) -> list[Subscription]:
    async with open_store(None, folder / "data") as store:
        return [row async for row in store.subscriptions.everyone()]


def order(row: Subscription) -> tuple[str, str]:
    return row.storyline, str(row.target)


def test_a_round_trip_loses_nothing(tmp_path: Path) -> None:
    """Exported from one data folder and imported into an empty one: the same subscriptions, pauses too, twice over."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    asyncio.run(fill(old, ROWS))
    exported = wirewatch("subscribers", "export", data=old)
    assert exported.returncode == 0, exported.stderr
    assert len(exported.stdout.splitlines()) == len(ROWS)
    for told in ("5 new, 0 were there", "0 new, 5 were there"):
        imported = wirewatch("subscribers", "import", "-", data=new, given=exported.stdout)
        assert imported.returncode == 0, imported.stderr
        assert told in imported.stdout
        assert sorted(asyncio.run(kept(new)), key=order) == sorted(ROWS, key=order)
    assert wirewatch("subscribers", "export", data=new).stdout == exported.stdout, "order of joining is kept"


def test_one_wrong_line_imports_nothing(tmp_path: Path) -> None:
    """Every wrong line is named with its number, exit code 1, and Redis is as before."""
    file = tmp_path / "s.jsonl"
    good = json.dumps(subscription_row(ROWS[0]))
    file.write_text(f'{good}\n\n{{"chat": "x"}}\n{good}\n[1]\nnonsense\n', "utf-8")
    answer = wirewatch("subscribers", "import", str(file), data=tmp_path)
    assert answer.returncode == 1
    for number in (3, 5, 6):
        assert f"s.jsonl:{number}: " in answer.stderr
    assert "3 of 5 lines are wrong" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert asyncio.run(kept(tmp_path)) == []


def test_an_absent_file_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 2 and the name of the file."""
    answer = wirewatch("subscribers", "import", "nowhere.jsonl", data=tmp_path)
    assert answer.returncode == 2
    assert "nowhere.jsonl cannot be read" in answer.stderr


def test_nobody_is_said_so(tmp_path: Path) -> None:
    """An empty export is no silent success."""
    answer = wirewatch("subscribers", "export", data=tmp_path)
    assert (answer.returncode, answer.stdout) == (0, "")
    assert "nobody follows anything" in answer.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"minimum": "grave"}, "minimum is 'grave'"),
        ({"chat": None}, "chat"),
        ({"storyline": "a\tb"}, "storyline"),
        ({"since": "2026-05-26T09:00:00"}, "time zone"),
        ({"since": "yesterday"}, "since"),
        ({"confirmed_only": "yes"}, "confirmed_only"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], named: str) -> None:
    """The field that is wrong stands in the sentence."""
    line = json.dumps({**subscription_row(ROWS[0]), **change}).encode()
    [bad] = read_subscriptions([line], "f")
    assert isinstance(bad, BadRow)
    assert named in str(bad)


def test_unknown_fields_are_passed_over() -> None:
    """A file of a newer version is read as far as this one understands it."""
    assert subscription_from({**subscription_row(ROWS[0]), "mood": "curious"}) == ROWS[0]


@given(
    st.builds(
        Subscription,
        target=st.builds(Target, st.integers(-(2**52), 2**52), st.none() | st.integers(1, 2**31)),
        storyline=st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True),
        minimum=st.sampled_from(Severity),
        confirmed_only=st.booleans(),
        since=st.datetimes(timezones=st.just(UTC)),
        paused=st.none() | st.text(min_size=1),
    )
)
def test_any_subscription_survives_its_row(subscription: Subscription) -> None:
    """Row and back is the same subscription, through JSON."""
    line = json.dumps(subscription_row(subscription)).encode()
    assert list(read_subscriptions([line], "f")) == [subscription]
