"""Answers that are read aloud: beside their words, to whom that suits, once."""

from typing import Any

import pytest

from bot.files.opus import voice_of
from bot.standins import faults
from bot.standins.model import Fault
from bot.standins.speech import seconds, spoken
from tests.support import material
from tests.support.fixtures import every_database
from tests.support.world import House, Someone

SHORT = "Mount Everest, at 8,849 metres."
LONG = " ".join(f"Sentence number {number} goes on for a while." for number in range(60))


async def begin(house: House, **settings: Any) -> None:
    house.model.spoken = "What is the tallest mountain?"
    house.model.reply = SHORT
    address = {"openai_api_key": "key", "openai_base_url": f"{house.model.url}/v1"}
    await house.start(**address, **settings)


async def hears(someone: Someone, *texts: str) -> None:
    """Wait until the bot has sent voice messages that say these texts, in that order."""
    side, room = someone.house.side, someone.room
    voices = await someone.house.until(lambda: found if len(found := side.voices(room)) >= len(texts) else [])
    assert [data for _, data in voices] == [spoken(text) for text in texts]
    for (told, _), text in zip(voices, texts, strict=True):
        assert told == pytest.approx(seconds(text), abs=0.51 if side.name == "telegram" else 0.001)


def read(house: House) -> list[str]:
    """What the vendor was asked to read."""
    return [request.body["input"] for request in house.model.requests if request.path.endswith("/audio/speech")]


async def test_who_speaks_is_answered_in_words_and_aloud(house: House, alice: Someone) -> None:
    await begin(house)
    alice.sends(material.recording())
    await alice.sees(SHORT)
    await hears(alice, SHORT)
    alice.says("and in feet?")
    await alice.sees(SHORT, times=2)
    await house.rests()
    assert read(house) == [SHORT], "Who writes is answered in writing."
    assert house.rows("SELECT COUNT(*) FROM speech") == [(0,)]
    assert not house.model.refused


async def test_gemini_reads_where_only_its_key_is_set(house: House, alice: Someone) -> None:
    house.model.reply = SHORT
    await house.start(gemini_api_key="key", gemini_base_url=house.model.url)
    await alice.commands("settings")
    await alice.presses("Read answers aloud")
    await alice.presses("always")
    await alice.sees("Read answers aloud: always")
    alice.says("the tallest?")
    await alice.sees(SHORT)
    side, room = house.side, alice.room
    ((told, data),) = await house.until(lambda: side.voices(room))
    assert voice_of(data).seconds == pytest.approx(seconds(SHORT), abs=0.01)
    assert told == pytest.approx(seconds(SHORT), abs=0.51 if side.name == "telegram" else 0.01)
    assert not house.model.refused


@pytest.mark.parametrize("chosen", ["always", "never"])
async def test_a_person_says_when_they_are_read_to(house: House, alice: Someone, chosen: str) -> None:
    await begin(house)
    await alice.commands("settings")
    await alice.presses("Read answers aloud")
    await alice.presses(chosen)
    await alice.sees(f"Read answers aloud: {chosen}")
    alice.sends(material.recording())
    await alice.sees(SHORT)
    alice.says("and in feet?")
    await alice.sees(SHORT, times=2)
    if chosen == "always":
        await hears(alice, SHORT, SHORT)
    await house.rests()
    assert len(read(house)) == (2 if chosen == "always" else 0)


async def test_of_a_long_answer_the_beginning_is_read_and_all_of_it_on_a_press(
    house: House, alice: Someone, bob: Someone
) -> None:
    await begin(house)
    house.model.reply = f"# Hills\n\n{LONG}\n\n```python\nprint('code')\n```\n\nSee https://example.org/hills there."
    alice.sends(material.recording())
    answer = await alice.sees("Sentence number 59")
    await house.until(lambda: house.side.voices(alice.room))
    (first,) = read(house)
    assert first.startswith("Hills.\nSentence number 0 goes on")
    assert first.endswith("while.") and len(first) <= 600
    assert "Read all of it aloud" in answer.labels
    await alice.presses("Read all of it aloud", on=answer)
    await alice.sees("I am reading it aloud.")
    await house.until(lambda: len(house.side.voices(alice.room)) == 2)
    whole = read(house)[1]
    assert "Sentence number 59" in whole and "See there." in whole
    assert "print" not in whole and "example" not in whole


