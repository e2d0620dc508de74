"""The queue of updates: long polls, their confirmation, and who may read them."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.sandbox.botapi.params import Params
from bot.sandbox.botapi.refusal import Refusal, bad_request, conflict
from bot.sandbox.botapi.state import Json, State

_OPTIONAL = frozenset({"chat_member", "message_reaction", "message_reaction_count"})  # only when asked for by name
_TERMINATED = "terminated by other getUpdates request; make sure that only one bot instance is running"
MAX_WAIT = 50


class Updates:
    """Hands the state's unconfirmed updates to one reader at a time."""

    def __init__(self, state: State):
        self.state = state
        self._arrived = asyncio.Event()
        self._poll: asyncio.Future[Refusal | None] | None = None  # ends the poll that is waiting now
        self.closed = False

    def push(self, kind: str, body: Json) -> int | None:
        """Queues an update; its id, or None where the bot asked not to get this kind."""
        allowed = self.state.settings.get("allowed_updates")
        if kind not in allowed if allowed else kind in _OPTIONAL:
            return None
        number = self.state.newest_update + 1
        self.state.write("update", update={"update_id": number, kind: body})
        self._arrived.set()
        return number

    async def get(self, params: Params) -> list[Json]:
        """`getUpdates`: confirms what stands below the offset and waits up to `timeout` seconds for something new."""
        if self.state.settings.get("webhook", {}).get("url"):
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        self.allow(params)
        self.end_poll(conflict(_TERMINATED))
        limit = params.integer("limit", 100)
        limit = limit if 0 < limit <= 100 else 100
        self._confirm(params.integer("offset"))
        deadline = asyncio.get_running_loop().time() + min(max(params.integer("timeout"), 0), MAX_WAIT)
        mine: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._poll = mine
        self.state.tell("polling")
        try:
            return await self._wait(params.integer("offset"), limit, deadline, mine)
        finally:
            if self._poll is mine:
                self._poll = None

    async def _wait(self, offset: int, limit: int, deadline: float, mine: asyncio.Future[Refusal | None]) -> list[Json]:
        while True:
            ready = [update for number, update in self.state.updates.items() if number >= offset][:limit]
            left = deadline - asyncio.get_running_loop().time()
            if ready or left <= 0 or self.closed:
                return ready
            self._arrived.clear()
            arrival = asyncio.create_task(self._arrived.wait())
            either: set[asyncio.Future[Any]] = {arrival, mine}
            try:
                await asyncio.wait(either, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                arrival.cancel()
            if mine.done() and (refusal := mine.result()) is not None:
                raise refusal

    def _confirm(self, offset: int) -> None:
        waiting = list(self.state.updates)
        if offset < 0:
            offset = waiting[offset] if len(waiting) >= -offset else 0
        if waiting and offset > waiting[0]:
            self.state.write("confirmed", below=offset)

    def confirm(self, number: int) -> None:
        """Everything up to and with update `number` has been taken (a webhook answered)."""
        self.state.write("confirmed", below=number + 1)

    def allow(self, params: Params) -> None:
        """Remembers which kinds of updates the bot wants, when the call says so."""
        kinds: Any = params.json("allowed_updates", "allowed_updates")
        if kinds is None:
            return
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise bad_request("allowed_updates must be an array of strings")
        if kinds != self.state.settings.get("allowed_updates"):
            self.state.write("setting", name="allowed_updates", value=kinds)

    def drop_all(self) -> None:
        """Forgets what waits (`drop_pending_updates`)."""
        self.state.write("confirmed", below=self.state.newest_update + 1)

    @property
    def polling(self) -> bool:
        """Whether a poll is open."""
        return self._poll is not None and not self._poll.done()

    def end_poll(self, refusal: Refusal) -> None:
        """Refuses the poll that is waiting now, if any."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(refusal)

    async def wait_for_arrival(self) -> None:
        """Returns once an update may have come."""
        self._arrived.clear()
        if not self.state.updates and not self.closed:
            await self._arrived.wait()

    def close(self) -> None:
        """Lets a waiting poll answer with nothing."""
        self.closed = True
        self._arrived.set()
