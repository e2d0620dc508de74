"""One message block of a channel page → one post. Pure; id and text are always taken within ONE block."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import msgspec
from selectolax.lexbor import LexborNode

from bot.model import Post
from bot.sources.plain import cut, flat, plain
from bot.sources.source import Source

TELEGRAM = "https://t.me"
TELEGRAM_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})

_POST = re.compile(r"([A-Za-z0-9_]{1,64})/([0-9]{1,18})")
_USUAL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?:[/?#]|$)")
_SINGLE = re.compile(r"/([0-9]{1,18})\?single\b")
_TEXTS = ".tgme_widget_message_text, .js-message_text"
_PARTS = (  # text that stands outside the message text, in the order in which it is appended
    ".tgme_widget_message_poll_question",
    ".tgme_widget_message_poll_option_text",
    ".tgme_widget_message_document_title",
    ".tgme_widget_message_contact_name",
    ".tgme_widget_message_location_title",
    ".tgme_widget_message_location_address",
)
_PARTED = "[class*=message_poll], [class*=message_document], [class*=message_contact], [class*=message_location]"
_MEDIA_CLASSES = """
    photo_wrap photo video_player video video_wrap roundvideo roundvideo_player voice voice_player document_wrap
    document location_wrap location contact contact_wrap sticker sticker_wrap tgsticker videosticker poll grouped_wrap
    service_photo game invoice link_preview giveaway story
"""
_MEDIA = ", ".join(
    [
        *(f".tgme_widget_message_{name}" for name in _MEDIA_CLASSES.split()),
        ".message_media_not_supported",
        ".media_supported_cont",
    ]
)

# Where a block without text may hold words all the same; words anywhere else are text that we fail to see.
_WORDY_CLASSES = """
    user author owner_name footer info meta reactions forwarded_from reply link_preview inline_keyboard inline_row
    via_bot bubble_tail service_date photo_wrap video_player roundvideo_player voice_player document_wrap sticker_wrap
    location_wrap contact_wrap poll grouped_wrap service_photo game invoice giveaway story
"""
_WORDY = frozenset(
    [
        *(f"tgme_widget_message_{name}" for name in _WORDY_CLASSES.split()),
        "message_media_not_supported_wrap",
        "media_supported_cont",
    ]
)


class BadBlock(Exception):
    """A block that cannot become a post; the text says which and why."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block as read: its post, and what the page needs to know of it."""

    post: Post
    channel: str  # as the block names it
    native: int
    ids: tuple[int, ...]  # its own id and those of its album
    number: int | None  # numeric id of the channel
    service: bool
    hollow: bool  # neither text nor any media that we know, or words that stand in no place that we know


def read_block(node: LexborNode, source: Source) -> Block:
    """Read one `.tgme_widget_message`. Raises BadBlock without an id or a time."""
    label = node.attributes.get("data-post") or ""
    found = _POST.fullmatch(label.strip())
    if found is None:
        raise BadBlock(f"data-post is {label[:60]!r}, expected channel/number")
    channel, native = found[1], int(found[2])
    texts = _texts(node)
    text = cut("\n".join(filter(None, [plain(texts), *_parts(node)])))
    parts = sorted({int(part) for part in _grouped(node)} - {native})
    post = Post(
        id=f"{source.id}/{native}",
        source=source.id,
        outlet=source.outlet,
        url=_permalink(node, source, channel, native),
        published=_published(node, label),
        text=text,
        language=source.language,
        forwarded_from=_origin(node),
        edited=_edited(node),
        links=_links(node, texts),
        reply_to=_href(node.css_first("a.tgme_widget_message_reply[href]")),
        author=flat(node.css_first(".tgme_widget_message_from_author")) or None,
        also=tuple(f"{source.id}/{part}" for part in parts),
        quote=_quote(node),
        preview=_preview(node),
    )
    return Block(
        post=post,
        channel=channel,
        native=native,
        ids=(native, *parts),
        number=_number(node),
        service="service_message" in (node.attributes.get("class") or "").split(),
        hollow=not text and (node.css_first(_MEDIA) is None or _stray(node)),
    )


def _texts(node: LexborNode) -> list[LexborNode]:
    """The outermost text elements. Albums nest two, so that reading each would double the caption; in the old markup
    a quoted reply has the same class as the text."""
    kept: list[LexborNode] = []
    # The parser gives an element once for each selector that it satisfies.
    for found in {found.mem_id: found for found in node.css(_TEXTS)}.values():
        up = found.parent
        while up is not None and up.mem_id != node.mem_id:
            if _has(up, "tgme_widget_message_text", "js-message_text", "tgme_widget_message_reply"):
                break
            up = up.parent
        else:
            kept.append(found)
    return kept


