"""Telegram's HTML: text and entities out of `parse_mode=HTML`, refused in Telegram's words when it cannot be read.

Follows the reader inside Telegram's own client library: a handful of tags, four named character references,
end tags that must match (`</>` closes anything), offsets of errors in bytes of the given text and offsets of
entities in UTF-16 units of the result. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.sandbox.botapi.refusal import Refusal, bad_request

Entity = dict[str, str | int]  # a Bot API MessageEntity

_SPACE = " \t\r\n\v\0"  # the end of the text counts as space, as in the original
_STYLES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler", "tg-spoiler": "spoiler",
}  # fmt: skip
_TAGS = frozenset(_STYLES) | {"a", "tg-emoji", "pre", "code", "blockquote"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([A-Za-z]+));?", re.ASCII)
_SPECIAL = re.compile("[<&]")
_LINK = re.compile(
    r"(?:(https?|tg|ftp|tonsite)://)?([^\s/?#:@]+\.[^\s/?#:@]{2,}|localhost|[\d.]+|\[[0-9a-f:]+\])"
    r"(:\d+)?([/?#]\S*)?",
    re.IGNORECASE,
)


class _Open(NamedTuple):
    tag: str
    argument: str
    offset: int  # UTF-16 units of the result
    runs: int  # pieces of the result so far


def utf16_length(text: str) -> int:
    """How many UTF-16 units `text` takes: what Telegram counts entities in."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The shown text and its entities, in the order their tags end. Raises Refusal (400) in Telegram's words."""
    return _Reader(source.replace("\0", " ")).read()


