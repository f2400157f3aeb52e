"""Compound files ([MS-CFB]) with folders in folders, as small as they can be."""

import itertools
import struct
from collections.abc import Mapping

_SECTOR, _SMALL, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD

Folder = dict[str, "bytes | Folder"]


class _File:
    def __init__(self) -> None:
        self.sectors: list[bytes] = []
        self.fat: list[int] = []
        self.small = bytearray()
        self.small_fat: list[int] = []
        self.entries: list[list[object]] = []

    def lay(self, data: bytes) -> int:
        """Sectors of these bytes, one behind the other; gives the first."""
        return _chain(self.fat, self.sectors, data, _SECTOR)

    def add(self, name: str, inside: "bytes | Folder") -> int:
        """A stream or a folder; gives its number."""
        number = len(self.entries)
        self.entries.append([name, 2, _FREE, _FREE, _END, 0])
        entry = self.entries[number]
        if isinstance(inside, bytes):
            entry[4:] = [self._stream(inside), len(inside)]
            return number
        entry[1] = 1
        entry[3] = self._tree([self.add(each, data) for each, data in sorted(inside.items(), key=_place)])
        return number

    def _stream(self, data: bytes) -> int:
        if not data:
            return _END
        if len(data) >= _CUTOFF:
            return self.lay(data)
        pieces: list[bytes] = []
        first = _chain(self.small_fat, pieces, data, _SMALL)
        self.small += b"".join(pieces)
        return first

    def _tree(self, numbers: list[int]) -> int:
        """Siblings hang together to the right, a list rather than a tree: readers do not mind."""
        for left, right in itertools.pairwise(numbers):
            self.entries[left][2] = right
        return numbers[0] if numbers else _FREE


def compound(root: Mapping[str, "bytes | Folder"]) -> bytes:
    """A compound file of these streams and folders."""
    file = _File()
    file.add("Root Entry", dict(root))
    small = file.lay(bytes(file.small)) if file.small else _END
    file.entries[0][1:2], file.entries[0][4:] = [5], [small, len(file.small)]
    small_fat = file.lay(struct.pack(f"<{len(file.small_fat)}I", *file.small_fat)) if file.small else _END
    directory = file.lay(b"".join(_entry(*entry) for entry in file.entries))  # type: ignore[arg-type]
    tables = 1
    while (len(file.fat) + tables) * 4 > tables * _SECTOR:
        tables += 1
    first = len(file.fat)
    fat = [*file.fat, *[_FAT] * tables]
    fat += [_FREE] * (tables * _SECTOR // 4 - len(fat))
    places = [*range(first, first + tables)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack(
        "<IIIIIIIIII", 0, tables, directory, 0, _CUTOFF, small_fat, -(-len(file.small_fat) * 4 // _SECTOR), _END, 0, 0
    )[:36]
    header += struct.pack("<109I", *places, *[_FREE] * (109 - tables))
    return header + b"".join(file.sectors) + struct.pack(f"<{len(fat)}I", *fat)


def _chain(fat: list[int], sectors: list[bytes], data: bytes, size: int) -> int:
    first = len(fat)
    count = -(-len(data) // size)
    sectors += [data[at * size : (at + 1) * size].ljust(size, b"\0") for at in range(count)]
    fat += [*range(first + 1, first + count), _END]
    return first


def _place(item: "tuple[str, bytes | Folder]") -> tuple[int, str]:
    return len(item[0]), item[0].upper()


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    entry = encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), kind, 1, _FREE, right, child)
    return entry + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)
