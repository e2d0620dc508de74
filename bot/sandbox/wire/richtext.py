"""Text with entities → the HTML that t.me shows: `<br/>` for lines, `<i class="emoji">`, links that ask. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import pairwise

from bot.sandbox.botapi.markup import Entity

_EMOJI = re.compile(r"[\U0001F1E6-\U0001F1FF]{2}|[\U0001F300-\U0001FAFF\u2600-\u27BF\u26A1\u2B50\u203C\u2049]\uFE0F?")
_TAGS = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ("<tg-spoiler>", "</tg-spoiler>"),
    "code": ("<code>", "</code>"),
    "pre": ("<pre>", "</pre>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ('<blockquote class="expandable">', "</blockquote>"),
}
_ASK = "return confirm('Open this link?\\n\\n'+this.href);"


def rich(text: str, entities: Iterable[Entity]) -> str:
    """The HTML of a message's text; crossing entities are closed and opened again, so tags always nest."""
    spans = sorted(
        ((int(entity["offset"]), int(entity["offset"]) + int(entity["length"]), entity) for entity in entities),
        key=lambda span: (span[0], -span[1]),
    )
    units = text.encode("utf-16-le")
    cuts = sorted({0, len(units) // 2} | {place for start, end, _ in spans for place in (start, end)})
    parts = []
    for start, end in pairwise(cuts):
        piece = units[start * 2 : end * 2].decode("utf-16-le", "replace")
        around = [_tags(entity, text, units) for a, b, entity in spans if a <= start and end <= b]
        opened = "".join(tags[0] for tags in around)
        closed = "".join(tags[1] for tags in reversed(around))
        parts.append(f"{opened}{_plain(piece)}{closed}")
    return "".join(parts)


def _tags(entity: Entity, text: str, units: bytes) -> tuple[str, str]:
    kind = str(entity["type"])
    if kind in _TAGS:
        return _TAGS[kind]
    start = int(entity["offset"]) * 2
    shown = units[start : start + int(entity["length"]) * 2].decode("utf-16-le", "replace")
    match kind:
        case "text_link":
            href = str(entity["url"])
        case "url":
            href = shown if "://" in shown else f"https://{shown}"
        case "mention":
            href = f"https://t.me/{shown[1:]}"
        case "hashtag":
            return f'<a href="?q={escape("%23" + shown[1:])}">', "</a>"
        case _:
            return "", ""
    return f'<a href="{escape(href)}" target="_blank" rel="noopener" onclick="{escape(_ASK)}">', "</a>"


def _plain(piece: str) -> str:
    parts = []
    last = 0
    for emoji in _EMOJI.finditer(piece):
        parts.append(escape(piece[last : emoji.start()]))
        parts.append(f'<i class="emoji"><b>{emoji.group()}</b></i>')
        last = emoji.end()
    parts.append(escape(piece[last:]))
    return "".join(parts).replace("\n", "<br/>")
