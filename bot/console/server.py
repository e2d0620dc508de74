"""`/healthz`: the process turns. `/readyz`: Redis answers and sources are being read. `/metrics`: for Prometheus."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog
from aiohttp import web

from bot.console.metrics import Metrics
from bot.errors import StoreUnavailable
from bot.store import Store

log = structlog.get_logger(__name__)

T = TypeVar("T")
ANSWERS_WITHIN = 2.0  # seconds; a balancer that waits longer has given up


class Console:
    """A small HTTP server beside the bot. It shows counts and states, never posts, chats or secrets."""

    def __init__(self, store: Store, address: str, metrics: Metrics | None = None):
        host, _, port = address.rpartition(":")
        self._host, self._port = host or "127.0.0.1", int(port)
        self._store = store
        self._metrics = metrics or Metrics()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Serve from now on. A taken port is logged, not fatal: the wire matters more than its gauge."""
        site = web.Application()
        site.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._page_of_metrics),
            ]
        )
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
        if await self._asked(self._store.memory()) is None:
            return web.json_response({"ok": False, "why": "Redis does not answer"}, status=503)
        return web.json_response({"ok": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        healths = await self._asked(self._store.sources.healths())
        if healths is None:
            return web.json_response({"ready": False, "why": "Redis does not answer"}, status=503)
        states = Counter(health.state for health in healths.values())
        ready = states["ok"] > 0
        return web.json_response({"ready": ready, "sources": dict(states)}, status=200 if ready else 503)

    async def _page_of_metrics(self, request: web.Request) -> web.Response:
        body, content_type = await self._metrics.page(self._store, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _asked(self, question: Coroutine[Any, Any, T]) -> T | None:
        """The store's answer, or None where it has none within two seconds."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                return await question
        except (StoreUnavailable, TimeoutError):
            return None
