"""Bodies decompressed piece by piece, so that a small page cannot unpack to gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

_PIECE = 256 * 1024
_AUTO = 47  # zlib or gzip, told apart by their heads
_BARE = -15


class TooLarge(Exception):
    """More bytes than allowed."""


class BadEncoding(Exception):
    """A content encoding that we do not read, or a body that is not in it."""


async def inflated(chunks: AsyncIterator[bytes], encoding: str, largest: int) -> bytes:
    """All of `chunks`, decompressed. Raises TooLarge as soon as the limit is passed, BadEncoding when it cannot."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise BadEncoding(f"content encoding {encoding[:40]!r} was not asked for")
    unzip = None if encoding in ("", "identity") else _Unzip()
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        for piece in unzip.pieces(chunk) if unzip is not None else (chunk,):
            size += len(piece)
            if size > largest:
                raise TooLarge(f"more than {largest} bytes after decompression")
            parts.append(piece)
    if unzip is not None and not unzip.complete:
        raise BadEncoding("the compressed body ends too early")
    return b"".join(parts)


class _Unzip:
    """Several gzip members in a row are one body; some servers mean a bare stream by `deflate`."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_AUTO)
        self._begun = False

    @property
    def complete(self) -> bool:
        return not self._begun or self._stream.eof

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What `data` adds, at most 256 KiB at a time."""
        try:
            while data:
                if self._stream.eof:
                    if not data.startswith(b"\x1f\x8b"):
                        return  # padding after the end
                    self._stream = zlib.decompressobj(_AUTO)
                piece = self._first(data) if not self._begun else self._stream.decompress(data, _PIECE)
                data = self._stream.unconsumed_tail or self._stream.unused_data
                if piece:
                    yield piece
        except zlib.error:
            raise BadEncoding("the body is not compressed as it says") from None

    def _first(self, data: bytes) -> bytes:
        self._begun = True
        try:
            return self._stream.decompress(data, _PIECE)
        except zlib.error:
            self._stream = zlib.decompressobj(_BARE)
            return self._stream.decompress(data, _PIECE)
