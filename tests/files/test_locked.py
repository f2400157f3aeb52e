"""What has a password, or a form of its maker's alone, is refused with what is wrong; what a PDF brings comes."""

from pathlib import Path

import pytest

from bot.domain.messages import FileKind, FilePart
from bot.domain.policy import FileRules
from bot.files.fetcher import checked
from bot.files.kinds import encloses, kind_of
from bot.files.reader.book import read_epub
from bot.files.reader.members import members
from bot.files.reader.opendocument import read_odf
from bot.files.reader.trouble import Trouble
from tests.support import material

FILE = FilePart("", "file", "application/octet-stream")


def refused(data: bytes) -> str:
    with pytest.raises(Trouble) as trouble:
        checked(data, FILE, FileRules())
    return trouble.value.name


@pytest.mark.parametrize(
    "names",
    [
        ("Index/Document.iwa", "preview.jpg"),
        ("Index.zip", "QuickLook/Preview.pdf"),
        ("index.apxl.gz", "QuickLook/Thumbnail.jpg"),
    ],
)
def test_documents_of_apples_own_form_are_told_from_damage(names: tuple[str, ...]) -> None:
    assert refused(material.zipped(dict.fromkeys(names, "%PDF-1.4"))) == "apples"
    assert refused(b"PK\x03\x04 and no more") == "broken"
    assert kind_of(material.zipped({"index.xml": "x", "index.zip": "y"})) is FileKind.ARCHIVE


def test_an_encrypted_document_is_said_to_be_and_an_encrypted_font_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "x"
    manifest = '<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>'
    path.write_bytes(material.zipped({"content.xml": "\x03\x07", "META-INF/manifest.xml": manifest}))
    with pytest.raises(Trouble, match="encrypted"):
        list(read_odf(path))
    container = '<container><rootfile full-path="o.opf"/></container>'
    package = '<package><item id="a" href="a.xhtml"/><itemref idref="a"/></package>'
    for part, locked in (("a.xhtml", True), ("font.otf", False)):
        lock = f'<EncryptedData><CipherData><CipherReference URI="{part}"/></CipherData></EncryptedData>'
        book: dict[str, bytes | str] = {
            "META-INF/container.xml": container, "META-INF/encryption.xml": lock, "o.opf": package, "a.xhtml": "<p>All",
        }  # fmt: skip
        path.write_bytes(material.zipped(book))
        if locked:
            with pytest.raises(Trouble, match="encrypted"):
                list(read_epub(path))
        else:
            assert list(read_epub(path)) == ["All"]


def test_what_a_pdf_brings_along_comes_out_of_it(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(
        material.pdf_with("See inside.", {"rechnung größe.xml": b"<Invoice/>", "folder/plan.txt": b"plan"})
    )
    assert encloses(path.read_bytes())
    *files, told = members("pdf", path, tmp_path, 20, 1_000)
    assert {each["name"]: Path(str(each["path"])).read_bytes() for each in files} == {
        "plan.txt": b"plan",
        "rechnung größe.xml": b"<Invoice/>",
    }
    assert told == {"count": 2}
    path.write_bytes(b"%PDF-1.4 /EmbeddedFile")
    with pytest.raises(Trouble, match="broken"):
        list(members("pdf", path, tmp_path, 20, 1_000))
