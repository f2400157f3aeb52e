"""Files that people send: looked at, given back; and each that cannot be."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bot.domain.blocks import OutFile
from bot.standins.model import Fault, Reply
from tests.support import material
from tests.support.fixtures import every_way
from tests.support.sent_files import ROCKS, TIDES, gemini_requests, last_pictures, last_request, last_words, looks
from tests.support.world import House, Someone

# pictures


async def test_a_picture_is_looked_at_with_its_question(house: House, alice: Someone) -> None:
    house.model.reply = "A red field."
    await house.start()
    alice.sends(material.photo(size=(4000, 3000)), caption="what is this?")
    await alice.sees("A red field.")
    [picture] = last_pictures(house)
    assert max(picture.size) == 2048
    assert picture.format == "JPEG"
    assert "what is this?" in last_words(house)
    alice.says("and its colour?")
    await alice.sees("A red field.", times=2)
    kept = last_request(house)["messages"][-3]["content"]
    assert [part["type"] for part in kept] == ["image_url", "text"], "It is still seen with the next question."


async def test_of_a_picture_that_moves_the_first_is_looked_at_and_that_is_said(house: House, alice: Someone) -> None:
    house.model.reply = "A red field."
    await house.start()
    target = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    frames[0].save(target, "PNG", save_all=True, append_images=frames[1:])
    alice.sends_file("moving.png", target.getvalue(), caption="what is this?")
    await alice.sees("“moving.png” contains 2 pictures.")
    await alice.sees("A red field.")
    assert last_pictures(house)[0].getpixel((5, 5)) == (254, 0, 0)
    alice.sends_file("phone.jpg", material.heic(), caption="and this?")
    await alice.sees("A red field.", times=2)
    assert last_pictures(house)[0].size == (64, 48)


@every_way
async def test_an_album_is_one_request_and_a_fifth_picture_is_left_out(house: House, alice: Someone) -> None:
    house.model.reply = "Four fields."
    await house.start()
    album = [material.photo(f"p{n}.png", colour) for n, colour in enumerate(("red", "blue", "green", "white", "black"))]
    alice.sends(*album, caption="compare them")
    await alice.sees("at most 4 pictures per message", hurried=True)
    await alice.sees("Four fields.", hurried=True)
    assert len(last_pictures(house)) == 4
    assert len(house.model.requests) == 1


async def test_a_model_that_does_not_see_hands_over_to_one_that_does(house: House, alice: Someone) -> None:
    house.model.reply = "A red field."
    await house.start(**looks(house), mistral_model="codestral-latest")
    alice.sends(material.photo(), caption="what is this?")
    shown = await alice.sees("A red field.")
    assert "mistral/codestral-latest cannot see pictures" in shown.text
    [request] = gemini_requests(house)
    assert any("inlineData" in part for part in request["contents"][-1]["parts"])


async def test_without_any_model_that_sees_a_picture_costs_one_sentence(house: House, alice: Someone) -> None:
    house.model.reply = "Words I can do."
    await house.start(mistral_model="codestral-latest", max_scans=0)
    alice.sends(material.photo(), caption="what is this? And what is 2+2?")
    await alice.sees("Words I can do.")
    assert "could not be read" in "\n".join(
        m.text for m in alice.answers()
    ) or "contains no readable text" in "\n".join(m.text for m in alice.answers())
    assert "[Attached, but not readable here" in last_words(house)


SEALED = (
    b"From: eve@example.org\nTo: alice@example.org\nDate: Sat, 28 Nov 2026 12:00:00 +0100\n\n"
    b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("vast.png", material.huge_png(30_000, 30_000), "larger than 100 megapixels"),
        ("empty.txt", b"", "is empty"),
        ("locked.pdf", material.pdf(["secret"], password="no"), "is password-protected"),
        ("sealed.eml", SEALED, "is encrypted. Open it in the program that has the key"),
        ("broken.pdf", b"%PDF-1.7 and then nothing", "is damaged"),
        ("bomb.docx", material.bomb, "unpacks to an implausible size"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Office file of a rare kind"),
        ("program.exe", b"MZ\x90\0" + bytes(range(256)) * 4, "a kind of file that I cannot read"),
        ("broken.png", b"\x89PNG\r\n\x1a\n" + b"garbage" * 9, "is damaged"),
    ],
)
async def test_a_file_that_cannot_be_read_costs_one_sentence_and_the_rest_is_answered(
    house: House, alice: Someone, name: str, data: bytes | Callable[[], bytes], said: str
) -> None:
    house.model.reply = "The words at least."
    await house.start()
    alice.sends_file(name, data if isinstance(data, bytes) else data(), caption="what does it say?")
    told = await alice.sees(said)
    assert name in told.text
    await alice.sees("The words at least.")
    assert f"[Attached, but not readable here: {name}]" in last_words(house)
    alice.says("go on")
    await alice.sees("The words at least.", times=2)


async def test_a_message_of_nothing_but_an_unreadable_file_costs_nothing(house: House, alice: Someone) -> None:
    await house.start()
    alice.sends_file("empty.txt", b"")
    await alice.sees("is empty")
    house.model.reply = "Here."
    alice.says("still there?")
    await alice.sees("Here.")
    await house.stop()
    assert house.rows("SELECT state FROM turn ORDER BY id") == [("failed",), ("delivered",)]
    assert house.rows("SELECT balance FROM ledger ORDER BY id DESC LIMIT 1") == [(3900,)]


async def test_a_file_over_the_operators_limit_is_not_even_fetched(house: House, alice: Someone) -> None:
    await house.start(max_file_mb=1)
    alice.sends_file("large.txt", b"x" * 1_200_000)
    await alice.sees("the limit here is 1 MB")
    await house.stop()
    assert not list((house.directory / "files").rglob("*.*"))
    assert house.rows("SELECT COUNT(*) FROM blob") == [(0,)]


# keeping


def kept_files(house: House) -> list[Path]:
    return [path for path in (house.directory / "files").rglob("*") if path.is_file()]


async def test_files_are_listed_given_back_and_removed(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    data = material.pdf([TIDES, ROCKS])
    alice.sends_file("tides.pdf", data)
    await alice.sees("Read.")
    await alice.commands("documents")
    listed = await alice.sees("pages: 2")
    await alice.presses("tides.pdf", on=listed)
    await alice.sees("Spring tides")
    await alice.presses("›")
    await alice.sees("Granite")
    await alice.presses("Get the file")
    assert await alice.gets_file() == ("tides.pdf", data)
    await alice.presses("Remove")
    await alice.sees("This cannot be undone")
    await alice.presses("Remove")
    await alice.sees("is removed from this session")
    await alice.commands("search", "Granite")
    await alice.sees("Nothing was found")
    await house.stop()
    # Housekeeping runs at the start; where processes share a database, soon after it in one of them.
    await house.start()
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM blob") == [(0,)], hurried=True)
    await house.stop()
    assert house.rows("SELECT COUNT(*) FROM document") == [(0,)]
    assert not kept_files(house)


async def test_files_of_a_deleted_session_are_gone_from_the_disk(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start(undo_minutes=0)
    alice.sends_file("tides.pdf", material.pdf(["xylophone " * 9]))
    await alice.sees("Read.")
    await alice.commands("delete")
    await alice.presses("Delete")
    await alice.sees("is deleted")
    await house.stop()
    house.clock.advance(3600)
    await house.start()
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM attachment") == [(0,)], hurried=True)
    await house.stop()
    found = [path for path in house.directory.rglob("*") if path.is_file() and b"xylophone" in path.read_bytes()]
    assert found == []


async def test_old_bytes_go_and_what_was_read_stays(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start(file_days=30)
    alice.sends_file("tides.pdf", material.pdf([TIDES]))
    await alice.sees("Read.")
    await house.stop()
    house.clock.advance(40 * 24 * 3600)
    await house.start()
    await house.until(lambda: not kept_files(house), hurried=True)
    await alice.commands("documents")
    listed = await alice.sees("pages: 1")
    await alice.presses("tides.pdf", on=listed)
    await alice.sees("Spring tides")
    await alice.presses("Get the file")
    await alice.sees("no longer stored")
    await alice.commands("ask", "what about spring?")
    await alice.sees("Read.", times=2)
    assert "Spring tides" in last_request(house)["messages"][1]["content"], "It stays with the message it came with."


async def test_a_file_is_fetched_at_once_though_its_turn_has_to_wait(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    house.model.fail(Fault("slow", delay_s=3600))
    await house.start()
    alice.says("a question that takes an hour")
    await house.until(lambda: house.model.requests)
    alice.sends_file("tides.pdf", material.pdf([TIDES]), caption="and this?")
    files = house.directory / "files"
    await house.until(lambda: [path for path in files.rglob("*") if path.is_file()])
    alice.stops() if house.side.growing(alice.room) else await alice.commands("stop")
    await alice.sees("Read.", hurried=True)
    assert "Spring tides" in last_words(house)


# answers with files


async def test_what_a_model_draws_is_shown_and_can_be_drawn_on(house: House, alice: Someone) -> None:
    drawn = material.photo(colour="yellow").data
    house.model.replies.extend([Reply("A sun.", images=(drawn,)), "Now blue."])
    await house.start()
    alice.says("draw a sun")
    await alice.sees("A sun.")
    name, data = await alice.gets_file()
    assert name == "picture-1.png"
    assert data == drawn
    assert not [message for message in alice.answers() if message.text == "…"]
    await house.stop()
    await house.start()
    alice.says("make it blue")
    await alice.sees("Now blue.", hurried=True)
    assert len(last_request(house)["messages"]) == 4


async def test_a_giant_answer_comes_as_a_file_with_its_beginning(house: House, alice: Someone) -> None:
    text = "\n\n".join(f"Paragraph {n}: " + "words and more words " * 20 for n in range(120))
    house.model.reply = text
    await house.start()
    alice.says("write a book")
    shown = await alice.sees("The whole answer is in the file.")
    name, data = await alice.gets_file()
    assert name == "answer.md"
    assert data.decode() == text
    assert "Paragraph 0" in alice.answers()[0].text
    assert len(alice.answers()) <= 3
    assert "Regenerate" in "".join(shown.labels) or shown.labels == ()


def test_material_is_what_it_says() -> None:
    assert json.loads(json.dumps(material.error_rate("abc", "abd"))) == pytest.approx(1 / 3)
    assert material.recording().data.startswith(b"OggS")
    assert isinstance(material.photo(), OutFile)
