"""Files as Word and Excel wrote them before 2007, as small as they can be ([MS-CFB], [MS-DOC], [MS-XLS])."""

import struct
from collections.abc import Mapping, Sequence

SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of these streams, each long enough not to lie in the small ones' own."""
    padded = [data.ljust(4096, b"\0") for data in streams.values()]
    padded = [data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\0") for data in padded]
    fat = [_FAT, _END]
    entries = [_entry("Root Entry", 5, child=1, start=_END)]
    for number, (name, data) in enumerate(zip(streams, padded, strict=True), 1):
        start, count = len(fat), len(data) // SECTOR
        fat += [*range(start + 1, start + count), _END]
        right = number + 1 if number < len(streams) else _FREE
        entries.append(_entry(name, 2, right=right, start=start, size=len(data)))
    directory = b"".join(entries).ljust(SECTOR, b"\0")
    table = struct.pack(f"<{SECTOR // 4}I", *fat, *[_FREE] * (SECTOR // 4 - len(fat)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0, 0)
    return header + struct.pack("<108I", *[_FREE] * 108) + table + directory + b"".join(padded)


def _entry(name: str, kind: int, *, child: int = _FREE, right: int = _FREE, start: int = 0, size: int = 0) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    entry = encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), kind, 1, _FREE, right, child)
    return entry + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)


def doc(text: str) -> bytes:
    """A Word document."""
    begins = 2048
    # FibBase, then the numbers of characters and, far behind, where the table of pieces lies.
    block = bytearray(begins)
    struct.pack_into("<HHHHHH", block, 0, 0xA5EC, 0xC1, 0, 0x409, 0, 0x0200)
    struct.pack_into("<II", block, 24, begins, begins + 2 * len(text))
    struct.pack_into("<H", block, 32, 14)
    struct.pack_into("<H", block, 62, 22)
    struct.pack_into("<I", block, 76, len(text))
    struct.pack_into("<H", block, 152, 93)
    pieces = struct.pack("<II", 0, len(text)) + struct.pack("<HIH", 0, begins, 0)
    table = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", block, 154 + 33 * 8, 0, len(table))
    return compound({"WordDocument": bytes(block) + text.encode("utf-16-le"), "1Table": table})


def xls(rows: Sequence[Sequence[float | str]], form: str = "General") -> bytes:
    """A workbook of one sheet; its numbers stand in this format."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def text(words: str, size: str) -> bytes:
        return struct.pack(f"<{size}B", len(words), 1) + words.encode("utf-16-le")

    styles = record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + text("Arial", "B")) * 4
    styles += record(0x41E, struct.pack("<H", 164) + text(form, "H"))
    styles += record(0xE0, struct.pack("<HHH", 0, 0, 0xFFF5) + bytes(14))
    styles += record(0xE0, struct.pack("<HHH", 0, 164, 1) + bytes(14))
    begins = struct.pack("<HHHHII", 0x600, 5, 0x0DBB, 0x07CC, 0, 6)
    sheet = record(0x809, begins[:2] + struct.pack("<H", 0x10) + begins[4:])
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            place = struct.pack("<HHH", y, x, 1)
            if isinstance(value, str):
                sheet += record(0x204, place + text(value, "H"))
            else:
                sheet += record(0x203, place + struct.pack("<d", value))
    name = text("Prices", "B")
    head = record(0x809, begins) + record(0x42, struct.pack("<H", 1200)) + styles
    at = len(head) + 4 + 6 + len(name) + 4
    bound = record(0x85, struct.pack("<IH", at, 0) + name)
    return compound({"Workbook": head + bound + record(0x0A, b"") + sheet + record(0x0A, b"")})
