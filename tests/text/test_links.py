from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import canonical_url, find_urls, telegram_post


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://www.Example.org/News/?utm_source=tg&b=2&a=1#top", "https://example.org/News?a=1&b=2"),
        ("https://example.org:443/x/", "https://example.org/x"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("example.org/x?fbclid=abc", "https://example.org/x"),
        ("https://example.org/find?s=bridge", "https://example.org/find?s=bridge"),
        ("https://example.org/a?s=20&utm_medium=x", "https://example.org/a"),
        ("https://t.me/s/Some_Channel/77?single", "https://t.me/some_channel/77"),
        ("tg://resolve?domain=Some_Channel&post=77", "https://t.me/some_channel/77"),
        ("not a link", "not a link"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ],
)
def test_one_form(url: str, same: str) -> None:
    """Links to the same page are one; what is not a web link stays."""
    assert canonical_url(url) == same


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z.:%0-9\[\]]{1,12}/[ -~]{0,20}", fullmatch=True))
def test_settled(url: str) -> None:
    """Doing it twice changes nothing, and no text raises."""
    once = canonical_url(url)
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("url", "post"),
    [
        ("https://t.me/Chan_a/77", ("chan_a", 77)),
        ("t.me/s/Chan_a/77", ("chan_a", 77)),
        ("https://telegram.me/chan_a/77?single&comment=3", ("chan_a", 77)),
        ("https://chan_a.t.me/77", ("chan_a", 77)),
        ("https://t.me/chan_a/5/77", ("chan_a", 77)),
        ("tg://resolve?domain=chan_a&post=77", ("chan_a", 77)),
        ("https://t.me/c/1234567/77", None),
        ("https://t.me/chan_a", None),
        ("https://t.me/+AbCdEf", None),
        ("https://example.org/chan_a/77", None),
        ("http://[broken", None),
    ],
)
def test_telegram_posts(url: str, post: tuple[str, int] | None) -> None:
    """Every public spelling of a post's link is read; others are None."""
    assert telegram_post(url) == post


def test_found_in_text() -> None:
    """Punctuation after a link is not part of it, balanced parentheses are; repeats are left out."""
    text = "See https://example.org/a_(b), (http://example.org/c). [x](https://t.me/chan/1) and t.me/chan/2! https://example.org/a_(b)"
    assert find_urls(text) == (
        "https://example.org/a_(b)",
        "http://example.org/c",
        "https://t.me/chan/1",
        "t.me/chan/2",
    )
