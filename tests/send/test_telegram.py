"""Every answer of Telegram has one meaning; the token appears in none of them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot
from telegram import error as tg

from bot import errors
from bot.model import Button, Message, Target
from bot.send import Telegram, make_bot, meaning
from bot.send.request import _form, _proxy_of

TOKEN = "123456:hush-this-is-the-token"
HELLO = Message(html="<b>Bridge closed</b>")


class Server:
    """A Bot API that records calls and answers as told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.files: dict[str, bytes] = {}
        self.answers: list[Any] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = dict(await request.post())
        for name, value in form.items():
            if isinstance(value, web.FileField):
                self.files[name] = value.file.read()
        self.calls.append((request.match_info["method"], {k: v for k, v in form.items() if isinstance(v, str)}))
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            return web.json_response({"ok": True, "result": self.result(request.match_info["method"], form)})
        if callable(answer):
            return await answer(request)
        status, body = answer
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html")
        return web.json_response({"ok": False, "error_code": status, **body}, status=status)

    def result(self, method: str, form: dict[str, Any]) -> Any:
        if method == "getMe":
            return {"id": 123456, "is_bot": True, "first_name": "Wire", "username": "wire_bot"}
        return {"message_id": 42, "date": 1_700_000_000, "chat": {"id": int(form["chat_id"]), "type": "private"}}


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def bot(server: Server) -> AsyncIterator[Bot]:
    app = web.Application()
    app.router.add_route("*", f"/bot{TOKEN}/{{method}}", server.handle)
    async with TestServer(app) as running:
        made = make_bot(TOKEN, str(running.make_url("/")))
        async with made:
            server.calls.clear()
            yield made


@pytest.fixture
def telegram(bot: Bot) -> Telegram:
    return Telegram(bot)


async def test_a_message_goes_out_as_html_with_buttons(telegram: Telegram, server: Server) -> None:
    """HTML, no link preview, the topic, the reply and the buttons reach Telegram; its message id comes back."""
    message = Message(
        html="<b>x</b>", buttons=((Button("Why", data="why:1"), Button("Open", url="https://example.org")),)
    )
    assert await telegram.send(Target(-5, 7), message, reply_to=9, silent=True) == 42
    ((method, form),) = server.calls
    assert method == "sendMessage"
    assert (form["chat_id"], form["message_thread_id"], form["text"]) == ("-5", "7", "<b>x</b>")
    assert (form["parse_mode"], form["disable_notification"]) == ("HTML", "true")
    assert json.loads(form["link_preview_options"]) == {"is_disabled": True}
    assert json.loads(form["reply_parameters"]) == {"message_id": 9, "allow_sending_without_reply": True}
    assert json.loads(form["reply_markup"]) == {
        "inline_keyboard": [[{"text": "Why", "callback_data": "why:1"}, {"text": "Open", "url": "https://example.org"}]]
    }


@given(st.text())
def test_any_text_survives_the_form(text: str) -> None:
    """What a server reads from the form is what was written."""
    form = _form({"text": text, "chat_id": "-5"}).decode()
    assert form.isascii()
    assert parse_qs(form, keep_blank_values=True) == {"text": [text], "chat_id": ["-5"]}


def test_lone_surrogates_do_not_stop_a_message() -> None:
    """Half an emoji, cut by some source, is left out."""
    assert _form({"text": "blast \ud83d here"}) == b"text=blast++here"


async def test_an_edit_names_its_message(telegram: Telegram, server: Server) -> None:
    """Only the text and buttons of that message change."""
    await telegram.edit(Target(5), 42, HELLO)
    ((method, form),) = server.calls
    assert (method, form["chat_id"], form["message_id"]) == ("editMessageText", "5", "42")


def refused(text: str) -> tuple[int, dict[str, str]]:
    return 400, {"description": f"Bad Request: {text}"}


def forbidden(text: str) -> tuple[int, dict[str, str]]:
    return 403, {"description": f"Forbidden: {text}"}


