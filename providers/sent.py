"""What a site sends: whether it is a page, and its bytes as they are meant."""

import codecs
import zlib
from collections.abc import Mapping

from bot.contracts.web import WebFailed

_PAGES = frozenset((200, 203, 206))
_WHY_NOT = {
    401: "Its site wants a login first.",
    402: "Its site wants to be paid first.",
    403: "Its site does not let programs read it.",
    404: "There is no page at that address.",
    410: "That page is gone.",
    429: "Its site asks to be left alone for now.",
    451: "Its site may not show it, for legal reasons.",
    503: "Its site does not work now.",
}
_UNPACKED_BY = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""`zlib`'s word for each packing; its own without a head is the negative of it."""
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "shift_jis": "cp932", "euc_kr": "cp949",
    "gb2312": "gb18030", "gbk": "gb18030", "tis-620": "cp874",
}  # fmt: skip
"""What decodes the same and more, as browsers have it (https://encoding.spec.whatwg.org/#names-and-labels)."""
_TAKEN = frozenset(
    (
        *(f"cp{number}" for number in (866, 874, 932, 949, *range(1250, 1259))),
        *(f"iso8859-{number}" for number in (*range(2, 9), 10, 13, 14, 15, 16)),
        *("koi8-r", "koi8-u", "mac-roman", "euc_jp", "iso2022_jp", "gb18030", "big5", "big5hkscs", "utf-16"),
    )
)
"""Those that browsers know. Others of Python's are no alphabets, and some take for ever."""


def why_no_page(status: int, headers: Mapping[str, str]) -> str:
    """Why a response is no page, in a sentence; "" where it is one, whatever it holds."""
    if status in _PAGES:
        return ""
    if status < 400:
        return f"Nothing stands there ({status})."
    wait = headers.get("Retry-After", "")
    later = f" Try again in {int(wait)} s." if wait.isascii() and wait.isdecimal() and len(wait) < 6 else ""
    return f"{_WHY_NOT.get(status, 'Its site gave no page.')} ({status}){later}"


def too_large(most: int) -> WebFailed:
    """What is larger than that many bytes is not read."""
    return WebFailed(f"It is larger than {most // 1_000_000 or 1} MB.")


def unpacked(data: bytes, packing: str, most: int) -> bytes:
    """Bytes that a site has packed, asked or not. Raises WebFailed: nobody here can, or there are more than `most`."""
    if packing.lower() in ("", "identity"):
        return data
    if (way := _UNPACKED_BY.get(packing.lower())) is None:
        raise WebFailed("It came packed, which was not asked for.")
    for bits in (way, -15) if way == 15 else (way,):
        try:
            plain = zlib.decompressobj(bits).decompress(data, most + 1)
        except zlib.error:
            continue
        if len(plain) > most:
            raise too_large(most)
        return plain
    raise WebFailed("It came damaged.")


def in_utf_8(data: bytes, charset: str) -> bytes:
    """A text in UTF-8, if its site has said truly in which encoding it is; else as it came, for its reader to find out.

    What is UTF-8 is that, whatever its site says: many say what was set up long ago.
    """
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return data
    name = _WIDER.get(name, name)
    if name not in _TAKEN or data.startswith(_MARKS) or _is_utf_8(data):
        return data
    try:
        return data.decode(name).encode()
    except UnicodeError:
        return data


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
