"""What makes a feed's post the same post tomorrow. Kept apart from bot.text.links: ids must never move when that does.

The id is a hash, scoped to its feed: the guid where it is one; else the link without tracking; else the words.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.sources.entry import Entry

_REVISION = re.compile(r"#[0-9]{1,4}$")
_TRACKING = re.compile(
    # Only what never names a page: `cid`, `mod`, `source` and their like do on some sites, and stay.
    r"(?:utm_.*|at_(?:medium|campaign|link.*|bbc.*|custom.*|format|ptr.*|type)|fbclid|gclid|yclid|dclid|msclkid|mc_cid"
    r"|mc_eid|igshid|_openstat|ocid|cmpid|ref_src|smid|ns_(?:mchannel|source|campaign|linkname)|xtor|wt\.mc_id|maca|traffic_source)",
    re.IGNORECASE,
)
_PLAIN_TRACKING = re.compile(r"(?:utm_.*|at_medium|at_campaign|fbclid|gclid|yclid|dclid|msclkid)", re.IGNORECASE)


def identify(entries: Sequence[Entry], home: str) -> list[str]:
    """The native id of each entry, in order. `home` is the feed's own page, which identifies none of them."""
    guids = Counter(guid_key(entry) for entry in entries)
    distinct: dict[str, set[str]] = {}
    for entry in entries:
        distinct.setdefault(guid_key(entry), set()).add(link_key(entry.link) or _words(entry))
    links = Counter(link_key(entry.link) for entry in entries)
    homes = {link_key(home), ""}
    ids = []
    for entry in entries:
        guid, link = guid_key(entry), link_key(entry.link)
        # Some feeds give all entries one guid, or their home page: what several different entries share names none.
        if guid and guid not in homes and (guids[guid] == 1 or len(distinct[guid]) == 1):
            key = f"guid {guid}"
        elif link not in homes and links[link] == 1:
            key = f"link {link}"
        else:
            key = f"words {link} {_words(entry)}"
        ids.append(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest())
    return ids


def guid_key(entry: Entry) -> str:
    """The guid in a form that survives a move to https, tracking parameters, and the `#3` that counts revisions."""
    guid = entry.guid.strip()
    if not guid.lower().startswith(("http://", "https://")):
        return guid
    if _REVISION.search(guid) and not entry.link.strip().endswith(guid[guid.rindex("#") :]):
        guid = guid[: guid.rindex("#")]
    return link_key(guid)


def link_key(url: str) -> str:
    """`url` for comparison: no scheme, no `www.`, no tracking, no trailing slash; its fragment only where it is all."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
        query = sorted((name, value) for name, value in _pairs(parts.query) if not _TRACKING.fullmatch(name))
    except ValueError:
        return url.strip()
    if not host:
        return url.strip()
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{host}{parts.path.rstrip('/')}{'?' + urlencode(query) if query else ''}{fragment}"


def clean_link(url: str) -> str:
    """`url` for a reader: as it is, less the parameters that only count readers."""
    try:
        parts = urlsplit(url)
        kept = [pair for pair in parts.query.split("&") if not _PLAIN_TRACKING.fullmatch(pair.partition("=")[0])]
        return parts._replace(query="&".join(kept)).geturl()
    except ValueError:
        return url


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, max_num_fields=100)


def _words(entry: Entry) -> str:
    """Title, and text where there is no title: the last resort, since an edit of either makes another post."""
    words = entry.title or entry.text[:500]
    return " ".join(words.split()).casefold()
