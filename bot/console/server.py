"""`/healthz`: the process turns. `/readyz`: Redis answers and sources are being read."""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog
from aiohttp import web

from bot.store import Store

log = structlog.get_logger(__name__)


class Console:
    """A small HTTP server beside the bot. It shows counts and states, never posts, chats or secrets."""

    def __init__(self, store: Store, address: str):
        host, _, port = address.rpartition(":")
        self._host, self._port = host or "127.0.0.1", int(port)
        self._store = store
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Serve from now on. A taken port is logged, not fatal: the wire matters more than its gauge."""
        site = web.Application()
        site.add_routes([web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)])
        self._runner = web.AppRunner(site, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            log.warning("console", outcome="not-served", host=self._host, port=self._port, detail=error.strerror)
        else:
            log.info("console", outcome="served", host=self._host, port=self._port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        async with asyncio.timeout(2):
            await self._store.ping()
        return web.json_response({"ok": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        async with asyncio.timeout(2):
            healths = await self._store.sources.healths()
        states = Counter(health.state for health in healths.values())
        ready = states["ok"] > 0
        return web.json_response({"ready": ready, "sources": dict(states)}, status=200 if ready else 503)
