"""The records that rooms hand to each other; the words are those of docs/glossary.md.

All are immutable msgspec structs: they encode to msgpack for Redis and to JSON for people. Times are aware
datetimes in UTC, durations are seconds as float, spans count Python characters of the ORIGINAL text.
"""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime

import msgspec


class Severity(enum.IntEnum):
    """How much a signal matters; ordered."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The word used in YAML, JSON and chat: `critical`."""
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> Severity:
        """The severity called `label`; KeyError for any other word."""
        return cls[label.upper()]


class Reason(enum.StrEnum):
    """Why an alert exists or changed: a closed set, also the metric label."""

    FIRST_REPORT = "first-report"
    CONFIRMED = "confirmed"
    ESCALATED = "escalated"
    CONTRADICTED = "contradicted"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    UPDATED = "updated"

    @property
    def rings(self) -> bool:
        """Whether it deserves a sound; `updated` only edits in place."""
        return self is not Reason.UPDATED


class Post(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One published item of a source. `id` is `<source>/<native id>`."""

    id: str
    source: str
    outlet: str
    url: str
    published: datetime
    title: str = ""
    text: str = ""
    language: str | None = None  # ISO 639-1, as the source or the feed says
    forwarded_from: str | None = None  # URL of the origin post or channel, or the name of a hidden origin
    edited: bool = False  # the source marks the post as edited (t.me gives no time of it)
    links: tuple[str, ...] = ()  # hrefs inside the text, in order, without repeats
    reply_to: str | None = None  # URL of the post it answers
    author: str | None = None  # a signature under the post
    also: tuple[str, ...] = ()  # ids of the other posts of an album, `<source>/<native id>`
    quote: str = ""  # text quoted from the post it answers; never matched
    preview: str = ""  # title and description of a linked page; never matched

    def digest(self) -> str:
        """A hash of what a reader would call its content: changes on an edit, never on views or reactions."""
        content = "\x1f".join((self.title, self.text, *self.links))
        return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Hit(msgspec.Struct, frozen=True):
    """Where a concept stands in a post: `field` is `title` or `text`, the span counts characters of that field."""

    concept: str
    field: str
    start: int
    end: int


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A post that satisfies a signal of a storyline."""

    post: str
    storyline: str
    signal: str
    severity: Severity
    phase: str | None = None
    hits: tuple[Hit, ...] = ()


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True, array_like=True, omit_defaults=True):
    """What gathering compares; made by `bot.events.fingerprint`, kept inside the event. Fields belong to that room.

    All but `words` and `cites` are sorted and without repeats. Meanings are named as in `bot/events/meanings.txt`.
    Stored by position: new fields go last.
    """

    words: tuple[str, ...] = ()  # in order, cut to six letters: the close reading
    keys: tuple[int, ...] = ()  # rare pairs of words: where copies meet
    names: tuple[str, ...] = ()  # people, and `~` skeletons of other names
    actors: tuple[str, ...] = ()  # countries, institutions, offices
    places: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # words without a known meaning
    numbers: tuple[str, ...] = ()  # `30 dayunit`
    dates: tuple[str, ...] = ()  # `05-09`, `15:44`
    lead: tuple[str, ...] = ()  # what the headline or first sentence speaks of
    cites: tuple[str, ...] = ()  # agencies and outlets that it names, in order
    language: str = ""
    main: tuple[str, ...] = ()  # of `lead`, what stands before "after", "amid", "following"
    denied: tuple[str, ...] = ()  # acts that it says are not so
    proper: tuple[str, ...] = ()  # words of names as written, cut: what templates differ in
    speakers: tuple[str, ...] = ()  # who its lead says has said it
    digest: bool = False  # sums up several stories
    signals: tuple[tuple[str, str, str], ...] = ()  # (storyline, signal, phase)
    concepts: tuple[str, ...] = ()
    forward: str = ""  # canonical link of the post that it forwards, or the name of a hidden origin


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One post's part in an event: enough to show it, link it and compare it, without reading the archive."""

    post: str
    source: str
    outlet: str
    url: str
    published: datetime
    seen: datetime  # when we first judged it
    headline: str  # its title, or its first sentence; a literal extract
    excerpt: str  # a literal extract of its text
    marks: tuple[tuple[int, int], ...] = ()  # spans of matched words inside `excerpt`
    language: str | None = None
    origin: str = ""  # key of the independent outlet behind it, after forwards, reprints and copies are collapsed
    copy_of: str | None = None  # post id that it repeats
    signals: tuple[tuple[str, str], ...] = ()  # (storyline, signal) that it matched
    digest: str = ""  # Post.digest() of the version shown
    edited: bool = False
    gone: bool = False  # deleted by its source
    dissent: bool = False  # denies what the event's other reports say; no witness of it
    was: str = ""  # the excerpt before its newest edit, where that changed what it says
    changed: datetime | None = None  # when we last found it edited or deleted
    against: str | None = None  # the post of the event that gathering found it to repeat, confirm or deny
    likeness: float = 0.0  # and how sure it was of that, up to 1
    severity: Severity | None = None  # of the weightiest signal that it matched
    phases: tuple[tuple[str, str], ...] = ()  # (storyline, phase) that it brings
    fingerprint: Fingerprint = Fingerprint()

    @property
    def stands(self) -> bool:
        """Whether it still says so: neither deleted, nor a denial, nor edited until no signal matched any more."""
        return not self.gone and not self.dissent and (bool(self.signals) or not self.edited)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What subscribers of a storyline have been told of an event so far."""

    storyline: str
    reason: Reason
    at: datetime
    severity: Severity
    origins: int
    phase: str | None = None
    again: bool = False  # the first word after everything behind it was retracted or corrected away


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Posts that report the same happening, in the order we saw them; the first is the first report.

    An event belongs to every storyline that its posts matched, so that a chat which follows two of them is told
    once. `revision` grows by one with every change.
    """

    id: str
    reports: tuple[Report, ...]
    storylines: tuple[str, ...]  # the first is the one it began in
    severity: Severity
    phases: tuple[tuple[str, str], ...] = ()  # (storyline, phase) that it brings
    revision: int = 1
    said: tuple[Said, ...] = ()  # newest last
    updated: datetime | None = None

    @property
    def origins(self) -> int:
        """Corroboration: independent outlets behind it; deleted, edited-away and denying posts are left out."""
        return len({report.origin for report in self.reports if report.stands})

    @property
    def dissents(self) -> int:
        """Independent outlets that deny it: "sources disagree: 2 say so, 1 denies"."""
        return len({report.origin for report in self.reports if not report.gone and report.dissent})

    @property
    def first(self) -> Report:
        return self.reports[0]

    @property
    def last_at(self) -> datetime:
        """Publication time of its newest report."""
        return max(report.published for report in self.reports)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """The decision that an event deserves notice of a storyline's subscribers, or that its alert changes."""

    event: str
    storyline: str
    reason: Reason
    rings: bool
    at: datetime
    revision: int  # of the event
    severity: Severity
    origins: int
    rules: str = ""  # revision of the rules that decided
    fresh_for: float = 0.0  # seconds after which it is old news and begins no message any more; 0: never


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """Where a storyline stands, by its newest event."""

    storyline: str
    phase: str
    since: datetime
    event: str
    instead_of: str = ""  # the event whose posts say so no more: this takes the place of its phase, though older


