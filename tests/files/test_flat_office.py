"""Office documents that are one file of XML: packages in one piece, and Word's and Excel's of 2003."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.sheets import read_xlsx
from bot.files.reader.slides import read_pptx
from bot.files.reader.word import read_docx
from tests.files.office_texts import W, pages, word
from tests.files.test_locked import refused
from tests.support import material

PACKAGE = "http://schemas.microsoft.com/office/2006/xmlPackage"
NOTED = '<w:p><w:r><w:t>free</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
NOTE = '<w:footnote w:id="2"><w:p><w:r><w:t>in winter</w:t></w:r></w:p></w:footnote>'


def in_one_piece(packed: bytes, program: str) -> bytes:
    """The same package as a file of XML."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                content = archive.read(name).decode().partition("?>")
                inner = content[2] if content[1] and content[0].startswith("<?xml") else "".join(content)
                parts.append(f'<pkg:part pkg:name="/{name}"><pkg:xmlData>{inner}</pkg:xmlData></pkg:part>')
    picture = '<pkg:part pkg:name="/media/1.png"><pkg:binaryData>iVBO</pkg:binaryData></pkg:part>'
    head = f'<?xml version="1.0"?><?mso-application progid="{program}"?>'
    return f'{head}<pkg:package xmlns:pkg="{PACKAGE}">{"".join(parts)}{picture}</pkg:package>'.encode()


@pytest.mark.parametrize(
    ("packed", "program", "kind", "read"),
    [
        (word(NOTED, footnotes=NOTE), "Word.Document", FileKind.DOCX, read_docx),
        (material.docx(["one", "two"]), "Word.Document", FileKind.DOCX, read_docx),
        (material.pptx(["one", "two"]), "PowerPoint.Show", FileKind.PPTX, read_pptx),
    ],
)
def test_a_package_in_one_piece_says_what_the_packed_one_does(
    packed: bytes, program: str, kind: FileKind, read: Callable[[Path], Iterator[str]], tmp_path: Path
) -> None:
    flat = in_one_piece(packed, program)
    assert kind_of(flat) is kind
    assert pages(read, flat, tmp_path) == pages(read, packed, tmp_path) != [""]


def test_a_word_document_of_2003_is_read(tmp_path: Path) -> None:
    names = W.replace("http://schemas.openxmlformats.org/wordprocessingml/2006/main", WORD_2003)
    said = "<w:fonts><w:defaultFonts/></w:fonts><w:body><w:p><w:r><w:t>Free in winter.</w:t></w:r></w:p></w:body>"
    made = f'<?xml version="1.0"?><w:wordDocument {names}>{said}</w:wordDocument>'.encode()
    assert kind_of(made) is FileKind.DOCX
    assert pages(read_docx, made, tmp_path) == ["Free in winter."]


WORD_2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
SHEETS_2003 = "urn:schemas-microsoft-com:office:spreadsheet"


def sheets(rows: str, styles: str = "") -> bytes:
    table = f'<Worksheet ss:Name="Prices"><Table>{rows}</Table></Worksheet>'
    names = f'xmlns="{SHEETS_2003}" xmlns:ss="{SHEETS_2003}"'
    more = "<Worksheet ss:Name='Empty'/>"
    return f'<?xml version="1.0"?>\n<Workbook {names}><Styles>{styles}</Styles>{table}{more}</Workbook>'.encode()


def cell(value: str, kind: str = "String", more: str = "") -> str:
    return f'<Cell {more}><Data ss:Type="{kind}">{value}</Data></Cell>'


def row(*cells: str, more: str = "") -> str:
    return f"<Row {more}>{''.join(cells)}</Row>"


STYLED = 'ss:StyleID="s1"'
STYLE = '<Style ss:ID="s1"><NumberFormat ss:Format="{}"/></Style>'


@pytest.mark.parametrize(
    ("made", "meant"),
    [
        (sheets(row(cell("a"), cell("two\nlines")) + row(cell("b"), more='ss:Index="9"')), "a\ttwo lines\nb"),
        (sheets(row(cell("a", more='ss:Index="3"'), cell("b"))), "\t\ta\tb"),
        (sheets(row(cell("a", more='ss:MergeAcross="2"'), cell("b"))), "a\t\t\tb"),
        (sheets(row(cell("0.15", "Number", STYLED)), STYLE.format("Percent")), "15.00%"),
        (sheets(row(cell("1067", "Number", STYLED)), STYLE.format("00000")), "01067"),
        (sheets(row(cell("1", "Boolean"), cell("#N/A", "Error"))), "TRUE\t#N/A"),
        (sheets(row(cell("2026-03-01T00:00:00.000", "DateTime"))), "2026-03-01"),
        (sheets(row(cell("2026-03-01T08:15:00.000", "DateTime"))), "2026-03-01 08:15"),
        (sheets(row(cell("1899-12-31T08:15:00.000", "DateTime"))), "08:15"),
        (sheets("<Row><Cell ss:Formula='=RC[-1]*2'/></Row>"), "=RC[-1]*2"),
        (
            sheets("<Row><Cell><Data ss:Type='String'>a</Data><Comment><Data>why?</Data></Comment></Cell></Row>"),
            "a\n[R1C1: why?]",
        ),
    ],
)
def test_sheets_of_2003_are_told_as_a_person_sees_them(made: bytes, meant: str, tmp_path: Path) -> None:
    assert kind_of(made) is FileKind.XLSX
    assert pages(read_xlsx, made, tmp_path) == [f"Prices\n{meant}", "Empty"]


def test_a_page_that_excel_saved_is_a_page() -> None:
    page = f'<html xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns="{SHEETS_2003}"><body><table>'
    assert kind_of(page.encode()) is FileKind.HTML


def test_sheets_whose_parts_are_not_xml_are_refused_by_what_to_do() -> None:
    assert refused(material.zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\1\0"})) == "old_office"
