"""Inline keyboards: read and refused as Telegram does. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.botapi.params import Params
from bot.sandbox.botapi.refusal import bad_request
from bot.sandbox.botapi.state import Json

_OTHER_KEYBOARDS = ("keyboard", "remove_keyboard", "force_reply")
_ACTIONS = ("url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "web_app")
MAX_BUTTONS = 100


def inline_keyboard(params: Params) -> Json | None:
    """The keyboard of `reply_markup`, only inline ones; None for none (or for a kind that stands outside messages)."""
    markup = params.json("reply_markup", "reply keyboard markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" must be of type Array')
    read = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, read)) > MAX_BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": read} if read else None


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: Expected an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text:
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not any(button.get(action) is not None for action in _ACTIONS):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode("utf-8", "replace")) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not _good_url(str(url)):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return {key: value for key, value in button.items() if value is not None}


def _good_url(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return False
    if parts.scheme == "tg":
        return True
    return parts.scheme in ("http", "https") and "." in parts.netloc and " " not in url
