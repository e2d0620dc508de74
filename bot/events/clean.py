"""What a post says, without what its channel hangs around it.

Left out: Markdown marks, links, handles, alarm prefixes ("BREAKING:", "⚡️"), forwarding phrases ("Colleagues report:"),
and the signature lines in which a channel names itself, asks to subscribe or takes tips. Nothing else is judged here:
a line goes only when every word of it belongs to such a list or to the outlet's own name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.events.fold import fold
from bot.events.marks import SIGNATURE
from bot.model import Post

_LINK = re.compile(r"\[([^\]\n]*)\]\((?:https?://|tg://)[^)\s]*\)")
_URL = re.compile(r"(?:https?://|www\.|t\.me/)\S+|pic\.twitter\.com/\S+")
_BARE_DOMAIN = re.compile(
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|ru|ua|example|news|live|tv)(?:/\S*)?(?=\s|$)", re.I
)
_HANDLE = re.compile(r"(?<!\w)@\w{3,}")
_MARKS = re.compile(r"\*\*|__|~~|`|[\u200b\u200c\u200d\u2060\ufeff\u3164\ufe0f]")
_PREFIX = re.compile(
    r"^[^\w«\"“„(]*(?:(?:breaking|just in|update|updated|urgent|developing|alert|new|exclusive|live|watch|video|"
    r"срочно|молния|важно|обновлено|экстренно|внимание|видео|эксклюзив|"
    r"терміново|важливо|увага|оновлено|відео|блискавка)(?: news)?\b\s*(?:[:!|—–.-]|\W{2,})[^\w«\"“„(]*)*",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"#(\w+)")
_HUMP = re.compile(r"(?<=[a-zа-яіїєґ])(?=[A-ZА-ЯІЇЄҐ])")
_WORD = re.compile(r"[^\W_]+")
_ASKS = re.compile(
    r"подпис|підпис|subscribe|прислать нов|надіслати нов|предложить нов|\bfollow us\b|\bjoin us\b|без vpn|наш канал",
    re.I,
)


def body(post: Post) -> tuple[str, str]:
    """Title and text of `post` as said by its author: without marks, links, prefixes and signatures."""
    own = _own(post.outlet, post.source)
    title = _PREFIX.sub("", _plain(post.title), count=1).strip()
    lines = [line.strip() for line in _plain(post.text).split("\n")]
    while lines and _hangs(lines[-1], own):
        lines.pop()
    while len(lines) > 1 and _hangs(lines[0], own):
        lines.pop(0)
    kept = [line for line in lines if line and not (len(line) < 90 and _ASKS.search(line) and _hangs(line, own))]
    text = "\n".join(kept)
    return title, _PREFIX.sub("", text, count=1).strip()


@lru_cache(maxsize=4096)
def _own(outlet: str, source: str) -> frozenset[str]:
    """The words of a channel's own name."""
    return frozenset(fold(word) for word in _WORD.findall(f"{outlet} {source}"))


def _plain(text: str) -> str:
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "://" in text or "t.me/" in text or "www." in text or ".com/" in text:
        text = _URL.sub(" ", text)
    if "@" in text:
        text = _HANDLE.sub(" ", text)
    if "#" in text:
        text = _CAMEL.sub(_spread, text)
    return _MARKS.sub("", text)


def _spread(tag: re.Match[str]) -> str:
    return _HUMP.sub(" ", tag.group(1).replace("_", " "))


def _hangs(line: str, own: frozenset[str]) -> bool:
    """Whether a line is the channel's own sign: nothing but emoji, its name, and words that ask for followers."""
    if len(line) > 120:
        return False
    words = [fold(word) for word in _WORD.findall(_BARE_DOMAIN.sub(" ", line))]
    if not words:
        return True
    strange = sum(word not in SIGNATURE and word not in own for word in words)
    return strange == 0 or (len(line) < 80 and strange <= len(words) // 2 and _ASKS.search(line) is not None)
