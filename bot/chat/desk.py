"""What commands and buttons share: reading the store and the rules, changing subscriptions, filling screens.

Nothing of Telegram's library is known here, so every answer can be asked for in a test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from bot.alerts.presses import short
from bot.chat.ports import Rules, RulesHolder, Source, Store, Storyline
from bot.chat.reading import Choice, variants
from bot.chat.screens import follow, sources, story, trouble
from bot.model import Event, Message, Subscription, Target

LATEST = 8


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where something was asked. `may_change` asks Telegram: in groups only admins change what is followed."""

    target: Target
    private: bool
    may_change: Callable[[], Awaitable[bool | None]]  # None: it could not be found out
    user: int | None = None  # who asked
    answers: int | None = None  # the message that was answered with the command


class Refused(Exception):
    """A change was asked for by someone who may not make it, or who could not be checked."""

    def __init__(self, sentence: str):
        self.sentence = sentence
        super().__init__(sentence)


class NotTracked(Exception):
    """A button names a storyline that the rules no longer have."""


class Desk:
    """One place to read from. `clock` gives the present in UTC, `configured` the sources that are polled."""

    def __init__(
        self,
        store: Store,
        rules: RulesHolder,
        clock: Callable[[], datetime],
        configured: Callable[[], Sequence[Source]],
    ):
        self.store = store
        self.clock = clock
        self._rules = rules
        self._configured = configured

    @property
    def rules(self) -> Rules:
        """The rule set of the moment."""
        return self._rules.current

    async def card(self, storyline: Storyline, place: Place) -> Message:
        """The card of a storyline as it stands in this place."""
        return story.story(
            story.Card(
                storyline=storyline,
                now=self.clock(),
                phase=await self.store.events.phase(storyline.name),
                events=await self.store.events.of_storyline(storyline.name, story.EVENTS),
                subscription=await self.subscription(storyline.name, place),
                private=place.private,
            )
        )

    async def mine(self, place: Place) -> Message:
        """What is followed here."""
        current = await self.store.subscriptions.of_target(place.target)
        return follow.mine(current, self.titles(), private=place.private)

    async def latest(self) -> Message:
        """The newest events of all storylines."""
        return story.latest(await self.newest(LATEST), self.titles(), self.clock())

    async def newest(self, limit: int) -> list[Event]:
        """The newest events of all storylines, by their newest report, among those that changed last."""
        # Three times as many as are shown: some of them changed only because an old post was edited or deleted.
        changed = await self.store.events.latest(3 * limit)
        return sorted(changed, key=lambda event: (event.last_at, event.id), reverse=True)[:limit]

    async def stories_page(self, page: int, place: Place) -> Message:
        """A page of the storylines that are tracked."""
        phases = await self.store.events.phases()
        return story.stories(self.storylines(), phases, await self.followed(place), self.clock(), page)

    async def choose_page(self, page: int, place: Place) -> Message:
        """A page of the storylines to choose from."""
        return follow.choose(self.storylines(), await self.followed(place), page, private=place.private)

    async def sources_page(self, page: int) -> Message:
        """A page of the sources and how they are."""
        health = await self.store.sources.healths()
        return sources.sources(self._configured(), health, self.clock(), page)

    async def tune(self, storyline: Storyline, place: Place) -> Message:
        """The settings of a followed storyline; its card when it is not followed (any more)."""
        subscription = await self.subscription(storyline.name, place)
        if subscription is None:
            return await self.card(storyline, place)
        return follow.tune(storyline, subscription)

    async def subscription(self, name: str, place: Place) -> Subscription | None:
        """How a storyline is followed here, if it is."""
        return await self.store.subscriptions.get(place.target, name)

    async def followed(self, place: Place) -> set[str]:
        """Names of the storylines that are followed here."""
        return {each.storyline for each in await self.store.subscriptions.of_target(place.target)}

    async def follow(self, name: str, choice: Choice, place: Place) -> Subscription:
        """Follow `name` as `choice` says; what it does not say stays as it was. Following again ends a pause."""
        was = await self.subscription(name, place) or Subscription(
            target=place.target, storyline=name, since=self.clock()
        )
        now = msgspec.structs.replace(
            was,
            minimum=was.minimum if choice.minimum is None else choice.minimum,
            confirmed_only=was.confirmed_only if choice.confirmed is None else choice.confirmed,
            paused=None,
        )
        if was.paused:
            await self.store.subscriptions.resume(place.target)
        await self.store.subscriptions.put(now)
        return now

    async def follow_all(self, wanted: Sequence[Storyline], choice: Choice, place: Place) -> Message:
        """Follow each of `wanted`, which is not empty, and say so; Refused where the person may not."""
        await self.allowed(place)
        made = [await self.follow(storyline.name, choice, place) for storyline in wanted]
        return follow.followed(wanted, made, choice.unknown, every=choice.every, private=place.private)

    async def allowed(self, place: Place) -> None:
        """Return if the person may change what is followed here; Refused otherwise."""
        allowed = await place.may_change()
        if not allowed:
            raise Refused(trouble.CANNOT_CHECK if allowed is None else trouble.ADMINS_ONLY)

    def near(self, words: str) -> list[Storyline]:
        """The storylines that `words` may have meant, the likeliest first."""
        rules = self.rules
        return [rules.storylines[name] for name in rules.nearest(words[:200]) if name in rules.storylines]

    def unknown(self, words: str) -> Message:
        """What is said to a name that is none."""
        return story.unknown(words, self.near(words))

    def find(self, words: str) -> Storyline | None:
        """The storyline called `words`, however they are written."""
        found = (self.rules.find(way) for way in variants(words[:200]))
        return next((each for each in found if each is not None), None)

    def name_of(self, words: str, also: Sequence[str] = ()) -> str | None:
        """The name that `words` stand for; `also` are names that may no longer be tracked."""
        found = self.find(words)
        if found is not None:
            return found.name
        return next((way for way in variants(words) if way in also), None)

    def tracked(self, name: str) -> Storyline:
        """The storyline that a button names; NotTracked if the rules no longer have it."""
        found = self.by_short(name)
        if found is None:
            raise NotTracked(name)
        return found

    def by_short(self, name: str) -> Storyline | None:
        """The storyline whose name, or hash of it, stands in a button."""
        storylines = self.rules.storylines
        if name in storylines:
            return storylines[name]
        if not name.startswith("~"):
            return None
        return next((each for each in storylines.values() if short(each.name) == name), None)

    def storylines(self) -> list[Storyline]:
        """In the order in which readers see them: by title."""
        return sorted(self.rules.storylines.values(), key=lambda each: (each.title.casefold(), each.name))

    def titles(self) -> dict[str, str]:
        """The title of each storyline by its name."""
        return {name: each.title for name, each in self.rules.storylines.items()}
