"""Slides, sheets and books arrive whole, and damage is named: each case once lost something."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.files.reader.archive import Archive
from bot.files.reader.book import read_epub
from bot.files.reader.figures import shown
from bot.files.reader.opendocument import read_odf
from bot.files.reader.sheets import read_xlsx
from bot.files.reader.slides import read_pptx
from bot.files.reader.trouble import Trouble
from bot.files.reader.word import read_docx
from tests.files.office_texts import pages
from tests.support import material
from tests.support.material import relations, zipped

# slides


def test_slides_come_in_their_order_and_with_their_own_notes(tmp_path: Path) -> None:
    def shown_as(text: str) -> str:
        return f'<s xmlns:a="a"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></s>'

    order = (7, 1, 3)
    ids = "".join(f'<sldId id="{900 - n}" r:id="r{n}"/>' for n in order)
    made = zipped(
        {
            "ppt/presentation.xml": f'<p xmlns:r="{material.R}">{ids}</p>',
            "ppt/_rels/presentation.xml.rels": relations({f"r{n}": ("slide", f"slides/slide{n}.xml") for n in order}),
            **{f"ppt/slides/slide{n}.xml": shown_as(f"slide {n}") for n in order},
            "ppt/slides/_rels/slide3.xml.rels": relations(
                {"n": ("notesSlide", "../notesSlides/notesSlide1.xml"), "c": ("comments", "../comments/comment9.xml")}
            ),
            "ppt/notesSlides/notesSlide1.xml": (
                '<n xmlns:p="p" xmlns:a="a"><p:sp><p:ph type="sldNum"/><a:p><a:r><a:t>3</a:t></a:r></a:p></p:sp>'
                "<a:p><a:r><a:t>say this</a:t></a:r></a:p></n>"
            ),
            "ppt/comments/comment9.xml": "<cmLst><cm><text>really?</text></cm></cmLst>",
        }
    )
    assert pages(read_pptx, made, tmp_path) == ["slide 7", "slide 1", "slide 3\n\nsay this\n\n[Comment: really?]"]


def test_the_data_of_a_chart_is_a_table(tmp_path: Path) -> None:
    def kept(name: str, *values: str, code: str = "") -> str:
        points = "".join(f'<pt idx="{n}"><v>{value}</v></pt>' for n, value in enumerate(values))
        return f"<{name}><cache>{code}{points}</cache></{name}>"

    share, day = "<formatCode>0%</formatCode>", "<formatCode>d/m/yyyy</formatCode>"
    series = "".join(
        f"<ser>{kept('tx', name)}{kept('cat', '46143', 'June', code=day)}{kept('val', *values, code=code)}</ser>"
        for name, values, code in (("Berths", ("3", "5"), ""), ("Taken", ("0.4", "#N/A"), share))
    )
    made = zipped(
        {
            "ppt/presentation.xml": f'<p xmlns:r="{material.R}"><sldId id="1" r:id="r"/></p>',
            "ppt/_rels/presentation.xml.rels": relations({"r": ("slide", "slides/s.xml")}),
            "ppt/slides/s.xml": f'<s xmlns:r="{material.R}"><chart r:id="c"/></s>',
            "ppt/slides/_rels/s.xml.rels": relations({"c": ("chart", "../charts/chart4.xml")}),
            "ppt/charts/chart4.xml": f"<c><title><p><r><t>Summer</t></r></p></title>{series}</c>",
        }
    )
    assert pages(read_pptx, made, tmp_path) == ["Summer\n\tBerths\tTaken\n2026-05-01\t3\t40%\nJune\t5\t#N/A"]


def test_a_slide_tells_a_formula_and_what_a_picture_shows(tmp_path: Path) -> None:
    half = "<m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"
    power = "<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>n</m:t></m:r></m:sup></m:sSup>"
    picture = '<p:pic><p:nvPicPr><p:cNvPr id="2" name="red.png" descr="A red boat"/></p:nvPicPr></p:pic>'
    made = zipped(
        {
            "ppt/presentation.xml": f'<p xmlns:r="{material.R}"><sldId id="1" r:id="r"/></p>',
            "ppt/_rels/presentation.xml.rels": relations({"r": ("slide", "slides/s.xml")}),
            "ppt/slides/s.xml": f'<s xmlns:p="p" xmlns:a="a" xmlns:m="m">{picture}<a:p>{half}{power}</a:p></s>',
        }
    )
    assert pages(read_pptx, made, tmp_path) == ["[A red boat]\n1/2x^n"]


# sheets


def sheet(rows: str, more: str = "", forms: str = "", book: str = "") -> bytes:
    """A workbook of one sheet, as XML."""
    return zipped(
        {
            "xl/workbook.xml": (
                f'<workbook xmlns:r="{material.R}">{book}<sheets><sheet name="S" r:id="r"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": relations(
                {"r": ("worksheet", "worksheets/sheet9.xml"), "s": ("styles", "styles.xml")}
            ),
            "xl/styles.xml": f"<styleSheet>{forms}</styleSheet>",
            "xl/worksheets/sheet9.xml": f"<worksheet>{more}<sheetData>{rows}</sheetData></worksheet>",
        }
    )


@pytest.mark.parametrize(
    ("made", "meant"),
    [
        (
            sheet(
                '<row><c r="A1"><v>1</v></c><c r="C1"><v>2</v></c></row><row><c r="A2"><v>3</v></c></row>',
                '<dimension ref="A1"/>',
            ),
            "S\n1\t\t2\n3",
        ),
        (sheet("<row><c><f>A1*2</f></c><c><f>A1*3</f><v>9</v></c></row>"), "S\n=A1*2\t9"),
        (sheet("<row><c><f>A1*2</f><v>0</v></c></row>", book='<calcPr fullCalcOnLoad="1"/>'), "S\n=A1*2"),
        (sheet("<row><c><f>A1*2</f><v>0</v></c></row>"), "S\n0"),
        (
            sheet('<row><c r="B1"><f t="shared" si="0">A1*2</f></c><c r="C1"><f t="shared" si="0"/></c></row>'),
            "S\n\t=A1*2\t=A1*2 (as in B1)",
        ),
        (
            sheet('<row><c t="inlineStr"><is><r><t>two</t></r><r><t> runs</t></r></is></c><c t="b"><v>1</v></c></row>'),
            "S\ntwo runs\tTRUE",
        ),
        (
            sheet(
                '<row><c s="1"><v>0.15</v></c></row>', forms='<cellXfs><xf numFmtId="0"/><xf numFmtId="9"/></cellXfs>'
            ),
            "S\n15%",
        ),
        (
            sheet("<row><c><v>489000000000000001</v></c><c><v>0.30000000000000004</v></c></row>"),
            "S\n489000000000000001\t0.3",
        ),
    ],
)
def test_cells_are_told_as_a_person_sees_them(made: bytes, meant: str, tmp_path: Path) -> None:
    assert pages(read_xlsx, made, tmp_path) == [meant]


@pytest.mark.parametrize(
    ("value", "code", "meant"),
    [
        (0.15, "0%", "15%"),
        (0.1234, "0.0%", "12.3%"),
        (46082, "m/d/yyyy", "2026-03-01"),
        (46082.75, "dd.mm.yyyy hh:mm", "2026-03-01 18:00"),
        (46082, "[$-407]d. mmmm yyyy;@", "2026-03-01"),
        (0.75, "h:mm AM/PM", "18:00"),
        (1.5, "[h]:mm", "36:00"),
        (1234.5, '#,##0.00 "EUR"', "1,234.50 EUR"),
        (-1234.5, "#,##0.00;[Red](#,##0.00)", "(1,234.50)"),
        (-3, "0", "-3"),
        (0, '0;-0;"none"', "none"),
        (12.5, "General", "12.5"),
        (1234567, "0.00E+00", "1.23E+06"),
        (1, "[$€-2] #,##0", "€ 1"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (2.5, "0.##", "2.5"),
        (2, '0" kg"', "2 kg"),
        (12, "@", "12"),
        (12, 'General" kg"', "12 kg"),
        (0.5, '"about "0%', "about 50%"),
        (1067, "00000", "01067"),
        (5551234, "000-0000", "555-1234"),
        (2125551234, "[<=9999999]###-####;(###) ###-####", "(212) 555-1234"),
        (5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"),
        (1234567, "# ##0", "1234 567"),
        (1234567, '#\\ ###\\ ##0" Kč"', "1 234 567 Kč"),
        (4711, '"INV-"000000', "INV-004711"),
        (1234567, '0.0,,"M"', "1.2M"),
        (1234567, "#,##0,", "1,235"),
        (-5, "[<0]0.0;0", "-5.0"),
        (-12, "000", "-012"),
        (0, "00", "00"),
        (0.125, "0.00", "0.13"),
        (1.005, "0.00", "1.01"),
        # Of 123456789012345678 that is what floating point has kept: fifteen digits of it are what was entered.
        (1.2345678901234568e17, "0", "123456789012346000"),
        (1.2345678901234568e17, "#,##0.00", "123,456,789,012,346,000.00"),
        (1.2345678901234568e17, "General", "123456789012346000"),
        (-1.2345678901234568e17, "0;(0)", "(123456789012346000)"),
        (0.1 + 0.2, "General", "0.3"),
        (1.5e-7, "General", "0.00000015"),
        (1e300, "General", "1E+300"),
    ],
)
def test_a_number_is_shown_in_its_format(value: float, code: str, meant: str) -> None:
    assert shown(value, code, repr(value)) == meant


@pytest.mark.parametrize("code", ["General", "0", "@", "0.00", "#,##0"])
def test_all_digits_are_shown_of_a_whole_number_that_was_kept_with_them(code: str) -> None:
    """Programs that write a number of an account so lose none of it, though Excel would."""
    digits = "123456789012345678"
    told = shown(float(digits), code, digits)
    assert told.removesuffix(".00").replace(",", "") == digits


@given(
    st.floats(allow_nan=False),
    st.text(max_size=12) | st.sampled_from(("0", "#,##0.00", "d/m/y h:mm", "[h]:mm", "@")),
)
def test_any_number_in_any_format_is_shown_somehow(value: float, code: str) -> None:
    try:
        shown(value, code, repr(value))
    except (ValueError, OverflowError):
        return  # What calls it tells the digits instead.


# books and damage


def test_a_book_may_point_up_from_its_package(tmp_path: Path) -> None:
    made = zipped(
        {
            "META-INF/container.xml": '<c><rootfile full-path="OPS/pack/book.opf"/></c>',
            "OPS/pack/book.opf": '<p><item id="a" href="../text/ch%201.xhtml#top"/><itemref idref="a"/></p>',
            "OPS/text/ch 1.xhtml": "<html><head><title/><style src='a>b'/></head><body><p>up</p><br/></body></html>",
        }
    )
    assert pages(read_epub, made, tmp_path) == ["up"]


WHOLE: tuple[tuple[Callable[[Path], Iterator[str]], bytes], ...] = (
    (read_docx, material.docx(["x" * 50])),
    (read_pptx, material.pptx(["x"])),
    (read_xlsx, material.xlsx({"x": [[1]]})),
    (read_odf, material.odt(["x"])),
    (read_epub, material.epub(["x"])),
)


@settings(max_examples=80)
@given(st.sampled_from(WHOLE), st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 255))
def test_damage_is_named_or_survived(
    tmp_path_factory: pytest.TempPathFactory,
    made: tuple[Callable[[Path], Iterator[str]], bytes],
    cut: int,
    at: int,
    sign: int,
) -> None:
    read, whole = made
    spoilt = bytearray(whole)
    spoilt[at % len(spoilt)] = sign
    try:
        pages(read, bytes(spoilt[: cut or None]), tmp_path_factory.getbasetemp())
    except Trouble:
        return


@pytest.mark.parametrize("spoilt", [0, 64, 255])
def test_any_wrong_byte_in_the_list_of_parts_is_damage_or_none(tmp_path: Path, spoilt: int) -> None:
    whole, path = material.docx(["x"]), tmp_path / "file"
    for at in range(whole.index(b"PK\x01\x02"), len(whole)):
        path.write_bytes(whole[:at] + bytes([spoilt]) + whole[at + 1 :])
        with contextlib.suppress(Trouble):
            Archive(path).main_part("word/document.xml")
