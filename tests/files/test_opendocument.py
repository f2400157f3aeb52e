"""OpenDocument files arrive whole: each case once lost something, and its kind is held by what is drawn."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from bot.files.reader.opendocument import read_odf
from bot.files.reader.trouble import Trouble
from tests.files.office_texts import LETTERS, nested, pages
from tests.support.material import zipped

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
