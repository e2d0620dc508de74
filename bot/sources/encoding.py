"""Which characters the bytes of a feed stand for. Declarations are often wrong; the bytes themselves seldom are."""

from __future__ import annotations

import codecs
import re

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_HEADER = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(r"""^(\s*<\?xml[^>]{0,200}?)\sencoding\s*=\s*["'][^"']{0,40}["']""")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# XML allows none of these; one of them makes a strict parser give up the whole feed.
_FORBIDDEN = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str | None]:
    """The text of `body` without its encoding declaration, and a fault when the declared encoding was wrong.

    Order: byte order mark; UTF-8 when the bytes are valid UTF-8; what the document declares; what the header says;
    a guess. Never fails.
    """
    declared, header = _declared(body), _from_header(content_type)
    text, fault = _decode(body, declared, header)
    return _XML_ENCODING.sub(r"\1", text.translate(_FORBIDDEN).lstrip("\ufeff"), count=1), fault


def _decode(body: bytes, declared: str | None, header: str | None) -> tuple[str, str | None]:
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace").lstrip("\ufeff"), None
    if body[:4] in (b"<\0?\0", b"\0<\0?"):
        return body.decode("utf-16-le" if body[0] else "utf-16-be", "replace"), None
    seven_bit = body.isascii()
    if not (seven_bit and declared and b"\x1b" in body):  # ISO-2022 is all ASCII bytes
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            wrong = not seven_bit and declared is not None and codecs.lookup(declared).name not in ("utf-8", "ascii")
            return text, f"wrong-charset: declared {declared}, the bytes are UTF-8" if wrong else None
    for name in filter(None, (declared, header)):
        try:
            text = body.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
        if name == declared or declared is None:
            return text, None
        return text, f"wrong-charset: declared {declared}, read as {name}"
    return _guess(body, declared or header)


def _guess(body: bytes, promised: str | None) -> tuple[str, str | None]:
    said = promised or "nothing"
    high = sum(byte >= 0x80 for byte in body)
    utf8 = body.decode("utf-8", "replace")
    if utf8.count("\ufffd") * 20 <= high:
        return utf8, "wrong-charset: some bytes are not UTF-8; they show as \ufffd"
    # In cp1251 nearly all high bytes are the letters from 0xC0 on, in runs; in cp1252 they stand alone.
    runs = sum(len(run) for run in re.findall(rb"[\xa8\xb8\xaa\xba\xaf\xbf\xb2\xb3\xc0-\xff]{3,}", body))
    name = "cp1251" if runs * 2 >= high else "cp1252"
    return body.decode(name, "replace"), f"wrong-charset: declared {said}, read as {name}"


def _declared(body: bytes) -> str | None:
    found = _DECLARED.match(body[:400].lstrip(codecs.BOM_UTF8))
    return _usable(found[1].decode("ascii")) if found is not None else None


def _from_header(content_type: str | None) -> str | None:
    found = _HEADER.search(content_type or "")
    return _usable(found[1]) if found is not None else None


def _usable(name: str) -> str | None:
    """`name` if it is a text encoding that Python knows, and one that reads ASCII as it stands."""
    try:
        return name if b"<?xml".decode(name) == "<?xml" else None
    except (LookupError, UnicodeError, AssertionError, TypeError):
        return None
