"""Where a channel stops telling news and begins to advertise itself."""

from __future__ import annotations

import re

_CALL = re.compile(
    r"\b(?:подписаться|подпишись|подпишитесь|подписывайся|подписывайтесь|підписатись|підписатися|підпишись|підпишіться|"
    r"підписуйся|підписуйтесь|прислать новость|прислать новости|предложить новость|надіслати новину|"
    r"subscribe|join us|follow us|our channel|наш канал|наш чат|без vpn)\b",
    re.IGNORECASE,
)
_LONGEST = 200  # characters of a signature line; links inside it can be long
_MOST_WORDS = 14
_MOST_LINES = 4


def body_end(text: str) -> int:
    """The offset at which the closing lines that ask to subscribe or to send news begin; else the text's length.

    `**[Subscribe to Moscow news](…)**` under a post says nothing of Moscow. Only short last lines with such a call
    are taken, and never the whole text.
    """
    end = len(text)
    for _ in range(_MOST_LINES):
        body = text[:end].rstrip()
        begin = body.rfind("\n") + 1
        line = body[begin:]
        if not begin or len(line) > _LONGEST or len(line.split()) > _MOST_WORDS or not _CALL.search(line):
            break
        end = begin
    return end if text[:end].strip() else len(text)
