"""Contacts and dates: whole lines in their own letters, without the pictures among them."""

import plistlib
import quopri
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.lines import is_folded, unfolded
from bot.files.reader.plain import read_html, read_text
from bot.files.reader.trouble import Trouble

WORDS = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=120)


def folded(line: str) -> str:
    """A line as programs fold it, where it becomes too long."""
    return "\r\n ".join(line[at : at + 9] for at in range(0, len(line), 9))


@given(st.lists(WORDS, max_size=5))
@settings(deadline=None)
def test_no_letter_of_what_is_folded_is_lost(values: Sequence[str]) -> None:
    lines = [f"SUMMARY:{value}" for value in values]
    text = "\r\n".join(("BEGIN:VCALENDAR", *map(folded, lines), "END:VCALENDAR", ""))
    assert is_folded(text)
    assert unfolded(text) == "\n".join(("BEGIN:VCALENDAR", *lines, "END:VCALENDAR"))


@given(WORDS)
@settings(deadline=None)
def test_letters_that_old_phones_write_as_numbers_are_letters(name: str) -> None:
    quoted = quopri.encodestring(name.encode(), quotetabs=True).decode().replace("\n", "\r\n")
    text = f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted}\r\nTEL:1\r\nEND:VCARD\r\n"
    assert unfolded(text) == f"BEGIN:VCARD\nVERSION:2.1\nN:{name}\nTEL:1\nEND:VCARD"


@pytest.mark.parametrize(
    "photo",
    [
        "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n SkZJRg==\r\n",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n  SkZJRg==",
        "PHOTO:data:image/jpeg;base64,/9j/4AAQSkZJRg==",
    ],
)
def test_that_a_contact_has_a_picture_is_said_and_its_bytes_are_not(photo: str) -> None:
    text = f"BEGIN:VCARD\r\nFN:Eva\r\n{photo}\r\nTEL:1\r\nEND:VCARD"
    assert unfolded(text).split("\n")[3] == "TEL:1"
    assert "PHOTO" in unfolded(text)
    assert "(left out)" in unfolded(text)
    assert "AAQ" not in unfolded(text)


def test_contacts_are_read_so_and_other_texts_are_not(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"BEGIN:VCARD\r\nFN:A\r\n B\r\nEND:VCARD")
    assert list(read_text(path, "en")) == ["BEGIN:VCARD\nFN:AB\nEND:VCARD"]
    path.write_bytes(b"see BEGIN:VCARD\r\nFN:A\r\n B")
    assert list(read_text(path, "en")) == ["see BEGIN:VCARD\nFN:A\n B"]


def test_a_page_that_safari_saved_is_read_and_another_property_list_is_not(tmp_path: Path) -> None:
    path = tmp_path / "x"
    source = {"WebResourceData": "<title>T</title><p>Größe".encode("cp1252"), "WebResourceTextEncodingName": "cp1252"}
    data = plistlib.dumps({"WebMainResource": source}, fmt=plistlib.FMT_BINARY)
    assert kind_of(data) is FileKind.HTML
    path.write_bytes(data)
    assert list(read_html(path, "en")) == ["T\n\nGröße"]
    assert kind_of(plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY)) is None
    for broken in (data[:-10], plistlib.dumps({"a": "WebMainResource"}, fmt=plistlib.FMT_BINARY)):
        path.write_bytes(broken)
        with pytest.raises(Trouble):
            list(read_html(path, "en"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_ends_however_its_system_ends_it(end: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(end.join(("Wine;90", "Beer;12", "")).encode())
    assert list(read_text(path, "en")) == ["Wine;90\nBeer;12\n"]
