"""Plain text and tables, beside Python's codecs: in the encoding that the file's name, or its maker, tells."""

import codecs
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject

_OTHER_NAMES = {
    "mac-centraleurope": "mac-latin2",
    "uhc": "cp949",
}
_ENDS = {"latin1": "latin-1", "utf16_big": "utf-16", "utf16_little": "utf-16"}


def as_named(path: Path) -> list[str]:
    """A text in the encoding that is its name. Raises `NoReference`: Python has none of that name."""
    return [_decoded(path, _OTHER_NAMES.get(path.stem, path.stem))]


def as_utf_8(path: Path) -> list[str]:
    """A table in the encoding that its name ends in; those of other names are in UTF-8. Raises `NoReference`."""
    named = next((encoding for end, encoding in _ENDS.items() if path.stem.endswith(end)), "utf-8-sig")
    return [_decoded(path, named)]


def _decoded(path: Path, encoding: str) -> str:
    try:
        return codecs.decode(path.read_bytes(), encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise NoReference from error


ENCODINGS = Subject(
    name="text",
    kinds=(FileKind.TEXT,),
    endings=(".txt", ".smi", ".be", ".le"),
    packages=(Package("debian", "uchardet", "0.0.7-1"),),
    reference=as_named,
    beside="Python's codecs, by the files' names",
)

TABLES = Subject(
    name="csv",
    kinds=(FileKind.TEXT,),
    endings=(".csv", ".tsv"),
    packages=(Package("pypi", "csvkit", "2.2.0"), Package("pypi", "agate", "1.14.2")),
    reference=as_utf_8,
    beside="Python's codecs",
)
