"""Pictures and sound: a model gets what a person sees, and what a file is comes from what it holds."""

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bot.domain.messages import FileKind
from bot.files.kinds import holds_several, kind_of
from bot.files.reader.pictures import opened, pages, shrink
from bot.files.reader.trouble import Trouble
from bot.files.sound import is_film, recording, sound_of
from tests.support import material


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "picture"
    path.write_bytes(data)
    assert kind_of(data) is FileKind.IMAGE
    return path


def grey(tmp_path: Path, mode: str, value: float, form: str) -> int:
    """How bright one value of this mode comes out."""
    shown = opened(saved(tmp_path, material.encoded(Image.new(mode, (9, 9), value), form)))
    assert shown.mode == "RGB"
    pixel = shown.getpixel((4, 4))
    assert isinstance(pixel, tuple)
    return int(pixel[0])


@pytest.mark.parametrize(("mode", "form"), [("I;16", "PNG"), ("I;16", "TIFF"), ("I;16B", "TIFF"), ("I", "TIFF")])
@pytest.mark.parametrize("value", [0, 300, 16_384, 32_768, 60_000, 65_535])
def test_sixteen_bits_of_grey_stay_grey(tmp_path: Path, mode: str, form: str, value: int) -> None:
    assert abs(grey(tmp_path, mode, value, form) - value / 257) <= 1.5


@given(st.sampled_from(("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F")), st.integers(0, 255))
@settings(deadline=None)
def test_no_mode_of_a_picture_turns_dark_into_light(mode: str, value: int) -> None:
    import tempfile

    low, high = min(value, 120), max(value, 136)
    if mode == "1":
        low, high = 0, 255
    picture = Image.new("L", (20, 10), low)
    picture.paste(high, (10, 0, 20, 10))
    deep = {"I", "I;16", "F"}
    whole = picture.convert("I").point(lambda each: each * 257) if mode in deep else picture
    made = whole.convert(mode)
    with tempfile.TemporaryDirectory() as directory:
        shown = opened(saved(Path(directory), material.encoded(made, "TIFF"))).convert("L")
    assert shown.crop((0, 0, 8, 10)).getextrema()[1] < shown.crop((12, 0, 20, 10)).getextrema()[0]  # type: ignore[operator]


