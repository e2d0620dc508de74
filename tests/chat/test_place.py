"""Where updates come from, in the true structure of Telegram's JSON."""

from __future__ import annotations

import asyncio

import pytest
from telegram import Bot, Update
from telegram.error import NetworkError

from bot.chat.place import place_of
from bot.chat.updates import InOrder
from bot.model import Target

GROUP = {"id": -1001, "type": "supergroup", "title": "Desk"}
PERSON = {"id": 5, "is_bot": False, "first_name": "Rita"}


class Asked(Bot):
    """A bot whose chat holds one admin, user 5."""

    def __init__(self, error: Exception | None = None):
        super().__init__("1:x")
        object.__setattr__(self, "error", error)

    async def get_chat_member(self, chat_id: int, user_id: int, **_: object) -> object:
        if self.error:
            raise self.error
        from telegram import ChatMember, User

        status = "administrator" if user_id == 5 else "member"
        return ChatMember(User(user_id, "x", False), status)


def message(chat: dict, **more: object) -> Update:
    body = {"message_id": 9, "date": 1, "chat": chat, "from": PERSON, "text": "/my", **more}
    return Update.de_json({"update_id": 1, "message": body}, None)


def pressed(chat: dict, user: int = 5, **more: object) -> Update:
    body = {"id": "1", "from": PERSON | {"id": user}, "chat_instance": "1", "data": "m"}
    body["message"] = {"message_id": 9, "date": 1, "chat": chat, **more}
    return Update.de_json({"update_id": 1, "callback_query": body}, None)


@pytest.mark.parametrize(
    ("update", "target"),
    [
        (message({"id": 5, "type": "private"}), Target(5)),
        (message({"id": 5, "type": "private"}, message_thread_id=3, is_topic_message=True), Target(5)),
        (message(GROUP), Target(-1001)),
        (message(GROUP, message_thread_id=3), Target(-1001)),
        (message(GROUP, message_thread_id=3, is_topic_message=True), Target(-1001, 3)),
        (pressed(GROUP, message_thread_id=3, is_topic_message=True, text="x"), Target(-1001, 3)),
        (pressed(GROUP, date=0), Target(-1001)),
        (message({"id": -1002, "type": "channel", "title": "News"}), None),
        (pressed({"id": -1002, "type": "channel", "title": "News"}), None),
    ],
)
def test_topics_are_places_and_reply_threads_are_not(update: Update, target: Target | None) -> None:
    """A topic is a target of its own; a thread of replies, a private chat and an old message are not; a channel is
    no place for commands."""
    place = place_of(update, Asked())
    assert (place and place.target) == target


@pytest.mark.parametrize(
    ("update", "allowed"),
    [
        (message({"id": 6, "type": "private"}, **{"from": PERSON | {"id": 6}}), True),
        (message(GROUP), True),
        (message(GROUP, **{"from": PERSON | {"id": 6}}), False),
        (message(GROUP, sender_chat=GROUP, **{"from": PERSON | {"id": 1087968824, "is_bot": True}}), True),
        (message(GROUP, sender_chat={"id": -1009, "type": "channel", "title": "Linked"}), False),
        (pressed(GROUP), True),
        (pressed(GROUP, user=6), False),
    ],
)
async def test_who_may_change(update: Update, allowed: bool) -> None:
    """Admins, also anonymous ones; not members, not the linked channel, even where the sender field looks right."""
    place = place_of(update, Asked())
    assert place is not None
    assert await place.may_change() is allowed


async def test_an_unanswered_question_is_not_a_no() -> None:
    """When Telegram cannot be asked, the answer is "not known"."""
    place = place_of(message(GROUP), Asked(NetworkError("away")))
    assert place is not None
    assert await place.may_change() is None


async def test_one_chat_in_order_others_side_by_side() -> None:
    """Updates of a chat wait for the one before; another chat does not wait; nothing is kept afterwards."""
    order, done = InOrder(), []
    gate = asyncio.Event()

    async def slow() -> None:
        await gate.wait()
        done.append("first")

    async def quick(name: str) -> None:
        done.append(name)

    here, there = message({"id": 5, "type": "private"}), message({"id": 6, "type": "private"})
    first = asyncio.create_task(order.process_update(here, slow()))
    await asyncio.sleep(0)
    second = asyncio.create_task(order.process_update(here, quick("second")))
    await asyncio.sleep(0)
    await order.process_update(there, quick("other chat"))
    assert done == ["other chat"]
    gate.set()
    await asyncio.gather(first, second)
    assert done == ["other chat", "first", "second"]
    assert order._turns == {}
