"""Sending: our way out against python-telegram-bot's own, and the whole relay at Telegram's limits.

    python -m benchmarks.send [--calls 1000] [--chats 300] [--events 1] [--wide 5000]

1. One call: the library as it comes (httpx), its `send_message` over aiohttp, and `Telegram.send`.
2. A low broadcast of `events` alerts to `chats` chats with a critical alert every so often, against an API that refuses
   the 31st message of any second: python-telegram-bot's AIORateLimiter (needs `aiolimiter`) and the relay.
3. The relay allowed 1,000/s.

The Bot API here answers at once on loopback, so what is measured is our own cost. The relay runs against an embedded
server with `appendfsync always`, as the bot does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import multiprocessing
import socket
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
from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from benchmarks.commit import batch
from benchmarks.runner import compare
from bot.model import Message, Severity, Subscription, Target
from bot.pipeline.relay import Relay
from bot.send import AiohttpRequest, Telegram, make_bot
from bot.store import Limits, Store, open_store

TOKEN = "1:benchmark"
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TEXT = Message(html="<b>Bridge closed after a blast</b>\n" + "Officials closed the northern bridge. " * 8)
URGENT_CHATS = 20
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
def api(port: int | None = None) -> Iterator[str]:
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
    process = multiprocessing.Process(target=lambda: asyncio.run(serve(port)), daemon=True)
    process.start()
    time.sleep(1.0)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


async def sends(bot: Bot, calls: int, in_flight: int, *, plain: bool) -> None:
    telegram = Telegram(bot)
    gate = asyncio.Semaphore(in_flight)

    async def one(chat: int) -> None:
        async with gate:
            if plain:
                await bot.send_message(chat + 1, TEXT.html, parse_mode="HTML")
            else:
                await telegram.send(Target(chat + 1), TEXT)

    async with contextlib.AsyncExitStack() as stack:
        for request in bot._request:
            await stack.enter_async_context(request)
        await asyncio.gather(*(one(chat) for chat in range(calls)))


def transports(root: str, calls: int) -> None:
    def httpx_bot() -> Bot:
        return Bot(TOKEN, base_url=f"{root}/bot", request=HTTPXRequest(connection_pool_size=256, pool_timeout=60))

    def ours() -> Bot:
        return make_bot(TOKEN, root)

    cpu: dict[str, list[float]] = {}

    def run(name: str, make: Callable[[], Bot], in_flight: int, *, plain: bool) -> Callable[[], object]:
        def once() -> None:
            began = time.process_time()
            asyncio.run(sends(make(), calls, in_flight, plain=plain))
            cpu.setdefault(name, []).append((time.process_time() - began) / calls * 1e6)

        return once

    for in_flight in (1, 32):
        cpu.clear()
        names = ("python-telegram-bot as it comes (httpx)", "its send_message over aiohttp", "Telegram.send")
        contenders = {
            names[0]: run(names[0], httpx_bot, in_flight, plain=True),
            names[1]: run(names[1], ours, in_flight, plain=True),
            names[2]: run(names[2], ours, in_flight, plain=False),
        }
        compare(f"Sends at {in_flight} in flight", contenders, units=calls, unit="calls", runs=3)
        for name, used in cpu.items():
            print(f"  CPU a call, {name}: {statistics.median(used):,.0f} µs")


class Timed(msgspec.Struct):
    """What a run came to, as the API saw it and as the sender felt it."""

    critical: list[float]
    sent: int
    seconds: float
    cpu: float
    arrivals: list[float]
    refused: int

    def told(self, title: str, allowed: float) -> None:
        print(f"\n{title}: {self.sent:,} sent in {self.seconds:.1f} s")
        rate = (len(self.arrivals) - 1) / max(1e-9, self.arrivals[-1] - self.arrivals[0])
        print(f"  {rate:,.1f}/s, {rate / allowed:.2f} of {allowed:,.0f}/s; 429s: {self.refused}; ", end="")
        print(f"CPU {self.cpu / self.sent * 1e6:,.0f} µs a message")
        if self.critical:
            late = sorted(seconds * 1000 for seconds in self.critical)
            p99 = late[min(len(late) - 1, int(len(late) * 0.99))]
            print(f"  critical, owed to sent, {len(late)} of them: median {statistics.median(late):,.0f} ms, ", end="")
            print(f"p99 {p99:,.0f} ms")


async def reported(root: str) -> tuple[list[float], int]:
    async with aiohttp.ClientSession() as client, client.get(f"{root}/report") as response:
        report = await response.json()
    return sorted(report["arrivals"]), report["refused"]


# --- python-telegram-bot's own limiter ------------------------------------------------------------------------------


async def limited(root: str, chats: int, events: int, every: float) -> Timed | None:
    """What a bot without an outbox does: every message is a call that waits in AIORateLimiter."""
    try:
        limiter = AIORateLimiter(max_retries=5)
    except RuntimeError:
        return None
    bot = ExtBot("1:strict", base_url=f"{root}/bot", request=AiohttpRequest(), rate_limiter=limiter)
    _, before = await reported(root)
    critical: list[float] = []
    failed = 0

    async def one(chat: int) -> None:
        nonlocal failed
        try:
            await bot.send_message(chat, TEXT.html, parse_mode="HTML")
        except RetryAfter:
            failed += 1

    async def urgent() -> None:
        began = time.perf_counter()
        await one(10**9)
        critical.append(time.perf_counter() - began)

    async with bot:
        began, cpu = time.perf_counter(), time.process_time()
        crowd = [asyncio.create_task(one(chat + 1)) for _ in range(events) for chat in range(chats)]
        few = []
        while sum(task.done() for task in crowd) < len(crowd) * 0.9:
            await asyncio.sleep(every)
            few.append(asyncio.create_task(urgent()))
        await asyncio.gather(*crowd, *few)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    arrivals, refused = await reported(root)
    if failed:
        print(f"  ({failed} given up after five retries)")
    return Timed(critical, len(arrivals), took, cpu, arrivals, refused - before)


# --- the relay ------------------------------------------------------------------------------------------------------


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


async def broadcast(root: str, limits: Limits, chats: int, events: int, every: float, token: str) -> Timed:
    """A low broadcast with a critical alert every so often; how much of the limit is used, how late the critical."""
    _, before = await reported(root)
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(None, Path(folder), limits=limits) as store, make_bot(token, root) as bot:
            crowd = [Subscription(target=Target(chat + 1), storyline="crowd", since=NOW) for chat in range(chats)]
            await store.subscriptions.put_many(crowd)
            for one in range(URGENT_CHATS):  # one chat alone would wait for its own limit of a message a second
                target = Target(10**9 + one)
                await store.subscriptions.put(Subscription(target=target, storyline=f"few-{one}", since=NOW))
            seen: list[tuple[Severity, float]] = []
            number = 0
            for number in range(1, events + 1):
                await owe(store, number, Severity.LOW, "crowd")
            cpu, began = time.process_time(), time.perf_counter()
            async with relaying(store, bot, seen):
                urgent = 0
                while len(seen) < chats * events + urgent:
                    await asyncio.sleep(every)
                    if len(seen) < chats * events * 0.9:
                        urgent += 1
                        await owe(store, number + urgent, Severity.CRITICAL, f"few-{urgent % URGENT_CHATS}")
                took, cpu = time.perf_counter() - began, time.process_time() - cpu
            redis = await store.link.do("INFO", "cpu")
            outcomes = await store.outbox.outcomes()
    arrivals, refused = await reported(root)
    print(f"\n  {outcomes}; CPU of Redis {redis['used_cpu_user'] + redis['used_cpu_sys']:.1f} s")
    critical = [seconds for severity, seconds in seen if severity is Severity.CRITICAL]
    return Timed(critical, len(seen), took, cpu, arrivals, refused - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--chats", type=int, default=300)
    parser.add_argument("--events", type=int, default=1)
    parser.add_argument("--wide", type=int, default=5_000)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    warnings.simplefilter("ignore")
    with api() as root:
        if asked.calls:
            transports(root, asked.calls)
        if asked.chats:
            many = f"{asked.events} low to {asked.chats:,} chats"
            theirs = asyncio.run(limited(root, asked.chats, asked.events, 1.3))
            if theirs is None:
                print("\nAIORateLimiter: not measured, it needs the package aiolimiter")
            else:
                theirs.told(f"AIORateLimiter with 5 retries, {many}", STRICT)
            ours = asyncio.run(broadcast(root, Limits(), asked.chats, asked.events, 1.3, "1:strict"))
            ours.told(f"Relay, {many}", STRICT)
        if asked.wide:
            wide = asyncio.run(broadcast(root, Limits(per_second=1000), asked.wide, 1, 0.2, TOKEN))
            wide.told(f"Relay allowed 1,000/s, one low to {asked.wide:,} chats", 1000)


if __name__ == "__main__":
    main()
