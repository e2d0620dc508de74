"""From what a caller sends to what a message holds: trimmed text, settled entities, links and commands found.

Pure. Follows what Telegram does after reading markup: control characters go, white space at both ends goes, equal
overlapping styles become one, styles leave code alone, links, mentions, hashtags and bot commands are found, and
no more than 100 entities are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.sandbox.botapi.markup import Entity, parse_html, utf16_length
from bot.sandbox.botapi.refusal import bad_request

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100
_SPLITTABLE = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
_CODE = frozenset({"code", "pre"})
_GIVEN = _SPLITTABLE | _CODE | {
    "text_link", "blockquote", "expandable_blockquote", "custom_emoji", "text_mention",
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "date_time",
}  # fmt: skip
_CONTROL = {code: " " for code in range(32) if code != 10} | {13: None} | dict.fromkeys(range(0x2028, 0x202F))
_AUTOMATIC = (
    ("url", re.compile(r"(?<![\w@.])(?:https?://[^\s<>\"]*[^\s<>\".,;:!?)'\]»…]|t\.me/\w[\w/?=&-]*\w)")),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z]\w{2,31}\b", re.ASCII)),
    ("hashtag", re.compile(r"(?<![\w#&])#(?=\w*[^\W\d])\w{1,64}\b")),
    ("bot_command", re.compile(r"(?<![\w/.<>@])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])", re.ASCII)),
)


def formatted(text: str, parse_mode: str, given: Any = None, *, limit: int = MAX_TEXT) -> tuple[str, list[Entity]]:
    """The text and entities of a message. Raises Refusal where Telegram would; an empty result is not refused here."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    entities: list[Entity] = []
    mode = parse_mode.lower()
    if mode == "html":
        text, entities = parse_html(text)
    elif mode not in ("", "none"):
        raise bad_request("unsupported parse_mode" if mode not in ("markdown", "markdownv2") else _NO_MARKDOWN)
    elif given is not None:
        entities = _given(given)
    text, entities = _settled(text, entities)
    if len(text) > limit:
        raise bad_request("message is too long" if limit == MAX_TEXT else "message caption is too long")
    found = entities + _automatic(text, entities)
    found.sort(key=lambda entity: (entity["offset"], -int(entity["length"]), str(entity["type"])))
    return text, found[:MAX_ENTITIES]


_NO_MARKDOWN = "the sandbox reads parse_mode HTML only"


def _given(value: Any) -> list[Entity]:
    """Entities that the caller computed itself (`entities=[…]`)."""
    if not isinstance(value, list):
        raise bad_request("can't parse entities: Expected an Array")
    entities: list[Entity] = []
    for entity in value:
        if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
            raise bad_request("can't parse entities: Expected an Object")
        if entity["type"] not in _GIVEN:
            raise bad_request("can't parse entities: Unsupported type specified")
        if not all(isinstance(entity.get(name), int) for name in ("offset", "length")):
            raise bad_request("can't parse entities: Can't find field")
        entities.append({key: part for key, part in entity.items() if isinstance(part, (str, int))})
    return entities


def _settled(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Clean text without outer white space; entities moved with it, merged, kept out of code, none empty."""
    if not entities:
        return text.translate(_CONTROL).rstrip(" \n\u00a0").lstrip(" \n"), []
    moved = _mover(text)
    spans = []
    for entity in entities:
        start, end = moved(int(entity["offset"])), moved(int(entity["offset"]) + int(entity["length"]))
        if start is not None and end is not None:
            spans.append((start, end, entity))
    text = text.translate(_CONTROL)
    trimmed = text.rstrip(" \n\u00a0")
    first = min((start for start, end, _ in spans if end > start), default=len(text) * 2)
    lead = min(len(trimmed) - len(trimmed.lstrip(" \n")), first)
    last = utf16_length(trimmed)
    text = trimmed[lead:]
    spans = [(max(start - lead, 0), max(min(end, last) - lead, 0), entity) for start, end, entity in spans]
    units_of = text.encode("utf-16-le")
    spans = [span for span in spans if units_of[span[0] * 2 : span[1] * 2].decode("utf-16-le").strip(" \n")]
    return text, [
        {**entity, "offset": start, "length": end - start} for start, end, entity in _merged(_out_of_code(spans))
    ]


def _mover(text: str) -> Callable[[int], int | None]:
    """Says where a boundary between characters, in UTF-16 units, stands once control characters are gone; None for a
    place that is no boundary."""
    raw = text.encode("utf-16-le")
    clean = text.translate(_CONTROL) == text

    def moved(at: int) -> int | None:
        if not 0 <= at * 2 <= len(raw) or (at * 2 < len(raw) and 0xDC <= raw[at * 2 + 1] <= 0xDF):
            return None  # outside, or inside a surrogate pair
        return at if clean else utf16_length(raw[: at * 2].decode("utf-16-le").translate(_CONTROL))

    return moved


_Span = tuple[int, int, Entity]


def _out_of_code(spans: list[_Span]) -> list[_Span]:
    """Styles are cut where code stands; anything else inside code goes."""
    code = sorted((start, end) for start, end, entity in spans if entity["type"] in _CODE and end > start)
    kept: list[_Span] = []
    for start, end, entity in spans:
        if end <= start:
            continue
        if entity["type"] in _SPLITTABLE:
            kept += [(a, b, entity) for a, b in _without(start, end, code)]
        elif entity["type"] in _CODE or not any(a <= start and end <= b for a, b in code):
            kept.append((start, end, entity))
    return kept


def _without(start: int, end: int, holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    pieces = []
    for a, b in holes:
        if a < end and b > start:
            if a > start:
                pieces.append((start, a))
            start = max(start, b)
    if start < end:
        pieces.append((start, end))
    return pieces


def _merged(spans: list[_Span]) -> list[_Span]:
    """Overlapping or touching spans of one style become one; equal spans of any type stand once."""
    merged: list[_Span] = []
    newest: dict[str, int] = {}
    for start, end, entity in sorted(spans, key=lambda span: (span[0], -span[1])):
        kind = str(entity["type"])
        at = newest.get(kind)
        if at is not None:
            before = merged[at]
            if kind in _SPLITTABLE and before[1] >= start:
                merged[at] = (before[0], max(before[1], end), entity)
                continue
            if kind not in _SPLITTABLE and before[1] > start:
                continue  # links, quotes and code of one kind do not nest
        newest[kind] = len(merged)
        merged.append((start, end, entity))
    return merged


def _automatic(text: str, taken: list[Entity]) -> list[Entity]:
    """Links, mentions, hashtags and commands that stand in the plain text."""
    if not any(mark in text for mark in ("@", "#", "/")):
        return []
    fixed = [
        (int(entity["offset"]), int(entity["offset"]) + int(entity["length"]))
        for entity in taken
        if entity["type"] not in _SPLITTABLE and "blockquote" not in str(entity["type"])
    ]
    found: list[Entity] = []
    for kind, pattern in _AUTOMATIC:
        for hit in pattern.finditer(text):
            start, length = utf16_length(text[: hit.start()]), utf16_length(hit.group())
            if not any(a < start + length and start < b for a, b in fixed):
                fixed.append((start, start + length))
                found.append({"type": kind, "offset": start, "length": length})
    return found
