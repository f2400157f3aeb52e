"""PDFs: the text that a page has, or the page as a picture where it has none worth the name.

pypdfium2 is not safe among threads; here it has a process to itself.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from bot.files.reader.forms import beside_the_text
from bot.files.reader.hyphens import Hyphens
from bot.files.reader.pictures import LONGEST_EDGE, QUALITY
from bot.files.reader.trouble import Trouble

FEW_CHARACTERS = 12
"""A page with fewer may be a picture with a page number or a stamp on it."""

SCATTERED = 0.1
"""Part of such a page that pictures cover when they are what the page is about."""

FILLED = 0.6
"""Part of a page that pictures cover when they fill it."""

BANDS = 20
FEW_BANDS = 5
"""Of as many bands of a page's height: those with letters, where a scan has a typed head, a stamp or a caption on it. A
page that was set on a picture has letters in more; so has what OCR has written beneath a scan."""

PICTURED = 0.05
"""Part of a page that pictures cover when they are more than a letterhead's mark."""

STROKES = 50
"""Strokes of a page that are a drawing, a chart or a ruled table where they do not stand in a corner like a mark; fewer
are underlines and a frame."""

MOST_PIECES = 2_000
"""Of a page that are looked at for that: some milliseconds."""

EMPTY = 2
"""Bytes of an empty text of PDFium's, with its end."""

NO_WIDTH = 0.01
"""Points."""

A_SIGN = 4.0
"""Points: what is lower nobody reads."""

LOST = 0.1
"""Part of a page's pieces of text."""

LOOKED_AT = 200
"""Characters of a page that say which way up it is read, spread over it: a tenth of a millisecond."""

DPI = 200
"""Letters of ten points are 28 pixels high: what OCR engines ask for."""


def read(path: Path, directory: Path, first: int, most: int) -> Iterator[dict[str, object]]:
    """See the package. Raises `Trouble`."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise Trouble("encrypted" if "password" in str(error).lower() else "broken") from error
    _init_forms(document)
    yield {"pages": len(document)}
    hyphens = Hyphens()
    for number in range(first, min(most, len(document)) + 1):
        yield {"page": number, **_page(document, number, directory, hyphens)}


def _init_forms(document: pypdfium2.PdfDocument) -> None:
    try:
        document.init_forms()
    except pypdfium2.PdfiumError:
        return  # A form that cannot be read is shown as what is drawn of it.


def _page(document: pypdfium2.PdfDocument, number: int, directory: Path, hyphens: Hyphens) -> dict[str, object]:
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:
        return {"text": ""}  # One broken page does not spoil the others.
    try:
        text, bands = _text(page)
        beside = list(beside_the_text(document, page, text))
        written: dict[str, object] = {"text": "\n\n".join(filter(None, (hyphens.joined(text), "\n".join(beside))))}
        scan = directory / f"{number}.jpg"
        if (_is_picture(page, text, bands) or _loses_columns(page, text)) and _draw(page, scan):
            return {"scan": str(scan), **written}
        return {"shows_more": True, **written} if _shows_more(page) else written
    except pypdfium2.PdfiumError:
        return {"text": ""}
    finally:
        page.close()


def _text(page: pypdfium2.PdfPage) -> tuple[str, int]:
    """The text, and how many bands of the page have some of it."""
    turned = page.get_rotation()
    textpage = page.get_textpage()
    try:
        upright = _upright(textpage, turned)
        if upright != turned:
            # PDFium puts lines that do not stand upright one behind the other without a space, or in the reverse order.
            textpage.close()
            page.set_rotation(upright)
            textpage = page.get_textpage()
        # Of a turned page, what lies beyond the frame that it had before it was turned would be left out.
        text: str = textpage.get_text_range() if turned or upright else textpage.get_text_bounded()
        bands = _bands(page, textpage)
    finally:
        textpage.close()
        page.set_rotation(turned)
    # PDFium gives lines as Windows does, and glyphs that are several letters, or a letter's form, as themselves.
    return _GLYPHS.sub(_letters, text.replace("\r\n", "\n")).strip(), bands


def _upright(textpage: pypdfium2.PdfTextPage, turned: int) -> int:
    """By how many degrees, clockwise, a page is to be turned so that most of its text stands upright; else `turned`."""
    count = textpage.count_chars()
    angles = Counter(
        -round(math.degrees(raw.FPDFText_GetCharAngle(textpage, each))) % 360
        for each in range(0, count, count // LOOKED_AT + 1)
        if raw.FPDFText_IsGenerated(textpage, each) == 0
    )
    [(angle, most)] = angles.most_common(1) or [(turned, 0)]
    return angle if most * 2 > angles.total() and angle % 90 == 0 else turned


def _bands(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> int:
    height = page.get_height() or 1.0
    middles = (sum(textpage.get_rect(number)[1::2]) / 2 for number in range(textpage.count_rects()))
    return len({int(middle / height * BANDS) for middle in middles})


_WRITTEN_DOWNWARDS = re.compile("[\u1800-\u18af\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_GLYPHS = re.compile("[\ufb00-\ufdff\ufe70-\ufeff]+")


def _letters(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", found[0])


def _is_picture(page: pypdfium2.PdfPage, text: str, bands: int) -> bool:
    characters = len("".join(text.split()))
    if not characters:
        return True  # Outlines of letters are no pictures; drawing it shows whether there is anything.
    if _is_garbage(text):
        return True
    if bands > FEW_BANDS:
        return False
    return _covered(page) > (SCATTERED if characters < FEW_CHARACTERS else FILLED)


def _loses_columns(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether much of what is written here is not in its text.

    PDFium 159 leaves out what has no width, and gives none to many a column of vertical writing. To look at every piece
    of a page costs as much as to read it, so that it is done where there is such writing alone.
    """
    if not _WRITTEN_DOWNWARDS.search(text):
        return False
    textpage = page.get_textpage()
    try:
        pieces = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]))
        lost = sum(_is_column(each) and raw.FPDFTextObj_GetText(each, textpage, None, 0) <= EMPTY for each in pieces)
    finally:
        textpage.close()
    return bool(lost > len(pieces) * LOST)


