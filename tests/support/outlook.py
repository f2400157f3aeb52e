"""Letters as Outlook keeps and packs them, as small as they can be ([MS-OXMSG], [MS-OXTNEF])."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.compound import Folder, compound

NARROW, WIDE, BINARY, LONG, TIME = 0x001E, 0x001F, 0x0102, 0x0003, 0x0040
Properties = Mapping[int, str | bytes | int]


@dataclass(frozen=True, slots=True)
class Made:
    """A letter, its people and its files; a file may be another letter. Numbers are those of [MS-OXPROPS]."""

    properties: Properties
    people: Sequence[Properties] = ()
    files: Sequence["Properties | Made"] = ()
    wide: bool = True
    """Whether its texts are UTF-16; cp1251 otherwise, as it says itself."""
    extra: int = field(default=0)
    """Streams that mean nothing here."""


def msg(made: Made) -> bytes:
    """The file of a letter."""
    return compound(_folder(made, 32))


def _folder(made: Made, head: int) -> Folder:
    folder = _streams(made.properties, head, wide=made.wide)
    folder |= {f"__substg1.0_8{number:03X}001F": b"x\0" for number in range(made.extra)}
    for number, person in enumerate(made.people):
        folder[f"__recip_version1.0_#{number:08X}"] = _streams(person, 8, wide=made.wide)
    for number, file in enumerate(made.files):
        inside = _streams({}, 8, wide=True) if isinstance(file, Made) else _streams(file, 8, wide=made.wide)
        if isinstance(file, Made):
            inside["__substg1.0_3701000D"] = _folder(file, 24)
        folder[f"__attach_version1.0_#{2 * number:08X}"] = inside
    return folder


def _streams(properties: Properties, head: int, *, wide: bool) -> Folder:
    fixed = bytes(head)
    streams: dict[str, bytes | Folder] = {}
    for number, value in properties.items():
        kind, data = _encoded(number, value, wide=wide)
        if isinstance(value, int):
            fixed += struct.pack("<HHI", kind, number, 6) + data.ljust(8, b"\0")
        else:
            streams[f"__substg1.0_{number:04X}{kind:04X}"] = data
            fixed += struct.pack("<HHIII", kind, number, 6, len(data), 0)
    return {"__properties_version1.0": fixed, **streams}


def _encoded(number: int, value: str | bytes | int, *, wide: bool) -> tuple[int, bytes]:
    match value:
        case bytes():
            return BINARY, value
        case str():
            return (WIDE, value.encode("utf-16-le")) if wide else (NARROW, value.encode("cp1251"))
        case _:
            return (TIME, struct.pack("<Q", value)) if value > 0xFFFFFFFF else (LONG, struct.pack("<I", value))


def tnef(made: Made) -> bytes:
    """The same packed into one attachment."""
    packed = b"\x78\x9f\x3e\x22" + bytes(2) + _attribute(1, 0x69003, _packed(made.properties, wide=made.wide))
    for file in made.files:
        packed += _attribute(2, 0x69002, bytes(14))
        if isinstance(file, Made):
            data = bytes(16) + tnef(file)
            told = struct.pack("<IIII", 1, 0x3701000D, 1, len(data)) + data.ljust(-(-len(data) // 4) * 4, b"\0")
        else:
            told = _packed(file, wide=made.wide)
        packed += _attribute(2, 0x69005, told)
    return packed


def _attribute(level: int, what: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, what, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _packed(properties: Properties, *, wide: bool) -> bytes:
    # A property with a name of its own and one of several values come before what is looked for.
    named = struct.pack("<I", 0x8001001F) + bytes(16) + struct.pack("<II", 1, 6) + "abc".encode("utf-16-le") + bytes(2)
    named += struct.pack("<II", 1, 2) + b"x\0" + bytes(2)
    several = struct.pack("<IIHxxHxx", 0x12341002, 2, 1, 2)
    told = named + several
    for number, value in properties.items():
        kind, data = _encoded(number, value, wide=wide)
        told += struct.pack("<HH", kind, number)
        if not isinstance(value, int):
            told += struct.pack("<II", 1, len(data))
        told += data.ljust(-(-len(data) // 4) * 4, b"\0")
    return struct.pack("<I", 2 + len(properties)) + told