ANSWERS: list[tuple[Any, type[errors.SendError]]] = [
    (refused("message text is empty"), errors.Rejected),
    (refused("message is too long"), errors.Rejected),
    (refused("BUTTON_DATA_INVALID"), errors.Rejected),
    (refused("chat not found"), errors.ChatUnreachable),
    (refused("not enough rights to send text messages to the chat"), errors.ChatUnreachable),
    (refused("group chat was upgraded to a supergroup chat"), errors.ChatUnreachable),
    (forbidden("bot was blocked by the user"), errors.ChatUnreachable),
    (forbidden("user is deactivated"), errors.ChatUnreachable),
    (forbidden("bot was kicked from the supergroup chat"), errors.ChatUnreachable),
    (forbidden("bot can't initiate conversation with a user"), errors.ChatUnreachable),
    (refused("message thread not found"), errors.TopicGone),
    (refused("TOPIC_CLOSED"), errors.TopicGone),
    (refused("message to edit not found"), errors.MessageGone),
    (refused("message can't be edited"), errors.MessageGone),
    ((401, {"description": "Unauthorized"}), errors.TokenRefused),
    ((404, {"description": "Not Found"}), errors.TokenRefused),
    ((409, {"description": "Conflict: terminated by other getUpdates request"}), errors.SendTransient),
    ((500, {"description": "Internal Server Error"}), errors.SendTransient),
    ((502, "<html><body>502 Bad Gateway</body></html>"), errors.SendTransient),
    ((503, "<html></html>"), errors.SendTransient),
    ((504, "<html>Gateway Time-out</html>"), errors.SendLost),
    ((200, "<html>not JSON</html>"), errors.SendLost),
    ((200, {"description": "an envelope without a result"}), errors.SendLost),
    ((413, {"description": "Request Entity Too Large"}), errors.Rejected),
    ((429, {"description": "Too Many Requests"}), errors.Throttled),
]


@pytest.mark.parametrize(("answer", "meant"), ANSWERS, ids=[str(a[1])[:60] for a, _ in ANSWERS])
async def test_each_answer_to_a_send_has_one_meaning(
    telegram: Telegram, server: Server, answer: Any, meant: type[errors.SendError]
) -> None:
    """The table of docs/delivery.md: an error of exactly this class, its text free of the token."""
    server.answers = [answer]
    with pytest.raises(errors.SendError) as caught:
        await telegram.send(Target(5), HELLO)
    assert type(caught.value) is meant
    assert "hush" not in repr(caught.value)
    assert caught.value.__suppress_context__
    assert len(server.calls) == 1


@pytest.mark.parametrize("wait", [3, 14_400])
async def test_flood_waits_come_with_their_seconds(telegram: Telegram, server: Server, wait: int) -> None:
    """Seconds or hours, the wait is Telegram's own."""
    server.answers = [
        (429, {"description": f"Too Many Requests: retry after {wait}", "parameters": {"retry_after": wait}})
    ]
    with pytest.raises(errors.Throttled) as caught:
        await telegram.send(Target(5), HELLO)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("wait", [7, timedelta(seconds=7)])
def test_flood_waits_of_both_kinds(wait: Any) -> None:
    """The library gives an int or a timedelta, by version and setting."""
    meant = meaning(tg.RetryAfter(wait), editing=False)
    assert isinstance(meant, errors.Throttled)
    assert meant.retry_after == 7


async def test_a_migrated_group_names_its_new_id(telegram: Telegram, server: Server) -> None:
    """The new id comes with the error."""
    server.answers = [
        (400, {"description": "Bad Request: group chat was upgraded", "parameters": {"migrate_to_chat_id": -1005}})
    ]
    with pytest.raises(errors.ChatMigrated) as caught:
        await telegram.send(Target(-5), HELLO)
    assert caught.value.new_chat == -1005


async def test_an_edit_without_change_is_fine(telegram: Telegram, server: Server) -> None:
    """Telegram refuses to change a message to what it shows; that is what we wanted."""
    server.answers = [
        refused(
            "message is not modified: specified new message content and reply markup are exactly the same as a "
            "current content and reply markup of the message"
        )
    ]
    await telegram.edit(Target(5), 42, HELLO)


async def test_an_edit_that_got_no_answer_may_be_repeated(telegram: Telegram, server: Server) -> None:
    """An edit twice is an edit: no lost answer to worry about."""
    server.answers = [(504, "<html></html>")]
    with pytest.raises(errors.SendTransient):
        await telegram.edit(Target(5), 42, HELLO)


async def test_refused_formatting_goes_out_plain(telegram: Telegram, server: Server) -> None:
    """An alert is never lost to a stray tag: the same words go out without formatting."""
    server.answers = [refused('can\'t parse entities: Unsupported start tag "x" at byte offset 0')]
    assert await telegram.send(Target(5), Message(html="<x>Tom &amp; Ann</x>")) == 42
    first, second = server.calls
    assert first[1]["parse_mode"] == "HTML"
    assert "parse_mode" not in second[1]
    assert second[1]["text"] == "Tom & Ann"


