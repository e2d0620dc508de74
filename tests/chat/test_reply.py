"""Answers within Telegram's limits: when they go, and when they are given up."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter

from bot.chat import reply as reply_module
from bot.chat.reply import Replies
from bot.errors import StoreUnavailable
from bot.model import Message, Target

READER = Target(7)
HELLO = Message(html="hello")


class World:
    """A Telegram, a pace and subscriptions that write down what happens, in order."""

    def __init__(self, *waits: float, answers: tuple[Exception, ...] = (), away: bool = False):
        self.waits = list(waits)
        self.answers = list(answers)
        self.away = away
        self.hangs = False
        self.happened: list[Any] = []
        bot: Any = SimpleNamespace(send_message=self._called, edit_message_text=self._edited)
        self.replies = Replies(bot, self, self)  # type: ignore[arg-type]  # what of it is used here

    async def reserve(self, chat: int, messages: int = 1) -> float:
        self.happened.append("slot")
        await self._answer_of_store()
        return self.waits.pop(0) if self.waits else 0.0

    async def hold(self, chat: int, seconds: float) -> bool:
        self.happened.append(("hold", chat, seconds))
        await self._answer_of_store()
        return False

    async def pause(self, target: Target, why: str, *, whole_chat: bool = False) -> int:
        self.happened.append(("pause", why))
        await self._answer_of_store()
        return 1

    async def migrate(self, old_chat: int, new_chat: int) -> int:
        await self._answer_of_store()
        return 1

    async def _answer_of_store(self) -> None:
        if self.away:
            raise StoreUnavailable("no answer")
        if self.hangs:
            await asyncio.sleep(3600)

    async def _called(self, chat: int, text: str, **_: Any) -> None:
        self.happened.append(("send", chat))
        if self.answers:
            raise self.answers.pop(0)

    async def _edited(self, text: str, chat: int, message: int, **_: Any) -> None:
        self.happened.append(("edit", chat))
        if self.answers:
            raise self.answers.pop(0)


async def test_every_send_and_edit_takes_a_slot_first() -> None:
    """Each call, a repeated one too, has its own slot; a short wait is waited out."""
    world = World(0.01)
    assert await world.replies.show(READER, HELLO)
    assert world.happened == ["slot", ("send", 7)]
    world = World(answers=(BadRequest("Message to edit not found"),))
    assert await world.replies.replace(READER, 1, HELLO) is True
    assert world.happened == ["slot", ("edit", 7), "slot", ("send", 7)]


async def test_a_slot_that_is_far_away_is_an_answer_given_up() -> None:
    """A person does not wait for an hour, and Telegram would refuse what came earlier."""
    world = World(3600.0, 3600.0)
    assert not await world.replies.show(READER, HELLO)
    assert await world.replies.replace(READER, 1, HELLO) is None
    assert world.happened == ["slot", "slot"]


@pytest.mark.parametrize("how", ["away", "hangs"])
async def test_redis_away_does_not_stop_an_answer(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word from Redis the answer goes at once; also where a flood, a block or a migration is to be told."""
    monkeypatch.setattr(reply_module, "STORE_SAYS_WITHIN", 0.02)
    world = World()
    setattr(world, how, True)
    assert await world.replies.show(READER, HELLO)
    if how == "away":
        world.answers = [RetryAfter(0)]
        assert await world.replies.show(READER, HELLO)
        world.answers = [ChatMigrated(-100)]
        assert await world.replies.show(Target(-5), HELLO)
        world.answers = [Forbidden("Forbidden: bot was blocked by the user")]
        assert not await world.replies.show(READER, HELLO)
        assert world.happened[-1] == ("pause", "blocked")


async def test_a_flood_is_told_to_the_alerts() -> None:
    """Telegram's 429 to an answer holds the chat's alerts too, so that they do not make it worse."""
    world = World(answers=(RetryAfter(3600),))
    assert not await world.replies.show(READER, HELLO)
    assert world.happened == ["slot", ("send", 7), ("hold", 7, 3600.0)]


async def test_stopping_gives_up_what_waits() -> None:
    """A bot that is being stopped does not sit out a slot."""
    world = World(9.0)
    shown = asyncio.create_task(world.replies.show(READER, HELLO))
    for _ in range(5):  # turns of the loop, for the slot to be asked for
        await asyncio.sleep(0)
    world.replies.hurry()
    assert not await shown
    assert world.happened == ["slot"]
