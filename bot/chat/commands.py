"""The commands, one method each; what is asked for is found at the desk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from bot.chat.desk import Desk, Place, Refused
from bot.chat.reading import Choice, Command, read_choice, read_deep_link
from bot.chat.screens import clauses, follow, frame, story, trouble, welcome
from bot.model import Message

Answering = Callable[[Command, Place], Awaitable[Message]]


class Commands:
    """Answers commands and plain words."""

    def __init__(self, desk: Desk, more: Mapping[str, Answering] = MappingProxyType({})):
        self._desk = desk
        self._known: dict[str, Answering] = {
            "start": self._start,
            "help": self._help,
            "stories": self._stories,
            "story": self._story,
            "latest": self._latest,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "my": self._my,
            "sources": self._sources,
            "why": self._why,
            **more,
        }

    def knows(self, name: str) -> bool:
        """Whether `name` is a command."""
        return name in self._known

    async def answer(self, command: Command, place: Place) -> Message | None:
        """The answer to a command; None where silence is right (an unknown command in a group, not addressed)."""
        known = self._known.get(command.name)
        if known is None:
            return trouble.no_such_command() if place.private or command.addressed else None
        try:
            return await known(command, place)
        except Refused as refused:
            return trouble.admins_only() if refused.sentence == trouble.ADMINS_ONLY else trouble.cannot_check()

    async def words(self, text: str, place: Place) -> Message:
        """Plain words in a private chat: read as the name of a storyline."""
        words = " ".join(text.split()[:20])
        found = self._desk.find(words)
        if found is not None:
            return await self._desk.card(found, place)
        near = self._desk.near(words)
        return story.perhaps(near) if near else trouble.not_understood()

    async def _start(self, command: Command, place: Place) -> Message:
        link = read_deep_link(command.words[0]) if command.words else None
        if link is not None and (found := self._desk.find(link[1])) is not None:
            if link[0] == "story":
                return await self._desk.card(found, place)
            return await self._desk.follow_all([found], Choice(storylines=(found.name,)), place)
        storylines = self._desk.storylines()
        return welcome.start(storylines, await self._desk.followed(place), private=place.private)

    async def _help(self, command: Command, place: Place) -> Message:
        return welcome.help_screen(private=place.private)

    async def _stories(self, command: Command, place: Place) -> Message:
        return await self._desk.stories_page(0, place)

    async def _story(self, command: Command, place: Place) -> Message:
        if not command.words:
            return story.which(self._desk.storylines())
        found = self._desk.find(command.rest)
        return self._desk.unknown(command.rest) if found is None else await self._desk.card(found, place)

    async def _latest(self, command: Command, place: Place) -> Message:
        return await self._desk.latest()

    async def _subscribe(self, command: Command, place: Place) -> Message:
        if not command.words:
            return follow.choose(self._desk.storylines(), await self._desk.followed(place), private=place.private)
        choice = read_choice(command.words, self._desk.name_of)
        wanted = (
            self._desk.storylines() if choice.every else [self._desk.rules.storylines[n] for n in choice.storylines]
        )
        if not wanted:
            if choice.unknown:
                return self._desk.unknown(" ".join(choice.unknown))
            followed = await self._desk.followed(place)
            return follow.choose(self._desk.storylines(), followed, private=place.private, nameless=True)
        return await self._desk.follow_all(wanted, choice, place)

    async def _unsubscribe(self, command: Command, place: Place) -> Message:
        current = await self._desk.store.subscriptions.of_target(place.target)
        if not command.words:
            return follow.mine(current, self._desk.titles(), private=place.private)
        choice = read_choice(
            command.words, lambda words: self._desk.name_of(words, [each.storyline for each in current])
        )
        names = [each.storyline for each in current] if choice.every else choice.storylines
        if not names and choice.unknown and not choice.every:
            return self._desk.unknown(" ".join(choice.unknown))
        await self._desk.allowed(place)
        dropped = [name for name in names if await self._desk.store.subscriptions.remove(place.target, name)]
        titles = self._desk.titles()
        return follow.stopped([titles.get(name, name) for name in dropped], choice.unknown, private=place.private)

    async def _my(self, command: Command, place: Place) -> Message:
        return await self._desk.mine(place)

    async def _sources(self, command: Command, place: Place) -> Message:
        return await self._desk.sources_page(0)

    async def _why(self, command: Command, place: Place) -> Message:
        return frame.said(clauses.HOW)
