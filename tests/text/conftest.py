"""Settings of the property tests."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # shared machines are slow at times; no test is about time
settings.load_profile("untimed")
