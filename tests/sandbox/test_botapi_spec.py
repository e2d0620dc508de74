"""Our answers against the published specification of the Bot API, where the corpus is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import SandboxBotApi
from bot.sandbox.botapi.routes import METHODS

PLAIN: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
    "Float": (int, float),
}


@pytest.fixture(scope="session")
def spec(corpus: Path) -> Any:
    return json.loads((corpus / "data" / "botapi" / "api.json").read_text())


def fault(spec: Any, value: Any, types: list[str], where: str) -> str | None:
    """What is wrong with a value that must be of one of `types`; None when nothing."""
    faults = [_fault(spec, value, name, where) for name in types]
    return None if None in faults else "; ".join(one for one in faults if one)


def _fault(spec: Any, value: Any, name: str, where: str) -> str | None:
    if name.startswith("Array of "):
        if not isinstance(value, list):
            return f"{where}: no list"
        inner = name.removeprefix("Array of ")
        return next((one for at, row in enumerate(value) if (one := _fault(spec, row, inner, f"{where}[{at}]"))), None)
    if name in PLAIN:
        good = isinstance(value, PLAIN[name]) and (name in ("Boolean", "True") or not isinstance(value, bool))
        return None if good else f"{where}: {value!r} is no {name}"
    kind = spec["types"][name]
    if kind.get("subtypes"):
        return fault(spec, value, kind["subtypes"], where)
    if not isinstance(value, dict):
        return f"{where}: no object"
    fields = {field["name"]: field for field in kind.get("fields", [])}
    missing = [field for field, about in fields.items() if about["required"] and field not in value]
    unknown = [field for field in value if field not in fields]
    if missing or unknown:
        return f"{where}: {name} lacks {missing}, has {unknown}"
    return next(
        (one for key, part in value.items() if (one := fault(spec, part, fields[key]["types"], f"{where}.{key}"))), None
    )


def test_every_method_exists(spec: Any) -> None:
    """We answer no method that Telegram does not have."""
    assert set(METHODS) <= {name.lower() for name in spec["methods"]}


async def test_answers_have_the_published_shape(spec: Any, api: SandboxBotApi, reader: int) -> None:
    """Every result and every update has the fields it must have, no others, and of the right types."""
    member = api.add_user("Olha", username="olha_demo")
    group = api.add_group(admins=(reader,), members=(member,), forum=True, username="desk_demo")
    topic = api.add_topic(group, "Wire")
    basic = api.add_group(basic=True, admins=(reader,))
    keys = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}, {"text": "z", "url": "https://a.example/"}]]}
    html = '<b>a</b> <a href="http://a.example">l</a> <pre><code class="language-py">c</code></pre> #tag'
    sent: Any = await api.call("sendMessage", chat_id=reader, text=html, parse_mode="HTML", reply_markup=keys)
    query = await api.press(reader, "x")
    await api.user_sends(group, "/my", user=member, thread=topic)
    api.block(member)
    api.kick(basic)
    answer = {"message_id": sent["message_id"]}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("getMe", {}),
        ("getUpdates", {}),
        ("sendMessage", {"chat_id": group, "text": "t", "message_thread_id": topic}),
        ("sendMessage", {"chat_id": reader, "text": "t", "reply_parameters": answer, "protect_content": True}),
        ("editMessageReplyMarkup", {"chat_id": reader, "message_id": sent["message_id"]}),
        ("editMessageText", {"chat_id": reader, "message_id": sent["message_id"], "text": "new"}),
        ("answerCallbackQuery", {"callback_query_id": query}),
        ("sendChatAction", {"chat_id": reader, "action": "typing"}),
        ("setMyCommands", {"commands": [{"command": "start", "description": "Hello"}]}),
        ("getMyCommands", {}),
        ("getChat", {"chat_id": group}),
        ("getChat", {"chat_id": reader}),
        ("getChatMember", {"chat_id": group, "user_id": reader}),
        ("getChatMember", {"chat_id": group, "user_id": member}),
        ("getChatMember", {"chat_id": reader, "user_id": reader}),
        ("getChatAdministrators", {"chat_id": "@desk_demo"}),
        ("getWebhookInfo", {}),
        ("setMyDescription", {"description": "d"}),
        ("deleteMessage", {"chat_id": reader, "message_id": sent["message_id"]}),
        ("deleteMyCommands", {}),
    ]
    wrong = []
    for name, params in calls:
        result = await api.call(name, **params)
        wrong.append(fault(spec, result, spec["methods"][name]["returns"], name))
    assert [one for one in wrong if one] == []
