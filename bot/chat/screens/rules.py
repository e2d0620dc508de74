"""What operators ask in the chat: which rules run, since when and where, and what each signal matched last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.alerts.markup import NOTHING, Rich, bold, code, italic, join, line, link, text
from bot.alerts.pieces import counted, when, words_of
from bot.chat.screens import frame
from bot.errors import Fault
from bot.model import Matched, Message, Post, Running
from bot.pipeline.live import Outcome, Reloaded
from bot.rules import Ruleset, Storyline

SILENT = timedelta(days=30)
MOST_FAULTS = 8

OPERATORS_ONLY = "Only the people who run this bot can ask for that (WIREWATCH_ADMINS)."
IN_PRIVATE = "Please ask me that in our private chat: the answer may name files and machines."


def rules(
    running: Ruleset,
    since: datetime,
    refused: Sequence[Fault],
    workers: Sequence[Running],
    last: Mapping[tuple[str, str], Matched],
    posts: Mapping[str, Post],
    now: datetime,
    only: Storyline | None = None,
) -> Message:
    """`/rules`: the revision, the workers that run another one, and every signal with its last match."""
    shown = [only] if only is not None else sorted(running.storylines.values(), key=lambda one: one.title.casefold())
    signals = sum(len(storyline.signals) for storyline in running.storylines.values())
    cases = sum(len(storyline.cases) + len(storyline.timeline) for storyline in running.storylines.values())
    head = bold("Rules ") + code(running.revision) + text(f", since {when(since, now)}")
    size = text(
        f"{counted(len(running.storylines), 'storyline')}, {counted(signals, 'signal')}, {counted(cases, 'test')}."
    )
    return frame.message(
        (
            join((head, size)),
            _refused(refused),
            _workers(workers, running.revision, now),
            *(_storyline(storyline, last, posts, now) for storyline in shown),
        ),
        end=italic("A signal that is silent for long is not broken while its cases pass. /rules NAME, /reload"),
    )


def reloaded(done: Reloaded, now: Ruleset) -> Message:
    """`/reload`: what came of it in this process; the others follow within seconds."""
    if done.outcome is Outcome.REFUSED:
        goes_on = text("The folder was not taken up; revision ") + code(done.now) + text(" goes on.")
        return frame.message((goes_on, _faults(done.faults)))
    if done.outcome is Outcome.UNCHANGED:
        return frame.message((text("Nothing has changed: revision ") + code(done.now) + text(" runs."),))
    size = counted(len(now.storylines), "storyline")
    taken = text("Taken up: revision ") + code(done.now)
    return frame.message((taken + text(f", {size}. Before it ran ") + code(done.was) + text("."),))


def _refused(faults: Sequence[Fault]) -> Rich:
    if not faults:
        return NOTHING
    return join((bold("The folder as it is now was not taken up"), _faults(faults)))


def _faults(faults: Sequence[Fault]) -> Rich:
    more = len(faults) - MOST_FAULTS
    rest = text(f"… and {more} more") if more > 0 else NOTHING
    return join((*(line(str(fault), 300) for fault in faults[:MOST_FAULTS]), rest))


def _workers(workers: Sequence[Running], revision: str, now: datetime) -> Rich:
    """Where several processes run: each that differs from this one by itself, the others as a number."""
    if len(workers) < 2:
        return NOTHING
    other = [worker for worker in workers if worker.revision != revision or worker.faults]
    same = len(workers) - len(other)
    lines = [text(f"• {same} as above")] if same else []
    for worker in other[:10]:
        told = text("• ") + line(worker.worker, 60) + text(": ") + code(worker.revision)
        fault = text(", refused: ") + line(worker.faults[0], 200) if worker.faults else NOTHING
        lines.append(told + text(f" since {when(worker.since, now)}") + fault)
    return join((bold("Processes"), *lines))


def _storyline(
    storyline: Storyline, last: Mapping[tuple[str, str], Matched], posts: Mapping[str, Post], now: datetime
) -> Rich:
    lines = []
    for name in storyline.signals:
        matched = last.get((storyline.name, name))
        told = text("• ") + line(words_of(name), 60) + text(": ")
        if matched is None:
            tested = sum(name in case.expect for case in storyline.cases)
            lines.append(told + text(f"nothing yet; {counted(tested, 'case')} of it pass"))
            continue
        post = posts.get(matched.post)
        where = text(", ") + link(line(post.outlet or post.source, 40), post.url) if post is not None else NOTHING
        silent = text("nothing in 30 days; last ") if now - matched.at > SILENT else NOTHING
        lines.append(told + silent + text(when(matched.at, now, zone=False)) + where)
    return join((bold(line(storyline.title, 80)), *lines))
