"""The log of a gateway at work holds nobody's words, whatever breaks over them."""

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.telemetry.logs import set_up_logging
from tests.support.exports import conversation
from tests.support.sides import DiscordSide, TelegramSide
from tests.support.world import House, Someone

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
    await alice.sees("The e-mail could not be sent")
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


NONSENSE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("MESSAGE_CREATE", {"id": WORDS, "content": WORDS, "author": WORDS}),
    ("MESSAGE_CREATE", {"content": WORDS}),
    ("MESSAGE_UPDATE", {"id": "1", "channel_id": "2", "content": {WORDS: WORDS}}),
    ("MESSAGE_DELETE_BULK", {"ids": [WORDS], "channel_id": WORDS}),
    ("INTERACTION_CREATE", {"id": WORDS, "data": {"name": WORDS}}),
    ("THREAD_UPDATE", {"id": "3", "name": WORDS}),
    ("GUILD_CREATE", {"id": "4", "name": WORDS, "channels": WORDS}),
)


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_of_an_event_that_cannot_be_read_no_words_are_in_the_log(
    written: io.StringIO, house: House, alice: Someone, bob: Someone
) -> None:
    """And whoever speaks in that moment is heard, over the same connection, whoever they are."""
    house.model.reply = "Yes."
    await house.start()
    assert isinstance(house.side, DiscordSide)
    alice.says("hi")
    await alice.sees("Yes.")
    for count, (event, data) in enumerate(NONSENSE, 2):
        house.side.stand_in.gateway.dispatch_raw(event, data)
        alice.says("and this?")
        await alice.sees("Yes.", times=count)
    gateway = house.side.stand_in.gateway
    assert (gateway.identified, gateway.resumed) == (1, 0)
    gateway.send_raw("<html>" + WORDS)
    bob.says("Is anybody there?")
    await bob.sees("Yes.", hurried=True)
    assert gateway.identified == 1, "A session that is begun anew has told nothing of somebody new."
    await house.stop()
    assert WORDS not in written.getvalue()
    assert "event_set_aside" in written.getvalue()
    kept = house.rows("SELECT event_key, raw FROM dead_letter WHERE platform = 'discord'")
    assert {key.partition("/")[0] for key, _ in kept} >= {"MESSAGE_CREATE", "GUILD_CREATE"}
    assert all(WORDS in raw for _, raw in kept)


class Repeating:
    """An SMTP server that repeats in its refusals what it was sent."""

    def __init__(self, refuses: str) -> None:
        self.refuses = refuses
        self.codes: list[str] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuses == "receiver":
            return f"550 5.1.1 <{address}> is nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = " ".join(str(envelope.content).split())
        self.codes += re.findall(r"code is ([A-Z0-9]{8})", said)
        return f"554 5.7.1 Looks like spam for {envelope.rcpt_tos}: {said[-300:]}"


@pytest.mark.parametrize("refuses", ["receiver", "mail"])
@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_mail_server_that_repeats_what_it_refuses_is_not_repeated(
    written: io.StringIO, house: House, alice: Someone, refuses: str
) -> None:
    """Neither the address nor the code is in the log, at any level, or in the chat."""
    set_up_logging("debug", "json", [])
    structlog.configure(cache_logger_on_first_use=False)
    handler = Repeating(refuses)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="localhost"), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        await house.start(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", smtp_from="bot@example.org")
        await alice.commands("email", f"{WORDS}@example.org")
        await alice.sees("The e-mail could not be sent")
        await house.stop()
    finally:
        server.close()
    assert bool(handler.codes) == (refuses == "mail")
    for secret in (WORDS, *handler.codes):
        assert secret not in written.getvalue()
        assert not any(secret in message.text for message in alice.answers())
