"""What stands on a page of a PDF comes as a person reads it; which pages are scans is told by what is on them."""

import io
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from bot.files.reader.hyphens import Hyphens
from bot.files.reader.pdf import read
from tests.support import material

LETTER = "The berth is free all winter, and the price is ninety crowns a day.\nWater and light are part of it."


def pages(tmp_path: Path, *drawn: Callable[[Canvas], object]) -> list[dict[str, object]]:
    """What is read of a PDF with these pages."""
    target = io.BytesIO()
    canvas = Canvas(target)
    for draw in drawn:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    path = tmp_path / "document.pdf"
    path.write_bytes(target.getvalue())
    return list(read(path, tmp_path, 1, 99))[1:]


def lines(canvas: Canvas, text: str, x: float = 60, y: float = 760, mode: int = 0) -> None:
    written = canvas.beginText(x, y)
    written.setTextRenderMode(mode)
    written.setLeading(30)
    for line in text.split("\n"):
        written.textLine(line)
    canvas.drawText(written)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_lines_are_parted_and_in_order_whichever_way_up_they_stand(tmp_path: Path, angle: int, turned: int) -> None:
    """As the wide table of a report, or a page that was saved sideways."""

    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(turned)
        canvas.translate(*{0: (0, 0), 90: (595, 0), 180: (595, 842), 270: (0, 842)}[angle])
        canvas.rotate(angle)
        lines(canvas, "The berth is free.\nIt costs 90\ncrowns a day.", y=400)
        canvas.drawString(60, 300, "Tea")
        canvas.drawString(200, 300, "3.50")

    [page] = pages(tmp_path, draw)
    assert page["text"] == "The berth is free.\nIt costs 90\ncrowns a day.\nTea 3.50"


def scan(canvas: Canvas, strips: int = 1) -> None:
    """A scanned letter that fills the page, in one picture or in strips."""
    picture = material.drawn_page(LETTER, dpi=50)
    height = material.HEIGHT / strips
    for number in range(strips):
        top = picture.height * number // strips
        strip = picture.crop((0, top, picture.width, picture.height * (number + 1) // strips))
        canvas.drawImage(ImageReader(strip), 0, material.HEIGHT - height * (number + 1), material.WIDTH, height)


HEADER = (
    "Received by fax on 12 December 2026 at 14:05 from +420 000 000 000, page 1 of 1, in good order and in full. " * 3
)
LONG = "\n".join(f"Line {number} of what stands in the letter." for number in range(20))


def test_what_a_page_shows_besides_text_is_told(tmp_path: Path) -> None:
    def letter(canvas: Canvas) -> None:
        lines(canvas, LONG)
        canvas.drawImage(ImageReader(Image.new("RGB", (60, 60), "navy")), 60, 780, 40, 40)
        canvas.line(60, 770, 500, 770)
        for turn in range(60):
            canvas.line(120, 800, 120 + turn % 30, 780 + turn % 20)

    def picture(canvas: Canvas) -> None:
        lines(canvas, LONG)
        canvas.drawImage(ImageReader(Image.new("RGB", (60, 60), "navy")), 300, 500, 200, 200)

    def table(canvas: Canvas) -> None:
        lines(canvas, LONG)
        canvas.grid([60, 160, 260, 360], [200 + 20 * row for row in range(25)])

    def many_words(canvas: Canvas) -> None:
        for row in range(500):
            for column in range(6):
                canvas.drawString(60 + 80 * column, 820 - 1.5 * row, "word")
        table(canvas)

    found = pages(tmp_path, letter, picture, table, many_words)
    # Behind two thousand pieces nobody looks any further.
    assert [page.get("shows_more", False) for page in found] == [False, True, True, False]


def test_a_page_is_a_scan_by_what_is_on_it(tmp_path: Path) -> None:
    def with_header(canvas: Canvas) -> None:
        scan(canvas)
        canvas.setFontSize(4)
        lines(canvas, HEADER, y=820)

    def read_before(canvas: Canvas) -> None:
        lines(canvas, LONG)
        scan(canvas)

    def read_unseen(canvas: Canvas) -> None:
        scan(canvas)
        lines(canvas, LONG, mode=3)

    def on_a_picture(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("RGB", (9, 9), "beige")), 0, 0, material.WIDTH, material.HEIGHT)
        lines(canvas, LONG)

    def report(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("RGB", (9, 9), "red")), 100, 100, 300, 300)
        lines(canvas, "Figure 1: the berth")

    read = pages(
        tmp_path, with_header, scan, lambda canvas: scan(canvas, 30), read_before, read_unseen, on_a_picture, report
    )
    assert ["scan" in page for page in read] == [True, True, True, False, False, False, False]
    assert all(str(page["text"]).startswith("Line 0 of what") for page in read[3:6])


