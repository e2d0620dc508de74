"""Whether two posts are one post by their links: a forward, a Telegram permalink, or one article in two feeds.

An equal web address proves little. Feeds whose posts have no link carry the address of the feed's home page, and the
posts of a live blog share one page. So two posts of one source with different ids are never one post, and a page that
two sources share is one article only where its texts do not speak against it. A forward repeats its original.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.events.copies import Overlap, other_happening, signals_apart, strangers
from bot.events.score import Sketch, shared_weight
from bot.events.window import links_of
from bot.model import Report
from bot.text.links import telegram_post

LITTLE = 0.1  # share of the shorter text's weight that one article in two feeds has in common at the least


def same_post(one: Report, two: Report, a: Sketch, b: Sketch) -> bool:
    """Whether two reports with a link in common are the same post; `a` and `b` are the reports unpacked."""
    shared = set(links_of(one.url, one.fingerprint.forward)) & set(links_of(two.url, two.fingerprint.forward))
    if not shared:
        return False
    if _is_forward(one, shared) or _is_forward(two, shared):
        return not _apart(a, b)
    if one.source == two.source:
        return False
    if any(telegram_post(link) for link in shared):
        return not _apart(a, b)
    return not _elsewhere(one.url, two.url) and (Overlap(a, b).copy or not _unlike(a, b))


def _is_forward(report: Report, shared: set[str]) -> bool:
    return report.fingerprint.forward in shared


def _apart(a: Sketch, b: Sketch) -> bool:
    """Whether the texts tell of different things although the link says that they are one: an edit in between."""
    return (signals_apart(a.print, b.print) or strangers(a.print, b.print)) and not Overlap(a, b).copy


def _elsewhere(one: str, two: str) -> bool:
    """Whether two links lead to different places of one page, as those into a live blog do."""
    here, there = urlsplit(one).fragment, urlsplit(two).fragment
    return bool(here and there) and here != there


def _unlike(a: Sketch, b: Sketch) -> bool:
    """Whether the texts name different happenings or places, or have next to nothing in common."""
    places, others = a.groups["places"], b.groups["places"]
    return (
        other_happening(a, b)
        or (bool(places and others) and places.isdisjoint(others))
        or shared_weight(a.terms, b.terms) < LITTLE * min(a.weight, b.weight)
    )
