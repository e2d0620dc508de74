"""Telegram HTML that knows its own size, so that a message can be shortened before Telegram refuses it.

A `Rich` is a piece of valid HTML with its length after parsing (UTF-16 units, Telegram's measure) and its number of
entities. Pieces are only made by the functions below, which escape what they are given; so no text of a source can
open a tag, and no cut can fall inside one.

Limits: https://core.telegram.org/bots/api#sendmessage (4,096 after parsing) and 100 entities a message.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

MAX_UNITS = 4096
MAX_ENTITIES = 100
MAX_URL = 2000

# Controls would be refused or shown as boxes; direction overrides could turn our own words around. Line breaks stay.
_UNSHOWABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MANY_BREAKS = re.compile(r"\n\s*\n\s*\n+")


class Rich(msgspec.Struct, frozen=True):
    """A piece of Telegram HTML: `units` after parsing, `entities` inside."""

    html: str = ""
    units: int = 0
    entities: int = 0

    def __add__(self, other: Rich) -> Rich:
        return Rich(self.html + other.html, self.units + other.units, self.entities + other.entities)

    def __bool__(self) -> bool:
        return self.units > 0

    @property
    def fits(self) -> bool:
        """Whether Telegram takes it as one message."""
        return self.units <= MAX_UNITS and self.entities <= MAX_ENTITIES


NOTHING = Rich()


def units(string: str) -> int:
    """Length in UTF-16 units."""
    if string.isascii():
        return len(string)
    return len(string.encode("utf-16-le", "surrogatepass")) // 2


def clean(string: str) -> str:
    """`string` without what a chat cannot show; the number of characters may shrink."""
    return _UNSHOWABLE.sub(lambda found: " " if found[0] in "\t\r\x0b\x0c\x85\u2028\u2029" else "", string)


def clip(string: str, limit: int) -> str:
    """The start of `string` in at most `limit` UTF-16 units, cut between words where it can be, with "…" when cut."""
    if units(string) <= limit:
        return string
    return string[: _cut(string, limit - 1)].rstrip() + "…"


def _cut(string: str, limit: int) -> int:
    """How many characters of `string` stand within `limit` units, back to a space if one is near the end."""
    size = end = 0
    for end, character in enumerate(string):  # noqa: B007 - the last index is the answer
        size += 2 if ord(character) > 0xFFFF else 1
        if size > limit:
            break
    else:
        return len(string)
    space = max(string.rfind(" ", 0, end + 1), string.rfind("\n", 0, end + 1))
    return space if space > end * 0.7 else end


def text(string: str) -> Rich:
    """`string` as it is, escaped."""
    shown = clean(string)
    return Rich(html.escape(shown, quote=False), units(shown))


def line(string: str, limit: int) -> Rich:
    """`string` on one line, within `limit` units."""
    return text(clip(" ".join(clean(string).split()), limit))


def _wrap(inner: Rich | str, tag: str) -> Rich:
    piece = text(inner) if isinstance(inner, str) else inner
    return Rich(f"<{tag}>{piece.html}</{tag}>", piece.units, piece.entities + 1) if piece else NOTHING


def bold(inner: Rich | str) -> Rich:
    return _wrap(inner, "b")


def italic(inner: Rich | str) -> Rich:
    return _wrap(inner, "i")


def struck(inner: Rich | str) -> Rich:
    return _wrap(inner, "s")


def code(inner: str) -> Rich:
    return _wrap(inner, "code")


def quoted(inner: Rich | str) -> Rich:
    """A block quote. Telegram puts its end on a line of its own."""
    return _wrap(inner, "blockquote")


def link(inner: Rich | str, url: str) -> Rich:
    """`inner` linked to `url`; without a link where the URL is not one that Telegram would take."""
    piece = text(inner) if isinstance(inner, str) else inner
    if not piece or not is_web(url):
        return piece
    return Rich(f'<a href="{html.escape(url)}">{piece.html}</a>', piece.units, piece.entities + 1)


@lru_cache(maxsize=4096)  # an alert names the same post up to four times, and goes to many chats
def is_web(url: str) -> bool:
    """Whether Telegram accepts `url` in a link and a button: a refused button would cost the whole message."""
    if len(url) > MAX_URL or not url.isprintable() or any(mark in url for mark in ' "<>\\'):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and "." in host.strip(".") and ".." not in host


def join(pieces: Iterable[Rich], separator: str = "\n") -> Rich:
    """The pieces that are not empty, with `separator` between them."""
    shown = [piece for piece in pieces if piece]
    between = text(separator)
    return Rich(
        between.html.join(piece.html for piece in shown),
        sum(piece.units for piece in shown) + between.units * max(0, len(shown) - 1),
        sum(piece.entities for piece in shown),
    )


def marked(string: str, spans: Sequence[tuple[int, int]], limit: int, most: int = 25) -> Rich:
    """`string` within `limit` units with the first `most` of `spans` (characters of `string`) in bold.

    Spans that overlap or that only a space parts become one; impossible ones are left out. When the first one lies
    beyond the limit, the extract begins shortly before it, with "…" at the cut.
    """
    sane = _merged(string, spans)
    begin = _begin(string, sane, limit)
    room = limit - (2 if begin else 0)
    end = begin + (_cut(string[begin:], room - 1) if units(clean(string[begin:])) > room else len(string) - begin)
    pieces = [text("… ")] if begin else []
    at = begin + len(string[begin:end]) - len(string[begin:end].lstrip())
    inside = [(max(start, at), min(stop, end)) for start, stop in sane if start < end and stop > at]
    for start, stop in inside[:most]:
        pieces += [_calm(string[at:start]), bold(_calm(string[start:stop]))]
        at = stop
    pieces.append(_calm(string[at:end].rstrip()))
    if end < len(string):
        pieces.append(text("…"))
    return join(pieces, "")


def _calm(string: str) -> Rich:
    """`string` with never more than one empty line."""
    return text(_MANY_BREAKS.sub("\n\n", string))


def _merged(string: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """`spans` in order, inside `string`, joined where they touch, overlap or are parted by spaces only."""
    whole: list[tuple[int, int]] = []
    for start, stop in sorted((max(0, start), min(len(string), stop)) for start, stop in spans):
        if start >= stop:
            continue
        if whole and (start <= whole[-1][1] or string[whole[-1][1] : start].isspace()):
            whole[-1] = (whole[-1][0], max(whole[-1][1], stop))
        else:
            whole.append((start, stop))
    return whole


def _begin(string: str, spans: Sequence[tuple[int, int]], limit: int) -> int:
    """Where the extract begins: at 0, or at a word shortly before the first span if that would be cut away."""
    if not spans or units(string[: spans[0][1]]) < limit - 1:
        return 0
    near = max(0, spans[0][0] - limit // 4)
    space = max(string.find(" ", near, spans[0][0]), string.find("\n", near, spans[0][0]))
    return space + 1 if space >= 0 else near
