"""RSS 0.9x-2.0, RDF and Atom, through feedparser for its tolerance. Pure."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

import feedparser

from bot.sources.encoding import decode
from bot.sources.entry import Document, Entry
from bot.sources.feed_text import html_links, html_text, is_web, title_text

_BENIGN = ("CharacterEncodingOverride", "NonXMLContentType")  # we decode ourselves
# References beyond Unicode make feedparser raise.
_REFERENCE = re.compile(r"&#(?:([0-9]+)|[xX]([0-9a-fA-F]+));?")
_DECLARATION = re.compile(r"<!--.*?-->|<!(?!\[CDATA\[)[^>]*>?|<!(?!\[CDATA\[)", re.DOTALL)
_LARGE = 1_000_000  # feedparser's tolerant reader needs seconds for a broken megabyte, and more than twice for two
_CUT = ("…", "...", "[...]", "[…]", "[..]")


def read_xml(body: bytes, content_type: str | None) -> Document | None:
    """The feed in `body`, or None when it is none. Relative links are left so, but for `xml:base`."""
    text, wrong = decode(body, content_type)
    faults = [wrong] if wrong is not None else []
    if len(text) > _LARGE and not _well_formed(text):
        faults.append(f"broken-xml: large and not well-formed; its first {_LARGE} characters are read")
        text = text[:_LARGE]
    parsed = _parsed(text)
    if parsed is None:
        faults.append("broken-xml: its declarations cannot be read; read without them")
        parsed = _parsed(_DECLARATION.sub("", text)) or {}
    entries = parsed.get("entries") or []
    if not entries and not parsed.get("version"):
        return None
    trouble = parsed.get("bozo_exception")
    if parsed.get("bozo") and trouble is not None and type(trouble).__name__ not in _BENIGN:
        faults.append(f"broken-xml: {' '.join(str(trouble).split())[:200]}; read as far as it goes")
    channel = parsed.get("feed") or {}
    return Document(
        entries=tuple(_entry(entry) for entry in entries),
        home=_text(channel, "link"),
        title=title_text(_text(channel, "title")),
        language=_text(channel, "language"),
        ttl=_ttl(channel),
        faults=tuple(faults),
    )


def _parsed(text: str) -> Mapping[str, Any] | None:
    """What feedparser makes of `text`; None where it gives up with an error of its own."""
    # No address is given: feedparser would resolve guids by it as well, and make links of them.
    headers = {"content-type": "application/xml; charset=utf-8"}
    # A stream, since feedparser takes a plain string for a file name or an address.
    stream = io.BytesIO(_REFERENCE.sub(_possible, text).encode("utf-8", "replace"))
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # its tolerant reader raises many kinds on documents made to hurt
        return None
    return parsed


def _well_formed(text: str) -> bool:
    try:
        expat.ParserCreate("utf-8").Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return False
    return True


def _possible(reference: re.Match[str]) -> str:
    digits, base = (reference[1], 10) if reference[1] else (reference[2], 16)
    return reference[0] if len(digits) < 12 and int(digits, base) < 0x110000 else "\ufffd"


def _entry(entry: Mapping[str, Any]) -> Entry:
    html = _body(entry)
    origin = entry.get("source")
    origin = origin if isinstance(origin, Mapping) else {}
    return Entry(
        guid=_text(entry, "id"),
        link=_link(entry),
        title=title_text(_text(entry, "title")),
        text=html_text(html),
        links=html_links(html),
        published=_moment(entry, "published_parsed", "created_parsed", "updated_parsed"),
        updated=_moment(entry, "updated_parsed"),
        author=title_text(_text(entry, "author")),
        origin=title_text(_text(origin, "title")),
        origin_url=_text(origin, "href") or _text(origin, "link"),
    )


def _body(entry: Mapping[str, Any]) -> str:
    """The lead; the full content only where a lead is missing or cut off. Full pages mention much that they do not
    report."""
    lead = _text(entry, "summary")
    contents = [_text(content, "value") for content in entry.get("content") or () if isinstance(content, Mapping)]
    full = max(contents, key=len, default="")
    if not lead.strip() or (len(full) > len(lead) and html_text(lead).endswith(_CUT)):
        return full or lead
    return lead


def _link(entry: Mapping[str, Any]) -> str:
    """The entry's own link; a guid only where it is an address: feedparser makes an address of any."""
    guid = _text(entry, "id")
    given = _text(entry, "feedburner_origlink") or (_text(entry, "link") if entry.get("links") else "")
    return given or (guid if is_web(guid) else "")


def _moment(entry: Mapping[str, Any], *names: str) -> datetime | None:
    for name in names:
        # Straight from the dict: feedparser's own look-up passes a publication off as an update.
        found = dict.get(entry, name) if isinstance(entry, dict) else None
        if found is not None:
            try:
                return datetime.fromtimestamp(calendar.timegm(found), UTC)
            except (TypeError, ValueError, OverflowError, OSError):
                continue
    return None


def _ttl(channel: Mapping[str, Any]) -> float | None:
    value = _text(channel, "ttl").strip()
    return float(value) * 60 if value.isascii() and value.isdigit() and len(value) < 6 else None


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