def test_printers_colours_look_as_they_are_printed(tmp_path: Path) -> None:
    for form in ("JPEG", "TIFF"):
        shown = opened(saved(tmp_path, material.encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), form)))
        red, green, blue = shown.getpixel((8, 8))  # type: ignore[misc]
        assert red > 180 > 90 > max(green, blue)


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_picture_is_turned_upright(tmp_path: Path, form: str, orientation: int) -> None:
    picture = Image.new("RGB", (64, 32), "white")
    picture.paste("red", (0, 0, 16, 32))
    exif = Image.Exif()
    exif[0x0112] = orientation
    target = io.BytesIO()
    picture.save(target, form, exif=exif)
    shown = opened(saved(tmp_path, target.getvalue()))
    width, height = shown.size
    where = {3: (width - 5, height // 2), 6: (width // 2, 5), 8: (width // 2, height - 5)}[orientation]
    red, green, blue = shown.getpixel(where)  # type: ignore[misc]
    assert red > 180 > 90 > max(green, blue)
    assert (width < height) is (orientation != 3)


def test_a_heic_of_a_telephone_is_seen(tmp_path: Path) -> None:
    assert opened(saved(tmp_path, material.heic())).getpixel((5, 5)) == (254, 0, 0)


def test_remarks_in_a_png_of_any_size_do_not_hide_it(tmp_path: Path) -> None:
    remarks = PngImagePlugin.PngInfo()
    remarks.add_text("story", "x" * 3_000_000, zip=True)
    remarks.add_itxt("workflow", "y" * 3_000_000, zip=True)
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, "PNG", pnginfo=remarks, icc_profile=b"\0" * 2_000_000)
    assert opened(saved(tmp_path, target.getvalue())).getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_of_a_picture_that_moves_the_first_is_seen_and_the_others_are_counted(tmp_path: Path, form: str) -> None:
    target = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
    frames[0].save(target, form, save_all=True, append_images=frames[1:], duration=100, lossless=True)
    assert holds_several(target.getvalue())
    assert shrink(saved(tmp_path, target.getvalue()), tmp_path / "shown.jpg") == (16, 16, 3)
    with Image.open(tmp_path / "shown.jpg") as shown:
        assert shown.getpixel((8, 8)) == (254, 0, 0)
    assert [page["page"] for page in pages(tmp_path / "picture", tmp_path, 1, 9) if "page" in page] == [1]
    assert not holds_several(material.photo().data)


@pytest.mark.parametrize(("form", "begins"), [({"compression": "group4"}, b"II*\0"), ({"big_tiff": True}, b"II+\0")])
def test_every_page_of_a_tiff_is_a_page(tmp_path: Path, form: Mapping[str, Any], begins: bytes) -> None:
    target = io.BytesIO()
    sheets = [Image.new("1", (80, 60 + 10 * number)) for number in range(4)]
    sheets[0].save(target, "TIFF", save_all=True, append_images=sheets[1:], **form)
    assert target.getvalue().startswith(begins)
    assert holds_several(target.getvalue())
    told = list(pages(saved(tmp_path, target.getvalue()), tmp_path, 2, 3))
    assert [each.get("pages", each.get("page")) for each in told] == [4, 2, 3]
    with Image.open(str(told[2]["scan"])) as third:
        assert third.size == (80, 80)


@pytest.mark.filterwarnings("ignore")
@given(st.binary(max_size=200))
def test_a_damaged_picture_is_called_damaged(noise: bytes) -> None:
    import tempfile

    for head in (b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"\0\0\0\x18ftypheic", b"RIFF\x20\0\0\0WEBP"):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "x"
            path.write_bytes(head + noise)
            with pytest.raises(Trouble) as caught:
                opened(path)
            assert caught.value.name in ("broken", "pixels", "unsupported")


# sound


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def boxed(brand: bytes, *handlers: bytes, last: bool = True) -> bytes:
    """A file of boxes with a track for each handler, its table at the end or at the beginning."""
    tracks = [
        box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", box(b"hdlr", bytes(8), each, bytes(13))))
        for each in handlers
    ]
    table, sounds = box(b"moov", box(b"mvhd", bytes(100)), *tracks), box(b"mdat", bytes(range(256)) * 9)
    return box(b"ftyp", brand, bytes(4), b"isom") + (sounds + table if last else table + sounds)


def element(name: int, body: bytes) -> bytes:
    head = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return head + (0x10000000 | len(body)).to_bytes(4, "big") + body


def matroska(kind: bytes, *types: int) -> bytes:
    tracks = b"".join(element(0xAE, element(0xD7, b"\1") + element(0x83, bytes((each,)))) for each in types)
    body = element(0x1549A966, bytes(20)) + element(0x1654AE6B, tracks) + element(0x1F43B675, bytes(90))
    return element(0x1A45DFA3, element(0x4282, kind)) + element(0x18538067, body)


@pytest.mark.parametrize("brand", [b"M4A ", b"M4B ", b"mp42", b"isom", b"dash", b"iso6", b"3gp4", b"qt  ", b"MSNV"])
@pytest.mark.parametrize("last", [True, False])
def test_whether_boxes_hold_sound_or_a_film_is_told_by_their_tracks(brand: bytes, last: bool) -> None:
    sound = boxed(brand, b"soun", last=last)
    assert kind_of(sound) is FileKind.AUDIO
    film = boxed(brand, b"vide", b"soun", last=last)
    assert kind_of(film) is None
    assert is_film(film)
    assert not is_film(sound)


@pytest.mark.parametrize("kind", [b"webm", b"matroska"])
def test_whether_a_webm_is_sound_is_told_by_its_tracks(kind: bytes) -> None:
    assert kind_of(matroska(kind, 2)) is FileKind.AUDIO
    assert kind_of(matroska(kind, 1, 2)) is None
    assert is_film(matroska(kind, 1))


@pytest.mark.parametrize(
    ("data", "media_type", "name"),
    [
        (b"OggS" + bytes(24) + b"OpusHead", "audio/ogg", "talk.ogg"),
        (b"ID3\4" + bytes(60), "audio/mpeg", "talk.mp3"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", "talk.wav"),
        (b"FORM\0\0\0\0AIFFCOMM", "audio/aiff", "talk.aiff"),
        (b"fLaC" + bytes(40), "audio/flac", "talk.flac"),
        (boxed(b"isom", b"soun"), "audio/mp4", "talk.m4a"),
        (boxed(b"3gp5", b"soun"), "audio/3gpp", "talk.3gp"),
        (matroska(b"webm", 2), "audio/webm", "talk.webm"),
    ],
)
def test_who_transcribes_is_told_what_it_is_and_not_what_it_was_called(data: bytes, media_type: str, name: str) -> None:
    told = recording(data, "talk.bin", "application/octet-stream")
    assert (told.media_type, told.name) == (media_type, name)
    assert kind_of(data) is FileKind.AUDIO


@pytest.mark.parametrize(
    "film", [b"RIFF\0\0\0\0AVI LIST", b"FLV\1\5", b"\0\0\1\xba" + bytes(40), b"OggS" + bytes(24) + b"\x80theora"]
)
def test_what_is_to_be_watched_is_a_film(film: bytes) -> None:
    assert is_film(film)
    assert sound_of(film) is None


@given(st.sampled_from((boxed(b"isom", b"soun"), matroska(b"webm", 2))), st.data())
def test_no_damage_to_a_recording_stops_the_telling(data: bytes, draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, len(data)))
    noise = draw.draw(st.binary(max_size=40))
    kind_of(data[:cut] + noise + data[cut + len(noise) :])
    kind_of(data[:cut])
