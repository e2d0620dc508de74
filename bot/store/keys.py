"""Every key in Redis: its name, its type, what it holds, and what bounds it.

No other file spells a key. Python calls the key (`EVENT("e1")`), Lua gets the same names from `lua_names()`. Times in
scores are seconds since 1970 unless said otherwise. `<target>` is `chat:thread`, with thread 0 where there is none.
"""

from __future__ import annotations

import msgspec

PREFIX = "ww:"

DAY = 86_400

# The bounds, by name.
EVENT_LIFE = 30 * DAY  # after its last change; receipts of it live as long
EVENTS_MOST = 50_000
EVENTS_OF_SOURCE_MOST = 200
EVENTS_OF_STORYLINE_MOST = 5_000
POSTS_MOST = 200_000
POSTS_OF_SOURCE_MOST = 5_000
VERSIONS_MOST = 10
SEEN_OF_SOURCE_MOST = 10_000
PHASES_KEPT = 200
ALERT_LIFE = 7 * DAY  # an alert that no relay took in this time is dropped
RECEIPTS_OF_TARGET_MOST = 512
DUE_MOST = 5_000  # deliveries written out ahead of sending, per severity; the rest waits as one alert
EXPIRED_MOST = 512  # of a target; of more the newest are told
EXPIRED_GATHER_MS = 2_000  # what expires within this time is told together
MOVED_LIFE = 30 * DAY
COMMITTED_LIFE = 600  # longer than any retry of one call
WAKE_MOST = 16
TOLD_LIFE = DAY  # a refusal that lasts is told again


class Key(msgspec.Struct, frozen=True):
    """A family of keys. `shape` has a `{}` for each part that names one of them."""

    shape: str
    type: str
    holds: str
    bound: str

    def __call__(self, *parts: object) -> str:
        return PREFIX + self.shape.format(*parts)


SCHEMA = Key("schema", "string", "version of this layout", "one number")

# --- sources
CURSORS = Key("cursors", "hash", "source → Cursor", "one a source ever configured")
HEALTHS = Key("healths", "hash", "source → Health", "one a source; `sources.keep` drops the rest")
LEASE = Key("lease:{}", "string", "worker that polls the source, and until when (ms)", "expires with the interval")
SEEN = Key("seen:{}", "hash", "post → digest of the version last committed", "SEEN_OF_SOURCE_MOST")
SEEN_ORDER = Key("seen-order:{}", "zset", "post, by when it was committed", "SEEN_OF_SOURCE_MOST")

# --- archive
POST = Key("post:{}", "string", "Post, latest version", "goes with its line in POSTS or POSTS_OF")
VERSIONS = Key("versions:{}", "list", "Post, older versions, newest first", "VERSIONS_MOST; goes with POST")
POSTS = Key("posts", "zset", "post, by publication", "POSTS_MOST")
POSTS_OF = Key("posts-of:{}", "zset", "posts of a source, by publication", "POSTS_OF_SOURCE_MOST")

# --- events
COMMITTED = Key("committed:{}", "string", "what a commit came to, should its answer get lost", "COMMITTED_LIFE")
REVISION = Key("revision", "string", "gathering revision: counts commits that touched events", "one number")
EVENT = Key("event:{}", "hash", "r: Event · v: its revision", "EVENT_LIFE after its last change")
EVENTS = Key("events", "zset", "event, by when it was committed", "EVENT_LIFE and EVENTS_MOST")
EVENTS_BY_REVISION = Key("events-by-revision", "zset", "event, by gathering revision of its last change", "as EVENTS")
EVENTS_OF = Key("events-of:{}", "zset", "events of a storyline, by newest report", "EVENTS_OF_STORYLINE_MOST")
EVENTS_FROM = Key("events-from:{}", "zset", "events that a source reports, by newest report", "EVENTS_OF_SOURCE_MOST")
ALERTED = Key("alerted:{}", "set", "storyline, event revision and reason of alerts owed", "EVENT_LIFE")
PHASES = Key("phases", "hash", "storyline → Phase", "one a storyline")
PHASES_OF = Key("phases-of:{}", "list", "Phase, newest first", "PHASES_KEPT")

