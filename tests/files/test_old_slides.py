"""Slides from before 2007: each on its page, in the order in which they are shown, as they were last saved."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.old_slides import read_ppt
from bot.files.reader.trouble import Trouble
from tests.support.old_slides import Margins, Slide, ppt


def pages(directory: Path, data: bytes) -> list[str]:
    path = directory / "slides.ppt"
    path.write_bytes(data)
    return list(read_ppt(path))


FERRY = Slide(["The ferry", "Mon\nTue"], ["Größe: 90 крон"], [["from", "to"], ["Ærø", "Als"]], "say this")


def test_a_slide_has_its_outline_its_boxes_its_table_by_rows_and_its_notes(tmp_path: Path) -> None:
    data = ppt([FERRY, Slide(["Berths"])])
    assert kind_of(data) is FileKind.PPT
    assert pages(tmp_path, data) == [
        "The ferry\nMon\nTue\nGröße: 90 крон\nfrom\tto\nÆrø\tAls\n\nsay this",
        "Berths",
    ]


def test_slides_come_as_they_are_shown_and_as_they_were_last_saved(tmp_path: Path) -> None:
    now = [Slide(["one"], notes="first"), Slide(["two"], notes="second")]
    before = [Slide(["old one"]), Slide(["old two"], ["gone"])]
    assert pages(tmp_path, ppt(now, before=before, shown=[1, 0])) == ["two\n\nsecond", "one\n\nfirst"]


def test_what_stands_in_the_margins_of_slides_is_told_where_it_is_seen(tmp_path: Path) -> None:
    foot, fixed, today = 0b100000, 0b101, 0b011
    own = [
        None,
        Margins(0, foot="Hidden"),
        Margins(foot | fixed, "28 Nov", "Own"),
        Margins(foot | today, "28 Nov", "Today's"),
    ]
    slides = [Slide(["One"], margins=each) for each in own]
    for_all = Margins(foot, "not seen", "Harbour")
    assert pages(tmp_path, ppt(slides, margins=for_all)) == [
        "One\n\nHarbour",
        "One",
        "One\n\n28 Nov\nOwn",
        "One\n\nToday's",
    ]
    twice = Slide(["One"], ["Harbour"])
    assert pages(tmp_path, ppt([twice], margins=for_all)) == ["One\nHarbour"]


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=20)
_SOME = st.lists(WORDS, max_size=2)
SLIDES = st.lists(st.builds(Slide, _SOME, _SOME, st.just(()), WORDS, st.none()), max_size=4)


@given(SLIDES, st.binary(max_size=20), st.integers(0, 5000))
@settings(deadline=None, max_examples=40)
def test_every_word_is_on_its_slide_and_damage_is_told(slides: list[Slide], junk: bytes, where: int) -> None:
    import tempfile

    data = ppt(slides)
    with tempfile.TemporaryDirectory() as directory:
        if slides:
            found = [page.split() for page in pages(Path(directory), data)]
            assert found == [[*each.outline, *each.boxes, each.notes] for each in slides]
        damaged = data[:where] + junk + data[where + len(junk) :]
        try:
            pages(Path(directory), damaged)
        except Trouble as trouble:
            assert trouble.name in ("broken", "encrypted")


def test_a_presentation_with_a_password_says_so(tmp_path: Path) -> None:
    data = ppt([FERRY]).replace(b"\x5f\xc0\x91\xe3", b"\xdf\xc4\xd1\xf3")
    with pytest.raises(Trouble, match="encrypted"):
        pages(tmp_path, data)
