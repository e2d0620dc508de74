"""What lint says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """A rule that loads but looks wrong; `severity` is `warning` or `hint`, `code` names the kind of issue."""

    path: str
    line: int
    column: int
    code: str
    message: str
    severity: str = "warning"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.code}]"
