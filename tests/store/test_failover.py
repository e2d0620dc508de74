"""A primary that is replaced: writes wait in plain words, and go on by themselves on new connections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreUnavailable
from bot.store import open_store
from bot.store.embedded import Embedded


async def test_a_demoted_primary_is_left_and_work_goes_on(tmp_path: Path, make: Any) -> None:
    """READONLY is StoreUnavailable, not a bug; afterwards no old connection is used any more."""
    server = Embedded(tmp_path, fsync="everysec")
    server.start()
    try:
        async with open_store(server.url, tmp_path) as store:
            await store.subscriptions.put(make.subscription(1))
            name = await store.link.do("CLIENT", "ID")
            await store.link.do("REPLICAOF", "127.0.0.1", "1")
            for call in (
                store.subscriptions.put(make.subscription(2)),
                store.subscriptions.put_many([make.subscription(2)]),
                store.commit(make.batch(posts=(make.post(),))),
            ):
                with pytest.raises(StoreUnavailable, match="takes no writes"):
                    await call
            assert await store.link.do("CLIENT", "ID") != name
            await store.link.do("REPLICAOF", "NO", "ONE")
            assert await store.subscriptions.put(make.subscription(2))
            assert await store.subscriptions.count("bridges") == 2
    finally:
        server.stop()
