"""Commits: written together or not at all, and nothing owed twice."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Conflict
from bot.model import Cursor, Phase, Reason
from bot.store import Store, keys


async def test_a_commit_is_read_back_whole(store: Store, make: Any) -> None:
    """Cursor, health, posts, digests, events, phases and alerts all stand after one commit."""
    post, event = make.post(), make.event(origins=2)
    phase = Phase(storyline="bridges", phase="closed", since=make.start, event=event.id)
    batch = make.batch(
        cursor=Cursor(source="wire-a", last_id=7, etag='"x"'),
        posts=(post,),
        events=(event,),
        alerts=(make.alert(event),),
        phases=(phase,),
    )

    assert await store.commit(batch) == 1

    assert await store.sources.cursor("wire-a") == batch.cursor
    assert await store.sources.healths() == {"wire-a": batch.health}
    assert await store.archive.get(post.id) == post
    assert await store.sources.digests("wire-a", [post.id, "wire-a/other"]) == {post.id: post.digest()}
    assert await store.events.get("e1") == event
    assert await store.events.of_storyline("bridges") == [event]
    assert await store.events.live_of_source("wire-1") == [event]
    assert await store.events.phases() == {"bridges": phase}
    assert (await store.outbox.size())["alerts"] == 1


async def test_a_stale_batch_writes_nothing(store: Store, make: Any) -> None:
    """Where events were committed meanwhile, the whole batch is refused, its posts and cursor too."""
    await store.commit(make.owing(make.event("e1")))
    stale = make.batch(source="wire-b", posts=(make.post(source="wire-b"),), events=(make.event("e2"),), expected=0)

    with pytest.raises(Conflict):
        await store.commit(stale)

    assert await store.sources.cursor("wire-b") is None
    assert await store.archive.count() == 0
    assert await store.events.get("e2") is None


async def test_a_commit_whose_answer_was_lost_is_not_repeated(
    store: Store, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client asks again when the connection breaks: the same answer comes, and nothing is written twice."""
    run, answers = store.link.run, []

    async def twice(script: str, *arguments: Any) -> Any:
        answers.append(await run(script, *arguments))
        answers.append(await run(script, *arguments))
        return answers[-1]

    monkeypatch.setattr(store.link, "run", twice)
    assert await store.commit(make.owing(make.event())) == 1
    assert answers == [[1, 1], [1, 1]]
    assert (await store.outbox.size())["alerts"] == 1
    assert await store.events.revision() == 1


async def test_a_batch_without_events_never_conflicts(store: Store, make: Any) -> None:
    """Posts that matched nothing are archived whatever other workers gathered."""
    await store.commit(make.owing(make.event()))
    assert await store.commit(make.batch(posts=(make.post(),), expected=0)) == 1
    assert await store.archive.count() == 1


async def test_workers_catch_up_by_revision(store: Store, make: Any) -> None:
    """`since` gives every event changed after a revision, once, in the order of change."""
    await store.commit(make.owing(make.event("e1"), expected=0))
    await store.commit(make.owing(make.event("e2"), expected=1))
    await store.commit(make.owing(make.event("e1", revision=2), Reason.UPDATED, expected=2))

    revision, changed = await store.events.since(1)

    assert revision == 3
    assert [(event.id, event.revision) for event in changed] == [("e2", 1), ("e1", 2)]
    assert await store.events.since(3) == (3, [])


async def test_older_versions_are_kept_and_bounded(store: Store, make: Any) -> None:
    """An edited post keeps its latest versions, oldest first; committing an equal version adds none."""
    for number in range(keys.VERSIONS_MOST + 5):
        await store.commit(make.batch(posts=(make.post(text=f"version {number}"),)))
    await store.commit(make.batch(posts=(make.post(text=f"version {keys.VERSIONS_MOST + 4}"),)))

    texts = [post.text for post in await store.archive.versions("wire-a/1")]
    assert len(texts) == keys.VERSIONS_MOST + 1
    assert texts[-1] == f"version {keys.VERSIONS_MOST + 4}"
    assert texts[0] == "version 4"


async def test_recent_posts_newest_first(store: Store, make: Any) -> None:
    """`recent` orders by publication, and honours source, age and limit."""
    posts = [make.post(n, source="wire-a" if n % 2 else "wire-b", minutes=n) for n in range(6)]
    await store.commit(make.batch(posts=tuple(posts)))

    assert [p.id for p in await store.archive.recent(limit=3)] == ["wire-a/5", "wire-b/4", "wire-a/3"]
    assert [p.id for p in await store.archive.recent("wire-b", since=make.at(2))] == ["wire-b/4", "wire-b/2"]


async def test_the_archive_is_bounded(store: Store, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest posts of a source go when there are too many, with their versions and index lines."""
    monkeypatch.setattr(keys, "POSTS_OF_SOURCE_MOST", 5)
    monkeypatch.setattr(keys, "SEEN_OF_SOURCE_MOST", 8)
    from bot.store import link

    link._script.cache_clear()
    try:
        for n in range(12):
            await store.commit(make.batch(posts=(make.post(n, minutes=n),)))
    finally:
        link._script.cache_clear()

    assert await store.archive.count() == await store.archive.count("wire-a") == 5
    assert await store.archive.get("wire-a/6") is None
    assert await store.link.do("HLEN", keys.SEEN("wire-a")) == 8


async def test_a_post_with_lone_surrogates_is_kept(store: Store, make: Any) -> None:
    """Text that UTF-8 cannot hold does not stop a commit; times survive the repair."""
    post = make.post(text="blast \ud800 on the bridge")
    await store.commit(make.batch(posts=(post,)))
    kept = await store.archive.get(post.id)
    assert kept == msgspec.structs.replace(post, text="blast ? on the bridge")


steps = st.lists(
    st.tuples(
        st.sampled_from(["e1", "e2"]),
        st.sampled_from(list(Reason)),
        st.booleans(),  # committed again, as after an answer that was lost
        st.booleans(),  # and again with the revision read anew, as a careless caller would
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_committing_twice_owes_nothing_new(store: Store, make: Any, steps: list[Any]) -> None:
    """However often batches are repeated, each decision is owed once."""
    await store.link.do("FLUSHALL")
    revisions = {"e1": 0, "e2": 0}
    for name, reason, again, anew in steps:
        revisions[name] += 1
        event = make.event(name, revision=revisions[name])
        batch = make.owing(event, reason, expected=await store.events.revision())
        await store.commit(batch)
        if again:
            with pytest.raises(Conflict):
                await store.commit(batch)
        if anew:
            await store.commit(msgspec.structs.replace(batch, expected=await store.events.revision()))
        assert await store.events.get(name) == event
    assert (await store.outbox.size())["alerts"] == len(steps)
