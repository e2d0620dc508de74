"""The archive, read as a stream."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import Store, archive


async def test_the_stream_is_whole_and_in_order(store: Store, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every post published since, the oldest first, over page ends; of one source when asked."""
    monkeypatch.setattr(archive, "PAGE", 3)
    posts = [make.post(n, minutes=minutes) for n, minutes in enumerate((50, 10, 40, 20, 30, 5, 60), 1)]
    other = make.post(1, source="wire-b", minutes=25)
    await store.commit(make.batch(posts=(*posts, other)))
    since = make.at(10)
    wanted = sorted((post for post in (*posts, other) if post.published >= since), key=lambda post: post.published)
    assert [post async for post in store.archive.stream(since)] == wanted
    assert [post async for post in store.archive.stream(since, "wire-b")] == [other]
    assert [post async for post in store.archive.stream(make.at(99))] == []
