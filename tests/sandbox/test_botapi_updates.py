"""Updates: what the bot hears of, in which order, and how it confirms."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox import SandboxBotApi
from bot.sandbox.serve import serving


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates if "message" in update]


async def test_offset_confirms(api: SandboxBotApi, call: Any, reader: int) -> None:
    """Updates come again until an offset above them confirms them; `limit` cuts; a negative offset keeps the last."""
    for word in ("a", "b", "c", "d"):
        await api.user_sends(reader, word)
    first = await call.ok("getUpdates")
    assert texts(first) == ["a", "b", "c", "d"]
    assert texts(await call.ok("getUpdates", limit=1)) == ["a"]
    assert texts(await call.ok("getUpdates", offset=first[1]["update_id"])) == ["b", "c", "d"]
    assert texts(await call.ok("getUpdates")) == ["b", "c", "d"]
    assert texts(await call.ok("getUpdates", offset=-1)) == ["d"]
    assert texts(await call.ok("getUpdates")) == ["d"]


async def test_long_poll_ends_at_an_update(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A poll with a timeout waits for the next update and returns at once with it."""
    poll = asyncio.create_task(call.ok("getUpdates", timeout=30))
    await api.until(lambda: api.polling)
    await api.user_sends(reader, "a")
    assert texts(await poll) == ["a"]


async def test_allowed_updates(api: SandboxBotApi, call: Any, reader: int) -> None:
    """Only the kinds asked for come, the choice is remembered, and an empty list brings the default back."""
    await call.ok("getUpdates", allowed_updates=["callback_query"])
    await api.user_sends(reader, "a")
    assert await call.ok("getUpdates") == []
    await call.ok("getUpdates", allowed_updates=[])
    await api.user_sends(reader, "b")
    assert texts(await call.ok("getUpdates")) == ["b"]


