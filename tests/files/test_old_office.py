"""Files from before 2007 and RTF: told apart by their content, and read."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.old_office import read_doc
from bot.files.reader.old_sheets import read_xls
from bot.files.reader.rtf import read_rtf
from bot.files.reader.trouble import Trouble
from tests.support import old_office


def rtf(tmp_path: Path, source: str) -> list[str]:
    """The pages of an RTF file, which is of ASCII's bytes."""
    path = tmp_path / "file.rtf"
    path.write_bytes(source.encode("latin-1"))
    return list(read_rtf(path))


HEAD = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset128 MS;}}"


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        (r"one\par two\line three", ["one\ntwo\nthree"]),
        (r"one\page two", ["one", "two"]),
        (r"caf\'e9 {\f1 \'d6\'e5\'ed\'e0} {\f2 \'93\'fa\'96\'7b}", ["café Цена 日本"]),
        (r"\u1055?\u1088?\uc2 \u8364 xx!", ["Пр€!"]),
        (r"\u-10179?\u-8704?", ["😀"]),
        (r"The berth is free{\super\chftn}{\footnote\chftn Only for members.} in winter.",
         ["The berth is free[1] in winter.\n\n[1] Only for members."]),
        (r"\trowd\intbl a\cell b\par c\cell\row\trowd\intbl d\cell\cell e\cell\row\pard after",
         ["a\tb c\nd\t\te\nafter"]),
        (r"{\header Letterhead}text", ["Letterhead\n\ntext"]),
        (r"{\*\unheardof gone}{\unheardof kept}", ["kept"]),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt shown}}", ["shown"]),
        (r"{\pict\pngblip 89504e47}{\*\shppict{\pict 00}}text", ["text"]),
        (r"{\object{\*\objdata 00}{\result{shown}}}", ["shown"]),
        (r"{\*\bkmkstart a}text{\*\bkmkend a}\{braces\}", ["text{braces}"]),
        (r"kept{\deleted gone}", ["kept"]),
        (r"a\~b\_c\-d", ["a b\u2011cd"]),
        (r"see\bin3 }{}this", ["seethis"]),
    ],
)  # fmt: skip
def test_rtf_is_read_as_it_is_shown(body: str, meant: list[str], tmp_path: Path) -> None:
    assert rtf(tmp_path, f"{HEAD}{body}}}") == meant


WRAPS = [
    r"{{{}}}",
    r"{{\b {}}}",
    r"{{\unheard5 {}}}",
    r"{{\field{{\*\fldinst PAGE}}{{\fldrslt {}}}}}",
    r"\pard {}\par ",
]


@settings(max_examples=60)
@given(
    st.recursive(
        st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Zs", "Zl", "Zp")), min_size=1, max_size=8).map(
            lambda text: "".join(f"\\u{int.from_bytes(unit, 'little', signed=True)}?" for unit in _units(text))
        ),
        lambda inner: st.builds(
            lambda wrap, several: wrap.format("".join(several)), st.sampled_from(WRAPS), st.lists(inner)
        ),
        max_leaves=8,
    )
)
def test_every_letter_of_rtf_is_kept_however_it_is_grouped(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    meant = b"".join(
        int(number).to_bytes(2, "little", signed=True) for number in re.findall(r"\\u(-?\d+)\?", body)
    ).decode("utf-16-le")
    read = "".join(rtf(tmp_path_factory.getbasetemp(), f"{HEAD}{body}}}"))
    assert "".join(read.split()) == "".join(meant.split())


def _units(text: str) -> list[bytes]:
    data = text.encode("utf-16-le")
    return [data[place : place + 2] for place in range(0, len(data), 2)]


def test_word_and_excel_of_the_last_century_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    letter = old_office.doc("The berth is free.\rПривіт!\r")
    path.write_bytes(letter)
    assert kind_of(letter) is FileKind.DOC
    assert list(read_doc(path)) == ["The berth is free.\nПривіт!"]
    prices = old_office.xls([["Berth", 0.15], ["Größe", 2]], form="0%")
    path.write_bytes(prices)
    assert kind_of(prices) is FileKind.XLS
    assert list(read_xls(path)) == ["Prices\nBerth\t15%\nGröße\t200%"]


@settings(max_examples=60)
@given(st.sampled_from(("doc", "xls")), st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 255)), max_size=6))
def test_a_damaged_old_file_is_named_or_survived(
    tmp_path_factory: pytest.TempPathFactory, form: str, spoilt: list[tuple[int, int]]
) -> None:
    made = bytearray(old_office.doc("words " * 20) if form == "doc" else old_office.xls([["a", 1.5]]))
    for place, sign in spoilt:
        made[place % len(made)] = sign
    path = tmp_path_factory.getbasetemp() / "old"
    path.write_bytes(made)
    try:
        list(read_doc(path) if form == "doc" else read_xls(path))
    except Trouble:
        return


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"{\\rtf1 x}", FileKind.RTF),
        (b'<?xml version="1.0"?>\n<office:document xmlns:office="urn:oasis:names:tc:opendocument:x">', FileKind.ODT),
        (old_office.compound({"PowerPoint Document": b"", "Workbook": b""}), FileKind.PPT),
        (old_office.compound({"EncryptedPackage": b""}), None),
    ],
)
def test_old_kinds_are_told_by_what_they_hold(data: bytes, kind: FileKind | None) -> None:
    assert kind_of(data) is kind
