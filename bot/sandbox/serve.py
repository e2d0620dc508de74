"""Serving an application on loopback: the asked port, or a free one where it is taken."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import AsyncIterator

from aiohttp import web

HOST = "127.0.0.1"


@contextlib.asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Serves `app` on 127.0.0.1 while the context is open; yields its root URL without a slash at the end."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        listener = _listener(port)
        await web.SockSite(runner, listener).start()
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        await runner.cleanup()


def _listener(port: int) -> socket.socket:
    try:
        return _bound(port)
    except OSError as taken:
        if taken.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return _bound(0)


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(256)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
