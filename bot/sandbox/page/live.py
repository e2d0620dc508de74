"""What the page shows, as JSON: everything once, then each change as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from bot.sandbox.botapi import SandboxBotApi
from bot.sandbox.botapi.journal import Record
from bot.sandbox.clock import StoryClock
from bot.sandbox.wire.feeds import post_url
from bot.sandbox.wire.routes import BASE
from bot.sandbox.wire.story import Shown, Story

Json = dict[str, Any]
SHOWN_MESSAGES = 300  # of a chat
TICK = 0.25  # seconds between looks at the story
_SHOWN = frozenset({"message", "edited", "deleted", "action", "chat"})


class Live:
    """The page's view of a sandbox, for the person `me`."""

    def __init__(self, api: SandboxBotApi, story: Story, clock: StoryClock, me: int):
        self._api = api
        self._story = story
        self._clock = clock
        self._me = me
        self._pages: set[asyncio.Queue[Json]] = set()
        self._told = 0.0  # story minute up to which the pages know the wire

    async def run(self) -> None:
        """Tells open pages what changes, until cancelled."""
        self._told = self._clock.minute()
        with self._api.state.watch(self._changed):
            while True:
                await asyncio.sleep(TICK)
                self._tell_wire()

    async def events(self) -> AsyncGenerator[Json]:
        """Everything as it stands, then every change."""
        queue: asyncio.Queue[Json] = asyncio.Queue(maxsize=2000)
        self._pages.add(queue)
        try:
            yield self.whole()
            while True:
                yield await queue.get()
        finally:
            self._pages.discard(queue)

    def _tell(self, change: Json) -> None:
        for queue in tuple(self._pages):
            with contextlib.suppress(asyncio.QueueFull):  # a page that does not read starts anew when it reconnects
                queue.put_nowait(change)

    def _changed(self, record: Record) -> None:
        kind = record["kind"]
        if kind == "setting" and record["name"] == "commands":
            self._tell({"kind": "commands", "commands": self._commands()})
        elif kind in ("chat", "person"):
            self._tell({"kind": "chats", "chats": self._chats()})
        elif kind in _SHOWN:
            self._tell(record)

    def _tell_wire(self) -> None:
        minute = self._clock.minute()
        changed = [post for post in self._story.at(minute) if self._told < post.changed <= minute]
        self._told = minute
        self._tell({"kind": "clock", **self._time()})
        if changed:
            self._tell({"kind": "wire", "posts": [self._post(post) for post in changed]})

    # --- views ------------------------------------------------------------------------------------------------

    def whole(self) -> Json:
        """Everything that a page needs to begin with."""
        return {
            "kind": "whole",
            "me": self._me,
            "bot": self._api.state.bot,
            "chats": self._chats(),
            "messages": {chat["id"]: self._api.messages(chat["id"])[-SHOWN_MESSAGES:] for chat in self._chats()},
            "commands": self._commands(),
            "story": {"title": self._story.title, "base": BASE, "minutes": self._story.length / timedelta(minutes=1)},
            "posts": [self._post(post) for post in self._story.at(self._clock.minute())],
            **self._time(),
        }

    def _time(self) -> Json:
        return {"now": self._clock().timestamp(), "minute": self._clock.minute(), "speed": self._clock.pace}

    def _chats(self) -> list[Json]:
        bot = self._api.state.bot
        private = {"id": self._me, "title": bot["first_name"], "type": "private", "topics": {}}
        groups = [
            {**group.card(), "topics": {str(thread): name for thread, name in group.topics.items()}}
            for group in self._api.state.chats.values()
            if self._me in group.members and group.migrated_to is None
        ]
        return [private, *groups]

    def _commands(self) -> list[Json]:
        stored: dict[str, list[Json]] = self._api.state.settings.get("commands", {})
        for scope in ("all_private_chats/", "default/"):
            if scope in stored:
                return stored[scope]
        return next(iter(stored.values()), [])

    def _post(self, post: Shown) -> Json:
        channel = self._story.channels.get(post.source)
        feed = self._story.feeds.get(post.source)
        link = f"https://t.me/{channel.handle}/{post.number}" if channel else post_url(feed, post) if feed else ""
        return {
            "name": post.name,
            "outlet": self._story.title_of(post.source),
            "link": link,
            "form": "channel" if channel else "feed",
            "language": (channel or self._story.feeds[post.source]).language,
            "at": (self._clock.begins + timedelta(minutes=post.at)).timestamp(),
            "title": post.title,
            "text": post.text,
            "entities": post.entities,
            "edited": None
            if post.edited is None
            else (self._clock.begins + timedelta(minutes=post.edited)).timestamp(),
            "deleted": post.deleted,
            "forward": post.forward_title,
            "album": post.album,
            "post_kind": post.kind,
        }
