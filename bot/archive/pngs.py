"""Texts that are in a PNG beside its picture: in chunks `tEXt`, `zTXt` and `iTXt`, none of which is trusted."""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST = 20 * 1024 * 1024
"""The largest text, unpacked."""


def texts(data: bytes) -> dict[str, bytes]:
    """The texts by their keywords; of two with one keyword the first. Damaged ones are skipped."""
    found: dict[str, bytes] = {}
    for kind, chunk in _chunks(data):
        keyword, _, rest = chunk.partition(b"\0")
        text = _text(kind, rest)
        if text is not None:
            found.setdefault(keyword.decode("latin-1"), text)
    return found


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _text(kind: bytes, rest: bytes) -> bytes | None:
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _unpacked(rest[1:])
    is_packed, rest = rest[:1] == b"\1", rest[2:]
    for _ in range(2):  # The language, and the keyword in it.
        rest = rest.partition(b"\0")[2]
    return _unpacked(rest) if is_packed else rest


def _unpacked(packed: bytes) -> bytes | None:
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, _LARGEST)
    except zlib.error:
        return None
    return text if unpacking.eof else None
