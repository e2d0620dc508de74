"""A source, as `sources.yaml` describes it, and durations as people write them."""

from __future__ import annotations

import hashlib
import re
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["telegram", "feed"]
KINDS: tuple[str, ...] = get_args(Kind)
TELEGRAM = "https://t.me"
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_EVERY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h|d)")


class Source(BaseModel):
    """A channel or feed that is polled. `outlet` is who owns it; `every` counts seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind
    channel: str | None = None  # telegram: the handle, without @
    url: str | None = None  # feed: its address, used as it is
    outlet: str = ""
    language: str | None = None  # ISO 639-1
    every: float = Field(default=60.0, gt=0)
    allow_private: bool = False  # whether private and loopback addresses may be asked
    base_url: str = TELEGRAM  # telegram: stands in for https://t.me

    @property
    def address(self) -> str:
        """What is read, as a short hash: when it changes, what was remembered of the old one is void."""
        text = f"{self.kind} {(self.channel or '').lower()} {self.url or ''}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def seconds(text: str) -> float:
    """`30s`, `5m`, `1h`, `500ms`, `1d` as seconds. ValueError says what was found and what is expected."""
    found = _EVERY.fullmatch(text.strip())
    value = float(found[1]) * UNITS[found[2]] if found is not None else 0.0
    if value <= 0:
        raise ValueError(f"{shown(text)}, expected a number with a unit, such as 30s, 5m or 1h")
    return value


def shown(value: object) -> str:
    """`value` as a fault may repeat it: quoted, and not too long."""
    return repr(value if len(str(value)) <= 60 else f"{str(value)[:57]}...")
