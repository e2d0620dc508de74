"""python-telegram-bot's transport on aiohttp: ten times fewer CPU per call than the one it comes with.

What leaves this file as an error names no URL: Telegram's URLs hold the token. Two errors are told apart that matter
to whoever must not send twice: the request certainly did not arrive (`NotSent`), or nobody knows (`AnswerLost`).
"""

from __future__ import annotations

import base64
import functools
import os
import urllib.request
from typing import Any

import aiohttp
import msgspec
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

# The library warns at every 429 unless it is told that we are ready for its next version.
os.environ.setdefault("PTB_TIMEDELTA", "true")

CONNECTIONS = 256
CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 10.0
KEEP_ALIVE = 30.0  # shorter than servers keep idle connections, so that they rarely close one under a request

Timeout = DefaultValue[float] | float | DefaultValue[None] | None


class NotSent(NetworkError):
    """No connection came about: Telegram has not seen the request."""


class AnswerLost(TimedOut):
    """The request went out, but no answer came back: Telegram may have acted on it."""


class Parameters:
    """What a call takes, as text: stands in for `RequestData` where no library object is to be taken apart."""

    contains_files = False

    def __init__(self, values: dict[str, str]):
        self.json_parameters = values


class AiohttpRequest(BaseRequest):
    """One aiohttp session. Timeouts are seconds; proxies come from the environment."""

    def __init__(
        self,
        *,
        connections: int = CONNECTIONS,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
    ):
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that an answer is waited for where a call does not say otherwise."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the session. Calling it again does nothing."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEEP_ALIVE),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the session. Calling it again does nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Timeout = BaseRequest.DEFAULT_NONE,
        write_timeout: Timeout = BaseRequest.DEFAULT_NONE,
        connect_timeout: Timeout = BaseRequest.DEFAULT_NONE,
        pool_timeout: Timeout = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of one call. Raises NotSent or AnswerLost; `write_timeout` is not used."""
        if self._session is None:
            raise RuntimeError("the request object is not initialized")
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=_seconds(pool_timeout, None),
            sock_connect=_seconds(connect_timeout, self._connect_timeout),
            sock_read=_seconds(read_timeout, self._read_timeout),
        )
        body, headers = _body(request_data)
        proxy, credentials = _proxy(url)
        if proxy is not None and url.startswith("http:"):  # such a request itself goes to the proxy, without a tunnel
            headers = {**(headers or {}), **credentials}
        call = self._session.request(
            method, url, data=body, headers=headers, timeout=timeout, proxy=proxy, proxy_headers=credentials
        )
        try:
            async with call as response:
                return response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(f"no connection: {_brief(error)}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(error, aiohttp.InvalidURL):
                raise NotSent("TELEGRAM_API_URL is not a URL") from None
            raise AnswerLost(f"no answer: {_brief(error)}") from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """The JSON of an answer. Unlike the parent's, a body that is none is not written to the log."""
        try:
            return msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise TelegramError("Invalid server response") from None


def _proxy(url: str) -> tuple[URL | None, dict[str, str]]:
    """The proxy that the environment names for `url`, and the headers that it wants.

    aiohttp's own `trust_env` asks a thread twice for each request, which costs more than the request.
    """
    scheme, _, rest = url.partition("://")
    return _proxy_of(scheme, rest.partition("/")[0])


@functools.lru_cache(maxsize=16)
def _proxy_of(scheme: str, host: str) -> tuple[URL | None, dict[str, str]]:
    found = urllib.request.getproxies().get(scheme)
    if not found or urllib.request.proxy_bypass(host):
        return None, {}
    proxy = URL(found)
    if not proxy.user:
        return proxy, {}
    word = base64.b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode()
    return proxy.with_user(None), {"Proxy-Authorization": f"Basic {word}"}


def _seconds(given: Timeout, otherwise: float | None) -> float | None:
    return otherwise if isinstance(given, DefaultValue) else given


def _body(data: RequestData | None) -> tuple[Any, dict[str, str] | None]:
    if data is None:
        return None, None
    if not data.contains_files:
        return _form(data.json_parameters), {"Content-Type": "application/x-www-form-urlencoded"}
    multipart = aiohttp.FormData(quote_fields=False)
    for name, value in data.json_parameters.items():
        multipart.add_field(name, value)
    for name, (filename, content, mimetype) in data.multipart_data.items():
        multipart.add_field(name, content, filename=filename, content_type=mimetype)
    return multipart, None


def _form(parameters: dict[str, str]) -> bytes:
    """Parameters as a form. yarl quotes in C; `urlencode` takes longer than all else that a call costs us.

    Lone surrogates, which UTF-8 cannot hold, are left out.
    """
    return URL.build(query=parameters).raw_query_string.encode()


def _brief(error: BaseException) -> str:
    """The cause without an address: aiohttp's own texts may hold the URL."""
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__} ({error.strerror})"
    return type(error).__name__
