"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.sources.entry import Document, Entry
from bot.sources.feed_text import html_links, html_text, is_web, title_text
from bot.sources.plain import settle

_MOST = 2_000


def looks_like_json(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def read_json(body: bytes) -> Document | None:
    """The feed in `body`, or None when it is none. Fields of the wrong type are passed over and named."""
    try:
        root = msgspec.json.decode(body.lstrip(b"\xef\xbb\xbf \t\r\n").decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(root, dict) or not isinstance(root.get("items"), list):
        return None
    rows = root["items"]
    objects = [row for row in rows if isinstance(row, dict)]
    faults = [f"unread-entry: {len(rows) - len(objects)} items are no objects"] if len(objects) < len(rows) else []
    if len(objects) > _MOST:
        faults.append(f"too-many: {len(objects)} items; the first {_MOST} are read")
    entries = tuple(map(_entry, objects[:_MOST]))
    return Document(
        entries=entries,
        home=_text(root, "home_page_url"),
        title=title_text(_text(root, "title")),
        language=_text(root, "language"),
        faults=tuple(faults),
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    rich = _text(row, "content_html")
    text = settle(_text(row, "content_text"))
    guid = _text(row, "id")
    return Entry(
        guid=guid,
        link=_text(row, "url") or _text(row, "external_url") or (guid if is_web(guid) else ""),
        title=settle(_text(row, "title")),
        text=title_text(_text(row, "summary")) or text or html_text(rich),
        links=html_links(rich),
        published=_moment(_text(row, "date_published")),
        updated=_moment(_text(row, "date_modified")),
        author=_author(row),
        language=_text(row, "language"),
    )


def _author(row: Mapping[str, Any]) -> str:
    authors = row.get("authors") or [row.get("author")]
    names = [_text(one, "name") for one in authors if isinstance(one, Mapping)] if isinstance(authors, list) else []
    return ", ".join(filter(None, names))


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):  # version 1 allowed numbers as ids
        return str(value)
    return value if isinstance(value, str) else ""
