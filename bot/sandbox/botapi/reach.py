"""Whether a call may write to a chat, or how Telegram says no."""

from __future__ import annotations

from bot.sandbox.botapi.params import Params
from bot.sandbox.botapi.refusal import Refusal, bad_request, forbidden
from bot.sandbox.botapi.state import Chat, Json, State


def find_chat(state: State, params: Params) -> int:
    """The id of the chat that `chat_id` names, a number or a @username of a group."""
    if "chat_id" not in params:
        raise bad_request("chat_id is empty")
    given = params.text("chat_id")
    if given.startswith("@"):
        named = [chat.id for chat in state.chats.values() if chat.username.lower() == given[1:].lower()]
        if not named:
            raise bad_request("chat not found")
        return named[0]
    chat = params.integer("chat_id")
    if chat not in state.chats and chat not in state.people:
        raise bad_request("chat not found")
    return chat


def writable(state: State, params: Params) -> int:
    """The chat that `chat_id` names, when the bot may write there now."""
    chat = find_chat(state, params)
    group = state.chats.get(chat)
    refusal = _person_refuses(state, chat) if group is None else group_refuses(group)
    if refusal is not None:
        raise refusal
    return chat


def _person_refuses(state: State, user: int) -> Refusal | None:
    person = state.people[user]
    if person.deactivated:
        return forbidden("user is deactivated")
    if person.blocked:
        return forbidden("bot was blocked by the user")
    if not person.started:
        return forbidden("bot can't initiate conversation with a user")
    return None


def group_refuses(group: Chat) -> Refusal | None:
    """Why the bot may not act in a group; None where it may."""
    if group.migrated_to is not None:
        return bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=group.migrated_to)
    if group.bot == "kicked":
        return forbidden(f"bot was kicked from the {_kind(group)} chat")
    if group.bot == "left":
        return forbidden(f"bot is not a member of the {_kind(group)} chat")
    return None


def _kind(group: Chat) -> str:
    return "group" if group.type == "group" else group.type


def thread_of(state: State, chat: int, params: Params) -> int | None:
    """The topic that `message_thread_id` names; None for the general one."""
    thread = params.integer("message_thread_id")
    if not thread:
        return None
    group = state.chats.get(chat)
    if group is None or not group.forum or thread not in group.topics:
        raise bad_request("message thread not found")
    return thread


def replied(state: State, chat: int, params: Params) -> Json | None:
    """The message that is answered, in either form of the parameter; None when none is or it may be missing."""
    about = params.json("reply_parameters", "reply parameters") or {}
    if not isinstance(about, dict):
        raise bad_request("object expected as reply parameters")
    number = about.get("message_id") or params.integer("reply_to_message_id")
    if not number:
        return None
    if not isinstance(number, int):
        raise bad_request('field "message_id" must be of type Number')
    message = state.messages.get(chat, {}).get(number)
    if message is None and not (about.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")):
        raise bad_request("message to be replied not found")
    return message
