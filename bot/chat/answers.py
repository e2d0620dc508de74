"""What is answered to a command or a button: reads the store and the rules, changes subscriptions, picks the screen.

Nothing of Telegram's library is known here, so every answer can be asked for in a test.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from bot.alerts.presses import Press, Verb, read, short
from bot.chat.ports import Rules, RulesHolder, Source, Store, Storyline
from bot.chat.reading import Choice, Command, read_choice, read_deep_link, variants
from bot.chat.screens import follow, sources, story, trouble, welcome, why
from bot.model import Event, Message, Severity, Subscription, Target

LATEST = 8


class Where(enum.Enum):
    """Where an answer goes."""

    NEW = "new"  # a message of its own
    HERE = "here"  # in place of the screen whose button was pressed


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What to show. `toast` is the word that flashes up when a button was pressed; `alert` makes it a box."""

    message: Message | None = None
    where: Where = Where.NEW
    toast: str = ""
    alert: bool = False


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where something was asked. `may_change` asks Telegram: in groups only admins change what is followed."""

    target: Target
    private: bool
    may_change: Callable[[], Awaitable[bool | None]]  # None: it could not be found out


class Refused(Exception):
    """A change was asked for by someone who may not make it, or who could not be checked."""

    def __init__(self, sentence: str):
        self.sentence = sentence
        super().__init__(sentence)


class Answers:
    """Answers commands and buttons. `clock` gives the present in UTC, `configured` the sources that are polled."""

    def __init__(
        self,
        store: Store,
        rules: RulesHolder,
        clock: Callable[[], datetime],
        configured: Callable[[], Sequence[Source]],
    ):
        self._store = store
        self._rules = rules
        self._clock = clock
        self._configured = configured
        self._commands: dict[str, Callable[[Command, Place], Awaitable[Message]]] = {
            "start": self._start,
            "help": self._help,
            "stories": self._stories,
            "story": self._story,
            "latest": self._latest,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "my": self._my,
            "sources": self._sources,
        }
        self._presses: dict[Verb, Callable[[Press, Place], Awaitable[Answer]]] = {
            Verb.CARD: self._press_card,
            Verb.STORY: self._press_story,
            Verb.STORIES: self._press_stories,
            Verb.FOLLOW: self._press_follow,
            Verb.CHOOSE: self._press_choose,
            Verb.MINE: self._press_mine,
            Verb.TUNE: self._press_tune,
            Verb.MINIMUM: self._press_minimum,
            Verb.CONFIRMED: self._press_confirmed,
            Verb.LATEST: self._press_latest,
            Verb.SOURCES: self._press_sources,
            Verb.HELP: self._press_help,
            Verb.WHY: self._press_why,
        }

    # --- entrances ----------------------------------------------------------------------------------------------

    def knows(self, name: str) -> bool:
        """Whether `name` is a command."""
        return name in self._commands

    async def command(self, command: Command, place: Place) -> Message | None:
        """The answer to a command; None where silence is right (an unknown command in a group, not addressed)."""
        known = self._commands.get(command.name)
        if known is None:
            return trouble.no_such_command() if place.private or command.addressed else None
        try:
            return await known(command, place)
        except Refused as refused:
            return trouble.admins_only() if refused.sentence == trouble.ADMINS_ONLY else trouble.cannot_check()

    async def words(self, text: str, place: Place) -> Message:
        """Plain words in a private chat: read as the name of a storyline."""
        words = " ".join(text.split()[:20])
        found = self._find(words)
        if found is not None:
            return await self._card(found, place)
        near = self._near(words)
        return story.perhaps(near) if near else trouble.not_understood()

    async def press(self, data: str, place: Place) -> Answer:
        """The answer to a button; old, forged and foreign ones are answered kindly."""
        press = read(data)
        if press is None:
            return Answer(toast=trouble.OLD_BUTTON, alert=True)
        try:
            return await self._presses[press.verb](press, place)
        except Refused as refused:
            return Answer(toast=refused.sentence, alert=True)
        except _NotTracked:
            return Answer(message=trouble.gone_storyline(), toast="No longer tracked.")

    # --- commands -----------------------------------------------------------------------------------------------

    async def _start(self, command: Command, place: Place) -> Message:
        link = read_deep_link(command.words[0]) if command.words else None
        if link is not None and (found := self._find(link[1])) is not None:
            if link[0] == "story":
                return await self._card(found, place)
            return await self._follow_all([found], Choice(storylines=(found.name,)), place)
        storylines = self._storylines()
        return welcome.start(storylines, await self._followed(place), private=place.private)

    async def _help(self, command: Command, place: Place) -> Message:
        return welcome.help_screen(private=place.private)

    async def _stories(self, command: Command, place: Place) -> Message:
        return await self._stories_page(0, place)

    async def _story(self, command: Command, place: Place) -> Message:
        if not command.words:
            return story.which(self._storylines())
        found = self._find(command.rest)
        return self._unknown(command.rest) if found is None else await self._card(found, place)

    async def _latest(self, command: Command, place: Place) -> Message:
        return story.latest(await self._newest(LATEST), self._titles(), self._clock())

    async def _subscribe(self, command: Command, place: Place) -> Message:
        if not command.words:
            return follow.choose(self._storylines(), await self._followed(place), private=place.private)
        choice = read_choice(command.words, self._name_of)
        wanted = self._storylines() if choice.every else [self._rules.current.storylines[n] for n in choice.storylines]
        if not wanted:
            if choice.unknown:
                return self._unknown(" ".join(choice.unknown))
            return follow.choose(self._storylines(), await self._followed(place), private=place.private)
        return await self._follow_all(wanted, choice, place)

    async def _unsubscribe(self, command: Command, place: Place) -> Message:
        current = await self._store.subscriptions.of_target(place.target)
        if not command.words:
            return follow.mine(current, self._titles(), private=place.private)
        choice = read_choice(command.words, lambda words: self._name_of(words, [each.storyline for each in current]))
        names = [each.storyline for each in current] if choice.every else choice.storylines
        if not names and choice.unknown and not choice.every:
            return self._unknown(" ".join(choice.unknown))
        await self._allowed(place)
        dropped = [name for name in names if await self._store.subscriptions.remove(place.target, name)]
        titles = self._titles()
        return follow.stopped([titles.get(name, name) for name in dropped], choice.unknown, private=place.private)

    async def _my(self, command: Command, place: Place) -> Message:
        return follow.mine(
            await self._store.subscriptions.of_target(place.target), self._titles(), private=place.private
        )

    async def _sources(self, command: Command, place: Place) -> Message:
        return await self._sources_page(0)

    # --- buttons ------------------------------------------------------------------------------------------------

    async def _press_card(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._card(self._tracked(press.arguments[0]), place))

    async def _press_story(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._card(self._tracked(press.arguments[0]), place), where=Where.HERE)

    async def _press_stories(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._stories_page(_number(press.arguments[0]), place), where=Where.HERE)

    async def _press_choose(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._choose_page(_number(press.arguments[0]), place), where=Where.HERE)

    async def _press_mine(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._my(Command("my"), place), where=Where.HERE)

    async def _press_latest(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._latest(Command("latest"), place), where=Where.HERE)

    async def _press_sources(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._sources_page(_number(press.arguments[0])), where=Where.HERE)

    async def _press_help(self, press: Press, place: Place) -> Answer:
        return Answer(message=welcome.help_screen(private=place.private), where=Where.HERE)

    async def _press_why(self, press: Press, place: Place) -> Answer:
        event = await self._store.events.get(press.arguments[0])
        if event is None:
            return Answer(message=trouble.gone_event(), toast="No longer kept.")
        return Answer(message=why.why(event, self._titles(), self._clock()))

    async def _press_follow(self, press: Press, place: Place) -> Answer:
        name, wanted, back = press.arguments
        if wanted == "1":
            storyline = self._tracked(name)
            await self._allowed(place)
            await self._follow(storyline.name, Choice(), place)
            toast = "Followed. Alerts will appear here."
        else:
            current = await self._store.subscriptions.of_target(place.target)
            name = next((each.storyline for each in current if short(each.storyline) == name), name)
            await self._allowed(place)
            await self._store.subscriptions.remove(place.target, name)
            toast = "Stopped."
        return Answer(message=await self._back_to(back, name, place), where=Where.HERE, toast=toast)

    async def _back_to(self, back: str, name: str, place: Place) -> Message:
        """The screen from which following was changed."""
        if back == "s" and (found := self._by_short(name)) is not None:
            return await self._card(found, place)
        if back == "m":
            return await self._my(Command("my"), place)
        return await self._choose_page(_number(back[1:]), place)

    async def _press_tune(self, press: Press, place: Place) -> Answer:
        storyline = self._tracked(press.arguments[0])
        return Answer(message=await self._tune(storyline, place), where=Where.HERE)

    async def _press_minimum(self, press: Press, place: Place) -> Answer:
        storyline = self._tracked(press.arguments[0])
        level = _number(press.arguments[1])
        if level not in set(Severity):
            return Answer(toast=trouble.OLD_BUTTON, alert=True)
        await self._allowed(place)
        await self._follow(storyline.name, Choice(minimum=Severity(level)), place)
        return Answer(message=await self._tune(storyline, place), where=Where.HERE, toast="Saved.")

    async def _press_confirmed(self, press: Press, place: Place) -> Answer:
        storyline = self._tracked(press.arguments[0])
        await self._allowed(place)
        await self._follow(storyline.name, Choice(confirmed=press.arguments[1] == "1"), place)
        return Answer(message=await self._tune(storyline, place), where=Where.HERE, toast="Saved.")

    # --- shared -------------------------------------------------------------------------------------------------

    async def _card(self, storyline: Storyline, place: Place) -> Message:
        return story.story(
            story.Card(
                storyline=storyline,
                now=self._clock(),
                phase=await self._store.events.phase(storyline.name),
                events=await self._store.events.of_storyline(storyline.name, story.EVENTS),
                subscription=await self._subscription(storyline.name, place),
                private=place.private,
            )
        )

    async def _newest(self, limit: int) -> list[Event]:
        """The newest events of all storylines, by their newest report, among those that changed last."""
        now = await self._store.events.revision()
        found: dict[str, Event] = {}
        for steps in (50, 500, 5000):
            _, changed = await self._store.events.since(max(0, now - steps))
            found = {event.id: event for event in changed}
            if len(found) >= limit or steps >= now:
                break
        return sorted(found.values(), key=lambda event: (event.last_at, event.id), reverse=True)[:limit]

    async def _stories_page(self, page: int, place: Place) -> Message:
        phases = await self._store.events.phases()
        return story.stories(self._storylines(), phases, await self._followed(place), self._clock(), page)

    async def _choose_page(self, page: int, place: Place) -> Message:
        return follow.choose(self._storylines(), await self._followed(place), page, private=place.private)

    async def _sources_page(self, page: int) -> Message:
        health = await self._store.sources.healths()
        return sources.sources(self._configured(), health, self._clock(), page)

    async def _tune(self, storyline: Storyline, place: Place) -> Message:
        """The settings of a followed storyline; its card when it is not followed (any more)."""
        subscription = await self._subscription(storyline.name, place)
        if subscription is None:
            return await self._card(storyline, place)
        return follow.tune(storyline, subscription)

    async def _subscription(self, name: str, place: Place) -> Subscription | None:
        return await self._store.subscriptions.get(place.target, name)

    async def _followed(self, place: Place) -> set[str]:
        return {each.storyline for each in await self._store.subscriptions.of_target(place.target)}

    async def _follow(self, name: str, choice: Choice, place: Place) -> Subscription:
        """Follow `name` as `choice` says; what it does not say stays as it was. Following again ends a pause."""
        was = await self._subscription(name, place) or Subscription(
            target=place.target, storyline=name, since=self._clock()
        )
        now = msgspec.structs.replace(
            was,
            minimum=was.minimum if choice.minimum is None else choice.minimum,
            confirmed_only=was.confirmed_only if choice.confirmed is None else choice.confirmed,
            paused=None,
        )
        if was.paused:
            await self._store.subscriptions.resume(place.target)
        await self._store.subscriptions.put(now)
        return now

    async def _follow_all(self, wanted: Sequence[Storyline], choice: Choice, place: Place) -> Message:
        await self._allowed(place)
        made = [await self._follow(storyline.name, choice, place) for storyline in wanted]
        return follow.followed(wanted, made[0], choice.unknown, every=choice.every, private=place.private)

    async def _allowed(self, place: Place) -> None:
        """Return if the person may change what is followed here; Refused otherwise."""
        allowed = await place.may_change()
        if not allowed:
            raise Refused(trouble.CANNOT_CHECK if allowed is None else trouble.ADMINS_ONLY)

    def _near(self, words: str) -> list[Storyline]:
        rules: Rules = self._rules.current
        return [rules.storylines[name] for name in rules.nearest(words[:200]) if name in rules.storylines]

    def _unknown(self, words: str) -> Message:
        return story.unknown(words, self._near(words))

    def _find(self, words: str) -> Storyline | None:
        found = (self._rules.current.find(way) for way in variants(words[:200]))
        return next((each for each in found if each is not None), None)

    def _name_of(self, words: str, also: Sequence[str] = ()) -> str | None:
        """The name that `words` stand for; `also` are names that may no longer be tracked."""
        found = self._find(words)
        if found is not None:
            return found.name
        return next((way for way in variants(words) if way in also), None)

    def _tracked(self, name: str) -> Storyline:
        found = self._by_short(name)
        if found is None:
            raise _NotTracked(name)
        return found

    def _by_short(self, name: str) -> Storyline | None:
        storylines = self._rules.current.storylines
        if name in storylines:
            return storylines[name]
        if not name.startswith("~"):
            return None
        return next((each for each in storylines.values() if short(each.name) == name), None)

    def _storylines(self) -> list[Storyline]:
        """In the order in which readers see them: by title."""
        return sorted(self._rules.current.storylines.values(), key=lambda each: (each.title.casefold(), each.name))

    def _titles(self) -> dict[str, str]:
        return {name: each.title for name, each in self._rules.current.storylines.items()}


class _NotTracked(Exception):
    """A button names a storyline that the rules no longer have."""


def _number(text: str) -> int:
    """A small page number from a button; anything else is the first page."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
