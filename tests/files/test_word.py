"""Word documents arrive whole: each case once lost something, and its kind is held by what is drawn."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from bot.files.reader.word import read_docx
from tests.files.office_texts import BREAK, LETTERS, MARK, MORE, W, letters_of, nested, p, pages, word, words
from tests.support.material import relations, zipped

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


def test_a_wrong_byte_spoils_its_letter_alone(tmp_path: Path) -> None:
    made = zipped(
        {"word/document.xml": f"<w:document {W}>{p('caf?')}</w:document>".encode().replace(b"?", b"\xe9\x0b")}
    )
    assert pages(read_docx, made, tmp_path) == ["caf\ufffd"]
