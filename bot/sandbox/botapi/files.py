"""Pictures that were sent: kept, measured, handed out again."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from bot.sandbox.botapi.refusal import bad_request
from bot.sandbox.botapi.state import Json

MAX_PHOTO = 10 * 1024 * 1024
KEPT_IN_MEMORY = 200


class Files:
    """Photos by their id; in `folder` when given, else the newest in memory."""

    def __init__(self, folder: Path | None):
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def keep(self, body: bytes) -> Json:
        """Stores a photo; its Bot API PhotoSize. Raises Refusal when it is none, or too big."""
        if len(body) > MAX_PHOTO:
            raise bad_request("file is too big")
        size = picture_size(body)
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(size) > 10_000 or max(size) > 20 * min(size):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        number = hashlib.blake2b(body, digest_size=12).hexdigest()
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / number).write_bytes(body)
        else:
            self._memory[number] = body
            if len(self._memory) > KEPT_IN_MEMORY:
                del self._memory[next(iter(self._memory))]
        return _photo_size(number, body, size)

    def known(self, number: str) -> Json:
        """The PhotoSize of a photo stored before."""
        body = self.read(number)
        size = picture_size(body) if body else None
        if body is None or size is None:
            raise bad_request("wrong remote file identifier specified: Wrong string length")
        return _photo_size(number, body, size)

    def card(self, number: str) -> Json:
        """The Bot API's File."""
        body = self.read(number)
        if body is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        path = f"photos/{number}"
        return {"file_id": number, "file_unique_id": number[:12], "file_size": len(body), "file_path": path}

    def read(self, number: str) -> bytes | None:
        """The bytes of a photo; None when unknown."""
        if not number.isalnum():
            return None
        if number in self._memory:
            return self._memory[number]
        if self._folder is not None and (self._folder / number).is_file():
            return (self._folder / number).read_bytes()
        return None


def _photo_size(number: str, body: bytes, size: tuple[int, int]) -> Json:
    return {
        "file_id": number,
        "file_unique_id": number[:12],
        "width": size[0],
        "height": size[1],
        "file_size": len(body),
    }


def picture_size(body: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG or JPEG; None for anything else."""
    if body[:8] == b"\x89PNG\r\n\x1a\n" and len(body) >= 24:
        width, height = struct.unpack(">II", body[16:24])
        return (width, height) if width and height else None
    if body[:2] == b"\xff\xd8":
        return _jpeg_size(body)
    return None


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return (width, height) if width and height else None
        at += 2 + length
    return None
