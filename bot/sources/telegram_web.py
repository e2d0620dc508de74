"""Reads `t.me/s/<channel>` pages, in their markup of 2021 to 2026, and single-post embeds. Pure.

Facts about these pages stand in docs/sources.md. Everything is decided by structure: a post may quote any marker.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import IdentityChanged, MarkupChanged, PreviewOff
from bot.sources.page import Page
from bot.sources.plain import flat, too_deep
from bot.sources.source import Source
from bot.sources.telegram_block import BadBlock, Block, read_block

MOST_BLOCKS = 500
_BLOCKS = ".tgme_widget_message[data-post]"


def parse(html: bytes | str, source: Source) -> Page:
    """The posts of a channel page, oldest first.

    A source without a channel takes the posts of any. Raises PreviewOff for the landing page of a channel without
    preview, IdentityChanged when a post belongs to another channel, MarkupChanged when a page yields nothing.
    """
    tree = _tree(html)
    blocks: list[Block] = []
    faults: list[str] = []
    for node in outermost(tree, _BLOCKS):
        try:
            block = read_block(node, source)
        except BadBlock as bad:
            faults.append(f"unread-block: {bad}")
            continue
        blocks.append(block)
    for block in blocks:
        if source.channel and block.channel.casefold() != source.channel.casefold():
            raise IdentityChanged(
                f"{source.id}: the page holds posts of {block.channel!r}, expected {source.channel!r}"
            )
    if not blocks:
        return _without_blocks(tree, source, faults)
    hollow = [block for block in blocks if block.hollow]
    if len(hollow) == len(blocks) or len(hollow) >= max(3, len(blocks) / 2):
        raise MarkupChanged(
            f"{source.id}: {len(hollow)} of {len(blocks)} posts on the page hold nothing that we can read"
        )
    faults.extend(f"unread-block: {block.channel}/{block.native}: no text or media that we know" for block in hollow)
    blocks.sort(key=lambda block: block.native)
    numbers = {block.number for block in blocks if block.number is not None}
    if source.channel and len(numbers) > 1:
        raise IdentityChanged(f"{source.id}: the page's posts name {len(numbers)} different channel numbers")
    return Page(
        posts=tuple(block.post for block in blocks if not block.service),
        services=tuple(block.post for block in blocks if block.service),
        faults=tuple(faults),
        ids=frozenset(native for block in blocks for native in block.ids),
        channel=next(iter(numbers), None),
        title=_title(tree),
        older=_older(tree),
    )


def _tree(html: bytes | str) -> LexborHTMLParser:
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else html
    if too_deep(text):
        raise MarkupChanged("the page is nested deeper than any page of t.me")
    return LexborHTMLParser(text)


def outermost(tree: LexborHTMLParser, selector: str) -> Iterator[LexborNode]:
    """The elements that `selector` names, without those inside another of them. Raises MarkupChanged for hundreds."""
    last: LexborNode | None = None
    found = tree.css(selector)
    if len(found) > MOST_BLOCKS:
        raise MarkupChanged(f"the page holds {len(found)} posts; t.me shows about 20")
    for node in found:
        if last is not None and _inside(node, last):
            continue
        last = node
        yield node


def _inside(node: LexborNode, outer: LexborNode) -> bool:
    up = node.parent
    while up is not None:
        if up.mem_id == outer.mem_id:
            return True
        up = up.parent
    return False


def _without_blocks(tree: LexborHTMLParser, source: Source, faults: list[str]) -> Page:
    if faults:
        raise MarkupChanged(f"{source.id}: {len(faults)} posts on the page, none readable ({faults[0]})")
    if tree.css_first(".tme_no_messages_found") is not None:
        return Page(empty=True, title=_title(tree))
    if tree.css_first(".tgme_channel_history") is None and tree.css_first(".tgme_page, .tgme_page_wrap") is not None:
        raise PreviewOff(f"{source.id}: the channel has no public preview (a group, restricted, renamed or not there)")
    raise MarkupChanged(f"{source.id}: the page holds neither posts nor the word that there are none")


def _title(tree: LexborHTMLParser) -> str:
    return flat(tree.css_first(".tgme_channel_info_header_title"))


def _older(tree: LexborHTMLParser) -> int | None:
    """The cursor of the page before; never from rel=canonical, which points at the page itself."""
    more = tree.css_first("a.tme_messages_more[data-before]")
    value = more.attributes.get("data-before") if more is not None else None
    if value is None:
        link = tree.css_first('link[rel="prev"]')
        href = (link.attributes.get("href") if link is not None else None) or ""
        try:
            value = parse_qs(urlsplit(href).query).get("before", [None])[0]
        except ValueError:
            value = None
    return int(value) if value and re.fullmatch(r"[0-9]{1,18}", value) else None


class Presence(enum.StrEnum):
    """What a single-post embed says of its post."""

    PRESENT = "present"
    GONE = "gone"  # "Post not found": deleted, or never there
    NO_ACCESS = "no-access"  # the channel itself is not to be seen
    UNKNOWN = "unknown"  # nothing that we understand: decide nothing


def read_embed(html: bytes | str, channel: str, native: int) -> Presence:
    """What `t.me/<channel>/<native>?embed=1` says. An album's embed counts for each of its parts."""
    tree = _tree(html)
    for node in outermost(tree, ".tgme_widget_message"):
        if "err_message" in (node.attributes.get("class") or "").split():
            said = flat(node.css_first(".tgme_widget_message_error")).casefold().rstrip(".")
            return Presence.GONE if said == "post not found" else Presence.NO_ACCESS if said else Presence.UNKNOWN
        name, _, number = (node.attributes.get("data-post") or "").partition("/")
        if name.casefold() != channel.casefold():
            continue
        shown = {number} | {link.rpartition("/")[2].partition("?")[0] for link in _grouped(node)}
        if str(native) in shown:
            return Presence.PRESENT
    return Presence.UNKNOWN


def _grouped(node: LexborNode) -> Iterator[str]:
    for link in node.css(".tgme_widget_message_grouped_wrap a[href]"):
        yield link.attributes.get("href") or ""
