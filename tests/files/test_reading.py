"""What the reader makes of real files, in its own process; how right it is, is measured and stated."""

import os
import tempfile
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.trouble import Trouble
from bot.files.sandbox import Limits, Sandbox
from tests.support import material

ENGLISH = (
    "The quick brown fox jumps over the lazy dog.\n"
    "Invoice number 2026-1187, due on 12 December 2026.\n"
    "Total amount: 1,234.56 EUR, payable within 30 days."
)
GERMAN = (
    "Die Bäume wachsen über den Zäunen, heißt es.\n"
    "Rechnung Nummer 2026-1187, fällig am 12. Dezember.\n"
    "Größe und Maße prüfen, dann überweisen."
)
FRENCH = "Le café est fermé à l'étage, où l'on trouve\nles élèves et leur maître. Ça coûte 45,20 EUR."
SPANISH = "El niño pequeño comió una manzana ayer.\nLa reunión será el miércoles a las diez."

SANDBOX = Sandbox(Limits(), 2, Path(tempfile.gettempdir()) / f"parley-tests-{os.getpid()}")


async def told(tmp_path: Path, data: bytes, first: int = 1, most: int = 500) -> list[dict[str, Any]]:
    """What the reader tells of a file."""
    path = tmp_path / "file"
    path.write_bytes(data)
    kind = kind_of(data)
    assert kind is not None
    job = SANDBOX.run("read", kind.value, str(path), str(tmp_path), str(first), str(most))
    async with aclosing(job) as lines:
        return [line async for line in lines]


async def by_engine(tmp_path: Path, *pictures: Image.Image, sandbox: Sandbox = SANDBOX) -> list[tuple[str, float]]:
    """What the local engine reads in pictures of pages."""
    read = []
    async with sandbox.engine() as engine:
        for number, picture in enumerate(pictures):
            path = tmp_path / f"{number}.png"
            picture.save(path)
            read.append(await engine.read(path))
    return read


ENGINES_LEAST = 736
"""Pixels: the engine enlarges what has a shorter side (RapidOCR, `limit_side_len`)."""

NOISY = {ENGLISH: 0.02, GERMAN: 0.05, FRENCH: 0.08, SPANISH: 0.05}
"""Share of signs that may be wrong; `python -m tests.files.accuracy.scans` measures the figures in docs/."""


def strip(text: str, turned: float = 0.0) -> Image.Image:
    """The upper part of a scanned page, which holds all the words and is read in a fraction of the time."""
    page = material.scanned(text, size=13, turned=turned)
    return page.crop((0, 0, page.width, ENGINES_LEAST))


async def test_the_local_engine_reads_noisy_scans(tmp_path: Path) -> None:
    readings = await by_engine(tmp_path, *(strip(text) for text in NOISY))
    for (text, most), (read, confidence) in zip(NOISY.items(), readings, strict=True):
        assert material.error_rate(read, text) <= most
        assert confidence > 0.85


async def test_it_finds_out_which_way_is_up(tmp_path: Path) -> None:
    turned = [strip(ENGLISH).rotate(degrees, expand=True) for degrees in (180, 270)]
    pages = [*turned, strip(ENGLISH, turned=3)]
    for read, _ in await by_engine(tmp_path, *pages):
        assert material.error_rate(read, ENGLISH) <= 0.05


async def test_the_text_layer_of_a_pdf_is_read_and_pages_without_one_become_pictures(tmp_path: Path) -> None:
    scan = material.scanned("Printed", dpi=60)
    first, *pages = await told(tmp_path, material.scan_pdf([GERMAN, scan, "", f"{ENGLISH}\n{ENGLISH}"]))
    assert first == {"pages": 4}
    assert pages[0]["text"].replace("\n", " ").split() == GERMAN.split()
    assert set(pages[1]) == {"page", "scan", "text"}
    assert pages[1]["text"] == ""
    assert pages[2] == {"page": 3, "text": ""}
    assert "Invoice number" in pages[3]["text"]
    with Image.open(pages[1]["scan"]) as picture:
        assert max(picture.size) <= 2048


