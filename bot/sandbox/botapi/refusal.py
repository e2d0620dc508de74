"""Telegram's refusals: codes, words and parameters of the real Bot API, so that callers meet them here first."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer that is not ok. `description` is complete, with its `Bad Request: ` or `Forbidden: ` prefix."""

    def __init__(self, code: int, description: str, **parameters: int):
        self.code = code
        self.description = description
        self.parameters = parameters
        super().__init__(description)

    def envelope(self) -> dict[str, Any]:
        """The JSON body that goes out with HTTP status `code`."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(words: str, **parameters: int) -> Refusal:
    """400: the call is wrong as it stands."""
    return Refusal(400, f"Bad Request: {words}", **parameters)


def forbidden(words: str) -> Refusal:
    """403: the chat does not want the bot."""
    return Refusal(403, f"Forbidden: {words}")


def too_many(seconds: int) -> Refusal:
    """429: wait that many seconds."""
    return Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def conflict(words: str) -> Refusal:
    """409: somebody else reads the updates."""
    return Refusal(409, f"Conflict: {words}")


UNAUTHORIZED = (401, "Unauthorized")
NOT_FOUND = (404, "Not Found")
