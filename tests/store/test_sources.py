"""Sources in the store: one poll an interval in all workers together, and a dead worker's share moves on."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.model import Cursor, Health
from bot.store import Store


async def test_one_worker_polls_in_one_interval(store: Store, make: Any) -> None:
    """Of many workers that ask at once one gets the source, and nobody gets it again before the interval is over."""
    claims = await asyncio.gather(*(store.sources.claim("wire-a", 0.4, f"w{n}") for n in range(20)))
    assert sum(claims) == 1
    await store.commit(make.batch(posts=(make.post(),)))
    assert not await store.sources.claim("wire-a", 0.4, "w1")
    assert await store.sources.claim("wire-b", 0.4, "w1")
    await asyncio.sleep(0.45)
    assert await store.sources.claim("wire-a", 0.4, "w2")


async def test_a_dead_workers_source_moves_on(store: Store) -> None:
    """A worker that neither commits nor fails in time loses its claim long before the interval is over."""
    assert await store.sources.claim("wire-a", 3600, "dead", takes=0.2)
    assert not await store.sources.claim("wire-a", 3600, "w2")
    await asyncio.sleep(0.25)
    assert await store.sources.claim("wire-a", 3600, "w2")


async def test_a_finished_poll_holds_its_interval(store: Store, make: Any) -> None:
    """Once the poll is over, with news or without, its claim lasts until the source is due again."""
    health = Health(source="wire-a", state="ok", since=make.start, checked=make.start)
    for finish in (store.sources.save_health(health), store.commit(make.batch())):
        assert await store.sources.claim("wire-a", 3600, "w1", takes=0.2)
        await finish
        await asyncio.sleep(0.25)
        assert not await store.sources.claim("wire-a", 3600, "w2")
        await store.sources.release("wire-a")


async def test_digests_tell_what_was_seen(store: Store, make: Any) -> None:
    """Only committed posts have a digest, and an edit changes it."""
    first = make.post(1)
    await store.commit(make.batch(posts=(first,)))
    assert await store.sources.digests("wire-a", []) == {}
    assert await store.sources.digests("wire-a", [first.id, "wire-a/2"]) == {first.id: first.digest()}
    edited = make.post(1, text="Bridge open again")
    await store.commit(make.batch(posts=(edited,)))
    assert await store.sources.digests("wire-a", [first.id]) == {first.id: edited.digest()}


async def test_a_source_that_left_keeps_its_memory(store: Store, make: Any) -> None:
    """Health of a source that is no longer configured goes; its cursor and digests stay, so nothing is told twice."""
    cursor = Cursor(source="wire-a", last_id=7)
    await store.commit(make.batch(cursor=cursor, posts=(make.post(),)))
    assert await store.sources.keep(["wire-b"]) == ("wire-a",)
    assert await store.sources.healths() == {}
    assert await store.sources.cursors() == {"wire-a": cursor}
    assert await store.sources.digests("wire-a", ["wire-a/1"])
