"""A served Bot API with one reader, and a plain caller of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox import SandboxBotApi


class Caller:
    """Calls methods over HTTP as JSON and hands back status and body."""

    def __init__(self, session: aiohttp.ClientSession, root: str, token: str):
        self.session, self.root, self.token = session, root, token

    async def __call__(self, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.root}/bot{self.token}/{method}", json=params) as answer:
            return answer.status, await answer.json()

    async def ok(self, method: str, **params: Any) -> Any:
        """The result of a call that must be accepted."""
        status, body = await self(method, **params)
        assert (status, body["ok"]) == (200, True), body
        return body["result"]

    async def no(self, method: str, **params: Any) -> tuple[int, str]:
        """Code and words of a call that must be refused; the envelope's code must be the HTTP status."""
        status, body = await self(method, **params)
        assert body["ok"] is False
        assert body["error_code"] == status
        return status, body["description"]


@pytest.fixture
async def api() -> SandboxBotApi:
    """A world that forgets."""
    return SandboxBotApi()


@pytest.fixture
async def root(api: SandboxBotApi) -> AsyncIterator[str]:
    """Its address."""
    async with api.serve() as root:
        yield root


@pytest.fixture
async def call(api: SandboxBotApi, root: str) -> AsyncIterator[Caller]:
    """A caller of it."""
    async with aiohttp.ClientSession() as session:
        yield Caller(session, root, api.token)


@pytest.fixture
async def reader(api: SandboxBotApi) -> int:
    """A person who has started the bot."""
    return api.add_user("Rita")
