"""The one way to Redis: commands, pipelines and scripts, with every failure in our own words."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
from collections.abc import AsyncIterator, Iterable
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import redis.exceptions as broken
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

from bot.errors import SettingsError, StoreUnavailable
from bot.store import keys

CONNECTIONS = 64
OLDEST_SERVER = (7, 0)  # XAUTOCLAIM that skips deleted entries
LAYOUT = 1  # version of the key layout

BATCH_MOST = 200  # scripts in one round trip

Argument = str | bytes | int | float
_Waiting = tuple[str, tuple[Argument, ...], asyncio.Future[Any]]


class Link:
    """A pool of connections to one Redis. Every failure to reach it raises StoreUnavailable."""

    def __init__(self, url: str):
        self.place = redacted(url)
        try:
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                timeout=10,
                protocol=2,
                socket_timeout=10,
                socket_connect_timeout=3,
                # Scripts are written so that running one twice does no harm: see commit.lua.
                retry=Retry(ExponentialWithJitterBackoff(cap=0.5, base=0.02), 4),
            )
        except ValueError as error:
            raise SettingsError(
                f"REDIS_URL {self.place} is not a URL of Redis: it begins with redis://, rediss:// or unix://"
            ) from error
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._redis: Any = Redis(connection_pool=pool)  # its commands are untyped

    async def close(self) -> None:
        """Close every connection, once what was asked for has been answered."""
        if self._flushing is not None:
            await asyncio.wait({self._flushing}, timeout=2.0)
        with contextlib.suppress(broken.RedisError, OSError):
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()

    async def do(self, *command: Argument) -> Any:
        """The answer to one command, as Redis gives it."""
        async with self._ours():
            # A plain name for every command: redis-py's own methods reshape some answers.
            return await self._redis.execute_command(*command)

    async def many(self, commands: Iterable[tuple[Argument, ...]], *, together: bool = False) -> list[Any]:
        """The answers to several commands in one round trip; `together` runs them as one transaction."""
        async with self._ours(), self._redis.pipeline(transaction=together) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return list(await pipeline.execute())

    async def run(self, script: str, *arguments: Argument) -> Any:
        """The answer of `lua/<script>.lua`, which runs whole or not at all.

        Raises LookupError where a consumer group is missing: Redis came back without its data.
        """
        source, digest = _script(script)
        async with self._ours():
            try:
                return await self._redis.execute_command("EVALSHA", digest, 0, *arguments)
            except broken.NoScriptError:
                return await self._redis.execute_command("EVAL", source, 0, *arguments)

    async def run_repeatable(self, script: str, *arguments: Argument) -> Any:
        """As `run`, in one round trip with all that other tasks ask for meanwhile.

        The script may run twice where an answer is lost, and must come to the same both times.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((script, arguments, answer))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await answer

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_MOST], self._waiting[BATCH_MOST:]
                try:
                    answers = await self._answers(batch)
                except Exception as error:
                    answers = [error] * len(batch)
                for (_, _, future), answer in zip(batch, answers, strict=True):
                    if future.done():  # its task was cancelled; the script ran all the same
                        continue
                    if isinstance(answer, Exception):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
        finally:
            self._flushing = None

    async def _answers(self, batch: list[_Waiting]) -> list[Any]:
        async with self._ours(), self._redis.pipeline(transaction=False) as pipeline:
            for script, arguments, _ in batch:
                pipeline.execute_command("EVALSHA", _script(script)[1], 0, *arguments)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for number, (script, arguments, _) in enumerate(batch):
            if isinstance(answers[number], broken.RedisError):
                try:
                    answers[number] = await self.run(script, *arguments)
                except Exception as error:
                    answers[number] = error
        return answers

    async def group(self, stream: str, name: str) -> None:
        """Create a consumer group that sees the stream from its beginning, unless it exists."""
        async with self._ours():
            try:
                await self._redis.execute_command("XGROUP", "CREATE", stream, name, "0", "MKSTREAM")
            except broken.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def check(self) -> str:
        """Name and version of the server, after making sure that it can hold what we keep."""
        info = await self.do("INFO", "server")
        name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", "")
        version = version or str(info.get("redis_version", "0"))
        numbers = tuple(int(part) for part in version.split(".")[:2])
        if numbers < OLDEST_SERVER:
            raise SettingsError(f"{self.place} runs {name} {version}: version 7.0 or newer is needed")
        layout = await self.do("GET", keys.SCHEMA())
        if layout is None:
            await self.do("SET", keys.SCHEMA(), LAYOUT)
        elif int(layout) > LAYOUT:
            raise SettingsError(f"{self.place} was written by a newer Wirewatch (layout {int(layout)}): run that one")
        return f"{name} {version}"

    @contextlib.asynccontextmanager
    async def _ours(self) -> AsyncIterator[None]:
        try:
            yield
        except broken.AuthenticationError as error:
            raise StoreUnavailable(f"Redis at {self.place} refuses the password in REDIS_URL") from error
        except (broken.OutOfMemoryError, broken.ReadOnlyError) as error:
            if isinstance(error, broken.ReadOnlyError):
                # A primary that was replaced: the name may lead to the new one, but only for a new connection.
                await self._redis.connection_pool.disconnect(inuse_connections=False)
            raise StoreUnavailable(f"Redis at {self.place} takes no writes: {_brief(error)}") from error
        except broken.ResponseError as error:
            if "NOGROUP" in str(error):
                raise LookupError(str(error)) from error
            if str(error).startswith("MISCONF"):
                raise StoreUnavailable(f"Redis at {self.place} cannot write to its disk") from error
            raise
        except (broken.ConnectionError, broken.TimeoutError, OSError) as error:
            raise StoreUnavailable(f"Redis at {self.place} does not answer: {_brief(error)}") from error


def redacted(url: str) -> str:
    """A URL without its user, password and query, fit for a log."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "(unreadable)"
    place = f"{host or ''}:{port}" if port else host or ""
    return f"{parts.scheme}://{place}{parts.path}"


def _brief(error: BaseException) -> str:
    """The cause in a few words; redis-py's own texts repeat addresses and numbers."""
    cause = error.__cause__ or error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(error).rstrip(".") or type(error).__name__


@functools.cache
def _script(name: str) -> tuple[str, str]:
    folder = resources.files("bot.store") / "lua"
    parts = [keys.lua_names(), (folder / "shared.lua").read_text("utf-8")]
    if name in {"take", "pace"}:
        parts.append((folder / "pacer.lua").read_text("utf-8"))
    parts.append((folder / f"{name}.lua").read_text("utf-8"))
    source = "\n".join(parts)
    return source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
