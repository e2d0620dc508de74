"""The texts of feeds as plain text: HTML in any number of escapes. Pure."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from bot.sources.plain import cut, fragment, plain, settle, too_deep

_INPUT = 1_000_000
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
# Only tags of HTML: feeds also hold `<name>` as a word, and that is text.
_TAG_NAMES = """
    p br a div span b i em strong img ul ol li h1 h2 h3 h4 h5 h6 blockquote q cite code pre kbd samp tt var s strike del
    ins u small big sub sup font center hr table thead tbody tfoot tr td th caption dl dt dd figure figcaption
    picture video audio iframe embed object script style noscript section article aside header footer main nav time
"""
_TAG = re.compile(rf"</?(?:{'|'.join(_TAG_NAMES.split())})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_MOST_LINKS = 50


def html_text(source: str) -> str:
    """`source`, HTML or plain, as plain text with its line breaks; escapes of escapes are undone."""
    source = source[:_INPUT]
    for _ in range(3):
        if not _ENTITY.search(source) and "<" not in source:
            break
        before = source
        source = _stripped(source) if _TAG.search(source) or "<!" in source else html.unescape(source)
        if source == before:
            break
    return cut(settle(source))


def title_text(source: str) -> str:
    """`html_text` on one line."""
    return " ".join(html_text(source).split())


def html_links(source: str) -> tuple[str, ...]:
    """The absolute http(s) hrefs of `source`, in order, without repeats."""
    source = source[:_INPUT]
    body = fragment(source) if "<" in source and not too_deep(source) else None
    if body is None:
        return ()
    found: dict[str, None] = {}
    for link in body.css("a[href]"):
        href = (link.attributes.get("href") or "").strip()
        if is_web(href):
            found[href] = None
            if len(found) == _MOST_LINKS:
                break
    return tuple(found)


def is_web(url: str) -> bool:
    """Whether `url` is an absolute http(s) address."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _stripped(source: str) -> str:
    if too_deep(source):
        return _TAG.sub(" ", source)
    body = fragment(source)
    return plain((body,), _boilerplate) if body is not None else ""


def _boilerplate(node: LexborNode) -> bool:
    """Images of one pixel and share buttons carry no text; what counts here are elements hidden from readers."""
    return "hidden" in node.attributes
