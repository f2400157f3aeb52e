"""Archives of XML, as Word, PowerPoint, Excel, OpenDocument and books are: their parts, and what points to what."""

import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, XMLParser, tostring

from bot.files.reader.trouble import Trouble

MOST_UNPACKED = 200 * 1024 * 1024
MOST_TIMES = 200
"""An archive that unpacks to more than this, or to so many times its size, is a bomb. XML shrinks to a tenth."""

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RuntimeError,  # Also NotImplementedError: a version or a method that is not known.
    OSError,
    EOFError,
    ValueError,
    KeyError,
)
"""What `zipfile` raises for damaged, encrypted and exotic archives, whether it opens them or reads a part."""

_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold."""
_LOCKS = {
    "META-INF/manifest.xml": re.compile(rb"<(?:\w+:)?encryption-data\b"),
    "META-INF/encryption.xml": re.compile(rb"CipherReference[^>]+URI=[\"'][^\"']+\.x?html?[\"']", re.IGNORECASE),
}
"""What says that parts are encrypted, of OpenDocument and of books, whose fonts may be without it being a lock."""


class Relation(NamedTuple):
    """What a part points to: of which kind (the end of the kind's address), and the other part's name."""

    kind: str
    target: str


class Archive:
    """The parts of an archive, unpacked one at a time; the case of their names does not matter."""

    def __init__(self, path: Path) -> None:
        """Raises `Trouble`: it is damaged, a bomb, or has a password."""
        try:
            self._zip = zipfile.ZipFile(path)
        except UNREADABLE as error:
            raise Trouble("broken") from error
        parts = self._zip.infolist()
        unpacked = sum(info.file_size for info in parts)
        if unpacked > MOST_UNPACKED or unpacked > 1_000_000 + MOST_TIMES * path.stat().st_size:
            raise Trouble("bomb")
        if any(info.flag_bits & 1 for info in parts):
            raise Trouble("encrypted")
        self._names = {_plain(info.filename): info.filename for info in parts}
        if any(name in self and sign.search(self.read(name)) for name, sign in _LOCKS.items()):
            raise Trouble("encrypted")

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._names

    def read(self, name: str) -> bytes:
        """One part. Raises `Trouble`."""
        try:
            with self._zip.open(self._names[_plain(name)]) as file:
                data = file.read(MOST_UNPACKED + 1)
        except UNREADABLE as error:
            raise Trouble("broken") from error
        if len(data) > MOST_UNPACKED:
            raise Trouble("bomb")
        return data

    def xml(self, name: str) -> Element:
        """One part, as XML. Raises `Trouble`."""
        return parsed(self.read(name))

    def optional(self, name: str) -> Element | None:
        """A part that may be missing or damaged without the document being so."""
        try:
            return self.xml(name) if name in self else None
        except Trouble:
            return None

    def relations(self, part: str) -> Mapping[str, Relation]:
        """What a part points to inside the archive, by the id that it calls it by. "" is the package itself."""
        folder, _, name = part.rpartition("/")
        root = self.optional(f"{folder}/_rels/{name}.rels".lstrip("/"))
        if root is None:
            return {}
        return {
            node.get("Id", ""): Relation(
                node.get("Type", "").rpartition("/")[2], resolved(folder, node.get("Target", ""))
            )
            for node in root
            if node.get("TargetMode") != "External"
        }

    def related(self, part: str, kind: str) -> Iterator[str]:
        """The parts of a kind that a part points to."""
        for relation in self.relations(part).values():
            if relation.kind == kind and relation.target in self:
                yield relation.target

    def main_part(self, otherwise: str) -> str:
        """The document's own part, wherever its writer put it."""
        return next(self.related("", "officeDocument"), otherwise)


class FlatArchive(Archive):
    """A document in one file of XML: a package in one piece, or what is `part` as a whole."""

    def __init__(self, path: Path, part: str) -> None:
        """Raises `Trouble`."""
        root = parsed(path.read_bytes())
        self._parts = {part: root}
        if local(root) == "package":
            held = {_plain(attribute(node, "name") or ""): node for node in root}
            self._parts = {name: data[0] for name, node in held.items() for data in node if len(data)}

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._parts

    def read(self, name: str) -> bytes:
        """One part. Raises `Trouble`."""
        return tostring(self.xml(name))

    def xml(self, name: str) -> Element:
        """One part. Raises `Trouble`."""
        if name not in self:
            raise Trouble("broken")
        return self._parts[_plain(name)]


def opened(path: Path, part: str) -> Archive:
    """A document, packed or not; one that is not and has no parts is `part` as a whole. Raises `Trouble`."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    return Archive(path) if packed else FlatArchive(path, part)


def parsed(data: bytes) -> Element:
    """A tree of XML; a byte that cannot be spoils its letter, not the document.

    Expat itself bounds what entities grow to; a document that declares some is refused all the same.

    Raises:
        Trouble: it is damaged.
    """
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16") if wide else data
        if ("<!ENTITY" in text) if isinstance(text, str) else (b"<!ENTITY" in text):
            raise Trouble("broken")
        return _fed(text)
    except (ParseError, ValueError, LookupError):
        pass
    try:
        return _fed(_IMPOSSIBLE.sub("", data.decode("utf-16" if wide else "utf-8", "replace")))
    except (ParseError, ValueError, LookupError) as error:
        raise Trouble("broken") from error


def _fed(text: str | bytes) -> Element:
    parser = XMLParser()  # noqa: S314 - see above
    parser.feed(text)
    root: Element = parser.close()
    return root


def local(node: Element) -> str:
    """An element's name without its namespace."""
    return str(node.tag).rpartition("}")[2]


def attribute(node: Element, name: str) -> str | None:
    """An attribute, whatever its namespace: strict and transitional documents have different ones."""
    end = "}" + name
    return next((value for key, value in node.items() if key == name or key.endswith(end)), None)


def resolved(folder: str, target: str) -> str:
    """The name of the part that is meant by an address in a part of this folder."""
    if "%" in target:
        from urllib.parse import unquote  # Rare, and dear to import.

        target = unquote(target)
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
