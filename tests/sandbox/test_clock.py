"""The story's clock, and the sandbox's way of resuming."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import Sandbox, StoryClock, story_clock, story_is_over, wipe_story

HOURS = timedelta(hours=3)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Real:
    """A real time that a test moves."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


def test_it_waits_runs_and_meets_the_real_time() -> None:
    """It stands at the beginning until started, runs sixtyfold, and is the real time from then on."""
    real = Real()
    clock = StoryClock(HOURS, now=real)
    real.time += timedelta(seconds=30)
    assert (clock(), clock.pace) == (NOON - HOURS, 0)
    clock.start()
    began = real.time
    assert clock() == began - HOURS
    real.time += timedelta(seconds=10)
    assert clock() == began - HOURS + timedelta(minutes=10)
    assert (clock.minute(), clock.pace) == (10, 60)
    real.time = clock.meets + timedelta(milliseconds=1)
    assert clock() == real.time
    real.time += timedelta(hours=5)
    assert (clock(), clock.pace) == (real.time, 1)


@given(st.lists(st.floats(0, 400), min_size=2, max_size=30))
def test_it_never_goes_back_nor_ahead(steps: list[float]) -> None:
    """Whenever it is asked, it is not before what it said before and not after the real time."""
    real = Real()
    clock = StoryClock(HOURS, now=real)
    clock.start()
    told = []
    for seconds in itertools.accumulate(steps):
        real.time = NOON + timedelta(seconds=seconds)
        told.append(clock())
        assert told[-1] <= real.time
    assert told == sorted(told)


def test_a_restart_resumes(tmp_path: Path) -> None:
    """A clock of the same folder goes on where the story is; starting it again changes nothing."""
    real = Real()
    first = StoryClock(HOURS, folder=tmp_path, now=real)
    assert not first.resumed
    first.start()
    real.time += timedelta(seconds=45)
    again = StoryClock(HOURS, folder=tmp_path, now=real)
    again.start()
    assert (again.resumed, again(), again.minute()) == (True, first(), 45)


def test_an_old_story_is_over(tmp_path: Path) -> None:
    """Half a minute after it met the real time a story is over; one that cannot be read is over; none is not."""
    real = Real()
    assert not story_is_over(tmp_path, real.time)
    clock = StoryClock(HOURS, folder=tmp_path, now=real)
    clock.start()
    assert not story_is_over(tmp_path, clock.meets + timedelta(seconds=20))
    assert story_is_over(tmp_path, clock.meets + timedelta(seconds=40))
    (tmp_path / "story.json").write_text("{")
    assert story_is_over(tmp_path, real.time)


def test_wiping(tmp_path: Path) -> None:
    """Only a folder in which a story was told is removed."""
    folder = tmp_path / "demo"
    folder.mkdir()
    with pytest.raises(ValueError, match="not the folder of a demo"):
        wipe_story(folder)
    StoryClock(HOURS, folder=folder, now=Real()).start()
    wipe_story(folder)
    assert not folder.exists()


async def test_a_taken_port_is_replaced(fixtures: Path) -> None:
    """A second sandbox on the same port gets a free one and says so."""
    wire = fixtures / "wire"
    async with Sandbox(wire, None, story_clock(wire, None), port=0) as first:
        port = int(first.root_url.rpartition(":")[2])
        async with Sandbox(wire, None, story_clock(wire, None), port=port) as second:
            assert second.moved
            assert second.root_url != first.root_url
            assert second.page_url.startswith(second.root_url)
        assert not first.moved


async def test_the_reader_subscribes_once(fixtures: Path, tmp_path: Path) -> None:
    """The page's user starts the bot and subscribes when the story begins, and not again after a restart."""
    wire = fixtures / "wire"
    for _ in range(2):
        async with Sandbox(wire, tmp_path, story_clock(wire, tmp_path), port=0) as sandbox:
            await sandbox.begin()
            said = [message["text"] for message in sandbox.api.messages(sandbox.reader)]
            assert said == ["/start", "/subscribe all"]
