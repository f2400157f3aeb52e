"""Documents that people send: read and answered from, scans and voice messages as well."""

import asyncio
import sys
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import pytest

from bot.files.scans import INSTRUCTION
from bot.standins.model import Fault
from tests.support import material
from tests.support.outlook import Made, msg
from tests.support.sent_files import ROCKS, TIDES, gemini_requests, last_request, last_words, looks
from tests.support.world import House, Someone

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
