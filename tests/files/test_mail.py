"""Letters say who wrote what; what is attached to them, or packed into an archive, comes out as it was."""

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.mail import files_of_mail, read_mail
from bot.files.reader.members import members
from bot.files.reader.trouble import Trouble
from tests.support import material


def letter(words: str, files: Mapping[str, bytes], html: str = "") -> bytes:
    """A letter as a program writes it."""
    made = EmailMessage()
    made["From"], made["To"] = "Jürgen Krause <j@example.org>", "Ева <eva@example.org>"
    made["Subject"], made["Date"] = "Цена причала — 90 крон", "Sat, 28 Nov 2026 12:00:00 +0100"
    made.set_content(words)
    if html:
        made.add_alternative(html, subtype="html")
    for name, data in files.items():
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=f"{name}.bin")
    return made.as_bytes()


def read(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "letter"
    path.write_bytes(data)
    assert kind_of(data) is FileKind.MAIL
    return "\n".join(read_mail(path, "en"))


def test_a_letter_says_who_wrote_what_to_whom(tmp_path: Path) -> None:
    data = letter("The berth is free.\n", {"plan": b"%PDF-1.4"}, "<p>The <b>berth</b> is free.</p>")
    assert read(tmp_path, data) == (
        "From: Jürgen Krause <j@example.org>\nTo: Ева <eva@example.org>\nDate: Sat, 28 Nov 2026 12:00:00 +0100\n"
        "Subject: Цена причала — 90 крон\n\nThe berth is free.\n\nAttachments: plan.bin"
    )
    assert list(files_of_mail(tmp_path / "letter")) == [("plan.bin", b"%PDF-1.4")]


def test_a_letter_of_html_alone_is_read_and_bytes_against_the_rules_too(tmp_path: Path) -> None:
    head = "From: a@example.org\r\nDate: today\r\nSubject: Größe\r\nMIME-Version: 1.0\r\n"
    body = "Content-Type: text/html; charset=utf-8\r\n\r\n<div>Größe: <td>90</div>"
    assert "Subject: Größe\n\nGröße: 90" in read(tmp_path, (head + body).encode())
    plain = f"From x Sat Nov 28\n{head}\r\nПричал свободен всю зиму, а цена девяносто крон".encode("cp1251", "replace")
    assert "Причал свободен" in read(tmp_path, plain)


def test_a_letter_within_a_letter_is_a_file_of_it(tmp_path: Path) -> None:
    outer = EmailMessage()
    outer["From"], outer["Date"] = "a@example.org", "today"
    outer.set_content("See below.")
    inner = EmailMessage()
    inner["From"], inner["To"] = "b@example.org", "c@example.org"
    inner.set_content("Inside.")
    outer.add_attachment(inner)
    read(tmp_path, outer.as_bytes())
    [(name, data)] = files_of_mail(tmp_path / "letter")
    assert name == "letter.eml"
    assert kind_of(data) is FileKind.MAIL


def test_a_file_without_bytes_is_named_and_a_report_of_a_delivery_is_a_file(tmp_path: Path) -> None:
    data = (
        b"From: a@example.org\nTo: b@example.org\nContent-Type: multipart/report; boundary=B\n\n"
        b"--B\n\nIt failed.\n--B\n"
        b'Content-Type: message/delivery-status; name="why.txt"\nContent-Disposition: attachment; filename*=\n\n'
        b"Reporting-MTA: x\n\nAction: failed\n\n--B\nContent-Type: application/zip; name=none.zip\n\n--B--\n"
    )
    assert read(tmp_path, data).endswith("It failed.\n\nAttachments: why.txt, none.zip")
    (why, report), (none, nothing) = files_of_mail(tmp_path / "letter")
    assert (why, none, nothing) == ("why.txt", "none.zip", b"")
    assert b"Action: failed" in report


@given(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=200),
    st.dictionaries(st.text("abc", min_size=1), st.binary(min_size=1, max_size=50), max_size=3),
)
@settings(deadline=None)
def test_no_letter_of_a_letter_and_no_byte_of_its_files_is_lost(words: str, files: dict[str, bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        assert "".join(words.split()) in "".join(read(Path(directory), letter(words, files)).split())
        assert dict(files_of_mail(Path(directory) / "letter")) == {f"{name}.bin": data for name, data in files.items()}


@pytest.mark.parametrize(
    "text", ["Note: one\nTo: do\n", "From: me\nThe rest\n", "key: value\ndate: today\nto: x\n", "# From: x"]
)
def test_notes_with_colons_are_no_letters(text: str) -> None:
    assert kind_of(text.encode()) is FileKind.TEXT


def test_an_archive_yields_its_files_and_says_what_is_too_large(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "a/": "",
        "a/one.txt": "one",
        "__MACOSX/x": "no",
        ".DS_Store": "no",
        "big": b"x" * 99,
    }
    data = material.zipped({**files, **{f"b/{number}": str(number) for number in range(9)}})
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert kind_of(data) is FileKind.ARCHIVE
    told = list(members("archive", path, tmp_path, 4, 50))
    assert [each.get("name", each.get("count")) for each in told] == ["one.txt", "big", "0", "1", 11]
    assert "path" not in told[1]
    assert Path(str(told[0]["path"])).read_text() == "one"
    path.write_bytes(material.zipped({"bomb": bytes(3_000_000)}))
    with pytest.raises(Trouble, match="bomb"):
        list(members("archive", path, tmp_path, 4, 50))


def page(kind: str, source: str, more: str = "") -> bytes:
    """A web page as programs save it with all that belongs to it."""
    head = f'{kind}MIME-Version: 1.0\nContent-Type: multipart/related; boundary="B"\n\n--B\nContent-Location: file:///x'
    return f"{head}\nContent-Type: text/html; charset=utf-8\n\n{source}\n{more}--B--\n".encode()


def test_a_saved_page_is_read_as_the_page_and_its_styles_and_pictures_are_none_of_its_words(tmp_path: Path) -> None:
    more = "--B\nContent-Location: y\nContent-Type: text/css\n\np { color: red }\n--B\nContent-Location: z\n"
    more += "Content-Type: image/png\n\nPNG\n--B\nContent-Type: text/html\n\n<p>A page within\n"
    source = "<title>Prices</title><p>ninety crowns"
    for kind in ("", "From: <Saved by Blink>\nSubject: Prices\nDate: Sat, 28 Nov 2026 12:00:00 -0000\n"):
        assert read(tmp_path, page(kind, source, more)) == "Prices\n\nninety crowns\n\nA page within"
        assert not list(files_of_mail(tmp_path / "letter"))


def test_what_a_letter_brings_for_the_calendar_is_read_beside_its_words(tmp_path: Path) -> None:
    made = EmailMessage()
    made["From"], made["To"] = "a@example.org", "b@example.org"
    made.set_content("Please come.")
    made.add_alternative("<p>Please come.</p>", subtype="html")
    made.add_alternative("BEGIN:VCALENDAR\r\nLOCATION:Pier\r\n  3\r\nEND:VCALENDAR\r\n", subtype="calendar")
    assert read(tmp_path, made.as_bytes()).endswith(
        "\n\nPlease come.\n\nBEGIN:VCALENDAR\nLOCATION:Pier 3\nEND:VCALENDAR"
    )


def test_every_letter_of_a_mailbox_is_read_with_what_comes_with_it(tmp_path: Path) -> None:
    letters = [letter(f"Größe {number}\nFrom here on.", {f"plan{number}": b"%PDF"}) for number in range(3)]
    mailbox = b"".join(b"From a@example.org Sat Nov 28 12:00:00 2026\n" + each + b"\n" for each in letters)
    told = read(tmp_path, mailbox)
    assert all(f"Größe {number}\nFrom here on." in told for number in range(3))
    assert [name for name, _ in files_of_mail(tmp_path / "letter")] == ["plan0.bin", "plan1.bin", "plan2.bin"]


@pytest.mark.parametrize("kind", ["pkcs7-signature", "x-pkcs7-signature", "pgp-signature"])
def test_the_seal_of_a_letter_is_no_file_of_it(tmp_path: Path, kind: str) -> None:
    made = EmailMessage()
    made["From"], made["To"] = "a@example.org", "b@example.org"
    made.set_content("Signed by me.")
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="plan.pdf")
    made.add_attachment(b"0\x82", maintype="application", subtype=kind, filename="smime.p7s")
    assert read(tmp_path, made.as_bytes()).endswith("Signed by me.\n\nAttachments: plan.pdf")
    assert [name for name, _ in files_of_mail(tmp_path / "letter")] == ["plan.pdf"]
