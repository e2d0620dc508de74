"""Each line of the table of known Bot API answers, met over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.sandbox import FloodRules, Refusal, SandboxBotApi

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def button(data: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Go", "callback_data": data}]]}


async def test_bad_token(call: Any, root: str) -> None:
    """A wrong token is 401; what is no token at all is 404; so is a method that does not exist."""
    call.token = "1:wrong"
    assert await call.no("getMe") == (401, "Unauthorized")
    call.token = "nonsense"
    assert await call.no("getMe") == (404, "Not Found")


async def test_unknown_method(call: Any) -> None:
    """A method that Telegram does not have is 404; case of the name does not matter."""
    assert await call.no("sendNothing") == (404, "Not Found")
    assert (await call.ok("GETME"))["is_bot"] is True


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<x>y</x>", 'Unsupported start tag "x" at byte offset 0'),
        ("é<x>", 'Unsupported start tag "x" at byte offset 2'),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a<b", "Unclosed start tag at byte offset 1"),
        ('<a href="x', 'Unclosed start tag "a" at byte offset 0'),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href=x!y>a</a>", "Unexpected end of name token at byte offset 8"),
        ('<a ="x">a</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
    ],
)
async def test_html_not_parsed(call: Any, reader: int, html: str, words: str) -> None:
    """Broken markup is refused in Telegram's words, with the byte offset."""
    answer = await call.no("sendMessage", chat_id=reader, text=html, parse_mode="HTML")
    assert answer == (400, f"Bad Request: can't parse entities: {words}")


@pytest.mark.parametrize("text", ["", " \n ", "<b></b>", "<b> </b>"])
async def test_empty_text(call: Any, reader: int, text: str) -> None:
    """A text that shows nothing is refused, also when only markup or space is left of it."""
    answer = await call.no("sendMessage", chat_id=reader, text=text, parse_mode="HTML")
    assert answer == (400, "Bad Request: message text is empty")


async def test_long_text(call: Any, reader: int) -> None:
    """4,096 characters are counted after parsing; a caption has 1,024."""
    await call.ok("sendMessage", chat_id=reader, text="<b>" + "a" * 4096 + "</b>", parse_mode="HTML")
    long = await call.no("sendMessage", chat_id=reader, text="a" * 4097)
    assert long == (400, "Bad Request: message is too long")


async def test_long_caption(api: SandboxBotApi, reader: int) -> None:
    """A caption has 1,024 characters after parsing."""
    pixel = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")
    known = api.core.files.keep(pixel)["file_id"]
    await api.call("sendPhoto", chat_id=reader, photo=known, caption="<i>" + "a" * 1024 + "</i>", parse_mode="HTML")
    with pytest.raises(Refusal, match="message caption is too long"):
        await api.call("sendPhoto", chat_id=reader, photo=known, caption="a" * 1025)


async def test_edit_without_change(call: Any, reader: int) -> None:
    """An edit to the same words, entities and buttons is refused; a change of any of them is not."""
    sent = await call.ok("sendMessage", chat_id=reader, text="<b>a</b>", parse_mode="HTML", reply_markup=button("1"))
    target = {"chat_id": reader, "message_id": sent["message_id"]}
    same = await call.no("editMessageText", **target, text="<b>a</b>", parse_mode="HTML", reply_markup=button("1"))
    assert same == (400, NOT_MODIFIED)
    assert await call.no("editMessageReplyMarkup", **target, reply_markup=button("1")) == (400, NOT_MODIFIED)
    await call.ok("editMessageText", **target, text="a", reply_markup=button("1"))
    await call.ok("editMessageReplyMarkup", **target, reply_markup=button("2"))
    edited = await call.ok("editMessageText", **target, text="a")
    assert "reply_markup" not in edited
    assert "edit_date" in edited


