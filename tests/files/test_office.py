"""Office documents arrive whole: each case once lost something, and its kind is held by what is drawn."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

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
from tests.support import material
from tests.support.material import relations, zipped


def pages(read: Callable[[Path], Iterator[str]], data: bytes, tmp_path: Path) -> list[str]:
    """What a reader makes of these bytes."""
    path = tmp_path / "file"
    path.write_bytes(data)
    return list(read(path))


def words(text: str) -> str:
    """A text without what parts its words."""
    return " ".join(text.split())


# Word

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MORE = f'{W} xmlns:mc="mc" xmlns:v="v" xmlns:m="m" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def word(body: str, parts: dict[str, str] | None = None, **related: str) -> bytes:
    """A Word document. `related`: a kind of relation and the body of that part; `parts`: others by name."""
    files: dict[str, bytes | str] = {
        "word/document.xml": f"<w:document {MORE}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(
            {name: (name.rstrip("0123456789"), f"{name}.xml") for name in related}
        ),
        **{f"word/{name}.xml": f"<w:root {MORE}>{content}</w:root>" for name, content in related.items()},
        **(parts or {}),
    }
    return zipped(files)


def p(*runs: str, properties: str = "") -> str:
    """A paragraph; a run that is no element is words."""
    inner = "".join(run if run.startswith("<") else f"<w:r><w:t>{escape(run)}</w:t></w:r>" for run in runs)
    return f"<w:p>{properties and f'<w:pPr>{properties}</w:pPr>'}{inner}</w:p>"


BREAK, MARK = '<w:r><w:br w:type="page"/></w:r>', "<w:r><w:lastRenderedPageBreak/></w:r>"
BOX = (
    "<w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>{0}</w:txbxContent></w:drawing></mc:Choice>"
    "<mc:Fallback><w:pict><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox></w:pict></mc:Fallback>"
    "</mc:AlternateContent></w:r>"
)
ROW = "<w:tr>{}</w:tr>"


def table(*rows: list[str]) -> str:
    """A table of paragraphs."""
    lines = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(map(ROW.format, lines))}</w:tbl>"


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        (p("one", BREAK) + p(MARK, "two"), ["one", "two"]),
        (p("one", BREAK) + p(BREAK) + p("three"), ["one", "", "three"]),
        (p("one") + p("two", properties="<w:pageBreakBefore/>") + p(MARK, "three"), ["one", "two", "three"]),
        (p("one", properties="<w:sectPr/>") + p(MARK, "two") + "<w:sectPr><w:cols/></w:sectPr>", ["one", "two"]),
        (p("moved", MARK, " on"), ["moved", "on"]),
        (p(BOX.format(p("in a box")), "beside"), ["beside\nin a box"]),
        (p("a", "<w:r><w:noBreakHyphen/></w:r>", "b"), ["a\u2011b"]),
        (p("<w:r><w:sym w:font='Wingdings' w:char='F0FC'/></w:r>", "done"), ["✓done"]),
        (
            p("<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>", "<w:moveTo><w:r><w:t>here</w:t></w:r></w:moveTo>"),
            ["here"],
        ),
        (p("<w:del><w:r><w:delText>gone</w:delText><w:tab/></w:r></w:del>", "kept"), ["kept"]),
        (p("<w:r><w:instrText>PAGE</w:instrText></w:r>", "3"), ["3"]),
        (table([p("a"), p("b") + p("c")], [p("d"), p("e")]), ["a\tb c\nd\te"]),
        (table([p("alone") + p("two lines")]), ["alone\ntwo lines"]),
        (
            table(["<w:tcPr><w:gridSpan w:val='2'/></w:tcPr>" + p("wide"), p("x")], [p("1"), p("2"), p("3")]),
            ["wide\t\tx\n1\t2\t3"],
        ),
        (table([p(MARK, "a"), p(MARK, "b")]) + p("after"), ["a\tb", "after"]),
        (
            p(
                "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
            ),
            ["1/2"],
        ),
        ("<w:unknown>" + p("<w:what><w:r><w:t>kept</w:t></w:r></w:what>", " too") + "</w:unknown>", ["kept too"]),
    ],
)
def test_a_word_document_is_read_as_it_is_laid_out(body: str, meant: list[str], tmp_path: Path) -> None:
    assert pages(read_docx, word(body), tmp_path) == meant


def test_what_stands_around_words_text_is_told_where_it_belongs(tmp_path: Path) -> None:
    note, comment = '<w:r><w:footnoteReference w:id="7"/></w:r>', '<w:r><w:commentReference w:id="0"/></w:r>'
    section = '<w:sectPr><w:headerReference r:id="header1"/><w:footerReference r:id="footer1"/></w:sectPr>'
    body = p("First", note) + p("more", comment, BREAK) + p("second") + section
    made = word(
        body,
        footnotes=f'<w:footnote w:id="7">{p("at the foot")}</w:footnote>',
        comments=f'<w:comment w:id="0" w:author="Anna">{p("why?")}</w:comment>',
        header1=p("Letterhead"),
        footer1=p("Bank details"),
    )
    first, second = pages(read_docx, made, tmp_path)
    assert words(first) == "Letterhead First[1] more [1] at the foot [Anna: why?] Bank details"
    assert second == "second"


def test_words_numbers_are_those_that_a_reader_sees(tmp_path: Path) -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for n, (form, text) in enumerate((("decimal", "§ %1"), ("lowerLetter", "%1.%2)")))
    )
    numbering = f'<w:abstractNum w:abstractNumId="1">{levels}</w:abstractNum>'
    numbering += '<w:num w:numId="5"><w:abstractNumId w:val="1"/></w:num>'
    styles = (
        '<w:style w:type="paragraph" w:styleId="H"><w:pPr><w:outlineLvl w:val="0"/>'
        '<w:numPr><w:numId w:val="5"/></w:numPr></w:pPr></w:style>'
    )
    deeper = '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="5"/></w:numPr>'
    heading = '<w:pStyle w:val="H"/>'
    body = p("Scope", properties=heading) + p("x", properties=deeper) + p("y", properties=deeper)
    body += p("Price", properties=heading) + p("z", properties=deeper)
    (page,) = pages(read_docx, word(body, styles=styles, numbering=numbering), tmp_path)
    assert page.split("\n") == ["# § 1 Scope", "1.a) x", "1.b) y", "# § 2 Price", "2.a) z"]


def test_the_document_is_where_relations_say(tmp_path: Path) -> None:
    made = zipped(
        {
            "_rels/.rels": relations({"r": ("officeDocument", "/Word/document2.xml")}),
            "word/document2.xml": f"<w:document {MORE}>{p('found')}</w:document>",
        }
    )
    assert pages(read_docx, made, tmp_path) == ["found"]


LETTERS = st.text(st.characters(categories=("Ll", "Lu", "Nd")), min_size=1, max_size=6)


def nested(leaf: st.SearchStrategy[str], wraps: list[str]) -> st.SearchStrategy[str]:
    """Elements in elements, of these templates, with leaves in between."""

    def inside(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.builds(
            lambda wrap, several: wrap.format("".join(several)), st.sampled_from(wraps), st.lists(children, max_size=3)
        )

    return st.lists(st.recursive(leaf, inside, max_leaves=12), max_size=4).map("".join)


def letters_of(source: str, mark: str) -> str:
    """What is marked as words in a source, as a sorted bag: order is not what nesting may change."""
    return "".join(sorted("".join(piece.partition("<")[0] for piece in source.split(mark)[1:])))


WORDS_IN_WORD = LETTERS.map(lambda text: f"<w:r><w:t>{text}</w:t></w:r>")
INLINE = [
    "<w:ins>{}</w:ins>",
    "<w:hyperlink>{}</w:hyperlink>",
    "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
    "<w:new>{}</w:new>",
    f"<w:r>{BOX.split('<mc:Fallback>')[0][5:].replace('{0}', '<w:p>{0}</w:p>')}</mc:AlternateContent></w:r>",
]
BLOCKS = [
    "<w:p>{}</w:p>",
    "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>",
    "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
    "<w:other>{}</w:other>",
]


@settings(max_examples=40)
@given(nested(nested(WORDS_IN_WORD, INLINE).map(lambda inner: f"<w:p>{inner}</w:p>"), BLOCKS))
def test_no_letter_of_a_word_document_is_lost_or_told_twice(
    tmp_path_factory: pytest.TempPathFactory, body: str
) -> None:
    read = "".join(pages(read_docx, word(body), tmp_path_factory.getbasetemp()))
    assert "".join(sorted("".join(read.split()))) == letters_of(body, "<w:t>")


# OpenDocument

NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{uri}:1.0"'
    for name, uri in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "presentation": "presentation",
        "style": "style",
    }.items()
)


def odf(kind: str, body: str) -> bytes:
    """An OpenDocument file."""
    content = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    content = f"<office:document-content {NAMES}>{content}</office:document-content>"
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}, store="mimetype")


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        (
            "<text:p>The berth is free<text:note><text:note-citation>1</text:note-citation><text:note-body>"
            "<text:p>Only for members."
            "</text:p></text:note-body></text:note> in winter.</text:p>",
            ["The berth is free[1] in winter.\n\n[1] Only for members."],
        ),
        ("<text:p>first part <text:soft-page-break/>second part</text:p>", ["first part", "second part"]),
        (
            "<text:p>Dear <text:user-field-get>Ms Sample</text:user-field-get>, you pay</text:p>",
            ["Dear Ms Sample, you pay"],
        ),
        ("<text:p>a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d</text:p>", ["a   b\tc\nd"]),
        (
            "<text:p>x<draw:frame><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame>y</text:p>",
            ["x\nbox\ny"],
        ),
        ("<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>kept</text:p>", ["kept"]),
        ("<text:p>see <text:title>The title</text:title> now</text:p>", ["see The title now"]),
    ],
)
def test_inline_markup_does_not_break_a_line(body: str, meant: list[str], tmp_path: Path) -> None:
    assert pages(read_odf, odf("text", body), tmp_path) == meant


ODT_LEAF = LETTERS.map(lambda text: f"<text:span>{text}</text:span>{text[::-1]}")
ODT_INLINE = [
    "<text:a>{}</text:a>",
    "<text:bookmark-start/>{}",
    "<text:meta>{}</text:meta>",
    "<text:ruby><text:ruby-base>{}</text:ruby-base></text:ruby>",
    "<text:unheard-of>{}</text:unheard-of>",
    "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>",
]


@settings(max_examples=40)
@given(nested(ODT_LEAF, ODT_INLINE))
def test_no_letter_of_an_opendocument_text_is_lost(tmp_path_factory: pytest.TempPathFactory, inner: str) -> None:
    import re

    read = "".join(pages(read_odf, odf("text", f"<text:p>{inner}</text:p>"), tmp_path_factory.getbasetemp()))
    assert sorted("".join(read.split())) == sorted(re.sub(r"<[^>]*>", "", inner))


def test_repeated_cells_keep_their_columns(tmp_path: Path) -> None:
    def cell(text: str, more: str = "") -> str:
        return f"<table:table-cell {more}>{text and f'<text:p>{text}</text:p>'}</table:table-cell>"

    twice = 'table:number-columns-repeated="2"'
    rows = [
        cell("a") + cell("", twice) + cell("b"),
        cell("c", twice) + cell("d") + cell("e"),
        cell("", 'table:number-columns-repeated="1020"'),
    ]
    sheet = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    made = odf("spreadsheet", f'<table:table table:name="Prices">{sheet}</table:table><table:table table:name="Two"/>')
    assert pages(read_odf, made, tmp_path) == ["Prices\na\t\t\tb\nc\tc\td\te", "Two"]


def test_repeated_rows_are_each_read(tmp_path: Path) -> None:
    line = '<table:table-row table:number-rows-repeated="3"><table:table-cell><text:p>x</text:p></table:table-cell>'
    made = odf("spreadsheet", f'<table:table table:name="S">{line}</table:table-row></table:table>')
    assert pages(read_odf, made, tmp_path) == ["S\nx\nx\nx"]


def test_a_document_with_a_password_is_said_to_have_one(tmp_path: Path) -> None:
    made = zipped(
        {"content.xml": b"\1\2", "META-INF/manifest.xml": "<m><file-entry><encryption-data/></file-entry></m>"}
    )
    with pytest.raises(Trouble) as caught:
        pages(read_odf, made, tmp_path)
    assert caught.value.name == "encrypted"


def test_each_slide_of_an_opendocument_presentation_is_a_page_with_its_notes(tmp_path: Path) -> None:
    frame = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    slides = "".join(
        f"<draw:page>{frame.format(n)}<presentation:notes>{frame.format(f'note {n}')}</presentation:notes></draw:page>"
        for n in (1, 2)
    )
    assert pages(read_odf, odf("presentation", slides), tmp_path) == ["1\nnote 1", "2\nnote 2"]


def test_what_is_declared_once_stands_on_the_slides_that_show_it(tmp_path: Path) -> None:
    declared = '<presentation:footer-decl presentation:name="f">Spring fair</presentation:footer-decl>'
    styles = "".join(
        f'<style:style style:name="{name}"><style:drawing-page-properties presentation:display-footer="{shown}"/>'
        "</style:style>"
        for name, shown in (("seen", "true"), ("unseen", "false"))
    )
    slides = "".join(
        f'<draw:page draw:style-name="{name}" presentation:use-footer-name="f"><text:p>{name}</text:p></draw:page>'
        for name in ("seen", "unseen")
    )
    body = f"<office:presentation>{declared}{slides}</office:presentation>"
    made = f"<office:document {NAMES}>{styles}<office:body>{body}</office:body></office:document>"
    assert pages(read_odf, made.encode(), tmp_path) == ["seen\n\nSpring fair", "unseen"]


def test_a_chart_in_a_cell_is_told_below_its_sheet_without_what_its_file_says_of_itself(tmp_path: Path) -> None:
    table = "<table:table><table:table-row><table:table-cell><text:p>7</text:p></table:table-cell></table:table-row>"
    chart = f"<office:body><office:chart><text:p>Sales</text:p>{table}</table:table></office:chart></office:body>"
    within = f"<office:document><office:meta>Writer 7.4</office:meta>{chart}</office:document>"
    frame = f"<draw:frame><draw:object>{within}</draw:object></draw:frame>"
    cells = "".join(
        f"<table:table-cell>{each}<text:p>{n}</text:p></table:table-cell>" for n, each in enumerate((frame, ""))
    )
    made = odf("spreadsheet", f'<table:table table:name="S"><table:table-row>{cells}</table:table-row></table:table>')
    assert pages(read_odf, made, tmp_path) == ["S\n0\t1\n\nSales\n7"]


def test_one_file_of_xml_is_read_as_an_archive_is(tmp_path: Path) -> None:
    body = "<office:body><office:text><text:p>flat</text:p></office:text></office:body>"
    flat = f"<?xml version='1.0'?><office:document {NAMES}>{body}</office:document>"
    assert pages(read_odf, flat.encode(), tmp_path) == ["flat"]


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
    def kept(name: str, *values: str) -> str:
        points = "".join(f'<pt idx="{n}"><v>{value}</v></pt>' for n, value in enumerate(values))
        return f"<{name}><cache>{points}</cache></{name}>"

    series = "".join(
        f"<ser>{kept('tx', name)}{kept('cat', 'May', 'June')}{kept('val', *values)}</ser>"
        for name, values in {"Berths": "35", "Boats": "48"}.items()
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
    assert pages(read_pptx, made, tmp_path) == ["Summer\n\tBerths\tBoats\nMay\t3\t4\nJune\t5\t8"]


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
    ],
)
def test_a_number_is_shown_in_its_format(value: float, code: str, meant: str) -> None:
    assert shown(value, code, repr(value)) == meant


@given(
    st.floats(allow_nan=False, allow_infinity=False),
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


def test_a_wrong_byte_spoils_its_letter_alone(tmp_path: Path) -> None:
    made = zipped(
        {"word/document.xml": f"<w:document {W}>{p('caf?')}</w:document>".encode().replace(b"?", b"\xe9\x0b")}
    )
    assert pages(read_docx, made, tmp_path) == ["caf\ufffd"]
