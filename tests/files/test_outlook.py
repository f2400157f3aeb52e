"""Outlook's own letters, and what it packs for others of its kind, are read as any letter is."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.compressed_rtf import unpacked
from bot.files.reader.mail import files_of_mail, read_mail
from bot.files.reader.trouble import Trouble
from tests.support.outlook import Made, msg, tnef

SUBJECT, BODY, HTML, RTF, SENT = 0x0037, 0x1000, 0x1013, 0x1009, 0x0039
FROM, FROM_ADDRESS, NAME, ADDRESS, IS = 0x0042, 0x5D02, 0x3001, 0x39FE, 0x0C15
DATA, FILE_NAME, CODE_PAGE, HTML_PAGE, HEAD = 0x3701, 0x3707, 0x3FFD, 0x3FDE, 0x007D
NOON = 134_087_000_000_000_000

LETTER = Made(
    {SUBJECT: "Причал", BODY: "Место свободно.", FROM: "Ева", FROM_ADDRESS: "eva@example.org", SENT: NOON},
    people=[
        {NAME: "Jürgen", ADDRESS: "j@example.org", IS: 1},
        {NAME: "Ops", ADDRESS: "/O=HARBOUR/CN=OPS", IS: 1},
        {NAME: "Mia", ADDRESS: "mia@example.org", IS: 2},
        {NAME: "Unseen", ADDRESS: "u@example.org", IS: 3},
    ],
    files=[
        {DATA: b"%PDF-1.4 plan", FILE_NAME: "план причала.pdf"},
        Made({SUBJECT: "Inside", BODY: "A letter within."}),
        {FILE_NAME: "a shape without bytes"},
        {DATA: b"x" * 9000, FILE_NAME: "long.bin"},
    ],
)
FORMS = pytest.mark.parametrize("form", [msg, tnef])


def read(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "letter"
    path.write_bytes(data)
    assert kind_of(data) is FileKind.MAIL
    return "\n".join(read_mail(path, "en"))


def test_a_letter_of_outlooks_says_who_wrote_what_to_whom(tmp_path: Path) -> None:
    assert read(tmp_path, msg(LETTER)) == (
        "From: Ева <eva@example.org>\nTo: Jürgen <j@example.org>, Ops\nCc: Mia <mia@example.org>\n"
        "Date: Thu, 27 Nov 2025 06:53:20 +0000\nSubject: Причал\n\nМесто свободно.\n\n"
        "Attachments: план причала.pdf, Inside.eml, long.bin"
    )


@FORMS
def test_what_comes_with_it_comes_out_as_it_was(tmp_path: Path, form: Callable[[Made], bytes]) -> None:
    read(tmp_path, form(LETTER))
    plan, inside, long = files_of_mail(tmp_path / "letter")
    assert plan == ("план причала.pdf", b"%PDF-1.4 plan")
    assert long == ("long.bin", b"x" * 9000)
    assert inside[0] == "Inside.eml"
    assert "Subject: Inside\n\nA letter within." in read(tmp_path, inside[1])


def test_a_letter_of_many_parts_loses_none(tmp_path: Path) -> None:
    """xlrd's reader of compound files gives nothing of those behind the 250th."""
    read(tmp_path, msg(Made({BODY: "x"}, files=[{DATA: b"y" * 5000, FILE_NAME: "y.bin"}], extra=300)))
    assert list(files_of_mail(tmp_path / "letter")) == [("y.bin", b"y" * 5000)]


@FORMS
@pytest.mark.parametrize(
    ("words", "page"),
    [
        ({HTML: "<p>Größe <b>90</b></p>".encode("cp1252"), HTML_PAGE: 1252, CODE_PAGE: 1251}, "Größe 90"),
        ({HTML: "<p>Größe</p>".encode(), HTML_PAGE: 65001}, "Größe"),
        ({HTML: "<p>Größe</p>"}, "Größe"),
        ({BODY: "Plain", HTML: b"<p>Laid out</p>"}, "Plain"),
        ({RTF: b"\x2b\0\0\0\x22\0\0\0MELA\0\0\0\0{\\rtf1\\ansi Gr\\'fc\\'dfe\\par 90\\par}"}, "Grüße\n90"),
    ],
)
def test_words_come_from_the_plainest_form_there_is(
    tmp_path: Path, form: Callable[[Made], bytes], words: dict[int, str | bytes | int], page: str
) -> None:
    assert read(tmp_path, form(Made(words))).strip() == page


