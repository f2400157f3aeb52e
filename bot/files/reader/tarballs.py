"""Tar archives, compressed or not, and single files that are compressed: gzip, bzip2, xz.

They are read as a stream, once, so that one that unpacks to more than it may is left as soon as it has.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from bot.files.reader.archive import MOST_TIMES, MOST_UNPACKED
from bot.files.reader.encodings import decoded
from bot.files.reader.signatures import BZIP2, GZIP, XZ
from bot.files.reader.trouble import Trouble

_OPEN: Mapping[bytes, Callable[[Path], io.BufferedIOBase]] = {
    GZIP: gzip.GzipFile,
    BZIP2: bz2.BZ2File,
    XZ: lzma.LZMAFile,
}

_UNREADABLE = (tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
"""What the three and `tarfile` raise for what is damaged, or of a form that they do not know."""

_NAMED = 8
"""The flag of a gzip file that holds its file's name, which ends with a NUL (RFC 1952, 2.3.1)."""
_EXTRA = 4
_HEAD = 10


def files_of_tarball(path: Path, largest: int) -> Iterator[tuple[str, bytes | int]]:
    """Name and bytes of each file, or its size where it has more than `largest`; "" for a name that nobody knows.

    Raises `Trouble`.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1024)
        way = next((way for sign, way in _OPEN.items() if head.startswith(sign)), None)
        with path.open("rb") if way is None else way(path) as file:
            stream = io.BufferedReader(_Bounded(file, path.stat().st_size))
            if _is_tar(stream.peek(tarfile.BLOCKSIZE)[: tarfile.BLOCKSIZE]):
                yield from _members(stream, largest)
            else:
                data = stream.read(largest + 1)
                yield _name_in(head), largest + 1 if len(data) > largest else data
    except _UNREADABLE as error:
        raise Trouble("broken") from error


def _members(stream: "io.BufferedReader[_Bounded]", largest: int) -> Iterator[tuple[str, bytes | int]]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            held = archive.extractfile(info) if info.isreg() and info.size <= largest else None
            if held is not None:
                yield _plain(info.name), held.read()
            elif info.isreg():
                yield _plain(info.name), info.size


def _plain(name: str) -> str:
    """A name as its maker's machine wrote it, in whatever encoding; one that it gives at length may hold anything."""
    return decoded(name.replace("\0", "").encode("utf-8", "surrogateescape"))


def _is_tar(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _name_in(head: bytes) -> str:
    """The name that a gzip file gives the file in it."""
    if not head.startswith(GZIP) or not head[3] & _NAMED:
        return ""
    begin = _HEAD
    if head[3] & _EXTRA:
        begin += 2 + int.from_bytes(head[_HEAD : _HEAD + 2], "little")
    return PurePosixPath(decoded(head[begin:].partition(b"\0")[0])).name


class _Bounded(io.RawIOBase):
    """What is unpacked, as long as it is no bomb; then reading it raises `Trouble`."""

    def __init__(self, file: io.BufferedIOBase, size: int) -> None:
        self._file = file
        self._left = min(MOST_UNPACKED, 1_000_000 + MOST_TIMES * size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise Trouble("bomb")
        buffer[: len(data)] = data
        return len(data)
