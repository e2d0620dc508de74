"""Links: found in a text, brought to one form, and read as Telegram posts."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_STOP = r"\s<>\"'`»“”|\\^{}\[\]"
LINK = rf"https?://[^{_STOP})]+|www\.[^{_STOP})]+|[\w-]{{1,63}}+(?:\.[\w-]{{1,63}}+){{0,4}}\.[a-z]{{2,24}}/[^{_STOP})]*"
"""Pattern of what is a link and not words, when tokenising; to be compiled with IGNORECASE."""

_URL = re.compile(rf"\b(?:https?://|www\.|(?:t|telegram)\.(?:me|dog)/)[^{_STOP}]+", re.IGNORECASE)
_TRAILING = ".,;:!?…*_~"
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|yclid|gbraid|wbraid|msclkid|mc_[ce]id|igshid?|_openstat|ref|ref_src|ref_url|cmpid|"
    r"at_(?:medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team)|ns_\w+|ocid|smid|traffic_source|from|feature|"
    r"guccounter|guce_\w+|spm|share|source|si|s|amp|rss|maca|xtor|partner|ncid|sr_share|cid|_ga|yptr|soc_src|soc_trk)"
)
_TRACKING_SAFE = frozenset({"s", "source", "from", "cid", "share", "si", "feature", "partner", "ref", "rss", "amp"})
"""Names that carry content on some sites: dropped only beside a tracking name that is certain."""
_TELEGRAM_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog", "www.t.me", "www.telegram.me"})
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:(?!\d|//)", re.IGNORECASE)  # mailto:, tel:
_HANDLE = re.compile(r"[a-z][a-z0-9_]{3,31}")


def find_urls(text: str) -> tuple[str, ...]:
    """The links written in a text, in order, without repeats; punctuation that follows a link is not part of it."""
    found: dict[str, None] = {}
    for match in _URL.finditer(text):
        url = match.group().rstrip(_TRAILING)
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(_TRAILING)
        found.setdefault(url)
    return tuple(found)


def canonical_url(url: str) -> str:
    """One form for links that lead to the same page; text that is no link comes back stripped.

    https, lower-case host without `www.`, `m.` or a default port, no fragment, no tracking parameters, the others
    sorted, no trailing slash; posts of Telegram as `https://t.me/<channel>/<id>`. Doing it twice changes nothing.
    """
    url = url.strip()
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return url
    if post := telegram_post(url):
        return f"https://t.me/{post[0]}/{post[1]}"
    if parts.scheme.lower() not in ("http", "https") or "." not in host or _OTHER_SCHEME.match(url):
        return url
    for prefix in ("www.", "m.", "amp."):
        if host.startswith(prefix) and host.count(".") >= 2:
            host = host.removeprefix(prefix)
    if port not in (None, 80, 443):
        host = f"{host}:{port}"
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._%") if "%" not in unquote(parts.path) else parts.path
    return urlunsplit(("https", host, path.rstrip("/"), _query(parts.query), ""))


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    certain = any(_TRACKING.fullmatch(name.lower()) and name.lower() not in _TRACKING_SAFE for name, _ in pairs)
    kept = [
        (name, value)
        for name, value in pairs
        if not _TRACKING.fullmatch(name.lower()) or (name.lower() in _TRACKING_SAFE and not certain)
    ]
    return urlencode(sorted(kept))


def telegram_post(url: str) -> tuple[str, int] | None:
    """The channel (lower case) and id of a public Telegram post; None for any other link.

    Reads `t.me/chan/77`, `t.me/s/chan/77?single`, `telegram.me`, `chan.t.me/77`, `tg://resolve?domain=chan&post=77`.
    Private posts (`t.me/c/…`) have no channel name: None.
    """
    try:
        parts = urlsplit(url.strip() if "://" in url else f"https://{url.strip()}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme.lower() == "tg" and host == "resolve":
        query = dict(parse_qsl(parts.query))
        return _post(query.get("domain", ""), query.get("post", ""))
    path = [part for part in parts.path.split("/") if part]
    if host in _TELEGRAM_HOSTS:
        if path[:1] == ["s"]:
            path = path[1:]
        return _post(path[0], path[-1]) if len(path) in (2, 3) else None  # chan/topic/id in forums
    if host.endswith(".t.me") and len(path) == 1:
        return _post(host.removesuffix(".t.me"), path[0])
    return None


def _post(channel: str, number: str) -> tuple[str, int] | None:
    channel = channel.lower()
    if _HANDLE.fullmatch(channel) and number.isascii() and number.isdigit() and len(number) < 16:
        return channel, int(number)
    return None
