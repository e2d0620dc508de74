"""Posts as JSON Lines: the form in which archives, replays and saved pages are exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.errors import WirewatchError
from bot.model import Post


class BadLine(WirewatchError):
    """A line that is not a post; the text says which line and what is wrong with it."""


def read_posts(lines: Iterator[bytes], name: str) -> Iterator[Post | BadLine]:
    """Each line as a Post, or as the BadLine that says why not. Empty lines and unknown fields are passed over."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield post_from(msgspec.json.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield BadLine(f"{name}:{number}: not JSON: {error}")
        except (KeyError, TypeError, ValueError) as error:
            yield BadLine(f"{name}:{number}: not a post: {error}")


def post_from(row: Any) -> Post:
    """The post of one decoded row. ValueError names the field that is missing or wrong."""
    if not isinstance(row, dict):
        raise ValueError(f"found {type(row).__name__}, expected an object")
    post_id = _text(row, "id")
    source, slash, native = post_id.partition("/")
    if not (source and slash and native):
        raise ValueError(f"id is {post_id!r}, expected <source>/<native id>")
    return Post(
        id=post_id,
        source=_text(row, "source", source),
        outlet=_text(row, "outlet", _text(row, "source", source)),
        url=_text(row, "url", ""),
        published=_moment(_text(row, "published")),
        title=_text(row, "title", ""),
        text=_text(row, "text", ""),
        language=_text(row, "language", "") or None,
        forwarded_from=_text(row, "forwarded_from", "") or None,
        edited=bool(row.get("edited")),
        links=_texts(row, "links"),
        reply_to=_text(row, "reply_to", "") or None,
        author=_text(row, "author", "") or None,
        also=_texts(row, "also"),
        quote=_text(row, "quote", ""),
        preview=_text(row, "preview", ""),
    )


def post_row(post: Post) -> dict[str, Any]:
    """The row of a post: the fixed fields always, the others where they say something."""
    row: dict[str, Any] = {
        "id": post.id,
        "source": post.source,
        "outlet": post.outlet,
        "url": post.url,
        "published": rfc3339(post.published),
        "title": post.title,
        "text": post.text,
    }
    optional = {
        "language": post.language,
        "forwarded_from": post.forwarded_from,
        "edited": post.edited,
        "links": post.links,
        "reply_to": post.reply_to,
        "author": post.author,
        "also": post.also,
        "quote": post.quote,
        "preview": post.preview,
    }
    return row | {name: value for name, value in optional.items() if value}


def rfc3339(moment: datetime) -> str:
    """`2026-05-26T09:00:00Z`: UTC, with fractions only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(row: dict[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name)
    if value is None:
        if default is None:
            raise ValueError(f"{name} is missing")
        return default
    if not isinstance(value, str):
        raise ValueError(f"{name} is {type(value).__name__}, expected text")
    return value


def _texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name) or ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is not a list of texts")
    return tuple(value)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"published is {text!r}, expected RFC 3339 such as 2026-05-26T09:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"published is {text!r}, without a time zone: add Z or an offset")
    return moment.astimezone(UTC)