# --- rules
MATCHED = Key("matched", "zset", "storyline/signal, by publication of the newest post it matched", "one a signal")
MATCHED_BY = Key("matched-by", "hash", "storyline/signal → that post", "one a signal")
RUNNING = Key("running", "hash", "worker → Running", "one a worker; the dead are dropped when read")
RELOADS = Key("reloads", "string", "counts what admins asked all workers to reload", "one number")
TOLD = Key("told:{}", "string", "a refusal of rules that the admins were told of", "TOLD_LIFE")

# --- subscriptions
CHAT = Key("chat:{}", "hash", "of a target: storyline → Subscription", "one a storyline")
THREADS = Key("threads:{}", "set", "targets of a chat", "goes with its subscriptions")
PAUSED = Key("paused:{}", "string", "why nothing is sent to a target", "until resumed or forgotten")
AUDIENCE = Key("audience:{}", "zset", "targets of a storyline, by order of joining × 64 + flags", "one a subscription")
AUDIENCE_ORDER = Key("audience-order", "string", "counts subscriptions ever made", "one number")
FOLLOWED = Key("followed", "set", "storylines that had a subscriber", "one a storyline")
MOVED = Key("moved:{}", "string", "the id that a chat got when it became a supergroup", "MOVED_LIFE")

# --- outbox
ALERTS = Key("alerts:{}", "stream", "of a severity: alerts to fan out, oldest first", "ALERT_LIFE")
FANNED = Key("fanned", "hash", "severity and alert → how far its audience is written out", "one an alert in ALERTS")
DUE = Key("due:{}", "stream", "of a severity: deliveries to make; consumer group `relay`", "DUE_MOST ahead of sending")
LATER = Key("later", "zset", "deliveries to make later, by when (ms)", "DUE_MOST and what retries")
RECEIPTS = Key("receipts:{}", "hash", "of a target: event → Receipt", "RECEIPTS_OF_TARGET_MOST and EVENT_LIFE")
EXPIRED = Key(
    "expired:{}", "zset", "of a target: events that grew old unsent, by when owed (ms)", "EXPIRED_MOST and EVENT_LIFE"
)
LOCK = Key("lock:{}|{}", "string", "worker that sends an event to a target", "seconds")
WAKE = Key("wake", "stream", "a line whenever there may be something to send", "WAKE_MOST")
OUTCOMES = Key("outcomes", "hash", "outcome → deliveries that ended so", "a closed set")

# --- pace (times in microseconds: Redis TIME)
PACE_ALL = Key("pace", "string", "when the next message may go (µs)", "one number")
PACE_CHAT = Key("pace:{}", "string", "the same for a chat, by its own spacing (µs)", "expires when past")
PACE_HOLD = Key("pace-hold:{}", "string", "a chat, or `all`, that must rest after a 429, until (µs)", "expires")
PACE_FLOODS = Key("pace-floods", "zset", "chats that drew 429, by when (µs)", "10 s")
PACE_SLOW = Key("pace-slow", "string", "what the interval is multiplied with since the last flood", "10 minutes")


def all_keys() -> dict[str, Key]:
    """Every family by its name in this module."""
    return {name: key for name, key in globals().items() if isinstance(key, Key)}


def lua_names() -> str:
    """The same names and bounds for Lua: `K.EVENT(id)`, `K.POSTS()`, `B.EVENT_LIFE`."""
    lines = ["local K = {}", "local B = {}"]
    for name, key in all_keys().items():
        parts = (PREFIX + key.shape).split("{}")
        arguments = [f"a{number}" for number in range(len(parts) - 1)]
        pieces = [f"'{parts[0]}'"]
        for argument, part in zip(arguments, parts[1:], strict=True):
            pieces += [argument, f"'{part}'"] if part else [argument]
        lines.append(f"K.{name} = function({', '.join(arguments)}) return {' .. '.join(pieces)} end")
    for name, value in globals().items():
        if name.isupper() and isinstance(value, int):
            lines.append(f"B.{name} = {value}")
    return "\n".join(lines) + "\n"
