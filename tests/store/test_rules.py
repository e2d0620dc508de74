"""The store's board of rules: what signals matched last, what workers run, and who tells of a refusal."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.errors import Conflict
from bot.model import Matched, Running
from bot.store import Store


def matched(signal: str, post: str, at: Any) -> Matched:
    return Matched(storyline="harbour", signal=signal, post=post, at=at)


async def test_the_newest_match_of_each_signal_stays(store: Store, make: Any) -> None:
    """By publication, whatever order posts are committed in; a signal that never matched is absent."""
    for number, minutes in ((1, 5), (2, 9), (3, 7)):
        batch = make.batch(posts=(make.post(number),))
        one = matched("closed", f"wire-a/{number}", make.at(minutes))
        await store.commit(msgspec.structs.replace(batch, matched=(one,)))
    newest = matched("closed", "wire-a/2", make.at(9))
    assert await store.rules.last_matches() == {("harbour", "closed"): newest}


async def test_a_commit_that_is_overtaken_matches_nothing(store: Store, make: Any) -> None:
    """What was not committed leaves no trace here either."""
    await store.commit(make.batch(events=(make.event(),)))
    late = make.batch(events=(make.event("e2"),))
    with pytest.raises(Conflict):
        await store.commit(msgspec.structs.replace(late, matched=(matched("closed", "wire-a/1", make.at(1)),)))
    assert await store.rules.last_matches() == {}


async def test_workers_say_what_they_run(store: Store, make: Any) -> None:
    """Each has a line until it leaves; one that gave no sign of life for long is forgotten."""
    old = Running(worker="a", revision="r1", since=make.at(0), checked=make.at(0), faults=("x.yaml:1:1: no",))
    new = Running(worker="b", revision="r2", since=make.at(5), checked=make.at(5))
    await store.rules.report(old)
    await store.rules.report(new)
    assert await store.rules.look() == (0, [old, new])
    await store.rules.report(msgspec.structs.replace(new, checked=make.at(30)))
    assert [one.worker for one in (await store.rules.look())[1]] == ["b"]
    await store.rules.leave("b")
    await store.rules.ask_reload()
    assert await store.rules.look() == (1, [])


async def test_one_tells(store: Store) -> None:
    """Of many that could tell of a refusal one does; once it is forgotten, it may be told again."""
    assert [await store.rules.first_to_tell("f1") for _ in range(3)] == [True, False, False]
    assert await store.rules.first_to_tell("f2")
    assert await store.rules.untold("f1")
    assert not await store.rules.untold("f1")
    assert await store.rules.first_to_tell("f1")
