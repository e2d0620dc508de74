"""Everything the sandbox's Telegram knows: people, chats, messages, updates. Every change is one journal record.

`apply` is the only writer, so what a restart reads back is what stood there. Message ids are given as Telegram
gives them: a supergroup counts its own, private chats and basic groups share one counter. Collections are bounded;
the oldest goes first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from bot.sandbox.botapi.journal import Journal, Record

Json = dict[str, Any]
KEPT_MESSAGES = 5_000  # in a chat
KEPT_UPDATES = 10_000
SHARED = 0  # the counter of private chats and basic groups


class Person(msgspec.Struct):
    """A Telegram user as the bot's account sees them."""

    id: int
    first_name: str
    username: str = ""
    language: str = "en"
    started: bool = False  # has written to the bot: before that the bot cannot write to them
    blocked: bool = False
    deactivated: bool = False

    def card(self) -> Json:
        """The Bot API's User."""
        card: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            card["username"] = self.username
        return card | {"language_code": self.language}


class Chat(msgspec.Struct):
    """A group, supergroup or channel; private chats exist through their Person."""

    id: int
    type: str  # group · supergroup · channel
    title: str
    username: str = ""
    forum: bool = False
    members: dict[int, str] = {}  # user id → creator · administrator · member
    topics: dict[int, str] = {}  # thread id → name
    bot: str = "member"  # member · administrator · left · kicked
    migrated_to: int | None = None

    def card(self) -> Json:
        """The Bot API's Chat."""
        card: Json = {"id": self.id, "title": self.title, "type": self.type}
        if self.username:
            card["username"] = self.username
        if self.forum:
            card["is_forum"] = True
        return card


class State:
    """The world of one bot. `watch` adds a listener that is told of every record once it holds."""

    def __init__(self, bot: Json, journal: Journal | None = None):
        self.bot = bot
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.messages: dict[int, dict[int, Json]] = {}
        self.updates: dict[int, Json] = {}  # unconfirmed, oldest first
        self.settings: dict[str, Any] = {}  # commands, webhook, allowed updates
        self.counters: dict[int, int] = {}  # newest message id by counter
        self.newest_update = 0
        self._watchers: list[Callable[[Record], None]] = []
        self._journal = journal
        if journal is not None:
            for record in journal.read():
                with contextlib.suppress(KeyError, TypeError, msgspec.ValidationError):
                    self.apply(record)
            journal.rewrite(self.snapshot())

    def write(self, kind: str, **fields: Any) -> None:
        """Makes one change: into the journal first, then here, then to the watchers."""
        record = {"kind": kind, **fields}
        if self._journal is not None:
            self._journal.write(record)
        self.apply(record)
        for watcher in tuple(self._watchers):
            watcher(record)

    def tell(self, kind: str, **fields: Any) -> None:
        """Tells the watchers of something that leaves no trace (typing, an answer to a button)."""
        for watcher in tuple(self._watchers):
            watcher({"kind": kind, **fields})

    @contextlib.contextmanager
    def watch(self, watcher: Callable[[Record], None]) -> Iterator[None]:
        """Calls `watcher` with every record written while the context is open."""
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)

    def apply(self, record: Record) -> None:
        """The only place where the state changes."""
        match record["kind"]:
            case "person":
                person = msgspec.convert(record["person"], Person)
                self.people[person.id] = person
            case "chat":
                chat = msgspec.convert(record["chat"], Chat, strict=False)
                self.chats[chat.id] = chat
            case "message" | "edited":
                self._keep(record["message"])
            case "deleted":
                self.messages.get(record["chat"], {}).pop(record["message"], None)
            case "update":
                update = record["update"]
                self.updates[update["update_id"]] = update
                self.newest_update = max(self.newest_update, update["update_id"])
                if len(self.updates) > KEPT_UPDATES:
                    del self.updates[next(iter(self.updates))]
            case "confirmed":
                for number in [number for number in self.updates if number < record["below"]]:
                    del self.updates[number]
                self.newest_update = max(self.newest_update, record.get("newest", 0))
            case "setting":
                self.settings[record["name"]] = record["value"]
            case "counter":
                self.counters[record["counter"]] = max(self.counters.get(record["counter"], 0), record["value"])

    def _keep(self, message: Json) -> None:
        chat = message["chat"]["id"]
        kept = self.messages.setdefault(chat, {})
        kept[message["message_id"]] = message
        if len(kept) > KEPT_MESSAGES:
            del kept[next(iter(kept))]
        counter = self.counter_of(chat)
        self.counters[counter] = max(self.counters.get(counter, 0), message["message_id"])

    def counter_of(self, chat: int) -> int:
        """Which counter gives ids to the messages of a chat."""
        group = self.chats.get(chat)
        return chat if group is not None and group.type != "group" else SHARED

    def next_message(self, chat: int) -> int:
        """The id of the next message of a chat."""
        return self.counters.get(self.counter_of(chat), 0) + 1

    def snapshot(self) -> Iterator[Record]:
        """The shortest records that lead to the present state."""
        for person in self.people.values():
            yield {"kind": "person", "person": msgspec.to_builtins(person)}
        for chat in self.chats.values():
            yield {"kind": "chat", "chat": msgspec.to_builtins(chat, str_keys=True)}
        for counter, value in self.counters.items():
            yield {"kind": "counter", "counter": counter, "value": value}
        for messages in self.messages.values():
            for message in messages.values():
                yield {"kind": "message", "message": message}
        for name, value in self.settings.items():
            yield {"kind": "setting", "name": name, "value": value}
        yield {"kind": "confirmed", "below": 0, "newest": self.newest_update}
        for update in self.updates.values():
            yield {"kind": "update", "update": update}

    # --- reading ----------------------------------------------------------------------------------------------

    def chat_card(self, chat: int) -> Json:
        """The Bot API's Chat of a known chat; KeyError for an unknown one."""
        if chat in self.chats:
            return self.chats[chat].card()
        card = {**self.people[chat].card(), "type": "private"}
        card.pop("is_bot")
        card.pop("language_code")
        return card

    def member(self, chat: Chat, user: int) -> Json:
        """The Bot API's ChatMember of a user (or of the bot) in a group."""
        if user == self.bot["id"]:
            return member_card(self.bot, chat.bot)
        person = self.people.get(user)
        card = person.card() if person else {"id": user, "is_bot": False, "first_name": "?"}
        return member_card(card, chat.members.get(user, "left"))


_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
)  # fmt: skip


def member_card(user: Json, status: str) -> Json:
    """The Bot API's ChatMember for a status."""
    card: Json = {"user": user, "status": status}
    match status:
        case "creator":
            card["is_anonymous"] = False
        case "administrator":
            card |= {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(_RIGHTS, True)}
            card |= {"can_pin_messages": True, "can_manage_topics": True}
        case "kicked":
            card["until_date"] = 0
    return card
