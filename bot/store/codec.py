"""Records as bytes: one byte of schema version, then msgpack.

New fields need no new version: they carry defaults, and unknown ones are ignored on reading, so two versions of the
program may share one Redis during a rolling restart. The version rises when a field changes its meaning.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from bot.errors import StoreUnavailable

VERSION = 1
_HEAD = bytes([VERSION])
_encoder = msgspec.msgpack.Encoder()
_decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {}

T = TypeVar("T")


def encode(record: msgspec.Struct) -> bytes:
    """The bytes of a record. Lone surrogates, which UTF-8 cannot hold, become `?`."""
    try:
        return _HEAD + _encoder.encode(record)
    except UnicodeEncodeError:
        return _HEAD + _encoder.encode(_mended(msgspec.to_builtins(record, builtin_types=(bytes,))))


def decode(data: bytes, kind: type[T]) -> T:
    """The record that `data` holds; StoreUnavailable where a newer program wrote it."""
    if data[0] != VERSION:
        raise StoreUnavailable(f"a {kind.__name__} in Redis has schema version {data[0]}: run the newer Wirewatch")
    decoder: msgspec.msgpack.Decoder[T] = _decoders.get(kind) or _decoder(kind)
    return decoder.decode(memoryview(data)[1:])


def decode_all(rows: list[bytes | None], kind: type[T]) -> list[T]:
    """The records of those rows that exist."""
    return [decode(row, kind) for row in rows if row is not None]


def _decoder(kind: type[T]) -> msgspec.msgpack.Decoder[T]:
    # Not strict: a mended record carries its times as text.
    decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind, strict=False)
    return decoder


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _mended(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(part) for part in value]
    return value
