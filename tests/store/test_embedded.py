"""The embedded server: one owner, nothing lost when the owner is killed, one clear sentence when it cannot start."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot.errors import SettingsError, StoreUnavailable
from bot.store import open_store
from bot.store.embedded import LONGEST_SOCKET_PATH, Embedded
from bot.store.link import redacted

OWNER = """
import asyncio, sys
from pathlib import Path
from bot.store import open_store

async def main():
    async with open_store(None, Path(sys.argv[1])) as store:
        for n in range(1_000_000):
            await store.link.do("SET", "n", n)
            print(n, flush=True)

asyncio.run(main())
"""


def kill_owner_after(data: Path, writes: int) -> int:
    """Run an owner in another process, kill it with SIGKILL in the middle of writing; the last write it was told of."""
    with subprocess.Popen([sys.executable, "-c", OWNER, str(data)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        for line in owner.stdout:
            if int(line) >= writes:
                break
        os.kill(owner.pid, signal.SIGKILL)
        last = [int(line)] + [int(more) for more in owner.stdout.read().split()]
    return max(last)


async def test_what_was_answered_survives_the_death_of_the_owner(tmp_path: Path) -> None:
    """After `kill -9` the next owner takes over the folder from the orphaned server with every answered write."""
    last = await asyncio.to_thread(kill_owner_after, tmp_path, 50)
    assert Embedded(tmp_path).answers(), "the server of the dead owner still runs"
    orphan = int((tmp_path / "store" / "server.pid").read_text())

    async with open_store(None, tmp_path) as store:
        assert int(await store.link.do("GET", "n")) >= last
        assert int((tmp_path / "store" / "server.pid").read_text()) != orphan


async def test_data_survives_a_stop(tmp_path: Path) -> None:
    """A clean stop ends the server and keeps what was written."""
    async with open_store(None, tmp_path) as store:
        await store.link.do("SET", "a", "1")
        assert store.embedded
        assert store.server.startswith("Valkey 9")
    assert not Embedded(tmp_path).answers()
    async with open_store(None, tmp_path) as store:
        assert await store.link.do("GET", "a") == b"1"


async def test_a_second_owner_is_refused_and_a_guest_is_let_in(tmp_path: Path) -> None:
    """Two bots on one folder are refused with the first one's process id; a reading command uses its server."""
    async with open_store(None, tmp_path) as store:
        await store.link.do("SET", "a", "1")
        with pytest.raises(SettingsError, match=f"the data folder is in use by process {os.getpid()}"):
            async with open_store(None, tmp_path):
                pass
        async with open_store(None, tmp_path, guest=True) as guest:
            assert await guest.link.do("GET", "a") == b"1"
        await store.ping()


async def test_a_guest_without_owner_serves_itself(tmp_path: Path) -> None:
    """A reading command works while no bot runs, and leaves nothing running."""
    async with open_store(None, tmp_path, guest=True) as guest:
        await guest.ping()
    assert not Embedded(tmp_path).answers()


async def test_a_server_that_dies_is_started_again(tmp_path: Path) -> None:
    """The bot goes on with the same data when its server is killed."""
    async with open_store(None, tmp_path) as store:
        await store.link.do("SET", "a", "1")
        os.kill(int((tmp_path / "store" / "server.pid").read_text()), signal.SIGKILL)
        async with asyncio.timeout(20):
            while True:
                try:
                    assert await store.link.do("GET", "a") == b"1"
                except StoreUnavailable:
                    await asyncio.sleep(0.1)
                else:
                    break


def test_the_folder_is_private_and_no_port_is_open(tmp_path: Path) -> None:
    """Only this user can reach the data: mode 0700, a socket, no TCP."""
    server = Embedded(tmp_path)
    server.start()
    try:
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        config = (server.folder / "server.conf").read_text()
        assert "port 0\n" in config
        assert "appendfsync always\n" in config
    finally:
        server.stop()


def test_a_long_path_gets_a_short_socket() -> None:
    """Sockets have short names: a deep data folder works all the same."""
    with tempfile.TemporaryDirectory() as top:
        server = Embedded(Path(top) / ("d" * 60) / ("e" * 60))
        server.start()
        try:
            assert len(str(server.socket)) <= LONGEST_SOCKET_PATH
            assert server.answers()
        finally:
            server.stop()


def test_odd_characters_in_the_path(tmp_path: Path) -> None:
    """Blanks and quotes in the folder's name reach neither a shell nor the server's configuration unquoted."""
    server = Embedded(tmp_path / 'a "b" #c')
    server.start()
    try:
        assert server.answers()
    finally:
        server.stop()


def test_an_unusable_folder_is_one_sentence(tmp_path: Path) -> None:
    """A data folder that is a file is refused in words, not with a traceback from below."""
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(SettingsError, match=r"the data folder .*data cannot be written: "):
        Embedded(tmp_path / "data").start()


def test_a_folder_that_fails_half_way_is_given_back(tmp_path: Path) -> None:
    """A file that cannot be written is told in the same words, and the folder is free for the next try."""
    blocked = tmp_path / "store" / "server.conf"
    blocked.mkdir(parents=True)
    with pytest.raises(SettingsError, match="cannot be written: Is a directory"):
        Embedded(tmp_path).start()
    blocked.rmdir()
    server = Embedded(tmp_path)
    server.start()
    server.stop()


async def test_an_unreachable_redis_is_one_sentence(tmp_path: Path) -> None:
    """The place is named, the password is not, and it is told at once."""
    async with asyncio.timeout(10):
        with pytest.raises(StoreUnavailable) as caught:
            async with open_store("redis://user:hunter2@127.0.0.1:1/0", tmp_path):
                pass
    assert str(caught.value).startswith("Redis at redis://127.0.0.1:1/0 does not answer: ")
    assert "hunter2" not in str(caught.value)


async def test_a_url_of_something_else_is_refused(tmp_path: Path) -> None:
    """A mistyped scheme is a setting to mend, not a Redis to wait for."""
    with pytest.raises(SettingsError, match="it begins with redis://"):
        async with open_store("http://example.org", tmp_path):
            pass


def test_urls_are_redacted() -> None:
    """Neither user nor password nor query survives."""
    assert redacted("rediss://me:secret@db.example:6380/2?password=x") == "rediss://db.example:6380/2"
    assert redacted("unix:///run/redis.sock") == "unix:///run/redis.sock"
