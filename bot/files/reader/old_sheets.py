"""What Excel wrote before 2007, by xlrd, told as newer sheets are."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import xlrd

from bot.files.reader.figures import shown
from bot.files.reader.pages import row, tidy
from bot.files.reader.trouble import Trouble

_ERRORS = (xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, AssertionError, LookupError, ValueError, TypeError)
"""What xlrd says of damage, also where it does not mean to."""

_MORE = (AttributeError, OverflowError, ZeroDivisionError, xlrd.formula.FormulaError)


def read_xls(path: Path) -> Iterator[str]:
    """The sheets in their order, each with its name. Raises `Trouble`."""
    try:
        # It reports on its standard output, which is ours.
        book = xlrd.open_workbook(file_contents=path.read_bytes(), formatting_info=True, logfile=io.StringIO())
        return iter([_sheet(book, sheet) for sheet in book.sheets()])
    except (*_ERRORS, *_MORE) as error:
        raise Trouble("encrypted" if "encrypted" in str(error) else "broken") from error


def _sheet(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> str:
    lines = [sheet.name]
    for number in range(sheet.nrows):
        cells = [_cell(book, cell) for cell in sheet.row(number)]
        lines.append(row(cells).rstrip("\n") if len(cells) > 1 else " ".join("".join(cells).split()))
    for place, note in sorted(sheet.cell_note_map.items()):
        lines.append(f"[{xlrd.cellname(*place)}: {' '.join(note.text.split())}]")
    return tidy("\n".join(line for line in lines if line))


def _cell(book: xlrd.Book, cell: xlrd.sheet.Cell) -> str:
    match cell.ctype:
        case xlrd.XL_CELL_TEXT:
            return str(cell.value)
        case xlrd.XL_CELL_BOOLEAN:
            return "TRUE" if cell.value else "FALSE"
        case xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "#ERROR!"))
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            form = book.format_map.get(book.xf_list[cell.xf_index].format_key) if cell.xf_index is not None else None
            code = form.format_str if form is not None else "General"
            return shown(cell.value, code, repr(cell.value), from_1904=bool(book.datemode))
    return ""
