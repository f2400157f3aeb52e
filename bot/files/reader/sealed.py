"""What was packed with a signature, or encrypted for somebody: S/MIME (RFC 8551) and OpenPGP (RFC 3156).

What is signed stands inside as it is, in the envelope of RFC 5652. That is read far enough to take it out; whether the
signature holds is not looked at. What is encrypted can be read by the program that has the key alone.
"""

import email
import re
from collections.abc import Iterator
from email.message import Message

LEFT_OUT = "(encrypted)"
"""Stands in the place of what cannot be read among what can."""

ENVELOPES = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
"""Types of parts that are signed, or encrypted, or both in turn."""
_ARMOUR = re.compile(r"\s*-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED FILE)-----\s")

_SEQUENCE, _OID, _OCTETS, _OCTETS_IN_PARTS, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0
_SIGNED = bytes.fromhex("2a864886f70d010702")
_ENDLESS, _END = 0x80, b"\0\0"
"""BER: an element whose length is not said ends with two zeros."""


def is_armoured(text: str) -> bool:
    """Whether a text is something encrypted, written down in letters."""
    return _ARMOUR.match(text) is not None


def is_sealed(part: Message) -> bool:
    """Whether nobody without a key can read this part of a letter; `unwrap` has taken out what is signed alone."""
    return part.get_content_type() in ENVELOPES or part.get_content_type() == "multipart/encrypted"


def unwrap(letter: Message) -> None:
    """Put what was signed in the place of each envelope around it."""
    for part in letter.walk():
        while part.get_content_type() in ENVELOPES:
            data = part.get_payload(decode=True)
            inside = signed(data) if isinstance(data, bytes) else None
            if inside is None:
                break
            _become(part, email.message_from_bytes(inside))


def _become(part: Message, inside: Message) -> None:
    for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
        del part[name]
        for value in inside.get_all(name, ()):
            part[name] = value
    part.set_payload(inside.get_payload())


def signed(data: bytes) -> bytes | None:
    """What an envelope holds that is signed and not encrypted; None of any other, or where it is damaged."""
    try:
        kind, content = list(_elements(_inside(data, _SEQUENCE)))[:2]
        if kind != (_OID, _SIGNED):
            return None
        signed_data = _inside(_only(content, _EXPLICIT), _SEQUENCE)
        capsule = next(value for tag, value in _elements(signed_data) if tag == _SEQUENCE)
        held = next(value for tag, value in _elements(capsule) if tag == _EXPLICIT)
        tag, octets = next(_elements(held))
        if tag == _OCTETS_IN_PARTS:
            return b"".join(_only(each, _OCTETS) for each in _elements(octets))
        return _only((tag, octets), _OCTETS)
    except (ValueError, IndexError, StopIteration, RecursionError):
        return None


def _inside(data: bytes, tag: int) -> bytes:
    return _only(next(_elements(data)), tag)


def _only(element: tuple[int, bytes], tag: int) -> bytes:
    if element[0] != tag:
        raise ValueError(f"{element[0]:#x} stands where {tag:#x} should")
    return element[1]


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element. Raises ValueError or IndexError: they are damaged."""
    at = 0
    while at < len(data) and data[at : at + 2] != _END:
        begin, end, after = _extent(data, at)
        yield data[at], data[begin:end]
        at = after


def _extent(data: bytes, at: int) -> tuple[int, int, int]:
    """Where the content of an element begins and ends, and where the next one begins."""
    length, begin = data[at + 1], at + 2
    if length == _ENDLESS:
        end = begin
        while data[end : end + 2] != _END:
            _, _, end = _extent(data, end)
        return begin, end, end + 2
    if length > _ENDLESS:
        begin += length - _ENDLESS
        length = int.from_bytes(data[at + 2 : begin], "big")
    if begin + length > len(data):
        raise ValueError("An element goes on behind the end.")
    return begin, begin + length, begin + length
