"""What a loaded storyline is: the frozen result of reading its file, ready to match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model import Severity
from bot.rules.condition import Node


@dataclass(frozen=True, slots=True)
class Signal:
    """A kind of development inside a storyline. `when` and `unless` are its parsed conditions."""

    name: str
    severity: Severity
    phase: str | None = None
    min_origins: int = 1
    about: str = ""
    languages: frozenset[str] = frozenset()  # empty: every language
    sources: frozenset[str] = frozenset()  # empty: every source
    when: Node = field(repr=False, kw_only=True)
    unless: Node | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A post that the file itself judges: `expect` holds the names of all signals that must match, no others."""

    post: str
    expect: frozenset[str]
    title: str = ""
    language: str | None = None
    source: str = "case"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One post of a timeline and what must come of it; `at` is seconds after the day began."""

    at: float
    source: str
    post: str
    alert: str  # a Reason, or `none`
    title: str = ""
    language: str | None = None
    outlet: str | None = None
    forwarded_from: str | None = None
    origins: int | None = None
    rings: bool | None = None
    edits: int | None = None  # the step (from 1) whose post this is a later version of
    line: int = 0


@dataclass(frozen=True, slots=True)
class Storyline:
    """A topic tracked over time. `fresh_for` is in seconds; `path` names its file within the rules folder."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    about: str = ""
    fresh_for: float = 86_400.0
    signals: Mapping[str, Signal] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    timeline: tuple[Step, ...] = ()
    path: str = ""
