"""A raised figure behind a figure keeps its height, in every form that has one: 10³ never becomes 103."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.files.reader.opendocument import read_odf
from bot.files.reader.plain import read_html
from bot.files.reader.rtf import read_rtf
from bot.files.reader.slides import read_pptx
from bot.files.reader.word import read_docx
from tests.files.office_texts import p, word
from tests.support.material import relations, zipped

PIECES = (("10", "3"), ("10", "-9"), ("x", "2"), ("1", "st"), ("90", ""))
"""What stands on the line, and what is raised behind it."""

MEANT = "10³ 10⁻⁹ x2 1st 90 7"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def line(run: Callable[[str, bool], str]) -> str:
    """All of them, a blank between them, and a figure behind that which is not raised."""
    return "".join(run(low, False) + run(high, True) + run(" ", False) for low, high in PIECES) + run("7", False)


def docx() -> bytes:
    def run(text: str, is_raised: bool) -> str:
        up = '<w:vertAlign w:val="superscript"/>' if is_raised else ""
        return f"<w:r><w:rPr><w:b/>{up}</w:rPr><w:t>{text}</w:t></w:r>"

    return word(p(line(run)))


def pptx() -> bytes:
    def run(text: str, is_raised: bool) -> str:
        return f"<a:r><a:rPr baseline='{30_000 if is_raised else -25_000}'/><a:t>{text}</a:t></a:r>"

    return zipped(
        {
            "ppt/presentation.xml": f'<p xmlns:r="{_R}"><sldIdLst><sldId id="256" r:id="r0"/></sldIdLst></p>',
            "ppt/_rels/presentation.xml.rels": relations({"r0": ("slide", "slides/slide1.xml")}),
            "ppt/slides/slide1.xml": f'<s xmlns:a="{A}"><a:p>{line(run)}</a:p></s>',
        }
    )


def odt() -> bytes:
    def run(text: str, is_raised: bool) -> str:
        return f'<span style-name="{"Up" if is_raised else "Down"}">{text}</span>'

    ups = "".join(
        f'<style name="{name}"><text-properties text-position="{how} 58%"/></style>'
        for name, how in (("Up", "super"), ("Down", "sub"))
    )
    content = (
        f"<document><automatic-styles>{ups}</automatic-styles><body><text><p>{line(run)}</p></text></body></document>"
    )
    return zipped({"content.xml": content})


def rtf() -> bytes:
    def run(text: str, is_raised: bool) -> str:
        return rf"{{\super {text}}}" if is_raised else rf"\super\nosupersub {text}"

    return rf"{{\rtf1 {line(run)}}}".encode()


def html() -> bytes:
    return f"<p>{line(lambda text, up: f'<sup>{text}</sup>' if up else text)}</p>".encode()


@pytest.mark.parametrize(
    ("make", "read"),
    [
        (docx, read_docx),
        (pptx, read_pptx),
        (odt, read_odf),
        (rtf, read_rtf),
        (html, lambda path: read_html(path, "en")),
    ],
    ids=["docx", "pptx", "odt", "rtf", "html"],
)
def test_a_power_stays_one(make: Callable[[], bytes], read: Callable[[Path], Iterator[str]], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(make())
    assert [page.strip() for page in read(path)] == [MEANT]
