"""The methods that send, change and remove messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.botapi.formatted import MAX_CAPTION, formatted
from bot.sandbox.botapi.keyboard import inline_keyboard
from bot.sandbox.botapi.params import Params
from bot.sandbox.botapi.reach import replied, thread_of, writable
from bot.sandbox.botapi.refusal import bad_request
from bot.sandbox.botapi.state import Json

if TYPE_CHECKING:
    from bot.sandbox.botapi.core import Core

_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as "
    "a current content and reply markup of the message"
)


async def send_message(core: Core, params: Params) -> Json:
    """`sendMessage`."""
    chat = writable(core.state, params)
    text, entities = formatted(
        params.text("text"), params.text("parse_mode"), params.json("entities", "message entities")
    )
    if not text:
        raise bad_request("message text is empty")
    body: Json = {"text": text}
    if entities:
        body["entities"] = entities
    return _send(core, chat, params, body)


async def send_photo(core: Core, params: Params) -> Json:
    """`sendPhoto`: an upload, or the file_id of one that was sent before."""
    chat = writable(core.state, params)
    upload = params.upload("photo")
    sizes = core.files.keep(upload.body) if upload else core.files.known(params.text("photo"))
    caption, entities = formatted(
        params.text("caption"),
        params.text("parse_mode"),
        params.json("caption_entities", "caption entities"),
        limit=MAX_CAPTION,
    )
    body: Json = {"photo": [sizes]}
    if caption:
        body["caption"] = caption
    if entities:
        body["caption_entities"] = entities
    return _send(core, chat, params, body)


def _send(core: Core, chat: int, params: Params, body: Json) -> Json:
    thread = thread_of(core.state, chat, params)
    answered = replied(core.state, chat, params)
    keyboard = inline_keyboard(params)
    if thread is None and answered is not None:
        thread = answered.get("message_thread_id")
    core.pass_gate(chat)
    message: Json = {
        "message_id": core.state.next_message(chat),
        "from": core.state.bot,
        "chat": core.state.chat_card(chat),
        "date": core.date(),
    }
    if thread is not None:
        message |= {"message_thread_id": thread, "is_topic_message": True}
    if answered is not None:
        message["reply_to_message"] = {key: part for key, part in answered.items() if key != "reply_to_message"}
    message |= body
    if keyboard is not None:
        message["reply_markup"] = keyboard
    if params.flag("protect_content"):
        message["has_protected_content"] = True
    core.state.write("message", message=message, silent=params.flag("disable_notification"))
    return message


# --- changing ---------------------------------------------------------------------------------------------------


async def edit_text(core: Core, params: Params) -> Json:
    """`editMessageText`."""
    chat = writable(core.state, params)
    text, entities = formatted(
        params.text("text"), params.text("parse_mode"), params.json("entities", "message entities")
    )
    message = _own(core, chat, params)
    if not text:
        raise bad_request("message text is empty")
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _change(core, message, params, {"text": text, "entities": entities})


async def edit_caption(core: Core, params: Params) -> Json:
    """`editMessageCaption`."""
    chat = writable(core.state, params)
    caption, entities = formatted(
        params.text("caption"),
        params.text("parse_mode"),
        params.json("caption_entities", "caption entities"),
        limit=MAX_CAPTION,
    )
    message = _own(core, chat, params)
    if "photo" not in message:
        raise bad_request("there is no caption in the message to edit")
    return _change(core, message, params, {"caption": caption, "caption_entities": entities})


async def edit_markup(core: Core, params: Params) -> Json:
    """`editMessageReplyMarkup`: the words stay, and so does the time of the last edit."""
    chat = writable(core.state, params)
    message = _own(core, chat, params)
    return _change(core, message, params, {})


def _own(core: Core, chat: int, params: Params) -> Json:
    if "message_id" not in params:
        raise bad_request("message identifier is not specified")
    message = core.state.messages.get(chat, {}).get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.get("from", {}).get("id") != core.state.bot["id"]:
        raise bad_request("message can't be edited")
    return message


def _change(core: Core, message: Json, params: Params, body: Json) -> Json:
    changed = {key: part for key, part in message.items() if key != "reply_markup"} | body
    changed = {key: part for key, part in changed.items() if part not in ("", [])}
    keyboard = inline_keyboard(params)
    if keyboard is not None:
        changed["reply_markup"] = keyboard
    if changed == message:
        raise bad_request(_NOT_MODIFIED)
    core.pass_gate(message["chat"]["id"])
    if body:
        changed["edit_date"] = core.date()
    core.state.write("edited", message=changed)
    return changed


async def delete_message(core: Core, params: Params) -> bool:
    """`deleteMessage`: the bot's own, and in groups that it administers anybody's."""
    chat = writable(core.state, params)
    _delete(core, chat, params.integer("message_id"))
    return True


async def delete_messages(core: Core, params: Params) -> bool:
    """`deleteMessages`: those that are not there are passed over."""
    chat = writable(core.state, params)
    numbers = params.json("message_ids", "message identifiers")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise bad_request("message identifiers are not specified")
    if not all(isinstance(number, int) for number in numbers):
        raise bad_request("invalid message identifier specified")
    for number in numbers:
        if number in core.state.messages.get(chat, {}):
            _delete(core, chat, number)
    return True


def _delete(core: Core, chat: int, number: int) -> None:
    message = core.state.messages.get(chat, {}).get(number)
    if message is None:
        raise bad_request("message to delete not found")
    group = core.state.chats.get(chat)
    own = message.get("from", {}).get("id") == core.state.bot["id"]
    if not own and group is not None and group.bot != "administrator":
        raise bad_request("message can't be deleted")
    core.state.write("deleted", chat=chat, message=number)
