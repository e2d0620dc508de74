"""Why a post matched, or why not: clauses, gathering, and what kept an alert from this chat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.alerts.markup import NOTHING, Rich, bold, italic, join, line, link, marked, text
from bot.alerts.pieces import counted, words_of
from bot.chat.screens import frame
from bot.events.placement import SURE
from bot.model import Event, Message, Post
from bot.pipeline.reasons import hits_of, reasons
from bot.rules import Explanation, Ruleset

EXTRACT = 400
HOW = "Answer an alert with /why, or send /why with the link of a post: then I say what matched, or what was missing."
NOT_READ = "I do not read that channel or site; /sources lists what I read."
NOT_KEPT = "I read that source, but do not hold this post: it is older than my archive, or has not been read yet."
NOT_HELD = "I know no event behind that message. Answer an alert, or send /why with the link of a post."


def clauses(
    post: Post,
    found: Sequence[Explanation],
    ruleset: Ruleset,
    event: Event | None,
    kept_back: Iterable[str],
) -> Message:
    """`/why` with a link: each signal that matched or nearly did, where the post was gathered, what suppressed it."""
    head = bold("Why: ") + link(line(post.outlet or post.source, 48), post.url)
    matched = [one for one in found if one.matched]
    shown = [_signal(one, ruleset, post) for one in matched or found]
    others = ", ".join(f"{words_of(one.signal)} ({one.storyline})" for one in found if not one.matched)
    near = text("Near misses: ") + line(others, 300) if matched and others else NOTHING
    none = text("No signal matches this post, and none comes near.") if not shown else NOTHING
    return frame.message((join((head, none)), *shown, near, _gathered(post, event), _kept_back(kept_back)))


def _signal(one: Explanation, ruleset: Ruleset, post: Post) -> Rich:
    storyline = ruleset.storylines[one.storyline]
    outcome = "matches" if one.matched else "near miss" if one.near_miss else "does not match"
    head = bold(line(storyline.title, 80)) + text(", ") + line(words_of(one.signal), 60) + text(f": {outcome}")
    hits = hits_of(one)
    field = "text" if any(hit.field == "text" for hit in hits) else "title"
    spans = [(hit.start, hit.end) for hit in hits if hit.field == field]
    extract = _underlined(marked(post.text if field == "text" else post.title, spans, EXTRACT, most=12))
    told = []
    for each in reasons(one, ruleset, post):
        words = f" “{'”, “'.join(each.words)}”" if each.words else ""
        told.append(line(f"{'✓' if each.held else '✗'} {each.clause}{words if each.held else ''}", 200))
        if not each.held:
            told.append(italic(line(f"   {each.why}{words}", 300)))
    return join((head, extract, *told))


def _underlined(bolded: Rich) -> Rich:
    """The same with what hit underlined: bold is what alerts use, and this is no alert."""
    return Rich(re.sub(r"<(/?)b>", r"<\1u>", bolded.html), bolded.units, bolded.entities)


def _gathered(post: Post, event: Event | None) -> Rich:
    """Where the post went, and against which other."""
    if event is None:
        return NOTHING
    report = next((report for report in event.reports if report.post == post.id), None)
    head = bold("Gathering: ")
    size = f"the event has {counted(len(event.reports), 'post')}, {counted(event.origins, 'origin')}"
    if report is None or event.reports[0] is report:
        return head + text(f"the first report of its event; {size}.")
    posts = {other.post: other for other in event.reports}
    against = posts.get(report.against or report.copy_of or "", event.reports[0])
    how = "denies" if report.dissent else "a copy of" if report.copy_of else "tells in other words what is told by"
    sure = f" (likeness {report.likeness:.2f}, {SURE} is enough)" if report.likeness and not report.copy_of else ""
    return head + text(f"{how} ") + link(line(against.outlet, 48), against.url) + text(f"{sure}; {size}.")


def _kept_back(sentences: Iterable[str]) -> Rich:
    lines = [text(f"• {sentence}") for sentence in sentences]
    return join((bold("What became of it"), *lines)) if lines else NOTHING