@FORMS
def test_narrow_texts_are_in_the_code_page_that_the_letter_names(tmp_path: Path, form: Callable[[Made], bytes]) -> None:
    if form is msg:
        made = Made({CODE_PAGE: 1251, BODY: "Место", 0x3703: "x"}, files=[{DATA: b"1", FILE_NAME: "Цена"}], wide=False)
        assert read(tmp_path, form(made)) == "Место\n\nAttachments: Цена"


def test_the_head_that_a_letter_travelled_with_is_believed_first(tmp_path: Path) -> None:
    head = "From: Real <real@example.org>\r\nDate: Sat, 28 Nov 2026 12:00:00 +0100\r\n\r\n"
    told = read(tmp_path, msg(Made({HEAD: head, FROM: "Other", SENT: NOON, SUBJECT: "S\r\nX: y", BODY: "b"})))
    assert told == "From: Real <real@example.org>\nDate: Sat, 28 Nov 2026 12:00:00 +0100\nSubject: S X: y\n\nb"


def test_files_that_outlook_packed_come_out_of_the_letter_around_them(tmp_path: Path) -> None:
    outer = EmailMessage()
    outer["From"], outer["To"], outer["Date"] = "a@example.org", "b@example.org", "today"
    outer.set_content("Outside.")
    packed = tnef(Made({BODY: "Outside."}, files=[{DATA: b"one", FILE_NAME: "one.txt"}]))
    outer.add_attachment(packed, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    told = read(tmp_path, outer.as_bytes())
    assert told.count("Outside.") == 1
    assert told.endswith("Attachments: one.txt")
    assert list(files_of_mail(tmp_path / "letter")) == [("one.txt", b"one")]


def test_words_that_are_packed_alone_are_read(tmp_path: Path) -> None:
    outer = EmailMessage()
    outer["From"], outer["Date"] = "a@example.org", "today"
    outer.add_attachment(tnef(Made({BODY: "Packed."})), maintype="application", subtype="ms-tnef", filename="w.dat")
    assert read(tmp_path, outer.as_bytes()).endswith("\n\nPacked.")


def test_damage_is_said_and_costs_what_is_damaged(tmp_path: Path) -> None:
    whole = msg(LETTER)
    for data in (whole[:1500], b"\x78\x9f\x3e\x22\0\0\1\3\x90\6\0\xff\0\0\0\1"):
        (tmp_path / "letter").write_bytes(data)
        with pytest.raises(Trouble, match="broken"):
            list(read_mail(tmp_path / "letter", "en"))
    outer = EmailMessage()
    outer["From"], outer["Date"] = "a@example.org", "today"
    outer.set_content("Outside.")
    broken = b"\x78\x9f\x3e\x22\0\0\1\3\x90\6\0\x04\0\0\0\xff\0\0\0\0\0"
    outer.add_attachment(broken, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert read(tmp_path, outer.as_bytes()).endswith("Outside.\n\nAttachments: winmail.dat")


@pytest.mark.parametrize(
    ("packed", "rtf"),
    [
        # The examples of [MS-OXRTFCP], 3.1 and 3.2.
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        # Cut off.
        ("1a0000001c0000004c5a4675e2d44b51410004205758", b"{\\rtf1 WX"),
    ],
)
def test_packed_rtf_comes_out_as_it_was(packed: str, rtf: bytes) -> None:
    assert unpacked(bytes.fromhex(packed)) == rtf


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_unpack_to_more_than_they_say_or_hang(data: bytes) -> None:
    assert len(unpacked(b"\0\0\0\0\x40\0\0\0LZFu\0\0\0\0" + data)) <= 64
