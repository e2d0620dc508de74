from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import body_end


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("Мост закрыт.\n\n🔴 [Подписаться на Москву](https://example.org/x)", "Мост закрыт."),
        ("Міст закрито.\nПІДПИСАТИСЯ\nНадіслати новину", "Міст закрито."),
        ("Bridge closed.\n\nSubscribe: @example | Our channel", "Bridge closed."),
        ("Стороны договорились.\nПодписали соглашение о перемирии", "Стороны договорились.\nПодписали соглашение о перемирии"),
        ("Subscribe to Moscow news", "Subscribe to Moscow news"),
        ("One\nReaders who subscribe to the new service of the post office in the capital may now collect their letters there", None),
        ("", ""),
    ],
)  # fmt: skip
def test_advertising_lines_are_left_out(text: str, body: str | None) -> None:
    """Closing calls to subscribe are cut; news about signing, long lines and whole texts are not."""
    assert text[: body_end(text)].rstrip() == (text if body is None else body)


@given(st.text(max_size=100), st.sampled_from(["", "\nПодписаться", "\n\nsubscribe @x\n"]))
def test_only_the_end_is_cut(text: str, ending: str) -> None:
    """The offset lies in the text, and something of the post is always left."""
    whole = text + ending
    assert 0 <= body_end(whole) <= len(whole)
    assert bool(whole[: body_end(whole)].strip()) == bool(whole.strip())
