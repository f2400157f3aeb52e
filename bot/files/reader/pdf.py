"""PDFs: the text that a page has, or the page as a picture where it has none worth the name.

pypdfium2 is not safe among threads; here it has a process to itself.
"""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from bot.files.reader.pictures import LONGEST_EDGE, QUALITY
from bot.files.reader.trouble import Trouble

FEW_SIGNS = 12
"""A page with fewer may be a picture with a page number or a stamp on it."""

SCATTERED = 0.1
"""Part of such a page that a picture covers when it is what the page is about."""

CAPTION_SIGNS = 200
"""A picture that fills the page with no more text than this beside it is a scan with a stamp or a caption."""

FILLED = 0.6
"""Part of a page that a picture covers when it fills it."""

DPI = 200
"""Letters of ten points are 28 pixels high: what OCR engines ask for."""


def read(path: Path, directory: Path, first: int, most: int) -> Iterator[dict[str, object]]:
    """See the package. Raises `Trouble`."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise Trouble("encrypted" if "password" in str(error).lower() else "broken") from error
    yield {"pages": len(document)}
    for number in range(first, min(most, len(document)) + 1):
        yield {"page": number, **_page(document, number, directory)}


def _page(document: pypdfium2.PdfDocument, number: int, directory: Path) -> dict[str, object]:
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:
        return {"text": ""}  # One broken page does not spoil the others.
    try:
        text = _text(page)
        if not _is_picture(page, text):
            return {"text": text}
        scan = directory / f"{number}.jpg"
        return {"scan": str(scan)} if _draw(page, scan) else {"text": text}
    except pypdfium2.PdfiumError:
        return {"text": ""}
    finally:
        page.close()


def _text(page: pypdfium2.PdfPage) -> str:
    textpage = page.get_textpage()
    try:
        text: str = textpage.get_text_bounded()
    finally:
        textpage.close()
    # PDFium marks a hyphen at the end of a line, and gives lines as Windows does.
    return text.replace("\r\n", "\n").replace("\ufffe\n", "").replace("\ufffe", "").replace("\x02\n", "").strip()


def _is_picture(page: pypdfium2.PdfPage, text: str) -> bool:
    signs = len("".join(text.split()))
    if signs and _is_garbage(text):
        return True
    if signs >= CAPTION_SIGNS:
        return False
    if not signs:
        return True  # Outlines of letters are no pictures; drawing it shows whether there is anything.
    return _covered(page) > (SCATTERED if signs < FEW_SIGNS else FILLED)


def _is_garbage(text: str) -> bool:
    """Fonts without a table of what their glyphs mean give signs that mean nothing."""
    strange = sum(sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff" or (sign < " " and sign != "\n") for sign in text)
    return strange * 4 > len(text)


def _covered(page: pypdfium2.PdfPage) -> float:
    width, height = page.get_size()
    largest = 0.0
    for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = found.get_bounds()
        largest = max(largest, abs((right - left) * (top - bottom)))
    return largest / (width * height) if width * height else 0.0


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
