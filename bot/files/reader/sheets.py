"""Excel's sheets, by openpyxl: their dates and numbers hide behind formats.

It brings numpy along, which is most of what a reader's start costs, so that this is imported for sheets alone.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from bot.files.reader.office import Archive
from bot.files.reader.trouble import Trouble

MOST_CELLS = 2_000_000


def read_xlsx(path: Path) -> Iterator[str]:
    """The sheets, a row a line, cells parted by tabs."""
    Archive(path)  # Refuses bombs before openpyxl unpacks anything.
    try:
        # By its content: the file has no ending that openpyxl could go by.
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
        cells = 0
        for sheet in book.worksheets:
            lines = [sheet.title]
            for row in sheet.iter_rows(values_only=True):
                cells += len(row)
                if cells > MOST_CELLS:
                    break
                values = ["" if value is None else str(value) for value in row]
                if any(values):
                    lines.append("\t".join(values).rstrip("\t"))
            yield "\n".join(lines)
    except (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, ParseError, OSError) as error:
        raise Trouble("broken") from error
