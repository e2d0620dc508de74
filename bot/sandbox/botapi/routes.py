"""`/bot<token>/<method>` and `/file/bot<token>/…` over HTTP."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from aiohttp import web

from bot.sandbox.botapi import account, messages
from bot.sandbox.botapi.core import Core
from bot.sandbox.botapi.faults import Faults, meet, refusal_response
from bot.sandbox.botapi.params import Params, read_params
from bot.sandbox.botapi.refusal import NOT_FOUND, UNAUTHORIZED, Refusal

log = structlog.get_logger()
KEPT_CALLS = 20_000
Method = Callable[[Core, Params], Awaitable[Any]]

METHODS: dict[str, Method] = {
    name.lower(): method
    for name, method in {
        "getMe": account.get_me,
        "getUpdates": account.get_updates,
        "setWebhook": account.set_webhook,
        "deleteWebhook": account.delete_webhook,
        "getWebhookInfo": account.webhook_info,
        "sendMessage": messages.send_message,
        "sendPhoto": messages.send_photo,
        "editMessageText": messages.edit_text,
        "editMessageCaption": messages.edit_caption,
        "editMessageReplyMarkup": messages.edit_markup,
        "deleteMessage": messages.delete_message,
        "deleteMessages": messages.delete_messages,
        "answerCallbackQuery": account.answer_callback,
        "sendChatAction": account.chat_action,
        "setMyCommands": account.set_commands,
        "getMyCommands": account.get_commands,
        "deleteMyCommands": account.delete_commands,
        "setMyDescription": account.set_text,
        "setMyShortDescription": account.set_text,
        "setMyName": account.set_text,
        "getChat": account.get_chat,
        "getChatMember": account.get_member,
        "getChatAdministrators": account.get_administrators,
        "leaveChat": account.leave_chat,
        "getFile": account.get_file,
        "logOut": account.yes,
        "close": account.yes,
    }.items()
}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call that reached the Bot API: `method` in lower case, `code` 200 or the refusal's (0: answer withheld)."""

    method: str
    params: dict[str, Any]
    at: float  # seconds of a monotonic clock
    code: int
    description: str = ""


class BotApiRoutes:
    """The HTTP side of one bot account."""

    def __init__(self, core: Core, token: str, faults: Faults):
        self._core = core
        self._token = token
        self._faults = faults
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_route("GET", "/bot{token}/{method}", self._call)
        app.router.add_route("POST", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/photos/{number}", self._file)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"].lower()
        refusal = self._stranger(request)
        if refusal is not None:
            return refusal_response(refusal)
        try:
            params = await read_params(request)
        except Refusal as unread:
            return refusal_response(unread)
        fault = self._faults.take(name)
        if fault is None:
            return await self._answer(name, params)
        if fault.kind != "lost":
            self._note(name, params, 0, fault.kind)
        return await meet(fault, request, lambda: self._answer(name, params))

    def _stranger(self, request: web.Request) -> Refusal | None:
        token = request.match_info["token"]
        if ":" not in token or not token.split(":")[0].isdecimal():
            return Refusal(*NOT_FOUND)
        return None if token == self._token else Refusal(*UNAUTHORIZED)

    async def _answer(self, name: str, params: Params) -> web.Response:
        method = METHODS.get(name)
        try:
            if method is None:
                raise Refusal(*NOT_FOUND)
            result = await method(self._core, params)
        except Refusal as refusal:
            self._note(name, params, refusal.code, refusal.description)
            return refusal_response(refusal)
        self._note(name, params, 200, "")
        return web.Response(body=msgspec.json.encode({"ok": True, "result": result}), content_type="application/json")

    def _note(self, name: str, params: Params, code: int, description: str) -> None:
        self.calls.append(
            Call(method=name, params=params.values, at=time.monotonic(), code=code, description=description)
        )
        if code not in (0, 200):
            log.debug("sandbox refused", method=name, code=code)

    async def _file(self, request: web.Request) -> web.Response:
        if self._stranger(request) is not None:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        body = self._core.files.read(request.match_info["number"])
        if body is None:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=body, content_type="image/png" if body[:1] == b"\x89" else "image/jpeg")
