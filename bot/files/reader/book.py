"""Books (EPUB): their chapters in reading order."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from bot.files.reader.archive import Archive, local, resolved
from bot.files.reader.encodings import decoded
from bot.files.reader.html import words_of_html
from bot.files.reader.parts import parts

_EMPTY = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([a-zA-Z][\w:.-]*+)"
    r"((?:[^<>\"'/]|/(?!>)|\"[^\"]*\"|'[^']*')*+)/>"
)
"""An element that ends where it begins, of those that HTML does not know as such."""


def read_epub(path: Path) -> Iterator[str]:
    """The chapters of a book, in reading order. Raises `Trouble`."""
    archive = Archive(path)
    container = archive.optional("META-INF/container.xml")
    nodes = container.iter() if container is not None else ()
    root = next((node.get("full-path", "") for node in nodes if local(node) == "rootfile"), "")
    package = archive.xml(root)
    items = {node.get("id"): node.get("href", "") for node in package.iter() if local(node) == "item"}
    chapters = [items.get(node.get("idref"), "") for node in package.iter() if local(node) == "itemref"]
    for href in chapters:
        name = resolved(posixpath.dirname(root), href.partition("#")[0])
        if href and name in archive:
            yield from parts(words_of_html(_as_html(decoded(archive.read(name), "en"))))


def _as_html(source: str) -> str:
    """XHTML as a reader of HTML understands it, to whom `<style/>` or `<title/>` begins what never ends."""
    return _EMPTY.sub(r"<\1\2></\1>", source)
