from __future__ import annotations

import pytest
from gathered import post

from bot.events.clean import body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("BREAKING: Bridge closed.", "Bridge closed."),
        ("⚡️⚡️ Мост закрыт", "Мост закрыт"),
        ("ТЕРМІНОВО! Міст закрито", "Міст закрито"),
        ("🚨 JUST IN: Bridge closed\n\n🦅 @harbour_live", "Bridge closed"),
        ("**Мост** [закрыт](https://example.org/a_b) до утра.", "Мост закрыт до утра."),
        ("Bridge closed.\n\n👉 @lighthouse | Send us news", "Bridge closed."),
        ("Мост закрыт.\n\n🔴 [Подписаться](https://t.me/+abc) | [Прислать новость](https://t.me/bot)", "Мост закрыт."),
        ("Міст закрито.\n\nМаяк | Підписатися", "Міст закрито."),
        ("Bridge closed near #OldHarbour #harbour", "Bridge closed near Old Harbour harbour"),
    ],
)
def test_a_channel_s_own_signs_are_left_out(text: str, said: str) -> None:
    """Prefixes, marks, links, handles and signatures go; what the author says stays word for word."""
    assert body(post(text, outlet="Маяк"))[1] == said


def test_a_line_that_names_the_outlet_is_its_signature() -> None:
    """A last line made of nothing but the outlet's own name is no news."""
    assert body(post("Bridge closed.\n📡 Harbour Watch", outlet="Harbour Watch"))[1] == "Bridge closed."


def test_news_about_subscribing_stays() -> None:
    """A sentence is not a signature because it holds the word."""
    text = (
        "The ministry will subscribe to the new satellite service from June, officials said on Monday in the capital."
    )
    assert body(post(text))[1] == text


def test_a_post_of_signs_alone_says_nothing() -> None:
    """Advertising for the channel itself leaves an empty body, and nothing breaks."""
    assert body(post("👉 @lighthouse")) == ("", "")