async def test_edit_target_gone(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A message that is not there cannot be edited, nor can one that somebody else wrote."""
    gone = await call.no("editMessageText", chat_id=reader, message_id=99, text="a")
    assert gone == (400, "Bad Request: message to edit not found")
    theirs = await api.user_sends(reader, "hello")
    answer = await call.no("editMessageText", chat_id=reader, message_id=theirs, text="a")
    assert answer == (400, "Bad Request: message can't be edited")


async def test_delete(call: Any, reader: int) -> None:
    """A deleted message is gone for edits and for a second deletion."""
    sent = await call.ok("sendMessage", chat_id=reader, text="a")
    target = {"chat_id": reader, "message_id": sent["message_id"]}
    assert await call.ok("deleteMessage", **target) is True
    assert await call.no("deleteMessage", **target) == (400, "Bad Request: message to delete not found")
    assert await call.no("editMessageText", **target, text="b") == (400, "Bad Request: message to edit not found")


async def test_button_data(call: Any, reader: int) -> None:
    """callback_data has 1 to 64 bytes, counted in UTF-8."""
    await call.ok("sendMessage", chat_id=reader, text="a", reply_markup=button("я" * 32))
    for data in ("я" * 33, ""):
        answer = await call.no("sendMessage", chat_id=reader, text="a", reply_markup=button(data))
        assert answer == (400, "Bad Request: BUTTON_DATA_INVALID")


async def test_old_callback(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A press is answered once it was made and before it is too old; an unknown one never."""
    await call.ok("sendMessage", chat_id=reader, text="a", reply_markup=button("1"))
    query = await api.press(reader, "Go")
    assert await call.ok("answerCallbackQuery", callback_query_id=query, text="done") is True
    assert await api.answered(query) == {"text": "done", "alert": False}
    late = await api.press(reader, "1")
    api.expire_presses()
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await call.no("answerCallbackQuery", callback_query_id=late) == (400, too_old)
    assert await call.no("answerCallbackQuery", callback_query_id="77") == (400, too_old)


async def test_chat_not_found(call: Any) -> None:
    """An unknown chat, or none."""
    assert await call.no("sendMessage", chat_id=42, text="a") == (400, "Bad Request: chat not found")
    assert await call.no("sendMessage", chat_id="@nobody", text="a") == (400, "Bad Request: chat not found")
    assert await call.no("sendMessage", text="a") == (400, "Bad Request: chat_id is empty")


async def test_person_refuses(api: SandboxBotApi, call: Any) -> None:
    """Not started, blocked, deactivated: 403, each with its words; unblocking helps."""
    user = api.add_user("Olha", started=False)
    to = {"chat_id": user, "text": "a"}
    assert await call.no("sendMessage", **to) == (403, "Forbidden: bot can't initiate conversation with a user")
    await api.user_sends(user, "/start")
    await call.ok("sendMessage", **to)
    api.block(user)
    assert await call.no("sendMessage", **to) == (403, "Forbidden: bot was blocked by the user")
    api.unblock(user)
    await call.ok("sendMessage", **to)
    api.deactivate(user)
    assert await call.no("sendMessage", **to) == (403, "Forbidden: user is deactivated")


async def test_kicked(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A bot that was removed from a group is told so, by the kind of group."""
    group = api.add_group(admins=(reader,))
    api.kick(group)
    answer = await call.no("sendMessage", chat_id=group, text="a")
    assert answer == (403, "Forbidden: bot was kicked from the supergroup chat")
    basic = api.add_group(admins=(reader,), basic=True)
    api.kick(basic)
    answer = await call.no("sendMessage", chat_id=basic, text="a")
    assert answer == (403, "Forbidden: bot was kicked from the group chat")


async def test_migrated(api: SandboxBotApi, call: Any, reader: int) -> None:
    """The old id of a migrated group names the new one, which works; the bot hears of both sides."""
    basic = api.add_group(admins=(reader,), basic=True)
    new = api.migrate(basic)
    status, body = await call("sendMessage", chat_id=basic, text="a")
    assert (status, body["description"]) == (400, "Bad Request: group chat was upgraded to a supergroup chat")
    assert body["parameters"] == {"migrate_to_chat_id": new}
    await call.ok("sendMessage", chat_id=new, text="a")
    told = [update["message"] for update in await call.ok("getUpdates") if "message" in update]
    assert [message.get("migrate_to_chat_id") for message in told] == [new, None]
    assert told[1]["migrate_from_chat_id"] == basic


async def test_topic_gone(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A topic can be written to while it exists; afterwards, and where there are no topics, it is not found."""
    group = api.add_group(admins=(reader,), forum=True)
    topic = api.add_topic(group, "Wire")
    sent = await call.ok("sendMessage", chat_id=group, message_thread_id=topic, text="a")
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic, True)
    api.remove_topic(group, topic)
    gone = (400, "Bad Request: message thread not found")
    assert await call.no("sendMessage", chat_id=group, message_thread_id=topic, text="a") == gone
    assert await call.no("sendMessage", chat_id=reader, message_thread_id=topic, text="a") == gone


async def test_flood(api: SandboxBotApi, call: Any, reader: int) -> None:
    """Beyond the limit: 429 with retry_after in the words, the parameters and the header; other chats go on."""
    api.set_flood(FloodRules(chat_burst=2))
    for _ in range(2):
        await call.ok("sendMessage", chat_id=reader, text="a")
    status, body = await call("sendMessage", chat_id=reader, text="a")
    assert (status, body["description"]) == (429, "Too Many Requests: retry after 1")
    assert body["parameters"] == {"retry_after": 1}
    await call.ok("sendMessage", chat_id=api.add_user("Olha"), text="a")
    api.set_flood(None)
    await call.ok("sendMessage", chat_id=reader, text="a")


async def test_second_poller(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A second getUpdates ends the first with 409 and gets the updates itself."""
    first = asyncio.create_task(call("getUpdates", timeout=20))
    await api.until(lambda: api.polling)
    second = asyncio.create_task(call("getUpdates", timeout=20))
    status, body = await first
    assert (status, body["error_code"]) == (409, 409)
    assert body["description"].startswith("Conflict: terminated by other getUpdates request")
    await api.user_sends(reader, "hi")
    status, body = await second
    assert [update["message"]["text"] for update in body["result"]] == ["hi"]


async def test_bad_gateway(api: SandboxBotApi, call: Any, reader: int) -> None:
    """Gateway trouble is 502 with HTML, nothing was accepted, and it ends after the calls it was ordered for."""
    api.fail_next("bad-gateway", method="sendMessage", times=2)
    for _ in range(2):
        async with call.session.post(f"{call.root}/bot{call.token}/sendMessage", json={}) as answer:
            assert (answer.status, answer.content_type) == (502, "text/html")
    assert api.messages(reader) == []
    await call.ok("sendMessage", chat_id=reader, text="a")


@pytest.mark.parametrize(("kind", "accepted"), [("lost", 1), ("dropped", 0), ("timeout", 0)])
async def test_broken_line(api: SandboxBotApi, call: Any, reader: int, kind: Any, accepted: int) -> None:
    """The line breaks before the call was accepted, or after it: the caller cannot tell, the chat can."""
    api.fail_next(kind, seconds=0.05)
    with pytest.raises(aiohttp.ClientError):
        await call("sendMessage", chat_id=reader, text="a")
    assert len(api.messages(reader)) == accepted


async def test_flood_on_order(api: SandboxBotApi, call: Any, reader: int) -> None:
    """A test can order a 429 of any length."""
    api.fail_next("flood", seconds=43_837)
    status, body = await call("sendMessage", chat_id=reader, text="a")
    assert (status, body["parameters"]) == (429, {"retry_after": 43_837})
