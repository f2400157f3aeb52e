"""What someone has sent for import: one file or several, each plain or a .zip, opened without trusting any of it.

Text is handed out as documents, to be told apart by their content; what else is in a .zip stays there until a message
asks for it by the name that its export gives it.
"""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.archive.values import ImportFault

LARGEST_BYTES = 100 * 1024 * 1024
"""Of one document, unpacked."""

MOST_BYTES = 500 * 1024 * 1024
"""Of all documents together: the most that is unpacked from one file."""

MOST_ENTRIES = 100_000

_UNPACKING = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, OSError, EOFError, ValueError
)  # fmt: skip
"""What `zipfile` raises for damaged, encrypted and exotic archives."""

_ASSET = re.compile(r"file[-_][A-Za-z0-9]+")
_SNIFFED = 64
_WORTH_READING = (b"[", b"{", b"<", b"\x89PNG")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that may contain conversations. `name` tells people which one is meant."""

    name: str
    data: bytes | None
    """None: it is in a .zip, as the entry of this name."""


class Bundle:
    """The files of one import."""

    def __init__(self, files: Sequence[tuple[str, bytes | Path]]) -> None:
        """`files` are names, and bytes or where they lie. Nothing is opened yet."""
        self._files = files
        self._entries: dict[str, zipfile.ZipFile] = {}
        self._assets: dict[str, str] = {}
        self._named: dict[str, str] = {}
        self._open: list[zipfile.ZipFile] = []
        self._unpacked = 0

    def documents(self) -> Iterator[Document]:
        """Whatever may hold conversations, in order; a .zip that cannot be opened is handed out as it is."""
        for name, given in self._files:
            # A picture may be followed by a .zip: some character cards come like that.
            packed = _opened(given) if _head(given).startswith((b"PK", b"\xff\xd8\xff")) else None
            if packed is not None:
                self._open.append(packed)
                yield from self._zipped(packed)
            else:
                yield Document(name, given if isinstance(given, bytes) else _whole(given))

    def close(self) -> None:
        """Release what was opened."""
        for packed in self._open:
            packed.close()

    def _zipped(self, packed: zipfile.ZipFile) -> Iterator[Document]:
        infos = packed.infolist()[:MOST_ENTRIES]
        for info in infos:
            self._entries.setdefault(info.filename, packed)
            self._named.setdefault(_base(info.filename), info.filename)
            if (asset := _ASSET.match(_base(info.filename))) is not None:
                self._assets.setdefault(asset[0], info.filename)
        wanted = [info for info in infos if not info.is_dir() and _ASSET.match(_base(info.filename)) is None]
        for info in sorted(wanted, key=lambda each: each.filename):
            if _begins(packed, info):
                yield Document(info.filename, None)

    def bytes_of(self, document: Document) -> bytes:
        """The bytes of a document. Raises ImportFault if it cannot be unpacked or is too large."""
        if document.data is not None:
            if document.data.startswith(b"PK"):
                raise _not_unpacked()
            return document.data
        data = self.read(document.name, LARGEST_BYTES)
        self._unpacked += len(data)
        if self._unpacked > MOST_BYTES:
            raise _too_large(MOST_BYTES)
        return data

    def read(self, entry: str, limit: int) -> bytes:
        """The bytes of an entry. Raises ImportFault if it is larger than `limit` bytes, or damaged."""
        try:
            with self._entries[entry].open(entry) as file:
                data = file.read(limit + 1)
        except (*_UNPACKING, KeyError) as error:
            raise _not_unpacked() from error
        if len(data) > limit:
            raise _too_large(limit)
        return data

    def asset(self, pointer: str) -> str:
        """The entry that ChatGPT's pointer ("file-service://file-…", "sediment://file_…") means; "" for none."""
        found = _ASSET.match(pointer.rpartition("/")[2])
        return self._assets.get(found[0], "") if found is not None else ""

    def entry(self, name: str) -> str:
        """The entry with this file name, wherever it lies; "" for none."""
        return self._named.get(_base(name), "")


def _not_unpacked() -> ImportFault:
    return ImportFault("The .zip file cannot be unpacked. Send the {name} in it.", name="conversations.json")


def _too_large(limit: int) -> ImportFault:
    return ImportFault("The file is larger than {limit} MB when unpacked.", limit=max(1, limit // 1024**2))


def _head(given: bytes | Path) -> bytes:
    if isinstance(given, bytes):
        return given[:4]
    with given.open("rb") as file:
        return file.read(4)


def _whole(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_BYTES:
        raise _too_large(LARGEST_BYTES)
    return path.read_bytes()


def _opened(given: bytes | Path) -> zipfile.ZipFile | None:
    try:
        return zipfile.ZipFile(given if isinstance(given, Path) else io.BytesIO(given))
    except _UNPACKING:
        return None


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _begins(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Whether an entry begins like a file that can contain conversations."""
    head = b""
    with suppress(*_UNPACKING), packed.open(info) as file:
        head = file.read(_SNIFFED)
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return bool(head) and (not plain or plain.startswith(_WORTH_READING))
