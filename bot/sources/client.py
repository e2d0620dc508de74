"""HTTP for sources: patient, polite, and distrustful of what answers."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from yarl import URL

from bot.errors import PollError, SourceGone, SourceThrottled, SourceUnreachable
from bot.sources.inflate import BadEncoding, TooLarge, inflated
from bot.sources.net import PrivateAddress, PublicResolver, is_literal, is_public, safe_url
from bot.sources.pace import TELEGRAM, Pace, ProcessPace, host_key

USER_AGENT = "Wirewatch/0.1 (reads public channels and feeds for alerts)"
LARGEST = 8 * 1024 * 1024  # bytes of a body after decompression
REDIRECTS = 5
_PERMANENT = (301, 308)
_REDIRECT = (301, 302, 303, 307, 308)
_LONGEST_RETRY = 86_400.0


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that came: 200 with its body, 304, or (only when not following) a redirect."""

    status: int
    url: str  # where the answer came from, after redirects
    body: bytes = b""
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    location: str | None = None  # absolute; only of a redirect that was not followed
    moved_to: str | None = None  # where permanent redirects led, if all up to there were permanent


class Client:
    """One for all sources. An async context manager over its connections.

    Promises: every request waits its host's turn, ends within `timeout` seconds, reads at most `largest` bytes after
    decompression, follows at most `redirects` redirects, and reaches only public addresses unless told otherwise;
    that is checked on the addresses really connected to, at every hop. Errors are PollError, and show no secrets.
    """

    def __init__(
        self,
        *,
        pace: Pace | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        largest: int = LARGEST,
        redirects: int = REDIRECTS,
        user_agent: str = USER_AGENT,
        resolver: PublicResolver | None = None,
    ):
        self._pace = pace or ProcessPace()
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=connect_timeout)
        self._largest, self._redirects = largest, redirects
        self._headers = {
            "User-Agent": user_agent,
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": "en",  # t.me words its marks ("edited") by it
            "Accept": "application/atom+xml, application/rss+xml, application/feed+json, text/html;q=0.9, */*;q=0.8",
        }
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._patience = 0.0  # until when (monotonic) Telegram asked to be left alone: all its channels share one limit

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all connections; the client can be used again afterwards."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        allow_private: bool = False,
        follow: bool = True,
    ) -> Response:
        """What `url` answers.

        With `follow` false a redirect is returned, not followed. Raises SourceThrottled (429, 503 with Retry-After),
        SourceGone (410), SourceUnreachable (everything else that is not an answer to read).
        """
        conditional = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditional.items() if value}
        here, moved_to, permanent = url, None, True
        for _ in range(self._redirects + 1):
            answer = await self._once(here, headers, allow_private)
            if answer.location is None or not follow:
                return msgspec.structs.replace(answer, moved_to=moved_to)
            permanent = permanent and answer.status in _PERMANENT
            here = answer.location
            moved_to = here if permanent else moved_to
        raise SourceUnreachable(f"{safe_url(url)} redirects more than {self._redirects} times")

    async def _once(self, url: str, headers: Mapping[str, str], allow_private: bool) -> Response:
        shown = safe_url(url)
        host = _host(url)
        if is_literal(host) and not allow_private and not is_public(host):
            raise SourceUnreachable(f"{shown} is a private address; `allow_private: true` permits it")
        self._check_patience(host, shown)
        await self._pace.wait(host)
        try:
            # An address that is already one goes out byte for byte: some hosts sign theirs.
            asked = URL(url, encoded=url.isascii() and " " not in url)
            async with self._session(allow_private).get(asked, headers=headers, allow_redirects=False) as answer:
                return await self._read(answer, url, shown)
        except SourceThrottled as error:
            if host_key(host) == TELEGRAM and error.retry_after is not None:
                self._patience = time.monotonic() + error.retry_after
            raise
        except PollError:
            raise
        except (TooLarge, BadEncoding) as error:
            raise SourceUnreachable(f"{shown}: {error}") from None
        except TimeoutError:
            raise SourceUnreachable(f"{shown} did not answer within {self._timeout.total:g} s") from None
        except aiohttp.ClientConnectorError as error:
            raise SourceUnreachable(f"{shown}: {_connection_trouble(error)}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Their texts hold the whole address, with whatever secrets it carries.
            raise SourceUnreachable(f"{shown}: {_trouble(error)}") from None

    def _check_patience(self, host: str, shown: str) -> None:
        left = self._patience - time.monotonic()
        if left > 0 and host_key(host) == TELEGRAM:
            raise SourceThrottled(f"{shown} was not asked: Telegram wants {left:.0f} s of patience", retry_after=left)

    async def _read(self, answer: aiohttp.ClientResponse, url: str, shown: str) -> Response:
        status = answer.status
        if status in _REDIRECT and "Location" in answer.headers:
            return Response(status=status, url=url, location=_location(url, answer.headers["Location"], shown))
        body = b""
        if status == 200:
            # Bodies of errors are never read: nothing in them is for us.
            body = await inflated(_chunks(answer), answer.headers.get("Content-Encoding", ""), self._largest)
        elif status != 304:
            raise _refusal(status, answer.headers.get("Retry-After"), shown)
        return Response(
            status=status,
            url=url,
            body=body,
            content_type=answer.headers.get("Content-Type"),
            etag=answer.headers.get("ETag"),
            last_modified=answer.headers.get("Last-Modified"),
        )

    def _session(self, allow_private: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(allow_private)
        if session is None:
            resolver = None if allow_private else (self._resolver or PublicResolver())
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=50, limit_per_host=4, resolver=resolver, ttl_dns_cache=60),
                timeout=self._timeout,
                headers=self._headers,
                auto_decompress=False,  # we inflate ourselves, with a limit
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
            self._sessions[allow_private] = session
        return session


async def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in answer.content.iter_chunked(64 * 1024):
        yield chunk


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is no number raises here
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise SourceUnreachable(f"{safe_url(url)} is not an http(s) address")
    return host


def _location(url: str, location: str, shown: str) -> str:
    try:
        return urljoin(url, location.strip())
    except ValueError:
        raise SourceUnreachable(f"{shown} redirects to something that is no address") from None


def _refusal(status: int, retry_after: str | None, shown: str) -> PollError:
    wait = retry_seconds(retry_after, time.time())
    if status == 429 or (status == 503 and wait is not None):
        asked = f" and asks for {wait:.0f} s of patience" if wait is not None else ""
        return SourceThrottled(f"{shown} answered {status}{asked}", retry_after=wait)
    if status == 410:
        return SourceGone(f"{shown} answered 410: it has ended")
    return SourceUnreachable(f"{shown} answered {status}", retry_after=wait)


def retry_seconds(value: str | None, now: float) -> float | None:
    """`Retry-After`, a number or a date, as seconds from `now` (Unix time); at most a day; None when unreadable."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_RETRY)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        moment = email.utils.parsedate_to_datetime(value)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return min(max((moment - datetime.fromtimestamp(now, UTC)).total_seconds(), 0.0), _LONGEST_RETRY)
    return None


def _connection_trouble(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error.os_error, PrivateAddress):
        return "the name stands for a private address; `allow_private: true` permits it"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "the TLS certificate or handshake failed"
    return f"no connection ({error.os_error.strerror or 'refused'})"


def _trouble(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "the TLS handshake failed"
    if isinstance(error, aiohttp.ServerDisconnectedError | asyncio.IncompleteReadError | ConnectionResetError):
        return "the connection was cut"
    return f"the answer cannot be read ({type(error).__name__})"
