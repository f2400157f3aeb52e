"""What Word wrote before 2007, by office-oxide; it has one text for a whole document."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from office_oxide import Document, OfficeOxideError

from bot.files.reader.pages import tidy
from bot.files.reader.parts import parts
from bot.files.reader.trouble import Trouble


def read_doc(path: Path) -> Iterator[str]:
    """A Word document, in parts that count as pages: where Word began one is not kept in it. Raises `Trouble`."""
    return iter(whole(path, "doc"))


def whole(path: Path, form: Literal["doc", "ppt"]) -> list[str]:
    """All that is written in a file, in parts that count as pages. Raises `Trouble`."""
    try:
        text: str = Document.from_bytes(path.read_bytes(), form).plain_text()
    except OfficeOxideError as error:
        raise Trouble("encrypted" if "ncrypt" in str(error) or "password" in str(error) else "broken") from error
    return parts(tidy(text))
