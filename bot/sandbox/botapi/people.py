"""People and groups around the bot, and what they do: the hands that tests and the chat page have.

It is not part of Telegram's API. Chats are named by id everywhere; a private chat's id is its user's.
"""

from __future__ import annotations

import asyncio
import secrets

import msgspec

from bot.sandbox.botapi.core import Core
from bot.sandbox.botapi.formatted import formatted
from bot.sandbox.botapi.state import Chat, Json, Person, State


class People:
    """Moves the people and groups of a state; the bot hears of it as it would from Telegram."""

    state: State
    core: Core

    def add_user(
        self,
        name: str = "Rita",
        *,
        user: int | None = None,
        username: str = "",
        language: str = "en",
        started: bool = True,
    ) -> int:
        """A person; their id. `started` False: the bot may not write to them yet."""
        number = user or max(self.state.people, default=100_000) + 1
        self._keep(Person(number, name, username, language, started))
        return number

    def add_group(
        self,
        title: str = "News desk",
        *,
        chat: int | None = None,
        admins: tuple[int, ...] = (),
        members: tuple[int, ...] = (),
        forum: bool = False,
        basic: bool = False,
        username: str = "",
        bot: str = "member",
    ) -> int:
        """A group with the bot in it; its id. The first admin is its creator. `basic`: one that can still migrate."""
        lowest = min(self.state.chats, default=-1_000)
        number = chat or (lowest - 1 if basic else min(lowest, -1_001_000_000_000) - 1)
        ranks = dict.fromkeys(members, "member") | dict.fromkeys(admins, "administrator")
        ranks |= dict.fromkeys(admins[:1], "creator")
        group = Chat(number, "group" if basic else "supergroup", title, username, forum, ranks, {}, "left")
        self.core.write_chat(group)
        self.core.set_bot_status(group, bot, by=self._somebody(group))
        return number

    def add_topic(self, chat: int, name: str) -> int:
        """A topic of a forum; its thread id."""
        group = self.state.chats[chat]
        number = self.state.next_message(chat)
        group.topics[number] = name
        group.forum = True
        self.core.write_chat(group)
        self.state.write("counter", counter=self.state.counter_of(chat), value=number)
        return number

    def remove_topic(self, chat: int, thread: int) -> None:
        """The topic is deleted, with its messages."""
        group = self.state.chats[chat]
        del group.topics[thread]
        self.core.write_chat(group)
        for number, message in list(self.state.messages.get(chat, {}).items()):
            if message.get("message_thread_id") == thread:
                self.state.write("deleted", chat=chat, message=number)

    def set_member(self, chat: int, user: int, status: str) -> None:
        """Makes a user creator, administrator, member, left or kicked."""
        self.state.chats[chat].members[user] = status
        self.core.write_chat(self.state.chats[chat])

    def promote_bot(self, chat: int, status: str = "administrator") -> None:
        """Changes the bot's own rank in a group."""
        group = self.state.chats[chat]
        self.core.set_bot_status(group, status, by=self._somebody(group))

    def block(self, user: int) -> None:
        """The user blocks the bot, which learns of it."""
        self._blocked(user, blocked=True)

    def unblock(self, user: int) -> None:
        """The user lets the bot write again."""
        self._blocked(user, blocked=False)

    def _blocked(self, user: int, *, blocked: bool) -> None:
        person = self.state.people[user]
        if person.blocked == blocked:
            return
        person.blocked = blocked
        self._keep(person)
        before, after = ("member", "kicked") if blocked else ("kicked", "member")
        self.core.tell_membership(self.state.chat_card(user), before, after, by=person.card())

    def deactivate(self, user: int) -> None:
        """The account is deleted."""
        self.state.people[user].deactivated = True
        self._keep(self.state.people[user])

    def kick(self, chat: int) -> None:
        """The bot is removed from a group, and learns of it."""
        self.promote_bot(chat, "kicked")

    def migrate(self, chat: int) -> int:
        """A basic group becomes a supergroup: the old id refuses and names the new one, which is returned."""
        old = self.state.chats[chat]
        number = min(*self.state.chats, -1_001_000_000_000) - 1
        new = Chat(number, "supergroup", old.title, members=dict(old.members), bot=old.bot)
        self.core.write_chat(new)
        old.migrated_to = new.id
        self.core.write_chat(old)
        by = self._somebody(old)
        self._service(old.id, by, migrate_to_chat_id=new.id)
        self._service(new.id, by, migrate_from_chat_id=old.id)
        return new.id

    def _service(self, chat: int, sender: Json, **body: int) -> None:
        message: Json = {"message_id": self.state.next_message(chat), "from": sender, "date": self.core.date()}
        message |= {"chat": self.state.chat_card(chat), **body}
        self.state.write("message", message=message)
        self.core.updates.push("message", message)

    def _keep(self, person: Person) -> None:
        self.state.write("person", person=msgspec.to_builtins(person))

    def _somebody(self, group: Chat) -> Json:
        for user in group.members:
            if user in self.state.people:
                return self.state.people[user].card()
        return {"id": 1, "is_bot": False, "first_name": "Somebody"}

    # --- what people do ---------------------------------------------------------------------------------------

    async def user_sends(
        self, chat: int, text: str, *, user: int | None = None, thread: int | None = None, reply_to: int | None = None
    ) -> int:
        """A person writes in a chat; the message's id. The bot hears of it as it would: in groups only commands,
        answers to it, and everything where it is an administrator. Writing to the bot starts and unblocks it."""
        sender = self.state.people[chat if user is None else user]
        if chat == sender.id and (sender.blocked or not sender.started):
            if sender.blocked:
                self.unblock(chat)
            sender.started = True
            self._keep(sender)
        shown, entities = formatted(text, "")
        message: Json = {"message_id": self.state.next_message(chat), "from": sender.card()}
        message |= {"chat": self.state.chat_card(chat), "date": self.core.date(), "text": shown}
        if thread is not None:
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if entities:
            message["entities"] = entities
        answered = self.state.messages.get(chat, {}).get(reply_to or 0)
        if answered is not None:
            message["reply_to_message"] = {key: part for key, part in answered.items() if key != "reply_to_message"}
        self.state.write("message", message=message)
        if self._bot_hears(chat, message, answered):
            self.core.updates.push("message", message)
        await asyncio.sleep(0)
        return int(message["message_id"])

    def _bot_hears(self, chat: int, message: Json, answered: Json | None) -> bool:
        group = self.state.chats.get(chat)
        if group is None or group.bot == "administrator":
            return True
        if group.bot != "member":
            return False
        if answered is not None and answered.get("from", {}).get("id") == self.state.bot["id"]:
            return True
        command = message["text"].split(maxsplit=1)[0] if message["text"].startswith("/") else ""
        _, _, named = command.partition("@")
        return bool(command) and (not named or named.lower() == self.state.bot["username"].lower())

    async def press(self, chat: int, button: str, *, message: int | None = None, user: int | None = None) -> str:
        """A person presses an inline button, named by its callback_data or its text, of one message or of the newest
        that has it. The id of the press; LookupError where no such button stands."""
        for number in sorted(self.state.messages.get(chat, {}), reverse=True):
            if message is not None and number != message:
                continue
            found = self.state.messages[chat][number]
            data = _button_data(found, button)
            if data is not None:
                return self._pressed(found, data, chat if user is None else user)
        raise LookupError(f"no message in chat {chat} has the button {button!r}")

    def _pressed(self, message: Json, data: str, user: int) -> str:
        query = str(secrets.randbits(62))
        self.core.callbacks.opened(query)
        body = {
            "id": query,
            "from": self.state.people[user].card(),
            "message": message,
            "chat_instance": str(abs(message["chat"]["id"]) * 7919),
            "data": data,
        }
        self.core.updates.push("callback_query", body)
        return query

    async def answered(self, query: str, seconds: float = 5.0) -> Json:
        """What the bot answered to a press: `text` and `alert`. TimeoutError when it does not within `seconds`."""
        return await self.core.callbacks.answered(query, seconds)

    def expire_presses(self) -> None:
        """All presses that were not answered become too old to be."""
        self.core.callbacks.expire()

    def delete(self, chat: int, message: int) -> None:
        """A message is deleted by hand: the bot is not told, as in Telegram."""
        self.state.write("deleted", chat=chat, message=message)


def _button_data(message: Json, button: str) -> str | None:
    for row in message.get("reply_markup", {}).get("inline_keyboard", []):
        for one in row:
            if button in (one.get("callback_data"), one.get("text")) and one.get("callback_data"):
                return str(one["callback_data"])
    return None
