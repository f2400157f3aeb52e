"""The kind of a file, recognised by its content and never by its name.

Formats that are zip archives are told by what is inside: the libraries that know signatures go by the archive's first
entry, which writers are free to choose.
"""

import codecs
import io
import re
import zipfile
from collections.abc import Mapping

from bot.domain.messages import FileKind
from bot.files.reader.signatures import BZIP2, COMPOUND, GZIP, PACKED_LETTER, PROPERTY_LIST, XZ
from bot.files.reader.wide import controls, wide_encoding
from bot.files.sound import EBML, is_film, sound_of

LOOKED_AT = 64 * 1024
"""The first bytes of a file, which decide whether it is text."""

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OFFICE = {"word/document": FileKind.DOCX, "ppt/presentation": FileKind.PPTX, "xl/workbook": FileKind.XLSX}
"""How the document's own part begins: Word on the web numbers it. Which one it is, relations tell."""

_APPLES = "index/document.iwa"
_OLD_APPLES = frozenset(("index.zip", "index.xml", "index.xml.gz", "index.apxl", "index.apxl.gz"))
"""Parts of documents of Pages, Numbers and Keynote; the old ones stand beside a preview."""

_BINARY_SHEETS = "xl/workbook.bin"
"""The part that says that it is an .xlsb."""

_IMAGE_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"avif", b"avis")
)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_PROLOGUE = 16 * 1024
"""Bytes in which a page's first element stands, behind its comments."""

