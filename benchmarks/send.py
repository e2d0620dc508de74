"""Sending: the aiohttp transport against the one that python-telegram-bot comes with, and the whole relay at its limit.

    python -m benchmarks.send [--calls 1000] [--deliveries 3000]

The Bot API here answers at once on loopback, so what is measured is our own cost. The relay runs against an embedded
server with `appendfsync always`, as the bot does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import multiprocessing
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
import structlog
from aiohttp import web
from telegram import Bot
from telegram.request import HTTPXRequest

from benchmarks.commit import batch
from benchmarks.runner import compare
from bot.model import Message, Severity, Subscription, Target
from bot.pipeline.relay import Relay
from bot.send import Telegram, make_bot
from bot.store import Limits, Store, open_store

TOKEN = "1:benchmark"
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TEXT = Message(html="<b>Bridge closed after a blast</b>\n" + "Officials closed the northern bridge. " * 8)
STRICT = 30  # messages in any second that the flood-checking API accepts


async def serve(port: int) -> None:
    """A Bot API in a process of its own, as small as can be; `/flood` counts what comes too fast."""
    arrivals: list[float] = []
    refused = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal refused
        form = await request.post()
        now = time.monotonic()
        if request.match_info["method"] == "getMe":
            return web.json_response({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "w"}})
        if request.match_info["token"].endswith("strict"):
            recent = [at for at in arrivals[-STRICT:] if now - at < 1]
            if len(recent) >= STRICT:
                refused += 1
                body = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1"}
                return web.json_response({**body, "parameters": {"retry_after": 1}}, status=429)
        arrivals.append(now)
        chat = {"id": int(str(form.get("chat_id", 1))), "type": "private"}
        return web.json_response({"ok": True, "result": {"message_id": len(arrivals), "date": 1, "chat": chat}})

    async def report(_: web.Request) -> web.Response:
        got, arrivals[:] = list(arrivals), []
        return web.json_response({"arrivals": got, "refused": refused})

    app = web.Application()
    app.router.add_post("/bot{token}/{method}", answer)
    app.router.add_get("/report", report)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


@contextlib.contextmanager
def api(port: int = 18_099) -> Iterator[str]:
    process = multiprocessing.Process(target=lambda: asyncio.run(serve(port)), daemon=True)
    process.start()
    time.sleep(1.0)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


async def sends(bot: Bot, calls: int, in_flight: int) -> None:
    telegram = Telegram(bot)
    gate = asyncio.Semaphore(in_flight)

    async def one(chat: int) -> None:
        async with gate:
            await telegram.send(Target(chat + 1), TEXT)

    async with contextlib.AsyncExitStack() as stack:
        for request in bot._request:
            await stack.enter_async_context(request)
        await asyncio.gather(*(one(chat) for chat in range(calls)))


def transports(root: str, calls: int) -> None:
    def httpx_bot() -> Bot:
        return Bot(TOKEN, base_url=f"{root}/bot", request=HTTPXRequest(connection_pool_size=256, pool_timeout=60))

    def run(make: Callable[[], Bot], in_flight: int) -> Callable[[], object]:
        return lambda: asyncio.run(sends(make(), calls, in_flight))

    for in_flight in (1, 32):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        compare(
            f"Sends at {in_flight} in flight",
            {
                "python-telegram-bot as it comes (httpx)": run(httpx_bot, in_flight),
                "over aiohttp": run(lambda: make_bot(TOKEN, root), in_flight),
            },
            units=calls,
            unit="calls",
            runs=3,
        )
        print(f"  (user CPU of all runs: {resource.getrusage(resource.RUSAGE_SELF).ru_utime - before:.1f} s)")


@contextlib.asynccontextmanager
async def relaying(store: Store, bot: Bot, seen: list[tuple[Severity, float]]) -> AsyncIterator[None]:
    relay = Relay(
        store,
        Telegram(bot),
        lambda event, delivery, now: TEXT,
        lambda event, delivery, now: TEXT,
        lambda: datetime.now(UTC),
        worker="w1",
        observe=lambda outcome, delivery, seconds: seen.append((delivery.severity, seconds)),
    )
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def owe(store: Store, number: int, severity: Severity, storyline: str) -> None:
    one = batch(range(number, number + 1), with_event=True, expected=await store.events.revision())
    event = msgspec.structs.replace(one.events[0], storylines=(storyline,), severity=severity)
    alert = msgspec.structs.replace(one.alerts[0], storyline=storyline, severity=severity)
    await store.commit(msgspec.structs.replace(one, events=(event,), alerts=(alert,)))


async def broadcast(root: str, limits: Limits, deliveries: int, token: str) -> None:
    """A low broadcast with a critical alert every so often; how much of the limit is used, how late the critical."""
    async with aiohttp.ClientSession() as client:
        await client.get(f"{root}/report")
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(None, Path(folder), limits=limits) as store, make_bot(token, root) as bot:
            for chat in range(deliveries):
                await store.subscriptions.put(Subscription(target=Target(chat + 1), storyline="crowd", since=NOW))
            await store.subscriptions.put(Subscription(target=Target(10**9), storyline="few", since=NOW))
            seen: list[tuple[Severity, float]] = []
            await owe(store, 1, Severity.LOW, "crowd")
            cpu, began = time.process_time(), time.perf_counter()
            async with relaying(store, bot, seen):
                number = 2
                while len(seen) < deliveries + number - 2:
                    await asyncio.sleep(1.3)
                    if len(seen) < deliveries * 0.9:
                        await owe(store, number, Severity.CRITICAL, "few")
                        number += 1
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
            outcomes = await store.outbox.outcomes()
    async with aiohttp.ClientSession() as client, client.get(f"{root}/report") as response:
        report = await response.json()
    arrivals = sorted(report["arrivals"])
    span = arrivals[-1] - arrivals[0]
    critical = sorted(seconds * 1000 for severity, seconds in seen if severity is Severity.CRITICAL)
    print(f"\nRelay, {deliveries:,} chats at {limits.per_second:,.0f}/s allowed: {outcomes}, {took:.1f} s")
    rate = (len(arrivals) - 1) / span
    print(f"  {rate:,.1f} messages/s; 429s: {report['refused']}; CPU {cpu / len(seen) * 1e6:,.0f} µs a message")
    if critical:
        p99 = critical[min(len(critical) - 1, int(len(critical) * 0.99))]
        middle = statistics.median(critical)
        print(f"  critical, commit to sent, {len(critical)} of them: median {middle:.0f} ms, p99 {p99:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--deliveries", type=int, default=3_000)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    warnings.simplefilter("ignore")
    with api() as root:
        transports(root, asked.calls)
        asyncio.run(broadcast(root, Limits(), min(asked.deliveries, 600), "1:strict"))
        wide = Limits(per_second=1000)
        asyncio.run(broadcast(root, wide, asked.deliveries, TOKEN))


if __name__ == "__main__":
    main()
