"""Redis, always: what is kept, written atomically, bounded, and named in one place (`keys.py`)."""

from bot.store.outbox import Fanned, Outbox, Owed, Taken
from bot.store.pace import Limits, Pace
from bot.store.store import Store, open_store

__all__ = ["Fanned", "Limits", "Outbox", "Owed", "Pace", "Store", "Taken", "open_store"]