def _has(node: LexborNode, *names: str) -> bool:
    return not set(names).isdisjoint((node.attributes.get("class") or "").split())


def _stray(node: LexborNode) -> bool:
    return bool(plain((node,), lambda inner: not _WORDY.isdisjoint((inner.attributes.get("class") or "").split())))


def _parts(node: LexborNode) -> Iterable[str]:
    if node.css_first(_PARTED) is not None:
        for selector in _PARTS:
            for part in node.css(selector):
                yield flat(part)


def _grouped(node: LexborNode) -> Iterable[str]:
    for link in node.css(".tgme_widget_message_grouped_wrap a[href], .js-message_grouped_wrap a[href]"):
        found = _SINGLE.search(link.attributes.get("href") or "")
        if found is not None:
            yield found[1]


def _published(node: LexborNode, label: str) -> datetime:
    time = node.css_first(".tgme_widget_message_date time[datetime]") or node.css_first("time[datetime]")
    value = (time.attributes.get("datetime") if time is not None else None) or ""
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadBlock(f"{label}: its time is {value[:40]!r}, expected RFC 3339") from None


def _permalink(node: LexborNode, source: Source, channel: str, native: int) -> str:
    """The address that the page itself gives, if it is the post's on Telegram or on the stand-in host."""
    path = f"/{channel}/{native}"
    href = _href(node.css_first("a.tgme_widget_message_date[href]"))
    if href is not None and href != f"{TELEGRAM}{path}":
        parts = urlsplit(href)
        stand_in = urlsplit(source.base_url)
        known = parts.hostname in TELEGRAM_HOSTS or parts.netloc == stand_in.netloc
        if known and parts.path.rstrip("/").casefold().endswith(path.casefold()):
            return parts._replace(query="", fragment="").geturl()
    return f"{TELEGRAM}{path}"


def _href(link: LexborNode | None) -> str | None:
    """The absolute http(s) address of a link, or None."""
    if link is None:
        return None
    href = (link.attributes.get("href") or "").strip()
    if not href or href[0] in "?#":  # `?q=%23tag` searches inside the channel
        return None
    if _has_onclick(link):  # since 2024 the ampersands of these are escaped twice
        href = href.replace("&amp;", "&")
    if _USUAL.match(href):
        return href
    try:
        href = urljoin(f"{TELEGRAM}/", href)
        parts = urlsplit(href)
        return href if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _has_onclick(link: LexborNode) -> bool:
    return "onclick" in link.attributes


def _links(node: LexborNode, texts: list[LexborNode]) -> tuple[str, ...]:
    anchors = [link for text in texts for link in text.css("a[href]")]
    anchors += node.css("a.tgme_widget_message_location_wrap[href]")
    return tuple(dict.fromkeys(href for link in anchors if (href := _href(link)) is not None))


def _origin(node: LexborNode) -> str | None:
    """Where a forward comes from: a post or channel URL, or the name of an origin that hides itself."""
    name = node.css_first(".tgme_widget_message_forwarded_from_name")
    if name is None:
        return None
    link = name if name.tag == "a" else name.css_first("a[href]")
    return _href(link) or flat(name) or None


def _edited(node: LexborNode) -> bool:
    """The word stands beside the time, not in a child: an author may sign as `edited`."""
    meta = node.css_first(".tgme_widget_message_meta")
    if meta is None:
        return False
    own = " ".join(child.text_content or "" for child in meta.iter(include_text=True) if child.tag == "-text")
    return "edited" in own.split() or "edited" in own.replace(",", " ").split()


def _quote(node: LexborNode) -> str:
    reply = node.css_first(".tgme_widget_message_reply")
    if reply is None:
        return ""
    said = reply.css_first(".js-message_reply_text, .js-message_text, .tgme_widget_message_metatext")
    return cut(plain((said,))) if said is not None else ""


def _preview(node: LexborNode) -> str:
    card = node.css_first(".tgme_widget_message_link_preview")
    if card is None:
        return ""
    said = (card.css_first(".link_preview_title"), card.css_first(".link_preview_description"))
    return cut(plain(part for part in said if part is not None))


def _number(node: LexborNode) -> int | None:
    """The numeric channel id inside `data-view`; its other fields change with every load."""
    view = node.attributes.get("data-view") or ""
    try:
        seen = msgspec.json.decode(base64.urlsafe_b64decode(view + "=" * (-len(view) % 4)))
    except (binascii.Error, ValueError):
        return None
    number = seen.get("c") if isinstance(seen, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
