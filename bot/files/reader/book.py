"""Books (EPUB): their chapters in reading order."""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from bot.files.reader.archive import Archive, local, resolved
from bot.files.reader.encodings import decoded
from bot.files.reader.html import words_of_html
from bot.files.reader.parts import parts


def read_epub(path: Path) -> Iterator[str]:
    """The chapters of a book, in reading order. Raises `Trouble`."""
    archive = Archive(path)
    container = archive.xml("META-INF/container.xml")
    root = next((node.get("full-path", "") for node in container.iter() if local(node) == "rootfile"), "")
    package = archive.xml(root)
    items = {node.get("id"): node.get("href", "") for node in package.iter() if local(node) == "item"}
    chapters = [items.get(node.get("idref"), "") for node in package.iter() if local(node) == "itemref"]
    for href in chapters:
        name = resolved(posixpath.dirname(root), href.partition("#")[0])
        if href and name in archive:
            yield from parts(words_of_html(decoded(archive.read(name), "en")))