async def test_all_ways_to_call(api: SandboxBotApi, call: Any, reader: int) -> None:
    """GET with a query, a form, JSON and multipart mean the same; JSON parameters may be text inside a form."""
    url = f"{call.root}/bot{call.token}/sendMessage"
    keys = json.dumps({"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]})
    given = {"chat_id": str(reader), "text": "a", "reply_markup": keys}
    async with call.session.get(url, params=given) as answer:
        assert answer.status == 200
    async with call.session.post(url, data=given) as answer:
        assert answer.status == 200
    import aiohttp

    form = aiohttp.FormData(given)
    form.add_field("extra", b"x", filename="x.bin")
    async with call.session.post(url, data=form) as answer:
        assert answer.status == 200
    await call.ok("sendMessage", chat_id=reader, text="a", reply_markup=json.loads(keys))
    sent = [(message["text"], message["reply_markup"]) for message in api.messages(reader)]
    assert sent == [("a", json.loads(keys))] * 4


async def test_group_privacy(api: SandboxBotApi, call: Any, reader: int) -> None:
    """In a group the bot hears commands for it and answers to it; as an administrator it hears everything."""
    group = api.add_group(admins=(reader,))
    own = await call.ok("sendMessage", chat_id=group, text="hello")
    for words in ("chatter", "/my", "/my@wirewatch_demo_bot x", "/my@other_bot", "a / b"):
        await api.user_sends(group, words, user=reader)
    await api.user_sends(group, "an answer", user=reader, reply_to=own["message_id"])
    heard = texts(await call.ok("getUpdates"))
    assert heard == ["/my", "/my@wirewatch_demo_bot x", "an answer"]
    api.promote_bot(group)
    await api.user_sends(group, "chatter", user=reader)
    assert texts(await call.ok("getUpdates"))[-1] == "chatter"


async def test_blocks_and_kicks_are_told(api: SandboxBotApi, call: Any, reader: int) -> None:
    """Being blocked, unblocked, added and removed arrive as my_chat_member, without asking."""
    api.block(reader)
    api.unblock(reader)
    group = api.add_group(admins=(reader,))
    api.kick(group)
    told = [update["my_chat_member"] for update in await call.ok("getUpdates")]
    changes = [(one["chat"]["id"], one["old_chat_member"]["status"], one["new_chat_member"]["status"]) for one in told]
    assert changes == [
        (reader, "member", "kicked"),
        (reader, "kicked", "member"),
        (group, "left", "member"),
        (group, "member", "kicked"),
    ]


async def test_message_ids_as_telegram_counts(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A supergroup counts its own messages; private chats and basic groups share one counter."""
    other = api.add_user("Olha")
    basic, group = api.add_group(basic=True), api.add_group()
    ids = [(await call.ok("sendMessage", chat_id=chat, text="a"))["message_id"] for chat in (reader, basic, other)]
    assert ids == [1, 2, 3]
    assert (await call.ok("sendMessage", chat_id=group, text="a"))["message_id"] == 1


async def test_replies(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A reply carries what it answers; one to nothing is refused unless it may go without."""
    first = await call.ok("sendMessage", chat_id=reader, text="first")
    second = await call.ok(
        "sendMessage", chat_id=reader, text="second", reply_parameters={"message_id": first["message_id"]}
    )
    assert second["reply_to_message"]["text"] == "first"
    refused = await call.no("sendMessage", chat_id=reader, text="a", reply_parameters={"message_id": 77})
    assert refused == (400, "Bad Request: message to be replied not found")
    allowed = {"message_id": 77, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await call.ok("sendMessage", chat_id=reader, text="a", reply_parameters=allowed)


async def test_webhook(api: SandboxBotApi, call: Any, reader: int) -> None:
    """Updates go to a webhook in order, with the secret, each again until it is taken; polling is refused meanwhile."""
    taken: list[tuple[str, str | None]] = []
    failures = 1

    async def hook(request: web.Request) -> web.Response:
        nonlocal failures
        if failures:
            failures -= 1
            return web.Response(status=500)
        update = await request.json()
        taken.append((update["message"]["text"], request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        api.state.tell("taken")
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hook)
    async with serving(app) as root:
        await call.ok("setWebhook", url=f"{root}/hook", secret_token="s-1")
        for word in ("a", "b"):
            await api.user_sends(reader, word)
        await api.until(lambda: len(taken) == 2)
        assert taken == [("a", "s-1"), ("b", "s-1")]
        status, words = await call.no("getUpdates")
        assert (status, words.split(":")[0]) == (409, "Conflict")
        assert (await call.ok("getWebhookInfo"))["url"] == f"{root}/hook"
        await call.ok("deleteWebhook")
    assert await call.ok("getUpdates") == []
    refused = await call.no("setWebhook", url="http://example.org/hook")
    assert refused == (400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")


async def test_a_restart_goes_on(tmp_path: Path) -> None:
    """After a restart without any goodbye, chats, settings and unconfirmed updates stand, and ids go on."""
    api = SandboxBotApi(folder=tmp_path)
    reader = api.add_user("Rita")
    group = api.add_group("Desk", admins=(reader,), forum=True)
    topic = api.add_topic(group, "Wire")
    keys = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    sent = await api.call("sendMessage", chat_id=reader, text="<b>a</b>", parse_mode="HTML", reply_markup=keys)
    await api.call("sendMessage", chat_id=group, text="t", message_thread_id=topic)
    gone = await api.call("sendMessage", chat_id=reader, text="gone")
    await api.call("deleteMessage", chat_id=reader, message_id=gone["message_id"])  # type: ignore[index]
    await api.call("setMyCommands", commands=[{"command": "start", "description": "Hello"}])
    for word in ("/a", "/b"):
        await api.user_sends(reader, word)
    query = await api.press(reader, "x")
    updates = await api.call("getUpdates", limit=3)
    await api.call("getUpdates", offset=updates[2]["update_id"], limit=1)  # type: ignore[index]
    before = (api.messages(reader), api.messages(group), api.state.people, api.state.chats, api.state.settings)
    waiting = list(api.state.updates.values())
    with (tmp_path / "telegram.jsonl").open("ab") as journal:
        journal.write(b'{"kind":"message","mess')  # it died inside a line

    again = SandboxBotApi(folder=tmp_path)
    assert (
        again.messages(reader), again.messages(group), again.state.people, again.state.chats, again.state.settings
    ) == before  # fmt: skip
    assert again.messages(reader)[0] == sent
    assert list(again.state.updates.values()) == waiting
    assert await again.call("answerCallbackQuery", callback_query_id=query) is True
    number = await again.user_sends(reader, "/c")
    assert number == 5  # 3 was deleted, and is not given again
    assert max(again.state.updates) == max(api.state.updates) + 1
    third = SandboxBotApi(folder=tmp_path)
    assert third.messages(reader) == again.messages(reader)
    for world in (api, again, third):
        world.close()
