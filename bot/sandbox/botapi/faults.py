"""Trouble on order: the next calls of a method fail the way gateways, networks and Telegram itself fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from aiohttp import web

from bot.sandbox.botapi.refusal import Refusal, too_many

FaultKind = Literal["bad-gateway", "timeout", "lost", "dropped", "flood", "refused"]
_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong. `lost`: accepted, the answer never comes. `dropped`: not accepted, the line closes.
    `timeout`: not accepted, silence for `seconds`, then the line closes. `flood`: 429 with `seconds`.
    `refused`: `code` and `description` as given."""

    kind: FaultKind
    seconds: float = 1.0
    code: int = 400
    description: str = "Bad Request: made to fail"


class Faults:
    """The troubles still to come, per method (lower case; `*` is any but getUpdates), in the order ordered."""

    def __init__(self) -> None:
        self._due: list[tuple[str, Fault]] = []

    def add(self, method: str, fault: Fault, times: int) -> None:
        """The next `times` calls of `method` meet `fault`."""
        self._due += [(method.lower(), fault)] * times

    def clear(self) -> None:
        """No more trouble."""
        self._due.clear()

    def take(self, method: str) -> Fault | None:
        """The trouble that this call meets, if any."""
        for at, (wanted, fault) in enumerate(self._due):
            if wanted == method or (wanted == "*" and method != "getupdates"):
                del self._due[at]
                return fault
        return None


async def meet(
    fault: Fault, request: web.Request, act: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answers a call that meets `fault`; `act` does what was asked."""
    match fault.kind:
        case "bad-gateway":
            return web.Response(status=502, text=_GATEWAY, content_type="text/html")
        case "flood":
            return refusal_response(too_many(max(1, round(fault.seconds))))
        case "refused":
            return refusal_response(Refusal(fault.code, fault.description))
        case "lost":
            await act()
        case "timeout":
            await asyncio.sleep(fault.seconds)
        case "dropped":
            pass
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # never arrives: the line is closed


def refusal_response(refusal: Refusal) -> web.Response:
    """The HTTP answer of a refusal."""
    headers = {"Retry-After": str(refusal.parameters["retry_after"])} if "retry_after" in refusal.parameters else {}
    return web.json_response(refusal.envelope(), status=refusal.code, headers=headers)
