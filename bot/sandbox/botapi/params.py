"""What came with a call, read as leniently as the Bot API reads it: query, form, JSON body or multipart."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from bot.sandbox.botapi.refusal import bad_request

_YES = frozenset({"true", "yes", "1"})


class Upload(NamedTuple):
    """A file that came in a multipart body."""

    name: str
    kind: str
    body: bytes


class Params:
    """The parameters of one call, by the Bot API's names. `values` are text, or whatever JSON held."""

    def __init__(self, values: dict[str, Any], files: dict[str, Upload] | None = None):
        _check_text(values)
        self.values = values
        self.files = files or {}

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str) -> str:
        """The parameter as text; empty when absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """The parameter as a number; what is no number is 0, as in the original."""
        if name not in self:
            return default
        try:
            return int(self.text(name))
        except ValueError:
            return 0

    def flag(self, name: str) -> bool:
        """Whether the parameter says yes."""
        return self.text(name).strip().lower() in _YES

    def json(self, name: str, what: str) -> Any:
        """The parameter as JSON; None when absent. `what` names it in the refusal."""
        if name not in self:
            return None
        value = self.values[name]
        if not isinstance(value, str):
            return value
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            raise bad_request(f"can't parse {what} JSON object") from None
        _check_text(read)
        return read

    def upload(self, name: str) -> Upload | None:
        """A file sent under this name, directly or as `attach://other`."""
        value = self.text(name)
        if value.startswith("attach://"):
            return self.files.get(value.removeprefix("attach://"))
        return self.files.get(name)


def _check_text(values: Any) -> None:
    """Refuses half characters (lone surrogates), which JSON can smuggle in and nobody can show."""
    try:
        msgspec.json.encode(values)
    except (UnicodeEncodeError, RecursionError):
        raise bad_request("strings must be encoded in UTF-8") from None
    except (TypeError, OverflowError):
        return  # a number beyond 64 bits, or a caller in this process with objects of its own


async def read_params(request: web.Request) -> Params:
    """The parameters of a request; its body, where it has one, wins over the query."""
    values: dict[str, Any] = dict(request.query)
    kind = request.content_type
    if request.method != "POST" or not request.can_read_body:
        return Params(values)
    if kind == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            raise bad_request("can't parse request body as JSON") from None
        if not isinstance(body, dict):
            raise bad_request("object expected as the request body")
        return Params(values | body)
    files: dict[str, Upload] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = Upload(value.filename, value.content_type, value.file.read())
        else:
            values[name] = value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")
    return Params(values, files)
