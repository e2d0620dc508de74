"""`StoryClock`: the clock of the whole demo. It lives through a story fast, until it meets the real time."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

SPEED = 60.0  # story minutes a real minute
OVER_AFTER = timedelta(seconds=30)  # a story that ended longer ago is begun anew; till then its last alerts arrive
_FILE = "story.json"


def real_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


class StoryClock:
    """Calling it gives the story's time: it begins `length` before the real time, runs `speed` times as fast until
    it meets the real time, and is the real time from then on. It never goes back.

    `folder` remembers when the story began, so that a restart resumes it; None forgets. The clock stands still at
    the story's beginning until `start()`, so that nothing is released before the bot has had its first look.
    """

    def __init__(
        self,
        length: timedelta,
        *,
        folder: Path | None = None,
        speed: float = SPEED,
        now: Callable[[], datetime] = real_now,
    ):
        if speed <= 1:
            raise ValueError(f"speed is {speed}, expected more than 1: the story has to catch up with the real time")
        self.length = length
        self.speed = speed
        self._now = now
        self._path = folder / _FILE if folder else None
        began = _remembered(folder) if folder else None
        self.resumed = began is not None
        self.started = self.resumed
        self.began = began or now()

    def start(self) -> None:
        """Lets the story run, from its beginning; does nothing when it runs already."""
        if self.started:
            return
        self.began = self._now()
        self.started = True
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".fresh")
            fresh.write_text(json.dumps({"began": self.began.isoformat(), "ends": self.meets.isoformat()}))
            fresh.replace(self._path)  # whole or not at all, whenever we are killed

    @property
    def begins(self) -> datetime:
        """The story's minute 0."""
        return self.began - self.length

    @property
    def meets(self) -> datetime:
        """When the story's time meets the real time."""
        return self.began + self.length / (self.speed - 1)

    def __call__(self) -> datetime:
        """The story's time now."""
        if not self.started:
            return self.begins
        passed = max(self._now() - self.began, timedelta(0))
        return min(self.begins + passed * self.speed, self.began + passed)

    @property
    def pace(self) -> float:
        """How fast it runs now: 0 before the start, `speed` during the story, 1 from then on."""
        if not self.started:
            return 0
        return self.speed if self._now() < self.meets else 1

    def minute(self) -> float:
        """Story minutes since its beginning."""
        return (self() - self.begins) / timedelta(minutes=1)

    def real_seconds(self, minutes: float) -> float:
        """How many real seconds the story needs for so many of its minutes, while it runs fast."""
        return minutes * 60 / self.speed


def _remembered(folder: Path) -> datetime | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return datetime.fromisoformat(json.loads((folder / _FILE).read_text())["began"]).astimezone(UTC)
    return None


def story_is_over(folder: Path, now: datetime) -> bool:
    """Whether `folder` holds a story that met the real time more than half a minute ago (or cannot be read)."""
    path = folder / _FILE
    if not path.exists():
        return False
    try:
        ends = datetime.fromisoformat(json.loads(path.read_text())["ends"])
    except (OSError, ValueError, KeyError, TypeError):
        return True
    return now - ends > OVER_AFTER


def wipe_story(folder: Path) -> None:
    """Removes the whole folder of a demo: chats, wire and the bot's own store in it. Refuses (ValueError) a folder in
    which no story was told, so that a mistaken path costs nothing."""
    if not (folder / _FILE).is_file():
        raise ValueError(f"{folder} holds no {_FILE}: it is not the folder of a demo")
    shutil.rmtree(folder)
