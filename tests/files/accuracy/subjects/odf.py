"""OpenDocument texts, beside all the text of their content."""

import zipfile
from pathlib import Path
from xml.etree import ElementTree

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_LINES = (f"{_TEXT}p", f"{_TEXT}h", f"{_TEXT}note-citation")

_UNSEEN = (f"{_TEXT}tracked-changes", "{http://purl.org/dc/elements/1.1/}date")


def body_text(path: Path) -> list[str]:
    """Every letter of a document's body."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = ElementTree.fromstring(archive.read("content.xml"))  # noqa: S314 - samples, not strangers' files
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError) as error:
        raise NoReference from error
    body = root.find(f"{_OFFICE}body")
    if body is None:
        raise NoReference
    for parent in list(body.iter()):
        for child in list(parent):
            if child.tag in _UNSEEN:
                parent.remove(child)
    for node in body.iter():
        if node.tag in _LINES:
            node.tail = f"\n{node.tail or ''}"
    return ["".join(body.itertext())]


SLIDES = Subject(
    name="odp",
    kinds=(FileKind.ODT,),
    endings=(".odp", ".odg", ".fodt"),
    packages=(Package("pypi", "odfpy", "1.4.1"), Package("npm", "officeparser", "7.8.0")),
    reference=body_text,
    beside="all text of content.xml",
)

TEXTS = Subject(
    name="odt",
    kinds=(FileKind.ODT,),
    endings=(".odt", ".ott"),
    packages=(
        Package("pypi", "odfpy", "1.4.1"),
        Package("npm", "officeparser", "7.8.0"),
        Package("debian", "pandoc", "2.17.1.1-2~deb12u1"),
    ),
    reference=body_text,
    beside="all text of content.xml",
)
