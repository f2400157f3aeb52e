"""The log of a gateway at work holds nobody's words, whatever breaks over them."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot.telemetry.logs import set_up_logging
from tests.archive.test_archive import conversation
from tests.scenario.sides import TelegramSide
from tests.scenario.world import House, Someone

WORDS = "xylophone"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log, as the operator's file has it."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up_logging("info", "json", [])
    # Loggers live as long as their modules: none may keep the stream of one test.
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    structlog.reset_defaults()
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])


async def test_of_what_breaks_no_words_are_in_the_log(written: io.StringIO, house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(smtp_host="127.0.0.1", smtp_port=9, smtp_security="none", smtp_from="bot@example.org")
    broken = conversation(mapping={WORDS: {"message": {"author": WORDS}, "parent": None}}, title=WORDS)
    for number, data in enumerate((json.dumps([broken]).encode(), f'[{{"{WORDS}": {WORDS}'.encode()), 1):
        await alice.commands("import")
        await alice.sees("Send me the file now", times=number)
        alice.sends_file("conversations.json", data)

        def answered(least: int = 2 * number) -> bool:
            return len(alice.answers()) >= least

        await house.until(answered)
    await alice.commands("email", f"{WORDS}@example.org")
    await alice.sees("The mail could not be sent")
    if isinstance(house.side, TelegramSide):
        person = {"id": alice.person, "is_bot": WORDS, "first_name": WORDS}
        chat = {"id": alice.room.chat, "type": WORDS}
        message = {"message_id": WORDS, "date": WORDS, "chat": chat, "from": person, "text": WORDS}
        house.side.bot.updates.push_raw({"message": message})
        await house.until(lambda: "update_unreadable" in written.getvalue())
    alice.says("and this?")
    await alice.sees("Yes.")
    await house.stop()
    assert WORDS not in written.getvalue()
    assert "stopping" in written.getvalue()
