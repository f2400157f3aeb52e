"""What a file is, told from its content and never from its name.

Formats that are zip archives are told by what is inside: the libraries that know signatures go by the archive's first
entry, which writers are free to choose.
"""

import codecs
import io
import zipfile

from bot.domain.messages import FileKind
from bot.files.reader.wide import controls, wide_encoding

LOOKED_AT = 64 * 1024
"""Bytes of a file that decide whether it is text."""

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
_AUDIO = (b"OggS", b"ID3", b"fLaC", b"#!AMR", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9")
_OFFICE = {"word/document.xml": FileKind.DOCX, "ppt/presentation.xml": FileKind.PPTX, "xl/workbook.xml": FileKind.XLSX}
_IMAGE_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
_AUDIO_BRANDS = (b"M4A ", b"M4B ")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_KOREAN_SWITCH = b"\x1b$)C"
"""How ISO-2022-KR begins, whose letters stand between control characters."""
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What Word, Excel and PowerPoint wrote before 2007, and what they wrap a file in that has a password."""


def kind_of(data: bytes) -> FileKind | None:
    """What this is; None where it is nothing that can be read here."""
    if b"%PDF-" in data[:1024]:
        return FileKind.PDF
    if data.startswith(_IMAGES) or _is_webp(data):
        return FileKind.IMAGE
    if data.startswith(_AUDIO) or (data.startswith(b"RIFF") and data[8:12] == b"WAVE"):
        return FileKind.AUDIO
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        return FileKind.IMAGE if brand in _IMAGE_BRANDS else FileKind.AUDIO if brand in _AUDIO_BRANDS else None
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    return _textual(data)


def _is_webp(data: bytes) -> bool:
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"


def _zipped(data: bytes) -> FileKind | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            for name, kind in _OFFICE.items():
                if name in names:
                    return kind
            if "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
                return None
            media_type = archive.read("mimetype").strip()
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return None
    if media_type == b"application/epub+zip":
        return FileKind.EPUB
    return FileKind.ODT if media_type.startswith(b"application/vnd.oasis.opendocument.") else None


def _textual(data: bytes) -> FileKind | None:
    """Text has hardly any control characters, or is UTF-16 or UTF-32, where they are halves of letters."""
    beginning = data[:LOOKED_AT].strip(b"\0") or data[:LOOKED_AT]
    if not data.startswith((*_BOMS[1:], _KOREAN_SWITCH)) and not _is_even(beginning) and not wide_encoding(data):
        return None
    head = beginning[:1024].lstrip().lower().removeprefix(_BOMS[0])
    return FileKind.HTML if head.startswith((b"<!doctype html", b"<html")) else FileKind.TEXT


def _is_even(beginning: bytes) -> bool:
    """Whether it has no more control characters than a text may; more are forgiven where all else is UTF-8."""
    odd = controls(beginning)
    if odd <= len(beginning) // 100:
        return b"\0" not in beginning or _is_utf_8(beginning)
    return odd <= len(beginning) // 20 and _is_utf_8(beginning)


def _is_utf_8(beginning: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return True
