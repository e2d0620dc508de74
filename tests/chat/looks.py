"""How tests look at a Message: an independent judge of Telegram HTML, and golden texts.

The judge shares no code with `bot.alerts.markup`: it reads the finished HTML the way Telegram's parser does.
Run with `WIREWATCH_GOLDEN=write` to write the golden texts anew, then read the difference.
"""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

from bot.model import Message

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "chat"
_TAG = re.compile(r'<(/?)(b|i|s|u|code|pre|a|blockquote)( href="[^"<>]+")?>')
_ESCAPE = re.compile(r"&(lt|gt|amp|quot|#x27);")


def judge(message: Message) -> str:
    """Assert that Telegram takes `message`; answer its text after parsing."""
    plain, open_tags, entities, at = [], [], 0, 0
    for tag in _TAG.finditer(message.html):
        plain.append(_plain(message.html[at : tag.start()]))
        at = tag.end()
        closing, name, href = tag.groups()
        assert (name == "a" and not closing) == bool(href), f"a link without an address, or an address on <{name}>"
        if closing:
            assert open_tags.pop() == name, "tags cross"
        else:
            assert name not in open_tags, f"<{name}> inside <{name}>"
            open_tags.append(name)
            entities += 1
    plain.append(_plain(message.html[at:]))
    assert not open_tags, f"{open_tags} never close"
    whole = "".join(plain)
    assert whole.strip(), "Telegram refuses an empty message"
    assert len(whole.encode("utf-16-le")) // 2 <= 4096, "too long"
    assert entities <= 100, "too many entities"
    message.html.encode("utf-8")
    _buttons(message)
    return whole


def _plain(piece: str) -> str:
    assert "<" not in piece, f"an unknown or unescaped tag in {piece!r}"
    assert ">" not in piece, f"an unescaped > in {piece!r}"
    assert "&" not in _ESCAPE.sub("", piece), f"an unescaped & in {piece!r}"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", piece), f"a control character in {piece!r}"
    return html.unescape(piece)


def _buttons(message: Message) -> None:
    assert sum(map(len, message.buttons)) <= 100
    for row in message.buttons:
        assert 1 <= len(row) <= 8
        for button in row:
            assert button.text.strip()
            assert (button.data is None) != (button.url is None), "a button does one thing"
            if button.data is not None:
                assert 1 <= len(button.data.encode()) <= 64
            else:
                assert re.fullmatch(r"https?://[^\s<>\"]+\.[^\s<>\"]+", button.url)


def drawn(message: Message) -> str:
    """The message as a golden text: its HTML, then a line for each row of buttons."""
    rows = [" ".join(f"[{button.text} → {button.data or button.url}]" for button in row) for row in message.buttons]
    return "\n".join((message.html, "----", *rows)) + "\n"


def golden(name: str, message: Message) -> None:
    """Assert that `message` is valid and equals `fixtures/chat/<name>.txt`."""
    judge(message)
    path = FIXTURES / f"{name}.txt"
    if os.environ.get("WIREWATCH_GOLDEN") == "write":
        path.write_text(drawn(message), encoding="utf-8")
    assert drawn(message) == path.read_text(encoding="utf-8")