async def always_read_to(house: House, alice: Someone) -> None:
    """She is always read to, and is answered while nothing is read yet."""
    await begin(house)
    await alice.commands("settings")
    await alice.presses("Read answers aloud")
    await alice.presses("always")
    await alice.sees("Read answers aloud: always")
    house.model.reads.clear()
    alice.says("the tallest?")
    await alice.sees(SHORT)
    await house.until(lambda: read(house))


@every_database
async def test_what_was_being_read_at_an_end_is_read_by_the_next_start_once(house: House, alice: Someone) -> None:
    await always_read_to(house, alice)
    await house.stop()
    house.model.reads.set()
    await house.start()
    await hears(alice, SHORT)
    await house.stop()
    await house.start()
    await house.rests()
    await hears(alice, SHORT)
    assert len(read(house)) == 2
    assert house.rows("SELECT COUNT(*) FROM speech") == [(0,)]


async def test_where_no_voice_is_taken_the_recording_comes_as_a_file(house: House, alice: Someone) -> None:
    await always_read_to(house, alice)
    if house.side.name == "telegram":
        house.side.faults.add(faults.refusal("Bad Request: VOICE_MESSAGES_FORBIDDEN"), method="sendVoice")
    else:
        no = faults.refusal("You cannot send voice messages in this channel.", code=50173)
        house.side.faults.add(no, method=house.side.send)
    house.model.reads.set()
    assert await alice.gets_file() == ("voice-1.ogg", spoken(SHORT))
    assert not house.side.voices(alice.room)
    await house.rests()
    assert house.rows("SELECT -SUM(amount) FROM ledger WHERE turn IS NOT NULL") == [(100,)]


async def test_a_vendor_that_cannot_read_costs_a_voice_and_no_word(house: House, alice: Someone) -> None:
    await always_read_to(house, alice)
    house.model.fail(Fault("status", status=400))
    house.model.reads.set()
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM speech") == [(0,)])
    await house.rests()
    assert not house.side.voices(alice.room)
    assert len(alice.answers()) == 2, "The settings and the answer: nobody waits for a voice."


async def test_in_a_group_the_recording_answers_who_spoke(house: House, alice: Someone, bob: Someone) -> None:
    await begin(house)
    alice, _ = house.group(alice, bob)
    asked = alice.says("the tallest?")
    answer = await alice.sees(SHORT)
    alice.sends(material.recording(), reply_to=answer)
    await alice.sees(SHORT, times=2)
    await hears(alice, SHORT)
    assert asked


async def test_what_reading_costs_is_held_and_counted(house: House, alice: Someone) -> None:
    await begin(house, usd_per_day=10, prices="mistral/*=0/0")
    alice.sends(material.recording())
    await alice.sees(SHORT)
    await hears(alice, SHORT)
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM speech") == [(0,)])
    paid = house.rows("SELECT model, microusd FROM spending WHERE model LIKE '%tts%'")
    assert paid and 0 < paid[0][1] < 1_000


async def test_without_a_model_that_reads_nothing_is_offered(house: House, alice: Someone) -> None:
    house.model.spoken, house.model.reply = "What is the tallest mountain?", SHORT
    await house.start()
    alice.sends(material.recording())
    await alice.sees(SHORT)
    await alice.commands("settings")
    settings = await alice.sees("Default mode")
    assert "Read answers aloud" not in settings.text
    assert not [label for label in settings.labels if "aloud" in label]
    assert not read(house)
