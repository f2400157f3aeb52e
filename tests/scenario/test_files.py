"""Files that people send: looked at, read, answered from, given back; and each that cannot be."""

import asyncio
import base64
import io
import json
import sys
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

import pytest
from PIL import Image

from bot.domain.blocks import OutFile
from bot.files.scans import INSTRUCTION
from bot.standins.model import Fault, Reply
from tests.support import material
from tests.support.fixtures import every_way
from tests.support.outlook import Made, msg
from tests.support.world import House, Someone

PDF = "application/pdf"
TIDES = "The tides are caused by the gravity of the moon.\nSpring tides come with full moon and new moon."
ROCKS = "Granite is an igneous rock.\nIt cools slowly below the surface."


def looks(house: House) -> dict[str, str]:
    """Settings with which Gemini looks at pictures and reads scans."""
    return {"gemini_api_key": "key-of-gemini", "gemini_base_url": house.model.url}


def last_request(house: House) -> Mapping[str, Any]:
    return house.model.requests[-1].body


def last_words(house: House) -> str:
    """What the last message of the last request says, without its pictures."""
    content = last_request(house)["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def last_pictures(house: House) -> list[Image.Image]:
    content = last_request(house)["messages"][-1]["content"]
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


def gemini_requests(house: House) -> list[Mapping[str, Any]]:
    return [request.body for request in house.model.requests if request.dialect == "gemini"]


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
        ("vast.png", material.huge_png(30_000, 30_000), "more than 100 million pixels"),
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


# documents


async def test_a_document_is_read_and_answered_from_with_checked_sources(house: House, alice: Someone) -> None:
    house.model.reply = (
        'They come from the moon [tides.pdf, p. 1]: "caused by the gravity of the moon". It is "made of cheese".'
    )
    await house.start()
    await alice.commands("mode", "documents")
    alice.sends_file("tides.pdf", material.pdf([TIDES, ROCKS]), caption="what causes tides?")
    shown = await alice.sees("They come from the moon")
    assert '"caused by the gravity of the moon"' in shown.text
    assert '"made of cheese"' not in shown.text
    assert "made of cheese" in shown.text
    assert "From the documents: tides.pdf, p. 1" in shown.text
    words = last_words(house)
    assert '<document name="tides.pdf" page="1">' in words
    assert "Spring tides" in words
    assert "Answer strictly from the documents" in words
    await house.stop()
    [note] = house.rows("SELECT author, speaker, model, parts FROM message WHERE author = 'system'")
    assert note[:3] == ("system", "tides.pdf", "text")
    assert "Granite" in note[3]


async def test_what_a_file_is_called_does_not_matter_for_how_it_is_read(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    page = "<!-- saved --><div><h2>Berths</h2><table><tr><td>A<td>90</table><script>no()</script>".encode("utf-16")
    files = {
        "berth.dat": ("Причал свободен".encode("cp1251"), "Причал свободен"),
        "prices.doc": (page, "## Berths\n\nA\t90"),
        "tides.txt": (b'{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "Tides"}]}', ">\nTides\n<"),
        "table.bin": (b'"berth";"price"\r\n"A\r\nnorth";"90"\r\n', "berth\tprice\nA north\t90"),
    }
    for number, (name, (data, words)) in enumerate(files.items(), 1):
        alice.sends_file(name, data, caption="and this?")
        await alice.sees("Read.", times=number)
        assert words in last_words(house)


async def test_files_in_an_archive_or_a_letter_are_files_of_their_own(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    inside: dict[str, bytes | str] = {
        "tides.pdf": material.pdf([TIDES]),
        "нота.txt": "Granite cools",
        "more.zip": material.zipped({"x": "y"}),
    }
    alice.sends_file("all.bin", material.zipped({**inside, "program": b"MZ\x90\0" + bytes(99)}), caption="and this?")
    await alice.sees("“more.zip” is an archive inside another file.", hurried=True)
    await alice.sees("“program” is a kind of file", hurried=True)
    await alice.sees("Read.", hurried=True)
    words = last_words(house)
    assert '<document name="tides.pdf" page="1">' in words or '<document name="tides.pdf">' in words
    assert "Granite cools" in words
    assert "[Attached, but not readable here: more.zip]" in words
    letter = EmailMessage()
    letter["From"], letter["To"] = "eve@example.org", "alice@example.org"
    letter.set_content("The berth is free.")
    letter.add_attachment("The price is ninety.", filename="price.txt")
    alice.sends_file("mail.eml", letter.as_bytes(), caption="and this?")
    await alice.sees("Read.", times=2)
    assert "From: eve@example.org" in last_words(house)
    assert "The price is ninety." in last_words(house)
    alice.sends_file(
        "invoice.pdf", material.pdf_with("The invoice", {"total.xml": b"<total>ninety</total>"}), caption="?"
    )
    await alice.sees("Read.", times=3)
    assert "The invoice" in last_words(house)
    assert "<total>ninety</total>" in last_words(house)
    outlooks = msg(Made({0x1000: "From Outlook."}, files=[{0x3701: b"Plan B", 0x3707: "b.txt"}]))
    alice.sends_file("letter.msg", outlooks, caption="and this?")
    await alice.sees("Read.", times=4)
    assert "From Outlook." in last_words(house)
    assert "Plan B" in last_words(house)


async def test_a_document_without_a_letter_is_said_to_hold_none(house: House, alice: Someone) -> None:
    house.model.reply = "Then I cannot say."
    await house.start()
    alice.sends_file("empty.pdf", material.pdf(["", ""]), caption="what does it say?")
    await alice.sees("“empty.pdf” contains no readable text.", hurried=True)
    await alice.sees("Then I cannot say.", hurried=True)
    assert "[Attached, but it holds no readable text: empty.pdf]" in last_words(house)
    assert "stands among the documents" not in last_words(house)


async def test_what_the_documents_do_not_say_is_said_to_be_so(house: House, alice: Someone) -> None:
    house.model.reply = "NOT IN THE DOCUMENTS\nThey are about tides."
    await house.start()
    alice.sends_file("tides.pdf", material.pdf([TIDES]))
    await alice.sees("They are about tides.")
    await alice.commands("ask", "who won the cup?")
    shown = await alice.sees("The documents do not say.")
    assert "NOT IN THE" not in shown.text


async def test_without_documents_a_question_gets_a_general_answer(house: House, alice: Someone) -> None:
    house.model.reply = "Because of the moon."
    await house.start()
    await alice.commands("ask", "why are there tides?")
    shown = await alice.sees("Because of the moon.")
    assert "General answer" in shown.text


async def test_of_five_hundred_pages_those_are_read_that_matter(house: House, alice: Someone) -> None:
    filler = "\n".join(f"Filler line {n} about nothing in particular, again and again." for n in range(30))
    pages = [f"Chapter {n}.\n{filler}" for n in range(1, 501)]
    pages[346] += "\nThe treasure is buried beneath the old lighthouse of Skagen."
    house.model.reply = "Below the lighthouse [atlas.pdf, p. 347]."
    await house.start()
    alice.sends_file("atlas.pdf", material.pdf(pages))
    await alice.sees("Below the lighthouse", hurried=True)
    await alice.commands("ask", "Where is the treasure buried?")
    await alice.sees("From the documents: atlas.pdf, p. 347")
    words = last_words(house)
    assert "beneath the old lighthouse of Skagen" in words
    assert len(words) < 60_000


async def test_with_no_key_the_passages_themselves_are_the_answer(house: House, alice: Someone) -> None:
    await house.start(mistral_api_key=None)
    alice.sends_file("tides.pdf", material.pdf([TIDES, ROCKS]))
    await alice.sees("No model is configured", hurried=True)
    await alice.commands("ask", "Where does granite cool?")
    shown = await alice.sees("From the documents: tides.pdf", hurried=True)
    assert "It cools slowly below the surface." in shown.text
    assert shown.text.index("[tides.pdf, p. 2]") < shown.text.index("[tides.pdf, p. 1]")


async def test_files_of_the_message_that_is_replied_to_count(house: House, alice: Someone) -> None:
    house.model.reply = "Seen."
    await house.start()
    alice.sends(material.photo(), caption="keep this")
    first = await alice.sees("Seen.")
    await alice.commands("new", "other")
    await alice.sees("A new session is open")
    alice.says("what was in it?", reply_to=first)
    await alice.sees("Seen.", times=2)
    contents = [message["content"] for message in last_request(house)["messages"]]
    assert any(isinstance(content, list) and content[0]["type"] == "image_url" for content in contents)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", material.docx(["The secret word is zebra."])),
        ("a.pptx", material.pptx(["Hello", "The secret word is zebra."])),
        ("a.xlsx", material.xlsx({"Sheet": [["key", "value"], ["secret", "zebra"]]})),
        ("a.odt", material.odt(["The secret word is zebra."])),
        ("a.epub", material.epub(["The secret word is zebra."])),
        ("a.html", b"<!doctype html><title>x</title><p>The secret word is <b>zebra</b>.</p><script>no()</script>"),
        ("a.csv", b"key;value\nsecret;zebra\n"),
        ("a.py", b'SECRET = "zebra"\n'),
        ("a.txt", "Das geheime Wort ist zebra, größer als über.".encode("cp1252")),
        ("a.md", "\ufeffThe secret word is **zebra**.".encode("utf-16")),
    ],
)
async def test_every_kind_of_document_is_read(house: House, alice: Someone, name: str, data: bytes) -> None:
    house.model.reply = "Zebra it is."
    await house.start()
    alice.sends_file(name, data, caption="the secret word?")
    await alice.sees("Zebra it is.")
    assert "zebra" in last_words(house)
    assert "no()" not in last_words(house)


# scans


async def test_a_scan_is_read_by_the_file_model_page_by_page(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: "Scanned words." if "contents" in body else "Read."
    await house.start(**looks(house))
    scan = material.scanned("Some printed words", dpi=60)
    alice.sends_file("mixed.pdf", material.scan_pdf([scan, TIDES, scan, ""]), caption="what is it?")
    await alice.sees("Read.", hurried=True)
    assert len(gemini_requests(house)) == 2
    words = last_words(house)
    assert words.count("Scanned words.") == 2
    assert "Spring tides" in words
    await house.stop()
    pages = house.rows("SELECT number, method FROM document_page ORDER BY number")
    model = "gemini/gemini-3.8-flash"
    assert pages == [(1, model), (2, "text"), (3, model), (4, "text")]


async def test_a_scan_is_read_by_the_local_engine_where_no_model_does(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    # The top of a page: a whole one takes the engine twice as long.
    page = material.scanned("The meeting is on Friday at ten.", size=16)
    scan = material.scan_pdf([page.crop((0, 0, page.width, page.height // 4))])
    alice.sends_file("scan.pdf", scan, caption="when?")
    await alice.sees("Read.", hurried=True)
    assert "Friday" in last_words(house)
    await alice.commands("documents")
    shown = await alice.sees("scan.pdf")
    assert "local (" in shown.text


async def test_a_scan_that_nothing_is_set_up_to_read_is_read_by_the_model_that_answers_if_it_sees(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    house.model.reply = lambda body: "Scanned words." if INSTRUCTION in str(body) else "Read."
    await house.start()
    scan = material.scan_pdf([material.scanned("Some printed words", dpi=60)])
    alice.sends_file("scan.pdf", scan, caption="what is it?")
    await alice.sees("Read.")
    assert "Scanned words." in last_words(house)
    await house.stop()
    assert house.rows("SELECT method FROM document_page") == [("mistral/mistral-medium-latest",)]
    await house.start(mistral_model="codestral-latest")
    alice.sends_file("other.pdf", material.scan_pdf([material.scanned("Other words", dpi=60)]), caption="and this?")
    await alice.sees("“other.pdf” is a scan, and no OCR is set up here.")


async def test_the_same_bytes_are_read_once_whoever_sends_them(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = lambda body: "Scanned words." if "contents" in body else "Read."
    await house.start(**looks(house))
    scan = material.scan_pdf([material.scanned("Some printed words", dpi=60)])
    alice.sends_file("mine.pdf", scan)
    await alice.sees("Read.")
    bob.sends_file("other-name.pdf", scan)
    await bob.sees("Read.")
    assert len(gemini_requests(house)) == 1
    assert "mine.pdf" not in last_words(house)
    assert "mine.pdf" not in "\n".join(message.text for message in bob.answers())
    await house.stop()
    assert house.rows("SELECT COUNT(*) FROM blob") == [(1,)]


async def test_reading_shows_how_far_it_is_and_can_be_stopped(house: House, alice: Someone) -> None:
    reading = asyncio.Event()

    def reply(body: Mapping[str, Any]) -> str:
        reading.set()
        return "Scanned words."

    house.model.reply = reply
    await house.start(**looks(house))
    scan = material.scanned("Some printed words", dpi=40)
    house.model.fail(*[Fault("slow", delay_s=0.05)] * 3, *[Fault("stall")] * 9)
    alice.sends_file("long.pdf", material.scan_pdf([scan] * 9), caption="sum it up")
    await house.until(lambda: any("of 9" in text for text in house.side.growing(alice.room)), hurried=True)
    alice.stops()
    house.model.faults.clear()
    alice.says("are you there?")
    await alice.sees("Scanned words.", hurried=True)


# voice


async def test_a_voice_message_is_written_down_shown_and_answered(house: House, alice: Someone) -> None:
    house.model.spoken = "What is the tallest mountain?"
    house.model.reply = "Mount Everest."
    await house.start()
    alice.sends(material.recording())
    await alice.sees("What is the tallest mountain?")
    await alice.sees("Mount Everest.")
    assert "What is the tallest mountain?" in last_words(house)


async def test_a_voice_message_without_anybody_to_write_it_down_costs_a_sentence(house: House, alice: Someone) -> None:
    await house.start(mistral_api_key=None)
    alice.sends(material.recording())
    await alice.sees("no speech recognition is set up")


# keeping


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
    await house.start()  # Housekeeping runs at the start.
    await house.stop()
    assert house.rows("SELECT COUNT(*) FROM blob") == [(0,)]
    assert house.rows("SELECT COUNT(*) FROM document") == [(0,)]
    assert not [path for path in (house.directory / "files").rglob("*") if path.is_file()]


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
    await house.stop()
    assert house.rows("SELECT COUNT(*) FROM attachment") == [(0,)]
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