_FIRST_ELEMENT = re.compile(
    rb"\s*+(?:(?:<\?[^>]*+>|(?><!--.*?-->)|<!doctype(?!\s+html)[^>]*+>)\s*+)*+"
    rb"(?:<!doctype\s+(html)|<(?:\w+:)?([a-z][a-z0-9]*)[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_FLAT = re.compile(rb"<office:document\s[^>]*urn:oasis:names:tc:opendocument:")
"""An OpenDocument file that is not zipped."""

_FLAT_OFFICE: Mapping[FileKind, re.Pattern[bytes]] = {
    FileKind.XLSX: re.compile(rb'<(?:\w+:)?Workbook\s[^>]*"urn:schemas-microsoft-com:office:spreadsheet"'),
    FileKind.DOCX: re.compile(rb'<(?:\w+:)?wordDocument\s|progid="Word\.Document"'),
    FileKind.PPTX: re.compile(rb'progid="PowerPoint\.Show"'),
}
"""Office's that are not zipped: of 2003, and packages in one piece."""

_OF_PAGES = frozenset((b"html", b"head", b"body", b"title", b"meta", b"link", b"base", b"frameset", b"svg"))
"""HTML's, and SVG: the words of a drawing are read as those of a page."""

_OF_PARTS = frozenset(
    b"div p h1 h2 h3 h4 h5 h6 table ul ol dl section article main header footer nav aside span a b i strong em font"
    b" center img br hr form pre blockquote figure noscript iframe".split()
)
"""These begin pieces of pages, and many a Markdown file. Not among them is what begins a program (Vue's files)."""

_MARKDOWN = re.compile(rb"^(?:#{1,6} |```|[-*+] |\d+\. )|\]\(", re.MULTILINE)

_HEAD = re.compile(rb"(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*+)++")
_HEADERS = re.compile(rb"^([A-Za-z][A-Za-z0-9-]*):", re.MULTILINE)
_SEVERAL_PARTS = re.compile(rb"^content-type:\s*multipart/", re.IGNORECASE | re.MULTILINE)
_OF_LETTERS = frozenset((b"date", b"received", b"message-id", b"mime-version", b"return-path", b"to", b"delivered-to"))

_FEW = 2
"""Control characters that a text may have, however short it is."""

_KOREAN_SWITCH = b"\x1b$)C"
"""How ISO-2022-KR begins, whose letters stand between control characters."""
_STREAMS = {
    "WordDocument\0": FileKind.DOC,
    "PowerPoint Document\0": FileKind.PPT,
    "Workbook\0": FileKind.XLS,
    "Book\0": FileKind.XLS,
    "__properties_version1.0\0": FileKind.MAIL,
}
"""Stream names in Office files from before 2007, and in Outlook's letters."""


def kind_of(data: bytes) -> FileKind | None:
    """What this is; None if it is nothing that can be read here."""
    if data.startswith(_IMAGES) or _is_webp(data):
        return FileKind.IMAGE
    if data[4:8] == b"ftyp" and _is_heif(data):
        return FileKind.IMAGE
    if sound_of(data):
        return FileKind.AUDIO
    if is_film(data) or data[4:8] == b"ftyp" or data.startswith(EBML):
        return None
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    if _is_tarball(data):
        return FileKind.ARCHIVE
    if data.startswith(COMPOUND):
        return _compound(data)
    if data.startswith(PACKED_LETTER):
        return FileKind.MAIL
    if data.startswith(PROPERTY_LIST):
        return FileKind.HTML if b"WebMainResource" in data else None
    if data[:64].lstrip().startswith(b"{\\rtf"):
        return FileKind.RTF
    return FileKind.PDF if b"%PDF-" in data[:1024] else _textual(data)


def holds_several(data: bytes) -> bool:
    """Whether a picture may be the first of several: it is animated, or has pages."""
    if data.startswith(_IMAGES[0]):
        return b"acTL" in data[:LOOKED_AT]
    return data.startswith((b"GIF8", *_IMAGES[-4:])) or (_is_webp(data) and b"ANIM" in data[:64])


def encloses(data: bytes) -> bool:
    """Whether a PDF brings files along: of such a stream its dictionary is never packed, nor its name encrypted."""
    return b"/EmbeddedFile" in data


def is_apples(data: bytes) -> bool:
    """Whether it comes from Pages, Numbers or Keynote, whose form is Apple's own."""
    return _are_apples(_names(data))


def is_binary_sheets(data: bytes) -> bool:
    """Whether it is an .xlsb, whose parts are not XML."""
    return _BINARY_SHEETS in _names(data)


def _is_tarball(data: bytes) -> bool:
    """Whether it is a tar archive, compressed or not, or a single file that is compressed."""
    is_bzip2 = data.startswith(BZIP2) and data[4:10] == b"1AY&SY"
    return data.startswith((GZIP, XZ)) or is_bzip2 or data[257:262] == b"ustar"


def _is_webp(data: bytes) -> bool:
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"


def _is_heif(data: bytes) -> bool:
    """Whether it says that it is such a picture, or may be read as one; films say the like of their own brands."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[place : place + 4] for place in range(16, end - 3, 4))}
    return bool(brands & _IMAGE_BRANDS) and not sound_of(data) and not is_film(data)


def _compound(data: bytes) -> FileKind | None:
    """What the first stream of a name is that says so, from where the directory begins: documents inside of this one
    have their own before it or behind."""
    begin = min((int.from_bytes(data[48:52], "little") + 1) << (data[30] & 15), len(data))
    for place in (begin, 0):
        found = {data.find(name.encode("utf-16-le"), place): kind for name, kind in _STREAMS.items()}
        found.pop(-1, None)
        if found:
            return found[min(found)]
    return None


def _zipped(data: bytes) -> FileKind | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = _names_in(archive)
            if _are_apples(names) or _BINARY_SHEETS in names:
                return None
            for part, kind in _OFFICE.items():
                if any(name.startswith(part) and name.endswith(".xml") for name in names):
                    return kind
            if "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
                return FileKind.ARCHIVE
            media_type = archive.read("mimetype").strip()
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return None
    if media_type == b"application/epub+zip":
        return FileKind.EPUB
    return FileKind.ODT if media_type.startswith(b"application/vnd.oasis.opendocument.") else FileKind.ARCHIVE


def _names(data: bytes) -> set[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _names_in(archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return set()


def _are_apples(names: set[str]) -> bool:
    return _APPLES in names or (bool(_OLD_APPLES & names) and any(name.startswith("quicklook/") for name in names))


def _names_in(archive: zipfile.ZipFile) -> set[str]:
    return {name.replace("\\", "/").lower() for name in archive.namelist()}


def _textual(data: bytes) -> FileKind | None:
    """Text has hardly any control characters, or is UTF-16 or UTF-32, where they are halves of letters."""
    beginning = data[:LOOKED_AT].strip(b"\0")  # A log cut off by a crash ends in zeros.
    if len(beginning) * 2 < len(data[:LOOKED_AT]):
        beginning = data[:LOOKED_AT]
    if not data.startswith((*_BOMS[1:], _KOREAN_SWITCH)) and not _is_even(beginning) and not wide_encoding(data):
        return None
    if _is_letter(beginning):
        return FileKind.MAIL
    if _FLAT.search(beginning[:_PROLOGUE]):
        return FileKind.ODT
    for kind, first in _FLAT_OFFICE.items():
        if beginning.lstrip(_BOMS[0]).startswith(b"<") and first.search(beginning[:_PROLOGUE]):
            return kind
    return FileKind.HTML if _is_page(beginning) else FileKind.TEXT


def _is_letter(beginning: bytes) -> bool:
    """Whether it begins like an e-mail: header lines, among them two that every mail program writes; or what
    other things have that come in its form, such as saved pages: parts."""
    head = _HEAD.match(beginning[:_PROLOGUE].lstrip())
    found = {name.lower() for name in _HEADERS.findall(head[0])} if head else set()
    if head and _SEVERAL_PARTS.search(head[0]):
        return True
    return len(found & _OF_LETTERS) >= 2 and b"from" in found


def _is_page(beginning: bytes) -> bool:
    """Whether it begins as web pages do: what stands before the first element does not matter, what that is does."""
    text = beginning[:_PROLOGUE].removeprefix(_BOMS[0])
    if text.startswith(_BOMS[1:]) or wide_encoding(text):
        text = text.replace(b"\0", b"").removeprefix(_BOMS[1]).removeprefix(_BOMS[2])
    found = _FIRST_ELEMENT.match(text)
    if found is None:
        return False
    first = (found[1] or found[2]).lower()
    return first in _OF_PAGES or (first in _OF_PARTS and not _MARKDOWN.search(beginning))


def _is_even(beginning: bytes) -> bool:
    """Whether it has no more control characters than a text may; more are forgiven where all else is UTF-8."""
    odd = controls(beginning)
    if odd <= len(beginning) // 100:
        return b"\0" not in beginning or _is_utf_8(beginning)
    return odd <= max(_FEW, len(beginning) // 20) and _is_utf_8(beginning)


def _is_utf_8(beginning: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return True
