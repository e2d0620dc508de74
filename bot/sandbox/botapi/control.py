"""`SandboxBotApi`: the world outside the bot, moved by tests and by the chat page.

It is not part of Telegram's API: here people write, press buttons, block the bot, and groups change.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bot.sandbox.botapi.core import Core
from bot.sandbox.botapi.faults import Fault, FaultKind, Faults
from bot.sandbox.botapi.flood import FloodGate, FloodRules
from bot.sandbox.botapi.journal import Journal
from bot.sandbox.botapi.params import Params
from bot.sandbox.botapi.people import People
from bot.sandbox.botapi.refusal import NOT_FOUND, Refusal
from bot.sandbox.botapi.routes import METHODS, BotApiRoutes, Call
from bot.sandbox.botapi.state import Json, State
from bot.sandbox.botapi.webhook import deliver
from bot.sandbox.serve import serving

BOT_ID = 7_000_000_001
TOKEN = f"{BOT_ID}:sandbox-token-of-no-value-anywhere0"


def now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


class SandboxBotApi(People):
    """One bot's Telegram. `folder` keeps chats, message ids and unconfirmed updates across restarts; None forgets.

    Chats are named by id everywhere; a private chat's id is its user's.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = now,
        folder: Path | None = None,
        flood: FloodRules | None = None,
        token: str = TOKEN,
        username: str = "wirewatch_demo_bot",
        name: str = "Wirewatch",
    ):
        bot: Json = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": name, "username": username}
        self.token = token
        self._journal = Journal(folder / "telegram.jsonl") if folder else None
        self.state = State(bot, self._journal)
        self.core = Core(self.state, clock, folder / "photos" if folder else None, flood)
        self.faults = Faults()
        self.routes = BotApiRoutes(self.core, token, self.faults)
        self._webhook: asyncio.Task[None] | None = None

    def add_routes(self, app: web.Application) -> None:
        """Serves `/bot<token>/…` from an application, whose start and end it follows."""
        self.routes.add_to(app)
        app.on_startup.append(self._open)
        app.on_shutdown.append(self._end_polls)
        app.on_cleanup.append(self._close)

    @contextlib.asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Serves the Bot API alone on loopback; yields the root URL (`<root>/bot<token>/<method>`)."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        self.add_routes(app)
        async with serving(app, port) as root:
            yield root

    async def _open(self, app: web.Application) -> None:
        self._webhook = asyncio.create_task(deliver(self.core))

    async def _end_polls(self, app: web.Application) -> None:
        self.core.updates.close()

    async def _close(self, app: web.Application) -> None:
        if self._webhook is not None:
            self._webhook.cancel()
            await asyncio.gather(self._webhook, return_exceptions=True)
        self.close()

    def close(self) -> None:
        """Lets the journal go; only for a world that was never served."""
        if self._journal is not None:
            self._journal.close()

    # --- looking ----------------------------------------------------------------------------------------------

    def messages(self, chat: int, *, thread: int | None = None) -> list[Json]:
        """The messages of a chat (or of one topic), oldest first, as Bot API Messages."""
        found = self.state.messages.get(chat, {})
        return [
            message
            for _, message in sorted(found.items())
            if thread is None or message.get("message_thread_id") == thread
        ]

    def texts(self, chat: int) -> list[str]:
        """What the bot wrote in a chat, oldest first: texts or captions as they stand now."""
        own = self.state.bot["id"]
        return [
            message.get("text") or message.get("caption", "")
            for message in self.messages(chat)
            if message.get("from", {}).get("id") == own
        ]

    async def until(self, truth: Callable[[], bool], seconds: float = 10.0) -> None:
        """Waits until `truth()` holds, looking after every change. TimeoutError when it does not come to pass."""
        changed = asyncio.Event()
        with self.state.watch(lambda record: changed.set()):
            async with asyncio.timeout(seconds):
                while not truth():
                    changed.clear()
                    await changed.wait()

    @property
    def polling(self) -> bool:
        """Whether a getUpdates is waiting now; `until(lambda: api.polling)` works."""
        return self.core.updates.polling

    @property
    def calls(self) -> deque[Call]:
        """The newest calls, oldest first."""
        return self.routes.calls

    def called(self, method: str) -> list[Call]:
        """The calls of one method, oldest first."""
        return [call for call in self.routes.calls if call.method == method.lower()]

    # --- trouble ----------------------------------------------------------------------------------------------

    def fail_next(
        self,
        kind: FaultKind,
        *,
        method: str = "*",
        times: int = 1,
        seconds: float = 1.0,
        code: int = 400,
        description: str = "Bad Request: made to fail",
    ) -> None:
        """The next `times` calls of `method` (`*`: any but getUpdates) fail; the kinds are those of `Fault`."""
        self.faults.add(method, Fault(kind=kind, seconds=seconds, code=code, description=description), times)

    def set_flood(self, rules: FloodRules | None) -> None:
        """Turns Telegram's limits on or off."""
        self.core.gate = FloodGate(rules) if rules else None

    async def call(self, method: str, **params: object) -> object:
        """Calls a method without HTTP, as the bot would. Raises Refusal."""
        if method.lower() not in METHODS:
            raise Refusal(*NOT_FOUND)
        result: object = await METHODS[method.lower()](self.core, Params(dict(params)))
        return result