class Target(msgspec.Struct, frozen=True, order=True):
    """Where messages go: a chat, or a topic of a forum group."""

    chat: int
    thread: int | None = None

    def __str__(self) -> str:
        return f"{self.chat}:{self.thread or 0}"

    @classmethod
    def parse(cls, text: str) -> Target:
        chat, _, thread = text.partition(":")
        return cls(int(chat), int(thread or 0) or None)

    @property
    def is_group(self) -> bool:
        """Groups and channels have negative ids in the Bot API."""
        return self.chat < 0


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """How a chat follows a storyline."""

    target: Target
    storyline: str
    minimum: Severity = Severity.LOW
    confirmed_only: bool = False  # only once two origins stand behind an event
    since: datetime
    paused: str | None = None  # why nothing is sent: `blocked`, `topic-gone`, …


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One alert owed to one chat. What is sent is the event's newest state at that moment."""

    target: Target
    event: str
    storyline: str
    reason: Reason
    rings: bool
    severity: Severity
    revision: int
    owed_at: datetime
    attempt: int = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Telegram's word that a chat holds the alert of an event, and in which revision."""

    target: Target
    event: str
    message: int
    revision: int
    at: datetime
    rang: int = 0  # revision of the event when the chat last heard a sound for it


class Button(msgspec.Struct, frozen=True):
    """An inline button: either `data` (1-64 bytes, comes back to us) or `url`."""

    text: str
    data: str | None = None
    url: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown in a chat: Telegram HTML of at most 4,096 characters after parsing, and rows of buttons."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a source has been read, and what its host told us to send with the next request."""

    source: str
    first_sight: datetime | None = None  # of our first good poll: older posts are archived, not alerted
    last_id: int = 0  # the highest native id seen (telegram)
    channel: int | None = None  # numeric id of the channel; a change means that the handle was taken over
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None  # where a permanent redirect pointed
    body: str | None = None  # hash of the last body: an equal one is not parsed again
    polls: int = 0
    address: str | None = None  # hash of what was read; another one means that the operator changed the source
    gaps: tuple[tuple[int, int], ...] = ()  # posts after the first and before the second id were not seen yet


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a source now, and since when."""

    source: str
    state: str  # ok · throttled · preview-off · markup-changed · identity-changed · unreachable · gone · bug
    since: datetime
    checked: datetime
    detail: str = ""
    failures: int = 0  # in a row
    last_ok: datetime | None = None
    last_post: datetime | None = None  # publication time of the newest post seen
    not_before: datetime | None = None  # the host asked for no request before


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """The newest post that a signal matched, by publication."""

    storyline: str
    signal: str
    post: str
    at: datetime  # when the post was published


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker says of its rules: the revision that it runs, and why its folder was refused, if it was."""

    worker: str
    revision: str
    since: datetime  # when it took that revision up
    checked: datetime  # its last sign of life
    faults: tuple[str, ...] = ()  # the first of them, `file:line:column: what`
    more: int = 0  # further faults


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one poll changes, written together or not at all."""

    cursor: Cursor
    health: Health
    posts: tuple[Post, ...] = ()  # new posts and new versions, for the archive
    events: tuple[Event, ...] = ()  # new and changed
    alerts: tuple[Alert, ...] = ()
    phases: tuple[Phase, ...] = ()
    expected: int = 0  # gathering revision that the events were computed from
    matched: tuple[Matched, ...] = ()  # one for each signal that matched some of `posts`
