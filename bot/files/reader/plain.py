"""Text, and web pages without their tags, in parts that count as pages."""

from collections.abc import Iterator
from pathlib import Path

from bot.files.reader.encodings import decoded
from bot.files.reader.html import page_of_html
from bot.files.reader.lines import is_folded, unfolded
from bot.files.reader.notebook import words_of_notebook
from bot.files.reader.parts import parts
from bot.files.reader.sealed import is_armoured
from bot.files.reader.signatures import PROPERTY_LIST
from bot.files.reader.tables import as_rows
from bot.files.reader.trouble import Trouble


def read_text(path: Path, language: str) -> Iterator[str]:
    """The pages of a text; of a table, a row a line; of a notebook, its cells; of a feed, its entries; of contacts and
    dates, whole lines.

    Raises `Trouble`.
    """
    # Old Macs, and what counts up in a terminal, end a line with a carriage return alone.
    text = decoded(path.read_bytes(), language).replace("\r\n", "\n").replace("\r", "\n")
    if is_armoured(text):
        raise Trouble("sealed")
    yield from parts(unfolded(text) if is_folded(text) else _of_a_form(text) or as_rows(text) or text)


def _of_a_form(text: str) -> str | None:
    """The words of a text in which a program has written them; None if people have."""
    words = words_of_notebook(text)
    if words is None and text.lstrip("\ufeff \t\r\n")[:1] in ("<", "{"):
        from bot.files.reader.feed import words_of_feed  # Loaded for what may be one alone.

        words = words_of_feed(text)
    return words


def read_html(path: Path, language: str) -> Iterator[str]:
    """The pages of a web page."""
    data = path.read_bytes()
    if data.startswith(PROPERTY_LIST):
        from bot.files.reader.web_archive import main_page  # Loaded for those files alone.

        yield from parts(page_of_html(main_page(data)))
    else:
        yield from parts(page_of_html(decoded(data, language)))
