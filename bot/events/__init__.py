"""Gathering: posts that report the same happening become one event."""

from __future__ import annotations

from bot.events.fingerprint import fingerprint
from bot.events.gather import gather, retract
from bot.events.phases import newer, phases_of
from bot.events.placement import Placement, Relation
from bot.events.window import Window

__all__ = ["Placement", "Relation", "Window", "fingerprint", "gather", "newer", "phases_of", "retract"]
