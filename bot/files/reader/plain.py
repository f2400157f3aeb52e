"""Text, and web pages without their tags, in parts that count as pages."""

from collections.abc import Iterator
from pathlib import Path

from bot.files.reader.encodings import decoded
from bot.files.reader.html import title_of_html, words_of_html
from bot.files.reader.notebook import words_of_notebook
from bot.files.reader.parts import parts
from bot.files.reader.tables import as_rows


def read_text(path: Path, language: str) -> Iterator[str]:
    """The pages of a text; of a table, a row a line; of a notebook, its cells."""
    text = decoded(path.read_bytes(), language)
    yield from parts(words_of_notebook(text) or as_rows(text) or text)


def read_html(path: Path, language: str) -> Iterator[str]:
    """The pages of a web page."""
    source = decoded(path.read_bytes(), language)
    words, title = words_of_html(source), title_of_html(source)
    yield from parts(words if title in words else f"{title}\n\n{words}")
