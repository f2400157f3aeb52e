"""Files that the tests make: drawn PDFs and pictures, scans with noise, office documents, bombs."""

import base64
import io
import random
import struct
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache

import openpyxl
import pypdfium2
from PIL import Image, ImageChops
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from bot.domain.blocks import OutFile

WIDTH, HEIGHT = A4
LINE = 16.0


def pdf(pages: Sequence[str], *, password: str = "", size: float = 11) -> bytes:
    """A PDF with a text layer; "" makes an empty page."""
    target = io.BytesIO()
    drawn = canvas.Canvas(target, encrypt=password or None)
    for text in pages:
        drawn.setFont("Helvetica", size)
        for number, line in enumerate(text.split("\n")):
            drawn.drawString(60, HEIGHT - 70 - number * LINE * size / 11, line)
        drawn.showPage()
    drawn.save()
    return target.getvalue()


def pdf_with(text: str, files: Mapping[str, bytes]) -> bytes:
    """A PDF of a page that brings files along."""
    document = pypdfium2.PdfDocument(pdf([text]))
    for name, data in files.items():
        document.new_attachment(name).set_data(data)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def drawn_page(text: str, *, size: float = 11, dpi: int = 150) -> Image.Image:
    """A page as a printer would print it."""
    document = pypdfium2.PdfDocument(pdf([text], size=size))
    page: Image.Image = document[0].render(scale=dpi / 72).to_pil().convert("RGB")
    document.close()
    return page


def scanned(text: str, *, noise: float = 12, turned: float = 0.0, size: float = 11, dpi: int = 150) -> Image.Image:
    """The same as a scanner would see it: noisy, a little grey, and turned by so many degrees."""
    page = drawn_page(text, size=size, dpi=dpi)
    if turned:
        page = page.rotate(turned, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    grain = Image.effect_noise(page.size, noise).convert("RGB")
    return ImageChops.add(page, grain, scale=1.0, offset=-136)


def scan_pdf(pictures: Sequence[Image.Image | str]) -> bytes:
    """A PDF of scans; a text in place of a picture makes a page with a text layer."""
    target = io.BytesIO()
    drawn = canvas.Canvas(target)
    for picture in pictures:
        if isinstance(picture, str):
            drawn.setFont("Helvetica", 11)
            for number, line in enumerate(picture.split("\n")):
                drawn.drawString(60, HEIGHT - 70 - number * LINE, line)
        else:
            from reportlab.lib.utils import ImageReader

            drawn.setPageSize((WIDTH, WIDTH * picture.height / picture.width))
            drawn.drawImage(ImageReader(picture), 0, 0, WIDTH, WIDTH * picture.height / picture.width)
        drawn.showPage()
    drawn.save()
    return target.getvalue()


def encoded(picture: Image.Image, form: str = "PNG") -> bytes:
    """The bytes of a picture."""
    target = io.BytesIO()
    picture.save(target, form)
    return target.getvalue()


def photo(name: str = "photo.png", colour: str = "red", size: tuple[int, int] = (64, 48)) -> OutFile:
    """A small picture, sent as a photo."""
    return OutFile(name, "image/png", encoded(Image.new("RGB", size, colour)))


_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAAB4AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    "AAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5j"
    "bHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBp"
    "eGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAACZtZGF0AAAAGigBrxOA+BDhp//8TSj/+nXPD9PMe/OikM+A"
)


def heic() -> bytes:
    """A red picture as iPhones keep them; nothing here writes any, so that it is written down."""
    return base64.b64decode(_HEIC)


def noisy_photo(megapixels: float, seed: int = 1) -> bytes:
    """A JPEG as large as a camera makes it."""
    width = int((megapixels * 1_000_000 * 4 / 3) ** 0.5)
    small = Image.effect_noise((width // 8, width * 3 // 32), 60 + seed % 7)
    return encoded(small.resize((width, width * 3 // 4)).convert("RGB"), "JPEG")


def huge_png(width: int, height: int) -> bytes:
    """A PNG that says that it is so large, without being it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        import zlib

        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x\x9c\x03\0\0\0\0\x01") + chunk(b"IEND", b"")
    )


def zipped(files: dict[str, bytes | str], *, store: str = "") -> bytes:
    """A zip archive; the file named `store` comes first and is not compressed."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name == store else zipfile.ZIP_DEFLATED)
    return target.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(paragraphs: Sequence[str]) -> bytes:
    """A Word document; "\\f" begins a page."""
    body = "".join(
        '<w:p><w:r><w:br w:type="page"/></w:r></w:p>' if text == "\f" else f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
        for text in paragraphs
    )
    document = f'<?xml version="1.0"?><w:document {_W}><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": document})


_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pptx(slides: Sequence[str]) -> bytes:
    """Slides with one text each."""
    names = [f"slides/slide{number}.xml" for number in range(1, len(slides) + 1)]
    ids = "".join(f'<sldId id="{256 + n}" r:id="r{n}"/>' for n in range(len(slides)))
    files: dict[str, bytes | str] = {
        "ppt/presentation.xml": f'<p xmlns:r="{R}"><sldIdLst>{ids}</sldIdLst></p>',
        "ppt/_rels/presentation.xml.rels": relations({f"r{n}": ("slide", name) for n, name in enumerate(names)}),
    }
    for name, text in zip(names, slides, strict=True):
        files[f"ppt/{name}"] = f"<s {_A}><a:p><a:r><a:t>{text}</a:t></a:r></a:p></s>"
    return zipped(files)


def relations(targets: Mapping[str, tuple[str, str]]) -> str:
    """The relations of a part: kind and target of each, by its id."""
    each = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}"/>' for name, (kind, target) in targets.items()
    )
    return f"<Relationships>{each}</Relationships>"


def xlsx(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def odt(paragraphs: Sequence[str]) -> bytes:
    """An OpenDocument text."""
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    body = "".join(f"<text:p>{text}</text:p>" for text in paragraphs)
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {names}>{body}</office:document-content>",
        },
        store="mimetype",
    )


def epub(chapters: Sequence[str]) -> bytes:
    """A book."""
    items = "".join(f'<item id="c{n}" href="c{n}.xhtml"/>' for n in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    files: dict[str, bytes | str] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfile full-path="OEBPS/book.opf"/></container>',
        "OEBPS/book.opf": f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>",
    }
    for number, text in enumerate(chapters):
        files[f"OEBPS/c{number}.xhtml"] = f"<html><head><title>no</title></head><body><p>{text}</p></body></html>"
    return zipped(files, store="mimetype")


@cache
def bomb() -> bytes:
    """A small Word document that unpacks to 300 MB."""
    return zipped({"word/document.xml": b"\0" * 300_000_000})


def recording() -> OutFile:
    """A voice message: an Ogg file as far as its beginning tells."""
    return OutFile("voice-message.ogg", "audio/ogg", b"OggS" + random.Random(1).randbytes(500))


def error_rate(read: str, meant: str) -> float:
    """The character error rate: edits that make one of the other, per character; blanks do not count."""
    got, want = "".join(read.split()), "".join(meant.split())
    row = list(range(len(want) + 1))
    for i, sign in enumerate(got, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(want, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (sign != other))
    return row[-1] / max(1, len(want))