class _Reader:
    def __init__(self, source: str):
        self.source = source + "\0"
        self.end = len(source)
        self.at = 0
        self.shown: list[str] = []
        self.units = 0
        self.open: list[_Open] = []
        self.found: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        while self.at < self.end:
            character = self.source[self.at]
            if character == "<":
                self._tag()
            elif character == "&" and (decoded := self._reference()):
                self._show(decoded)
            else:
                end = _SPECIAL.search(self.source, self.at + 1, self.end)
                self._show(self.source[self.at : end.start() if end else self.end])
                self.at = end.start() if end else self.end
        if self.open:
            raise _unread(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        for entity in self.found:
            if entity["type"] == "code":
                entity.pop("language", None)
        return "".join(self.shown), self.found

    def _show(self, run: str) -> None:
        self.shown.append(run)
        self.units += utf16_length(run)

    def _fault(self, words: str, start: int) -> Refusal:
        return _unread(f"{words} at byte offset {len(self.source[:start].encode())}")

    def _reference(self) -> str | None:
        """The character that a reference stands for, moving past it; None (and no move) where it is none."""
        found = _REFERENCE.match(self.source, self.at)
        if found is None:
            return None
        hexadecimal, decimal, name = found.groups()
        if name is not None:
            decoded = _NAMED.get(name)
        else:
            code = int(hexadecimal, 16) if hexadecimal else int(decimal)
            digits = len(hexadecimal or decimal) + (3 if hexadecimal else 2)
            decoded = chr(code) if 0 < code < 0x10FFFF and digits < 10 and not 0xD800 <= code < 0xE000 else None
        if decoded is not None:
            self.at = found.end()
        return decoded

    def _tag(self) -> None:
        start = self.at
        self.at += 1
        if self.source[self.at] == "/":
            self._end_tag(start)
        else:
            self._start_tag(start)

    def _skip(self, stop: str) -> str:
        begin = self.at
        while self.source[self.at] not in stop and self.at < self.end:
            self.at += 1
        return self.source[begin : self.at]

    def _skip_space(self) -> None:
        while self.at < self.end and self.source[self.at] in _SPACE:
            self.at += 1

    # --- start tags -------------------------------------------------------------------------------------------

    def _start_tag(self, start: int) -> None:
        tag = self._skip(_SPACE + ">").lower()
        if self.at >= self.end:
            raise self._fault("Unclosed start tag", start)
        if tag not in _TAGS:
            raise self._fault(f'Unsupported start tag "{tag}"', start)
        argument = ""
        while True:
            self._skip_space()
            if self.source[self.at] == ">":
                break
            name, value = self._attribute(tag, start)
            argument = _argument(tag, name, value) or argument
        self.at += 1
        if tag == "span" and argument != "spoiler":
            raise self._fault('Tag "span" must have class "tg-spoiler"', start)
        self.open.append(_Open(tag, argument, self.units, len(self.shown)))

    def _attribute(self, tag: str, start: int) -> tuple[str, str]:
        unclosed = f'Unclosed start tag "{tag}"'
        name = self._skip(_SPACE + "=>/\"'")
        if not name:
            if self.at >= self.end:
                raise self._fault(unclosed, start)
            raise self._fault(f'Empty attribute name in the tag "{tag}"', start)
        self._skip_space()
        if self.source[self.at] != "=":
            if self.at >= self.end:
                raise self._fault(unclosed, start)
            if (tag, name) == ("blockquote", "expandable"):
                return name, ""
            raise self._fault(f'Expected equal sign in declaration of an attribute of the tag "{tag}"', start)
        self.at += 1
        self._skip_space()
        value = self._quoted() if self.source[self.at] in "\"'" else self._token()
        if self.at >= self.end:
            raise self._fault(unclosed, start)
        return name, value

    def _token(self) -> str:
        """An unquoted value: letters, digits, periods and hyphens."""
        begin = self.at
        while self.source[self.at].isascii() and (self.source[self.at].isalnum() or self.source[self.at] in ".-"):
            self.at += 1
        if self.source[self.at] not in _SPACE + ">":
            raise self._fault("Unexpected end of name token", begin)
        return self.source[begin : self.at].lower()

    def _quoted(self) -> str:
        quote = self.source[self.at]
        self.at += 1
        value = []
        while self.at < self.end and self.source[self.at] != quote:
            decoded = self._reference() if self.source[self.at] == "&" else None
            if decoded is None:
                decoded = self.source[self.at]
                self.at += 1
            value.append(decoded)
        if self.at < self.end:
            self.at += 1
        return "".join(value)

    # --- end tags ---------------------------------------------------------------------------------------------

    def _end_tag(self, start: int) -> None:
        if not self.open:
            raise self._fault("Unexpected end tag", start)
        self.at += 1
        name = self._skip(_SPACE + ">")
        self._skip_space()
        if self.source[self.at] != ">":
            raise self._fault("Unclosed end tag", start)
        self.at += 1
        opened = self.open.pop()
        if name and name != opened.tag:
            raise _unread(
                f"Unmatched end tag at byte offset {len(self.source[:start].encode())}, "
                f'expected "</{opened.tag}>", found "</{name}>"'
            )
        if self.units > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity: Entity = {"type": "", "offset": opened.offset, "length": self.units - opened.offset}
        last = self.found[-1] if self.found else None
        same = last is not None and (last["offset"], last["length"]) == (entity["offset"], entity["length"])
        match opened.tag:
            case "a":
                link = _checked_link(opened.argument or "".join(self.shown[opened.runs :]))
                if link is None:
                    return
                entity |= {"type": "text_link", "url": link}
            case "pre":
                if same and last is not None and last["type"] == "code" and last.get("language"):
                    last["type"] = "pre"
                    return
                entity["type"] = "pre"
            case "code":
                if same and last is not None and last["type"] == "pre" and opened.argument:
                    last["language"] = opened.argument
                    return
                entity |= {"type": "code", "language": opened.argument}
            case "blockquote":
                entity["type"] = "expandable_blockquote" if opened.argument else "blockquote"
            case "tg-emoji":
                if not opened.argument.isdecimal():
                    raise _unread("Invalid custom emoji identifier specified")
                entity |= {"type": "custom_emoji", "custom_emoji_id": opened.argument}
            case style:
                entity["type"] = _STYLES[style]
        self.found.append(entity)


def _argument(tag: str, name: str, value: str) -> str:
    match tag, name:
        case "a", "href":
            return value
        case "code", "class" if value.startswith("language-"):
            return value[len("language-") :]
        case "span", "class" if value.startswith("tg-"):
            return value[len("tg-") :]
        case "tg-emoji", "emoji-id":
            return value
        case "blockquote", "expandable":
            return "1"
    return ""


def _checked_link(link: str) -> str | None:
    """The link as Telegram would keep it, or None where it drops the entity in silence."""
    link = link.strip()
    if link.startswith("tg://"):
        return link
    found = _LINK.fullmatch(link)
    if found is None:
        return None
    scheme, host, port, rest = found.groups()
    return f"{(scheme or 'http').lower()}://{host.lower()}{port or ''}{rest or '/'}"


def _unread(words: str) -> Refusal:
    return bad_request(f"can't parse entities: {words}")