def test_a_form_says_what_was_filled_in_and_remarks_are_read(tmp_path: Path) -> None:
    def form(canvas: Canvas) -> None:
        lines(canvas, "Your name:")
        canvas.acroForm.textfield(name="name", value="Sample Name", x=150, y=740)
        canvas.acroForm.textfield(name="empty", value="", x=150, y=700)
        canvas.acroForm.checkbox(name="agree", checked=True, x=150, y=650)
        canvas.acroForm.checkbox(name="other", checked=False, x=150, y=630)
        canvas.acroForm.choice(name="berth", value="North", options=["South", "North"], x=150, y=600)
        canvas.freeTextAnnotation("pays in cash", Rect=[60, 500, 200, 520], DA="/Helv 9 Tf")

    def plain(canvas: Canvas) -> None:
        lines(canvas, "Plain")

    first, second = pages(tmp_path, form, plain)
    assert first["text"] == "Your name:\n\nname: Sample Name\nagree: Yes\nberth: North\npays in cash"
    assert second["text"] == "Plain"


def test_a_page_taken_out_of_a_form_says_what_was_filled_in(tmp_path: Path) -> None:
    def form(canvas: Canvas) -> None:
        lines(canvas, "Your name:")
        canvas.acroForm.textfield(name="name", value="Sample Name", x=150, y=740)
        canvas.acroForm.textfield(name="word", value="secret", fieldFlags="password", x=150, y=700)
        canvas.acroForm.checkbox(name="other", checked=False, x=150, y=630)

    pages(tmp_path, form)
    taken = pypdfium2.PdfDocument.new()
    taken.import_pages(pypdfium2.PdfDocument(tmp_path / "document.pdf"))
    taken.save(tmp_path / "page.pdf")
    assert list(read(tmp_path / "page.pdf", tmp_path, 1, 9))[1]["text"] == "Your name:\n\nname: Sample Name"


def test_a_page_whose_upright_columns_pdfium_loses_is_a_picture_as_well(tmp_path: Path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3", isVertical=True))

    def columns(canvas: Canvas, title: str, *texts: str) -> None:
        canvas.rect(60, 60, 100, 100, fill=1)
        canvas.setFont("HeiseiKakuGo-W5", 12)
        canvas.drawString(60, 740, title)
        canvas.setFont("HeiseiMin-W3", 12)
        for number, text in enumerate(texts):
            canvas.drawString(500 - 20 * number, 700, text)

    lost, kept = pages(
        tmp_path,
        lambda canvas: columns(canvas, "題名", "わたくしといふ現象は", "ひとつの青い照明です", "風景やみんなと"),
        lambda canvas: columns(canvas, "わたくしといふ現象は"),
    )
    assert "scan" in lost
    assert "題名" in str(lost["text"])
    assert kept == {"page": 2, "text": "わたくしといふ現象は"}


def test_turned_pages_and_columns_are_read_whole(tmp_path: Path) -> None:
    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        lines(canvas, LETTER)
        lines(canvas, "at the foot", y=40)

    def columns(canvas: Canvas) -> None:
        canvas.setPageRotation(0)
        lines(canvas, "\n".join(f"left {number}" for number in range(9)))
        lines(canvas, "\n".join(f"right {number}" for number in range(9)), x=300)

    first, second = pages(tmp_path, turned, columns)
    assert sorted(str(first["text"]).split()) == sorted(f"{LETTER}\nat the foot".split())
    words = str(second["text"]).split("\n")
    assert [word for word in words if "left" in word] == [f"left {number}" for number in range(9)]
    assert words.index("left 8") < words.index("right 0")


def test_a_word_that_a_line_parts_is_found_and_hyphens_stay(tmp_path: Path) -> None:
    text = (
        "The detec-\ntion of well-\nknown ships, of X-\nrays and post-\noffices; post-offices,\n"
        "the de\u00ad\ntection in 2026-\n27"
    )
    (page,) = pages(tmp_path, lambda canvas: lines(canvas, text))
    read = str(page["text"])
    for word in ("detection", "well-known", "X-rays", "post-offices", "2026-27"):
        assert word in read
    assert "\x02" not in read


@pytest.mark.parametrize("hyphen", ["\x02", "\x02\n", "-\n", "\ufffe\n", "\u00ad\n", "\u00ad"])
@given(word=st.text("abcdefghij", min_size=6, max_size=12), place=st.integers(2, 4), again=st.booleans())
def test_a_parted_word_is_whole(hyphen: str, word: str, place: int, again: bool) -> None:
    text = f"before {word[:place]}{hyphen}{word[place:]} after" + (f" {word}" if again else "")
    assert f"before {word} after" in Hyphens().joined(text)


@given(st.text("abcdef", min_size=2, max_size=8), st.text("abcdef", min_size=2, max_size=8))
def test_a_hyphen_that_stands_elsewhere_as_well_stays(left: str, right: str) -> None:
    hyphens = Hyphens()
    hyphens.joined(f"a {left}-{right} here")
    assert f" {left}-{right} " in hyphens.joined(f"the {left}-\n{right} there")
