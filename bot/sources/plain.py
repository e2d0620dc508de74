"""HTML as the text a reader would see. Pure, and without recursion: nesting is the sender's to choose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

LONGEST = 32_768
_MANY_TAGS = 20_000  # a page of t.me has about 2,000
_DEEPEST = 2_000
_NESTING = re.compile(
    r"<(/?)(?!(?:br|hr|img|input|meta|link|wbr|area|source|p|li|dt|dd|td|tr|th|option)\b)[a-z]", re.IGNORECASE
)
# Elements that stand on lines of their own.
_BLOCK_TAGS = """
    address article aside blockquote center dd details div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_UNSEEN_TAGS = "script style template noscript iframe object embed canvas svg head title audio video"
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
_SPACE = re.compile(r"[ \t\r\n\f]{2,}|[\t\r\n\f]")  # a single blank, the usual case, is left alone
_AROUND_BREAK = re.compile(r" *\n *")
_EMPTY_LINES = re.compile(r"\n{3,}")
# Invisible characters that senders put at the edges to hide a link; inside a text they may join emoji and stay.
_EDGES = " \t\r\n\f\v\xa0\u2002\u2003\u2009\u200b\u202f\u2060\u2063\u3000\ufeff"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
# Stand for line breaks and for the edges of blocks while white space is folded; private use, so no text is lost.
_BREAK, _EDGE = "\ue000", "\ue001"
_BREAKS = re.compile(f"[{_BREAK}{_EDGE}][ {_BREAK}{_EDGE}]*")


def plain(nodes: Iterable[LexborNode], skip: Callable[[LexborNode], bool] | None = None) -> str:
    """The text of `nodes`, one after the other on lines of their own.

    Line breaks of `<br>`, block elements and `<pre>` are kept, at most one line is empty; other white space is one
    space, as browsers show it. Elements for which `skip` holds are left out.
    """
    parts: list[str] = []
    for node in nodes:
        parts.append(_EDGE)
        parts.extend(_pieces(node, skip))
    text = "".join(parts)
    if "  " in text or "\n" in text or "\t" in text or "\r" in text or "\f" in text:  # far quicker than the pattern
        text = _SPACE.sub(" ", text)
    return settle(_BREAKS.sub(_lines, text))


def _lines(found: re.Match[str]) -> str:
    """Two breaks leave an empty line; the edges of blocks, however many, only end a line."""
    return "\n\n" if found[0].count(_BREAK) > 1 else "\n"


def settle(text: str) -> str:
    """`text` without control characters, blanks around line breaks, doubled empty lines and invisible edges."""
    if not text.replace("\n", "").isprintable():
        text = _CONTROL.sub("", text)
    if " \n" in text or "\n " in text:
        text = _AROUND_BREAK.sub("\n", text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text)
    return text.strip(_EDGES)


def flat(node: LexborNode | None) -> str:
    """The text of `node` on one line; empty for None."""
    return _SPACE.sub(" ", plain((node,))) if node is not None else ""


def cut(text: str) -> str:
    """`text`, or its first 32,768 characters less a broken word: hostile senders write megabytes in one line."""
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] or text[:LONGEST]


def too_deep(html: str) -> bool:
    """Whether elements are nested so deep that building their tree takes minutes: its cost grows with the square.

    Counts opened less closed, without those that close by themselves. Only large documents are counted.
    """
    if html.count("<") <= _MANY_TAGS:
        return False
    depth = 0
    for tag in _NESTING.finditer(html):
        depth += -1 if tag[1] else 1
        if depth > _DEEPEST:
            return True
        depth = max(depth, 0)
    return False


def fragment(html: str) -> LexborNode | None:
    """The body of a piece of HTML."""
    return LexborHTMLParser(html).body


def _pieces(root: LexborNode, skip: Callable[[LexborNode], bool] | None) -> Iterator[str]:
    literal = 0  # how many <pre> stand around the node at hand
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag or ""
        down = None
        if tag == "-text":
            text = (node.text_content or "").replace(_BREAK, "").replace(_EDGE, "")
            yield text.replace("\r\n", "\n").replace("\n", _BREAK) if literal else text
        elif tag == "br":
            yield _BREAK
        elif not tag.startswith("-") and tag not in _UNSEEN and not (skip is not None and skip(node)):
            yield _EDGE if tag in _BLOCKS else " " if tag in ("td", "th") else ""
            literal += tag == "pre"
            down = node.first_child
            if down is None:
                yield from _left(node)
                literal -= tag == "pre"
        if down is not None:
            node = down
            continue
        while node is not None and node.mem_id != root.mem_id and node.next is None:
            node = node.parent
            if node is not None:
                yield from _left(node)
                literal -= node.tag == "pre"
        node = None if node is None or node.mem_id == root.mem_id else node.next


def _left(node: LexborNode) -> Iterator[str]:
    if node.tag in _BLOCKS:
        yield _EDGE
