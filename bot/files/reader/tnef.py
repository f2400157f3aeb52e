"""TNEF ([MS-OXTNEF]): what Outlook packs a letter's files into for others of its kind, the attachment winmail.dat."""

from collections.abc import Iterator
from typing import NamedTuple

from bot.files.reader.mapi import (
    BINARY,
    NARROW,
    OBJECT,
    WIDE,
    Attached,
    Item,
    Properties,
    Value,
    codec_of_page,
    number_at,
    value_of,
)
from bot.files.reader.signatures import PACKED_LETTER
from bot.files.reader.trouble import Trouble

_SUBJECT, _BODY, _CODE_PAGE, _OF_LETTER, _PEOPLE = 0x18004, 0x2800C, 0x69007, 0x69003, 0x69004
_BEGINS, _TITLE, _DATA, _OF_FILE = 0x69002, 0x18010, 0x6800F, 0x69005
_AS_PROPERTIES = {
    _SUBJECT: (0x0037, NARROW),
    _BODY: (0x1000, NARROW),
    _TITLE: (0x3704, NARROW),
    _DATA: (0x3701, BINARY),
}
"""Attributes from before there were properties, and those that say the same."""

_SIZES = {0x0001: 0, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, 0x0048: 16}
"""Bytes of a value by its type; four where it is not among these."""

_SEVERAL = 0x1000
_IS_NAMED = 0x8000
_DEEPEST = 8


class _Attribute(NamedTuple):
    what: int
    data: bytes


def read_item(data: bytes, depth: int = 0) -> Item:
    """The letter that is packed here; its own head travels outside. Raises `Trouble`."""
    if not data.startswith(PACKED_LETTER):
        raise Trouble("broken")
    codec = "cp1252"
    letter: dict[int, Value] = {}
    people: list[Properties] = []
    files: list[dict[int, Value]] = []
    inner: dict[int, Item] = {}
    for what, found in _attributes(data):
        if what == _CODE_PAGE:
            codec = codec_of_page(number_at(found, 0)) or codec
        elif what == _OF_LETTER:
            letter.update(_read_properties(found, 0, codec)[0])
        elif what == _PEOPLE:
            people = _rows(found, codec)
        elif what == _BEGINS:
            files.append({})
        elif what == _OF_FILE and files:
            files[-1].update(_read_properties(found, 0, codec)[0])
            packed = files[-1].get(0x3701)
            if isinstance(packed, bytes) and packed[16:20] == PACKED_LETTER and depth < _DEEPEST:
                inner[len(files) - 1] = read_item(packed[16:], depth + 1)
        elif what in _AS_PROPERTIES:
            number, kind = _AS_PROPERTIES[what]
            (files[-1] if files else letter).setdefault(number, value_of(kind, found, codec))
    return Item(letter, people, [Attached(each, inner.get(place)) for place, each in enumerate(files)])


def _attributes(data: bytes) -> Iterator[_Attribute]:
    at = 6
    while at + 9 <= len(data):
        what, length = number_at(data, at + 1), number_at(data, at + 5)
        yield _Attribute(what, data[at + 9 : at + 9 + length])
        at += 9 + length + 2


def _rows(data: bytes, codec: str) -> list[Properties]:
    rows: list[Properties] = []
    at = 4
    for _ in range(min(number_at(data, 0), len(data) // 4)):
        properties, at = _read_properties(data, at, codec)
        rows.append(properties)
    return rows


def _read_properties(data: bytes, at: int, codec: str) -> tuple[dict[int, Value], int]:
    """The properties that begin at a place, and the place behind them."""
    found: dict[int, Value] = {}
    count, at = number_at(data, at), at + 4
    for _ in range(min(count, len(data) // 4)):
        tag, at = number_at(data, at), at + 4
        kind, number = tag & 0xFFFF, tag >> 16
        if number >= _IS_NAMED:
            at += 20 + (0 if number_at(data, at + 16) == 0 else _padded(number_at(data, at + 20)))
            at += 4
        several = bool(kind & _SEVERAL)
        kind &= ~_SEVERAL
        values = 1
        if several or kind in (NARROW, WIDE, BINARY, OBJECT):
            values, at = number_at(data, at), at + 4
        for _ in range(min(values, len(data) // 4)):
            size, step = _SIZES.get(kind, 4), 0
            if kind in (NARROW, WIDE, BINARY, OBJECT):
                size, step = number_at(data, at), 4
            found[number] = value_of(kind, data[at + step : at + step + size], codec)
            at += step + _padded(size)
    return found, at


def _padded(size: int) -> int:
    return -(-size // 4) * 4
