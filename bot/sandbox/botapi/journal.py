"""An append-only JSON Lines file: what makes the sandbox remember across a `kill -9`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Journal:
    """Records in the order written. Each is handed to the system before `write` returns, so a killed process loses
    none; a machine that loses power may lose the newest. A torn last line is dropped when read."""

    def __init__(self, path: Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def read(self) -> Iterator[Record]:
        """Every whole record of the file."""
        for line in self.path.read_bytes().split(b"\n"):
            try:
                record = json.loads(line) if line else None
            except ValueError:
                continue  # the process died inside this line: its caller never got an answer
            if isinstance(record, dict):
                yield record

    def write(self, record: Record) -> None:
        """Adds one record."""
        self._file.write(_line(record))

    def rewrite(self, records: Iterable[Record]) -> None:
        """Replaces the whole file at once: shorter, the same meaning."""
        fresh = self.path.with_suffix(".fresh")
        fresh.write_bytes(b"".join(map(_line, records)))
        self._file.close()
        fresh.replace(self.path)
        self._file = self.path.open("ab", buffering=0)

    def close(self) -> None:
        """Lets the file go; nothing may be written afterwards."""
        self._file.close()


def _line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
