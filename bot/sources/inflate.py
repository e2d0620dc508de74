"""Bodies decompressed piece by piece, so that a small page cannot unpack to gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

_PIECE = 256 * 1024


class TooLarge(Exception):
    """More bytes than allowed."""


class BadEncoding(Exception):
    """A content encoding that we do not read, or a body that is not in it."""


async def inflated(chunks: AsyncIterator[bytes], encoding: str, largest: int) -> bytes:
    """All of `chunks`, decompressed. Raises TooLarge as soon as the limit is passed, BadEncoding when it cannot."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        unpack = _Plain()
    elif encoding in ("gzip", "x-gzip", "deflate"):
        unpack = _Zip(raw_possible=encoding == "deflate")
    else:
        raise BadEncoding(f"content encoding {encoding[:40]!r} was not asked for")
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        for piece in unpack.pieces(chunk):
            size += len(piece)
            if size > largest:
                raise TooLarge(f"more than {largest} bytes after decompression")
            parts.append(piece)
    if not unpack.complete:
        raise BadEncoding("the compressed body ends too early")
    return b"".join(parts)


class _Plain:
    complete = True

    def pieces(self, chunk: bytes) -> list[bytes]:
        return [chunk]


class _Zip(_Plain):
    """zlib or gzip, told apart by their heads; several gzip members in a row are one body."""

    def __init__(self, raw_possible: bool):
        self._raw_possible = raw_possible  # some servers mean a bare deflate stream
        self._stream = zlib.decompressobj(wbits=47)
        self._fresh = True

    @property
    def complete(self) -> bool:  # type: ignore[override]
        return self._fresh or self._stream.eof

    def pieces(self, chunk: bytes) -> list[bytes]:
        raise NotImplementedError