async def test_no_connection_means_not_sent() -> None:
    """A refused connection is trouble to wait for, never a message that may have arrived."""
    telegram = Telegram(bot := make_bot(TOKEN, f"http://127.0.0.1:{unused_port()}"))
    await bot._request[1].initialize()
    try:
        with pytest.raises(errors.SendTransient) as caught:
            await telegram.send(Target(5), HELLO)
    finally:
        await bot._request[1].shutdown()
    assert "hush" not in repr(caught.value)


async def test_a_connection_cut_before_the_answer_is_a_lost_answer(telegram: Telegram, server: Server) -> None:
    """The request went out: it may have arrived."""

    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        await asyncio.sleep(0)
        return web.Response()

    server.answers = [cut]
    with pytest.raises(errors.SendLost):
        await telegram.send(Target(5), HELLO)
    assert len(server.calls) == 1, "it must not be repeated below us"


async def test_a_silent_server_is_a_lost_answer(server: Server, bot: Bot) -> None:
    """No answer in time: it may have arrived."""
    release = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    server.answers = [hang]
    bot._request[1]._read_timeout = 0.1
    try:
        with pytest.raises(errors.SendLost):
            await Telegram(bot).send(Target(5), HELLO)
    finally:
        release.set()


async def test_files_are_uploaded(bot: Bot, server: Server) -> None:
    """The transport carries files as multipart, names in any script."""
    await bot.send_document(5, b"a,b\n1,2\n", filename="мост.csv")
    ((method, form),) = server.calls
    assert (method, form["chat_id"]) == ("sendDocument", "5")
    assert b"a,b\n1,2\n" in server.files.values()


async def test_no_log_line_holds_the_token(
    telegram: Telegram, server: Server, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the level that the bot logs, neither good nor bad answers leave the token or the text in a log."""
    caplog.set_level(logging.INFO)
    await telegram.send(Target(5), HELLO)
    for answer in ((502, "<html></html>"), (401, {"description": "Unauthorized"}), (200, "nonsense")):
        server.answers = [answer]
        with pytest.raises(errors.SendError):
            await telegram.send(Target(5), HELLO)
    said = caplog.text + "".join(capsys.readouterr())
    assert "hush" not in said
    assert "Bridge" not in said


async def test_ping_tells_whether_telegram_answers(telegram: Telegram, server: Server) -> None:
    """Quiet when all is well, a SendError otherwise."""
    await telegram.ping()
    server.answers = [(502, "<html></html>")]
    with pytest.raises(errors.SendTransient):
        await telegram.ping()


async def test_a_paid_broadcast_is_marked_as_one(bot: Bot, server: Server) -> None:
    """Above 30 messages a second Telegram takes only what is marked as paid; edits know no such mark."""
    paid = Telegram(bot, paid=True)
    await paid.send(Target(5), HELLO)
    await paid.edit(Target(5), 42, HELLO)
    await Telegram(bot).send(Target(5), HELLO)
    assert [form.get("allow_paid_broadcast") for _, form in server.calls] == ["true", None, None]


@pytest.mark.parametrize("body", [[], {}, {"message_id": "x"}, True])
async def test_an_answer_without_a_message_may_have_been_one(telegram: Telegram, server: Server, body: Any) -> None:
    """Telegram said yes but not what it sent: it may have arrived, so it is not blindly repeated."""

    async def odd(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": body})

    server.answers = [odd]
    with pytest.raises(errors.SendLost):
        await telegram.send(Target(5), HELLO)


async def test_the_environment_names_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """`http_proxy` is used with its password, and `no_proxy` is heeded."""
    seen: list[tuple[str, str | None]] = []

    async def forward(request: web.Request) -> web.Response:
        seen.append((request.url.host or "", request.headers.get("Proxy-Authorization")))
        return web.json_response({"ok": True, "result": {"message_id": 7}})

    proxy = web.Application()
    proxy.router.add_route("*", "/{path:.*}", forward)
    async with TestServer(proxy) as running:
        monkeypatch.setenv("http_proxy", f"http://user:secret@127.0.0.1:{running.port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        _proxy_of.cache_clear()
        bot = make_bot(TOKEN, "http://api.telegram.example")
        await bot.request.initialize()
        try:
            assert await Telegram(bot).send(Target(5), HELLO) == 7
        finally:
            await bot.request.shutdown()
            assert _proxy_of("http", "127.0.0.1:80") == (None, {})
            _proxy_of.cache_clear()
    assert seen == [("api.telegram.example", "Basic dXNlcjpzZWNyZXQ=")]
