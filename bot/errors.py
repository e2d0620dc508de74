"""Every error that Wirewatch raises on purpose: one class for each next step.

The text of an error is a sentence for a person: it says what is wrong, where, and what to do. It never holds a
token or a private URL, so it may be printed or logged; readers in Telegram are never shown it.
"""

from __future__ import annotations

import msgspec


class WirewatchError(Exception):
    """Root of the tree."""


class SettingsError(WirewatchError):
    """The environment or the command line cannot work as given: say so and exit with 2."""


class StoreUnavailable(WirewatchError):
    """Redis does not answer: wait and try again."""


class Conflict(WirewatchError):
    """Another worker committed first: read again and gather again."""


# --- rules ------------------------------------------------------------------------------------------------------


class Fault(msgspec.Struct, frozen=True, order=True):
    """One reason why a rule file cannot load. `line` and `column` count from 1; 0 means the whole file."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class RuleFaults(WirewatchError):
    """The rules folder holds faults: all of them are here, sorted by place."""

    def __init__(self, faults: tuple[Fault, ...]):
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


class RulesUnproven(RuleFaults):
    """The rules load, but break promises of their own (cases, timelines, quiet baseline): refuse them unless forced."""


# --- sources: one class for each state that a failed poll puts a source in ---------------------------------------


class PollError(WirewatchError):
    """A poll failed. Nothing was lost: the cursor stays where it was. `state` is the source's state from now on."""

    state = "unreachable"

    def __init__(self, message: str, *, retry_after: float | None = None):
        self.retry_after = retry_after  # seconds that the host asked us to wait
        super().__init__(message)


class SourceUnreachable(PollError):
    """No answer, or a server error: try again later."""


class SourceThrottled(PollError):
    """The host asked for patience, or shows an empty page where posts must be."""

    state = "throttled"


class PreviewOff(PollError):
    """The channel has no public preview (a group, restricted, renamed, or never existed)."""

    state = "preview-off"


class MarkupChanged(PollError):
    """The page is there but yields nothing readable: the parser must be looked at."""

    state = "markup-changed"


class IdentityChanged(PollError):
    """The page or its posts belong to another channel: nothing is stored."""

    state = "identity-changed"


class SourceGone(PollError):
    """The host says that the source has ended (410)."""

    state = "gone"


class Stumbled(PollError):
    """A bug of ours while a source was read: told as such, so that nobody takes it for a quiet source."""

    state = "bug"


# --- sending: one class for each next step -----------------------------------------------------------------------


class SendError(WirewatchError):
    """Telegram did not accept a message."""


class Throttled(SendError):
    """Wait `retry_after` seconds, then the same delivery again."""

    def __init__(self, message: str, retry_after: float):
        self.retry_after = retry_after
        super().__init__(message)


class Rejected(SendError):
    """Telegram refuses this message as it is: never retry, tell the admins."""


class ChatUnreachable(SendError):
    """Blocked, kicked, deleted or never started: pause the chat's subscriptions."""


class ChatMigrated(SendError):
    """The group became a supergroup: rewrite its id to `new_chat` everywhere, then the same delivery again."""

    def __init__(self, message: str, new_chat: int):
        self.new_chat = new_chat
        super().__init__(message)


class TopicGone(SendError):
    """The forum topic was deleted: pause the subscriptions of that topic."""


class MessageGone(SendError):
    """The message to edit no longer exists or cannot be edited: send anew."""


class SendTransient(SendError):
    """Telegram or the way to it is in trouble; the message was not accepted: try again with backoff."""


class SendLost(SendError):
    """No answer came back: the message may or may not have been delivered."""


class TokenRefused(SendError):
    """Telegram does not know the token (any more): nothing can be sent until it is right; keep what is owed."""
