"""What a gateway that starts says to whoever runs it, before anybody has asked anything."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
from structlog.testing import capture_logs

from tests.support.world import House, Someone

only_discord = pytest.mark.parametrize("side", ["discord"], indirect=True)
REFUSED = "does not accept the key, so none of its models answer"


async def test_a_key_that_is_refused_is_told_before_anybody_asks(house: House, alice: Someone) -> None:
    """In the log, and to the admins in chat; not again by the next start."""
    house.model.reply = "Here."
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    alice.says("hi")
    await alice.sees("Here.")
    await house.stop()
    house.model.keys = frozenset({"another key"})
    for _ in range(2):
        with capture_logs() as logs:
            await house.start()
            await alice.sees(REFUSED)
            await house.until(lambda: [line for line in logs if line["event"] == "key_refused"])
            await house.stop()
        (line,) = (line for line in logs if line["event"] == "key_refused")
        assert (line["vendor"], line["log_level"]) == ("mistral", "error")
        assert "key-of-the-scenario" not in str(logs)
    house.model.keys = None
    with capture_logs() as logs:
        await house.start()
        await house.until(lambda: [line for line in logs if line["event"] == "key_taken"])
    assert len(house.model.requests) == 1, "Looking at a key costs nothing."


@pytest.fixture
async def silence() -> AsyncIterator[str]:
    """The address of a server that never answers."""
    asked = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.close()


async def test_a_vendor_that_does_not_answer_holds_up_no_one(house: House, alice: Someone, silence: str) -> None:
    house.model.reply = "Here."
    await house.start(openai_api_key="another", openai_base_url=silence)
    alice.says("hi")
    await alice.sees("Here.")


async def test_the_log_says_how_the_bot_is_called(house: House) -> None:
    with capture_logs() as logs:
        await house.start()
        (line,) = await house.until(lambda: [line for line in logs if line["event"] == "platform_open"])
    assert line["name"].strip("@")
    assert line["name"].strip("@") != line["bot"]


@only_discord
async def test_a_bot_in_no_server_prints_the_link_that_invites_it(
    house: House, alice: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = ""

    def link() -> str:
        nonlocal printed
        printed += capsys.readouterr().out
        return next((word for word in printed.split() if "oauth2/authorize" in word), "")

    await house.start()
    asked = parse_qs(urlsplit(await house.until(link)).query)
    granted = discord.Permissions(int(asked["permissions"][0]))
    assert {name for name, given in granted if given} == {
        "read_messages", "send_messages", "read_message_history", "attach_files",
        "create_public_threads", "send_messages_in_threads", "add_reactions",
    }  # fmt: skip
    assert asked["scope"] == ["bot applications.commands"]
    await house.stop()
    house.group(alice)
    printed = ""
    await house.start()
    await house.until(lambda: house.side.calls("user.guilds") > 1)
    await house.stop()
    assert not link()