def _is_column(piece: pypdfium2.PdfObject) -> bool:
    left, bottom, right, top = piece.get_bounds()
    return bool(right - left < NO_WIDTH and top - bottom > A_SIGN)


def _is_garbage(text: str) -> bool:
    """Fonts without a table of what their glyphs mean give characters that mean nothing."""
    strange = sum(
        character == "\ufffd" or "\ue000" <= character <= "\uf8ff" or (character < " " and character not in "\n\x02")
        for character in text
    )
    return strange * 4 > len(text)


def _covered(page: pypdfium2.PdfPage) -> float:
    """Part of the page that pictures cover: a scan may come in strips, and each beside the next."""
    width, height = page.get_size()
    area = 0.0
    for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        area += _area(found.get_bounds())
    return min(1.0, area / (width * height)) if width * height else 0.0


def _shows_more(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures, drawings or tables stand on a page that has text."""
    width, height = page.get_size()
    least, strokes, pictured = PICTURED * width * height, 0, 0.0
    drawn = (width, height, 0.0, 0.0)
    for piece in islice(page.get_objects(max_depth=3), MOST_PIECES):
        if piece.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictured += _area(piece.get_bounds())
        elif piece.type == raw.FPDF_PAGEOBJ_PATH:
            strokes += raw.FPDFPath_CountSegments(piece)
            left, bottom, right, top = piece.get_bounds()
            drawn = (min(drawn[0], left), min(drawn[1], bottom), max(drawn[2], right), max(drawn[3], top))
        if pictured > least or (strokes >= STROKES and _area(drawn) > least):
            return True
    return False


def _area(bounds: tuple[float, float, float, float]) -> float:
    left, bottom, right, top = bounds
    return abs((right - left) * (top - bottom))


def _draw(page: pypdfium2.PdfPage, target: Path) -> bool:
    """Draw the page; False where there is nothing on it."""
    longest = max(*page.get_size(), 1.0)
    glance = page.render(scale=min(0.25, 200 / longest), grayscale=True).to_pil()
    darkest, lightest = glance.getextrema()
    if int(lightest) - int(darkest) < 8:
        return False
    drawn = page.render(scale=min(DPI / 72, LONGEST_EDGE / longest)).to_pil()
    drawn.convert("RGB").save(target, "JPEG", quality=QUALITY)
    return True
