"""The chat page over HTTP: `/`, its files, its stream of changes, and what a person does on it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from bot.sandbox.botapi import Refusal, SandboxBotApi
from bot.sandbox.page.live import Live

_FILES = Path(__file__).parent / "files"
_OURS = frozenset({"127.0.0.1", "localhost", "::1"})
_ANSWER_WITHIN = 10.0  # seconds that a pressed button waits for the bot
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".html": "text/html"}


class PageRoutes:
    """Serves the page of the person `me`."""

    def __init__(self, api: SandboxBotApi, live: Live, me: int):
        self._api = api
        self._live = live
        self._me = me
        self._open: set[asyncio.Task[Any]] = set()

    def add_to(self, app: web.Application) -> None:
        """Registers the routes and, with the application's life, the stream."""
        app.router.add_get("/", self._index)
        app.router.add_get("/page/stream", self._stream)
        app.router.add_post("/page/send", self._send)
        app.router.add_post("/page/press", self._press)
        app.router.add_get("/page/photo/{number}", self._photo)
        app.router.add_get("/page/{name}", self._file)
        app.on_shutdown.append(self._end_streams)

    async def _end_streams(self, app: web.Application) -> None:
        for task in self._open:
            task.cancel()

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return _page_file("index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return _page_file(request.match_info["name"])

    async def _photo(self, request: web.Request) -> web.Response:
        body = self._api.core.files.read(request.match_info["number"])
        if body is None:
            raise web.HTTPNotFound
        return web.Response(body=body, content_type="image/png" if body[:1] == b"\x89" else "image/jpeg")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
        try:
            async with contextlib.aclosing(self._live.events()) as events:
                async for event in events:
                    await response.write(b"data: " + msgspec.json.encode(event) + b"\n\n")
        except (ConnectionResetError, asyncio.CancelledError):
            pass  # the page was closed, or the server ends
        finally:
            if task is not None:
                self._open.discard(task)
        return response

    async def _send(self, request: web.Request) -> web.Response:
        given = await _given(request)
        text = str(given.get("text", "")).strip()
        chat, thread = _number(given, "chat"), given.get("thread")
        if not text or len(text) > 4096 or not self._member(chat):
            raise web.HTTPBadRequest
        number = await self._api.user_sends(chat, text, user=self._me, thread=int(thread) if thread else None)
        return web.json_response({"message": number})

    async def _press(self, request: web.Request) -> web.Response:
        """Presses a button and hands back what the bot answers; null where it does not answer in time."""
        given = await _given(request)
        chat = _number(given, "chat")
        if not self._member(chat):
            raise web.HTTPBadRequest
        try:
            query = await self._api.press(chat, str(given["data"]), message=_number(given, "message"), user=self._me)
        except LookupError:
            raise web.HTTPNotFound from None
        try:
            answer = await self._api.answered(query, _ANSWER_WITHIN)
        except TimeoutError:
            return web.json_response(None)
        return web.json_response(answer)

    def _member(self, chat: int) -> bool:
        group = self._api.state.chats.get(chat)
        return chat == self._me or (group is not None and self._me in group.members)


def _page_file(name: str) -> web.Response:
    path = _FILES / name
    if path.parent != _FILES or path.suffix not in _TYPES or not path.is_file():
        raise web.HTTPNotFound
    return web.Response(body=path.read_bytes(), content_type=_TYPES[path.suffix], charset="utf-8", headers=_HEADERS)


async def _given(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request. Only JSON is taken: another site's page cannot send that here unasked."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        given = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise web.HTTPBadRequest from None
    if not isinstance(given, dict):
        raise web.HTTPBadRequest
    return given


def _number(given: dict[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int):
        raise web.HTTPBadRequest
    return value


@web.middleware
async def local_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answers only who calls this machine by its own name, so that no foreign name resolves to the page."""
    try:
        host = urlsplit(f"//{request.host}").hostname
    except ValueError:
        host = None
    if host not in _OURS:
        raise web.HTTPForbidden
    try:
        return await handler(request)  # aiohttp names it so
    except Refusal:
        raise web.HTTPBadRequest from None
