"""The buttons, one method for each verb. Screens change in place; from an alert a new message is sent."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable

import msgspec

from bot.alerts.presses import Press, Verb, read, short
from bot.chat.desk import Desk, NotTracked, Place, Refused
from bot.chat.reading import Choice
from bot.chat.screens import trouble, welcome, why
from bot.model import Message, Severity


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


class Buttons:
    """Answers pressed buttons."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._known: dict[Verb, Callable[[Press, Place], Awaitable[Answer]]] = {
            Verb.CARD: self._card,
            Verb.STORY: self._story,
            Verb.STORIES: self._stories,
            Verb.FOLLOW: self._follow,
            Verb.CHOOSE: self._choose,
            Verb.MINE: self._mine,
            Verb.TUNE: self._tune,
            Verb.MINIMUM: self._minimum,
            Verb.CONFIRMED: self._confirmed,
            Verb.LATEST: self._latest,
            Verb.SOURCES: self._sources,
            Verb.HELP: self._help,
            Verb.WHY: self._why,
        }

    async def answer(self, data: str, place: Place) -> Answer:
        """The answer to a button; old, forged and foreign ones are answered kindly."""
        press = read(data)
        if press is None:
            return Answer(toast=trouble.OLD_BUTTON, alert=True)
        try:
            return await self._known[press.verb](press, place)
        except Refused as refused:
            return Answer(toast=refused.sentence, alert=True)
        except NotTracked:
            return Answer(message=trouble.gone_storyline(), toast="No longer tracked.")

    async def _card(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._desk.card(self._desk.tracked(press.arguments[0]), place))

    async def _story(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._desk.card(self._desk.tracked(press.arguments[0]), place), where=Where.HERE)

    async def _stories(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._desk.stories_page(_number(press.arguments[0]), place), where=Where.HERE)

    async def _choose(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._desk.choose_page(_number(press.arguments[0]), place), where=Where.HERE)

    async def _mine(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._desk.mine(place), where=Where.HERE)

    async def _latest(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._desk.latest(), where=Where.HERE)

    async def _sources(self, press: Press, place: Place) -> Answer:
        return Answer(message=await self._desk.sources_page(_number(press.arguments[0])), where=Where.HERE)

    async def _help(self, press: Press, place: Place) -> Answer:
        return Answer(message=welcome.help_screen(private=place.private), where=Where.HERE)

    async def _why(self, press: Press, place: Place) -> Answer:
        event = await self._desk.store.events.get(press.arguments[0])
        if event is None:
            return Answer(message=trouble.gone_event(), toast="No longer kept.")
        return Answer(message=why.why(event, self._desk.titles(), self._desk.clock()))

    async def _follow(self, press: Press, place: Place) -> Answer:
        name, wanted, back = press.arguments
        if wanted == "1":
            storyline = self._desk.tracked(name)
            await self._desk.allowed(place)
            await self._desk.follow(storyline.name, Choice(), place)
            toast = "Followed. Alerts will appear here."
        elif wanted != "0":
            return Answer(toast=trouble.OLD_BUTTON, alert=True)
        else:
            current = await self._desk.store.subscriptions.of_target(place.target)
            name = next((each.storyline for each in current if short(each.storyline) == name), name)
            await self._desk.allowed(place)
            await self._desk.store.subscriptions.remove(place.target, name)
            toast = "Stopped."
        return Answer(message=await self._back_to(back, name, place), where=Where.HERE, toast=toast)

    async def _back_to(self, back: str, name: str, place: Place) -> Message:
        """The screen from which following was changed."""
        if back == "s" and (found := self._desk.by_short(name)) is not None:
            return await self._desk.card(found, place)
        if back == "m":
            return await self._desk.mine(place)
        return await self._desk.choose_page(_number(back[1:]), place)

    async def _tune(self, press: Press, place: Place) -> Answer:
        storyline = self._desk.tracked(press.arguments[0])
        return Answer(message=await self._desk.tune(storyline, place), where=Where.HERE)

    async def _minimum(self, press: Press, place: Place) -> Answer:
        storyline = self._desk.tracked(press.arguments[0])
        level = _number(press.arguments[1])
        if level not in set(Severity):
            return Answer(toast=trouble.OLD_BUTTON, alert=True)
        await self._desk.allowed(place)
        await self._desk.follow(storyline.name, Choice(minimum=Severity(level)), place)
        return Answer(message=await self._desk.tune(storyline, place), where=Where.HERE, toast="Saved.")

    async def _confirmed(self, press: Press, place: Place) -> Answer:
        storyline = self._desk.tracked(press.arguments[0])
        await self._desk.allowed(place)
        await self._desk.follow(storyline.name, Choice(confirmed=press.arguments[1] == "1"), place)
        return Answer(message=await self._desk.tune(storyline, place), where=Where.HERE, toast="Saved.")


def _number(text: str) -> int:
    """A small page number from a button; anything else is the first page."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
