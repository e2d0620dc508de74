"""A small bot of our own for the page's tests: it answers commands and presses, and can be told to alert."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

COMMANDS = [
    {"command": "start", "description": "Say hello"},
    {"command": "stories", "description": "The storylines and where they stand"},
    {"command": "story", "description": "One storyline: /story mediation"},
    {"command": "subscribe", "description": "Follow a storyline"},
    {"command": "my", "description": "What this chat follows"},
    {"command": "help", "description": "All commands"},
]
GREETING = (
    "👋 <b>Wirewatch</b> watches channels and feeds for storylines and keeps one alert per event.\n\n"
    "Type /stories to see them, or follow all of them:"
)
ALERT = (
    "🔴 <b>CRITICAL</b> · Foreign missions in Kyiv\n"
    "<b>Russia demands that the United States evacuate its embassy in Kyiv.</b>\n\n"
    "<blockquote>The Russian foreign minister told the <u>US</u> secretary of state by phone to get "
    "<u>American diplomats</u> out of the city, the ministry in Moscow said.</blockquote>\n"
    '<a href="https://t.me/northgate_wire_demo/4103">Northgate Wire</a> · 04:52 UTC\n\n'
    "<i>{count}</i>"
)


def keys(*rows: list[tuple[str, str]]) -> dict[str, Any]:
    """An inline keyboard; data that begins with http is a link."""
    return {
        "inline_keyboard": [
            [{"text": text, "url" if data.startswith("http") else "callback_data": data} for text, data in row]
            for row in rows
        ]
    }


class ScriptedBot:
    """Polls a Bot API root until cancelled; what it was asked stands in `heard` and `pressed`."""

    def __init__(self, root: str, token: str):
        self._url = f"{root}/bot{token}/"
        self.heard: list[str] = []
        self.pressed: list[str] = []

    async def call(self, method: str, **params: Any) -> Any:
        async with self._session.post(self._url + method, json=params) as answer:
            return (await answer.json()).get("result")

    async def __aenter__(self) -> ScriptedBot:
        self._session = aiohttp.ClientSession()
        await self.call("setMyCommands", commands=COMMANDS)
        self._task = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._session.close()

    async def alert(self, chat: int, count: str = "1 post, 1 origin") -> int:
        sent = await self.call(
            "sendMessage",
            chat_id=chat,
            text=ALERT.format(count=count),
            parse_mode="HTML",
            reply_markup=self._alert_keys(),
        )
        return int(sent["message_id"])

    async def update(self, chat: int, message: int, count: str) -> None:
        text = ALERT.format(count=count)
        markup = self._alert_keys()
        await self.call(
            "editMessageText", chat_id=chat, message_id=message, text=text, parse_mode="HTML", reply_markup=markup
        )

    def _alert_keys(self) -> dict[str, Any]:
        post = "https://t.me/northgate_wire_demo/4103"
        return keys([("Why this?", "why"), ("Mute 1 h", "mute")], [("Northgate Wire", post)])

    async def _poll(self) -> None:
        offset = 0
        while True:
            for update in await self.call("getUpdates", offset=offset, timeout=20) or []:
                offset = update["update_id"] + 1
                await self._take(update)

    async def _take(self, update: dict[str, Any]) -> None:
        if "callback_query" in update:
            query = update["callback_query"]
            self.pressed.append(query["data"])
            await self.call("answerCallbackQuery", callback_query_id=query["id"], text=f"You pressed {query['data']}.")
            return
        message = update.get("message")
        if message is None or "text" not in message:
            return
        self.heard.append(message["text"])
        text = GREETING if message["text"].startswith("/start") else f"You wrote: {message['text'][:200]}"
        await self.call("sendChatAction", chat_id=message["chat"]["id"], action="typing")
        text = text if text is GREETING else text.replace("&", "&amp;").replace("<", "&lt;")
        markup = keys([("Subscribe to all", "all")], [("Stories", "stories"), ("Help", "help")])
        await self.call("sendMessage", chat_id=message["chat"]["id"], text=text, parse_mode="HTML", reply_markup=markup)
