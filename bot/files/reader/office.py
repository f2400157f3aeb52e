"""Word, PowerPoint, OpenDocument and EPUB: archives of XML, of which only the words are wanted.

One walk through the elements serves all of them; libraries for each would bring their writers along.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.files.reader.html import words_of_html
from bot.files.reader.plain import parts
from bot.files.reader.trouble import Trouble

MOST_UNPACKED = 200 * 1024 * 1024
MOST_TIMES = 200
"""An archive that unpacks to more than this, or to so many times its size, is a bomb. XML shrinks to a tenth."""

_PARAGRAPHS = frozenset(("p", "h", "tr", "table-row"))
_CELLS = frozenset(("tc", "table-cell"))
_BREAKS = frozenset(("br", "line-break", "cr"))
_IGNORED = frozenset(("instrText", "delText", "annotation", "tracked-changes"))


class Archive:
    """The files in an archive, unpacked one at a time."""

    def __init__(self, path: Path) -> None:
        """Raises `Trouble`: it is damaged, a bomb, or has a password."""
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise Trouble("broken") from error
        unpacked = sum(info.file_size for info in self._zip.infolist())
        if unpacked > MOST_UNPACKED or unpacked > 1_000_000 + MOST_TIMES * path.stat().st_size:
            raise Trouble("bomb")
        if any(info.flag_bits & 1 for info in self._zip.infolist()):
            raise Trouble("encrypted")
        self.names = self._zip.namelist()

    def read(self, name: str) -> bytes:
        """One file of it. Raises `Trouble`."""
        try:
            with self._zip.open(name) as file:
                data = file.read(MOST_UNPACKED + 1)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError) as error:
            raise Trouble("broken") from error
        except Exception as error:
            # zlib.error has no public name of its own worth an import.
            raise Trouble("broken") from error
        if len(data) > MOST_UNPACKED:
            raise Trouble("bomb")
        return data

    def xml(self, name: str) -> Element:
        """One file of it, as XML. Raises `Trouble`."""
        try:
            root: Element = fromstring(self.read(name))
        except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
            raise Trouble("broken") from error
        return root


def read_docx(path: Path) -> Iterator[str]:
    """The pages of a Word document, as Word last laid them out."""
    text = "".join(_words(Archive(path).xml("word/document.xml")))
    for page in text.split("\f"):
        yield from parts(_tidy(page))


def read_pptx(path: Path) -> Iterator[str]:
    """The slides, each with its notes."""
    archive = Archive(path)
    for number in range(1, len(archive.names) + 1):
        slide = f"ppt/slides/slide{number}.xml"
        if slide not in archive.names:
            return
        text = "".join(_words(archive.xml(slide)))
        notes = f"ppt/notesSlides/notesSlide{number}.xml"
        if notes in archive.names:
            text += "\n\n" + "".join(_words(archive.xml(notes)))
        yield _tidy(text)


def read_odt(path: Path) -> Iterator[str]:
    """The words of an OpenDocument file."""
    text = "".join(_words(Archive(path).xml("content.xml")))
    for page in text.split("\f"):
        yield from parts(_tidy(page))


def read_epub(path: Path) -> Iterator[str]:
    """The chapters of a book, in reading order."""
    archive = Archive(path)
    container = archive.xml("META-INF/container.xml")
    root = next((node.get("full-path", "") for node in container.iter() if _name(node) == "rootfile"), "")
    package = archive.xml(root)
    items = {node.get("id"): node.get("href", "") for node in package.iter() if _name(node) == "item"}
    for node in package.iter():
        if _name(node) == "itemref" and (href := items.get(node.get("idref"))):
            name = str(PurePosixPath(root).parent / unquote(href))
            if name in archive.names:
                yield from parts(words_of_html(archive.read(name).decode(errors="replace")))


def _words(root: Element) -> Iterator[str]:
    """The words in the order of reading, with a line's end behind each paragraph and a form feed at each page's."""
    stack: list[tuple[Element, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        name = _name(node)
        if done:
            yield "\n" if name in _PARAGRAPHS else "\t" if name in _CELLS else ""
            if node.tail and name not in ("document", "body"):
                yield node.tail if name in ("span", "a", "s", "tab", "line-break", "bookmark") else ""
            continue
        if name in _IGNORED:
            continue
        yield from _opening(node, name)
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))


def _opening(node: Element, name: str) -> Iterator[str]:
    if name == "lastRenderedPageBreak" or name == "soft-page-break" or _breaks_page(node.attrib):
        yield "\f"
    elif name in _BREAKS:
        yield "\n"
    elif name == "tab":
        yield "\t"
    elif name == "s":
        yield " "
    if node.text and name in ("t", "p", "h", "span", "a"):
        yield node.text


def _breaks_page(attributes: Mapping[str, str]) -> bool:
    return any(key.endswith("}type") and value == "page" for key, value in attributes.items())


def _name(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _tidy(text: str) -> str:
    lines = (line.strip(" ") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n\t ")
