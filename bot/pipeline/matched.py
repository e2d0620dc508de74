"""What each signal matched last, so that an operator can tell a rule that is silent from one that is broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import Match, Matched, Post


def newest_of(matches: Iterable[Match], posts: Sequence[Post]) -> tuple[Matched, ...]:
    """For each signal that matched some of `posts`, the one published last."""
    published = {post.id: post.published for post in posts}
    newest: dict[tuple[str, str], Matched] = {}
    for match in matches:
        key, at = (match.storyline, match.signal), published[match.post]
        if key not in newest or (newest[key].at, newest[key].post) < (at, match.post):
            newest[key] = Matched(storyline=match.storyline, signal=match.signal, post=match.post, at=at)
    return tuple(newest.values())