async def test_few_words_are_still_words(tmp_path: Path) -> None:
    assert await told(tmp_path, material.pdf(["Part two"])) == [{"pages": 1}, {"page": 1, "text": "Part two"}]


async def test_a_page_of_any_size_becomes_a_picture_of_a_sensible_one(tmp_path: Path) -> None:
    poster = Image.new("RGB", (200, 4000), "white")
    poster.paste("black", (20, 20, 100, 3900))
    _, page = await told(tmp_path, material.scan_pdf([poster]))
    with Image.open(page["scan"]) as picture:
        assert max(picture.size) <= 2048


async def test_reading_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    _, *pages = await told(tmp_path, material.pdf([f"Page {n}: {ENGLISH}" for n in range(1, 6)]), first=4, most=4)
    assert [page["page"] for page in pages] == [4]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (material.pdf(["x"]), FileKind.PDF),
        (material.docx(["x"]), FileKind.DOCX),
        (material.pptx(["x"]), FileKind.PPTX),
        (material.xlsx({"x": [[1]]}), FileKind.XLSX),
        (material.odt(["x"]), FileKind.ODT),
        (material.epub(["x"]), FileKind.EPUB),
        (material.photo().data, FileKind.IMAGE),
        (material.noisy_photo(0.1), FileKind.IMAGE),
        (b"RIFF\0\0\0\0WEBPVP8 ", FileKind.IMAGE),
        (material.recording().data, FileKind.AUDIO),
        (b"RIFF\0\0\0\0WAVEfmt ", FileKind.AUDIO),
        (b"\0\0\0\x20ftypM4A \0\0", FileKind.AUDIO),
        (b"<!DOCTYPE HTML><p>x", FileKind.HTML),
        ("Привет".encode("cp1251"), FileKind.TEXT),
        (b"just words", FileKind.TEXT),
        (b"\0\0\0\x20ftypmp42\0\0", None),
        (b"PK\x03\x04 and no zip", None),
        (bytes(range(256)), None),
        (b"MZ\x90\0" + bytes(99), None),
        (b"", FileKind.TEXT),
    ],
)
def test_what_a_file_is_is_told_from_its_content(data: bytes, kind: FileKind | None) -> None:
    assert kind_of(data) is kind


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (material.bomb, "bomb"),
        (material.pdf(["x"], password="p"), "encrypted"),
        (material.huge_png(30_000, 30_000), "pixels"),
        (b"%PDF-1.4 nonsense", "broken"),
        (material.zipped({"word/document.xml": "<w><not closed>"}), "broken"),
        (
            material.zipped({"word/document.xml": '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><x>&c;</x>'}),
            "broken",
        ),
    ],
    ids=("bomb", "encrypted", "pixels", "broken-pdf", "broken-xml", "entities"),
)
async def test_what_cannot_be_read_is_named(tmp_path: Path, data: bytes | Callable[[], bytes], name: str) -> None:
    with pytest.raises(Trouble) as caught:
        await told(tmp_path, data if isinstance(data, bytes) else data())
    assert caught.value.name == name


async def test_a_reader_that_wants_too_much_memory_is_ended_and_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(material.encoded(Image.new("RGB", (9000, 9000), "red")))
    small = Sandbox(Limits(memory_mb=220), 1, tmp_path / "reading")
    with pytest.raises(Trouble) as caught:
        async with aclosing(small.run("shrink", str(path), str(tmp_path / "x.jpg"))) as lines:
            [_ async for _ in lines]
    assert caught.value.name in ("memory", "broken")


async def test_a_reader_that_takes_too_long_is_ended_and_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(material.pdf(["x"]))
    impatient = Sandbox(Limits(silence_s=0.001), 1, tmp_path / "reading")
    with pytest.raises(Trouble) as caught:
        async with aclosing(impatient.run("read", "pdf", str(path), str(tmp_path), "1", "9")) as lines:
            [_ async for _ in lines]
    assert caught.value.name == "slow"


async def test_the_reader_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4711:secret")
    from bot.files.sandbox import environment

    assert "4711:secret" not in "".join(environment().values())
