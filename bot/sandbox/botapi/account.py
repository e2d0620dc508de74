"""The methods about the bot itself, its chats and its updates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.sandbox.botapi.params import Params
from bot.sandbox.botapi.reach import find_chat, group_refuses, thread_of, writable
from bot.sandbox.botapi.refusal import bad_request, conflict
from bot.sandbox.botapi.state import Chat, Json, member_card

if TYPE_CHECKING:
    from bot.sandbox.botapi.core import Core

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


async def get_me(core: Core, params: Params) -> Json:
    """`getMe`."""
    return core.state.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def answer_callback(core: Core, params: Params) -> bool:
    """`answerCallbackQuery`."""
    if len(params.text("text")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    if not core.callbacks.answer(
        params.text("callback_query_id"), params.text("text"), alert=params.flag("show_alert")
    ):
        raise bad_request(_TOO_OLD)
    return True


async def chat_action(core: Core, params: Params) -> bool:
    """`sendChatAction`."""
    chat = writable(core.state, params)
    if params.text("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    thread = thread_of(core.state, chat, params)
    core.state.tell("action", chat=chat, thread=thread, action=params.text("action"))
    return True


# --- chats ------------------------------------------------------------------------------------------------------


async def get_chat(core: Core, params: Params) -> Json:
    """`getChat`."""
    chat = find_chat(core.state, params)
    group = core.state.chats.get(chat)
    if group is not None and (refusal := group_refuses(group)) is not None:
        raise refusal
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return core.state.chat_card(chat) | {
        "accent_color_id": abs(chat) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


async def get_member(core: Core, params: Params) -> Json:
    """`getChatMember`."""
    user = params.integer("user_id")
    if user not in core.state.people and user != core.state.bot["id"]:
        raise bad_request("PARTICIPANT_ID_INVALID" if user else "invalid user_id specified")
    person = core.state.people.get(find_chat(core.state, params))
    if person is not None:  # a private chat has two members
        return member_card(core.state.bot if user == core.state.bot["id"] else person.card(), "member")
    return core.state.member(_group(core, params), user)


async def get_administrators(core: Core, params: Params) -> list[Json]:
    """`getChatAdministrators`; the bot itself is among them when it is one, other bots are not."""
    group = _group(core, params)
    found = [user for user, status in group.members.items() if status in ("creator", "administrator")]
    if group.bot == "administrator":
        found.append(core.state.bot["id"])
    return [core.state.member(group, user) for user in found]


async def leave_chat(core: Core, params: Params) -> bool:
    """`leaveChat`."""
    group = _group(core, params)
    core.set_bot_status(group, "left", by=core.state.bot)
    return True


def _group(core: Core, params: Params) -> Chat:
    group = core.state.chats.get(find_chat(core.state, params))
    if group is None:
        raise bad_request("there are no administrators in the private chat")
    if (refusal := group_refuses(group)) is not None:
        raise refusal
    return group


# --- commands and descriptions ----------------------------------------------------------------------------------


async def set_commands(core: Core, params: Params) -> bool:
    """`setMyCommands`."""
    given = params.json("commands", "bot commands")
    if not isinstance(given, list) or not all(isinstance(command, dict) for command in given):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = []
    for command in given:
        name, about = str(command.get("command", "")).removeprefix("/"), str(command.get("description", ""))
        if _COMMAND.fullmatch(name) is None:
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(about) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        commands.append({"command": name, "description": about})
    _store_commands(core, params, commands)
    return True


async def delete_commands(core: Core, params: Params) -> bool:
    """`deleteMyCommands`."""
    _store_commands(core, params, None)
    return True


async def get_commands(core: Core, params: Params) -> list[Json]:
    """`getMyCommands`."""
    found: list[Json] = core.state.settings.get("commands", {}).get(_scope(params), [])
    return found


def _store_commands(core: Core, params: Params, commands: list[Json] | None) -> None:
    stored: dict[str, Any] = dict(core.state.settings.get("commands", {}))
    stored.pop(_scope(params), None)
    if commands:
        stored[_scope(params)] = commands
    core.state.write("setting", name="commands", value=stored)


def _scope(params: Params) -> str:
    scope = params.json("scope", "bot command scope") or {"type": "default"}
    if not isinstance(scope, dict):
        raise bad_request("object expected as bot command scope")
    place = [str(scope[key]) for key in ("type", "chat_id", "user_id") if key in scope]
    return "/".join([*place, params.text("language_code")])


async def set_text(core: Core, params: Params) -> bool:
    """`setMyDescription`, `setMyShortDescription`, `setMyName`: kept by language."""
    for name, limit in (("description", 512), ("short_description", 120), ("name", 64)):
        if name in params.values:
            if len(params.text(name)) > limit:
                raise bad_request(f"bot {name.replace('_', ' ')} is too long")
            texts = dict(core.state.settings.get(name, {}))
            core.state.write("setting", name=name, value=texts | {params.text("language_code"): params.text(name)})
    return True


# --- updates ----------------------------------------------------------------------------------------------------


async def get_updates(core: Core, params: Params) -> list[Json]:
    """`getUpdates`."""
    return await core.updates.get(params)


async def set_webhook(core: Core, params: Params) -> bool:
    """`setWebhook`: https on Telegram's ports, or plain http on loopback, which only a sandbox can reach."""
    url = params.text("url")
    if not url:
        return await delete_webhook(core, params)
    _check_webhook(url)
    secret = params.text("secret_token")
    if secret and _SECRET.fullmatch(secret) is None:
        raise bad_request("secret token contains unallowed characters")
    core.updates.allow(params)
    if params.flag("drop_pending_updates"):
        core.updates.drop_all()
    core.state.write("setting", name="webhook", value={"url": url, "secret": secret})
    core.updates.end_poll(conflict("terminated by setWebhook request"))
    core.webhook_changed.set()
    return True


def _check_webhook(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad_request("bad webhook: invalid webhook URL specified") from None
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (port or 443) not in (443, 80, 88, 8443):
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    raise bad_request("bad webhook: Failed to resolve host: the sandbox reaches loopback only")


async def delete_webhook(core: Core, params: Params) -> bool:
    """`deleteWebhook`."""
    if params.flag("drop_pending_updates"):
        core.updates.drop_all()
    if core.state.settings.get("webhook"):
        core.state.write("setting", name="webhook", value={})
        core.webhook_changed.set()
    return True


async def webhook_info(core: Core, params: Params) -> Json:
    """`getWebhookInfo`."""
    info: Json = {
        "url": core.state.settings.get("webhook", {}).get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(core.state.updates),
    }
    if core.webhook_error and info["url"]:
        info |= {"last_error_date": core.webhook_error[0], "last_error_message": core.webhook_error[1]}
    if allowed := core.state.settings.get("allowed_updates"):
        info["allowed_updates"] = allowed
    return info


async def get_file(core: Core, params: Params) -> Json:
    """`getFile`."""
    return core.files.card(params.text("file_id"))


async def yes(core: Core, params: Params) -> bool:
    """`logOut` and `close`: accepted, nothing to do here."""
    return True
