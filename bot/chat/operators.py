"""`/rules` and `/reload`, for the people of WIREWATCH_ADMINS, in their private chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from bot.chat.commands import Answering
from bot.chat.desk import Desk, Place
from bot.chat.reading import Command
from bot.chat.screens import frame, rules
from bot.model import Message
from bot.pipeline.live import LiveRules, Reloaded
from bot.store import Store


class Operators:
    """Answers operators. `reload` has this process take up its folder; the store's board has the others follow."""

    def __init__(
        self,
        desk: Desk,
        live: LiveRules,
        store: Store,
        reload: Callable[[str], Awaitable[Reloaded]],
        admins: Collection[int],
        clock: Callable[[], datetime],
    ):
        self._desk = desk
        self._live = live
        self._store = store
        self._reload = reload
        self._admins = frozenset(admins)
        self._clock = clock

    def commands(self) -> dict[str, Answering]:
        """What is answered here, by the command's name."""
        return {"rules": self._guarded(self._rules), "reload": self._guarded(self._reload_now)}

    def _guarded(self, answer: Answering) -> Answering:
        async def guarded(command: Command, place: Place) -> Message:
            if place.user not in self._admins:
                return frame.said(rules.OPERATORS_ONLY)
            if not place.private:
                return frame.said(rules.IN_PRIVATE)
            return await answer(command, place)

        return guarded

    async def _rules(self, command: Command, place: Place) -> Message:
        running = self._live.current
        only = running.find(command.rest) if command.words else None
        if command.words and only is None:
            return self._desk.unknown(command.rest)
        _, workers = await self._store.rules.look()
        last = await self._store.rules.last_matches()
        posts = await self._store.archive.get_many([matched.post for matched in last.values()])
        return rules.rules(running, self._live.since, self._live.refused, workers, last, posts, self._clock(), only)

    async def _reload_now(self, command: Command, place: Place) -> Message:
        done = await self._reload("chat")
        await self._store.rules.ask_reload()
        return rules.reloaded(done, self._live.current)
