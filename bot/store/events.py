"""Events and phases, and the revision by which workers catch up with each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.model import Event, Phase
from bot.store import keys
from bot.store.codec import decode, decode_all
from bot.store.link import Link

PAGE = 500  # events read in one round trip


class Events:
    """`store.events`. It is written by commits only."""

    def __init__(self, link: Link):
        self._link = link

    async def get(self, event: str) -> Event | None:
        """An event in its newest state."""
        row = await self._link.do("HGET", keys.EVENT(event), "r")
        return None if row is None else decode(row, Event)

    async def get_many(self, events: Iterable[str]) -> dict[str, Event]:
        """Those of the events that are still kept, by id."""
        wanted = list(dict.fromkeys(events))
        found: dict[str, Event] = {}
        for start in range(0, len(wanted), PAGE):
            page = wanted[start : start + PAGE]
            rows = await self._link.many([("HGET", keys.EVENT(event), "r") for event in page])
            found.update((event.id, event) for event in decode_all(rows, Event))
        return found

    async def revision(self) -> int:
        """The gathering revision now."""
        return int(await self._link.do("GET", keys.REVISION()) or 0)

    async def since(self, revision: int) -> tuple[int, list[Event]]:
        """The revision now, and every event changed after `revision`, in the order of change.

        An event may be newer than the revision returned; a commit that expects that revision then conflicts.
        """
        now, ids = await self._link.many(
            (
                ("GET", keys.REVISION()),
                ("ZRANGE", keys.EVENTS_BY_REVISION(), f"({revision}", "+inf", "BYSCORE"),
            ),
            together=True,
        )
        found = await self.get_many(event.decode() for event in ids)
        return int(now or 0), list(found.values())

    async def latest(self, limit: int = 10) -> list[Event]:
        """The events that changed last, newest change first."""
        ids = await self._link.do("ZRANGE", keys.EVENTS_BY_REVISION(), 0, limit - 1, "REV")
        return list((await self.get_many(event.decode() for event in ids)).values())

    async def of_storyline(self, storyline: str, limit: int = 10, *, skip: int = 0) -> list[Event]:
        """Events of a storyline, by their newest report, newest first."""
        return await self._newest(keys.EVENTS_OF(storyline), None, skip, limit)

    async def live_of_source(self, source: str, since: datetime | None = None, limit: int = 50) -> list[Event]:
        """Events that the source reports, newest first, with a report published at or after `since`."""
        return await self._newest(keys.EVENTS_FROM(source), since, 0, limit)

    async def phase(self, storyline: str) -> Phase | None:
        """Where the storyline stands; None before its first phase."""
        row = await self._link.do("HGET", keys.PHASES(), storyline)
        return None if row is None else decode(row, Phase)

    async def phases(self) -> dict[str, Phase]:
        """Where every storyline stands."""
        rows = await self._link.do("HGETALL", keys.PHASES())
        return {key.decode(): decode(row, Phase) for key, row in rows.items()}

    async def past_phases(self, storyline: str, limit: int = keys.PHASES_KEPT) -> list[Phase]:
        """The phases that a storyline went through, newest first."""
        return decode_all(await self._link.do("LRANGE", keys.PHASES_OF(storyline), 0, limit - 1), Phase)

    async def _newest(self, index: str, since: datetime | None, skip: int, limit: int) -> list[Event]:
        oldest = "-inf" if since is None else since.timestamp()
        ids = await self._link.do("ZRANGE", index, "+inf", oldest, "BYSCORE", "REV", "LIMIT", skip, limit)
        return list((await self.get_many(event.decode() for event in ids)).values())
