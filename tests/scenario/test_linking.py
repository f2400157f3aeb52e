"""One person on two platforms, in one gateway."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.standins.model import ModelServer
from tests.scenario.test_conversations import spoken
from tests.support.clock import TurnedClock
from tests.support.patience import PATIENCE_S
from tests.support.sides import DiscordSide, TelegramSide
from tests.support.world import House, Someone


class Both:
    """A gateway with both platforms around it."""

    def __init__(self, directory: Path, model: ModelServer, clock: TurnedClock) -> None:
        self.here = House(directory, TelegramSide(clock), model, clock)
        self.there = House(directory, DiscordSide(clock), model, clock)
        self.model = model

    async def start(self, **settings: object) -> None:
        await self.here.start(**{**self.there.side.settings(), **settings})
        await self.there.until(self.there.side.hears)

    def newcomers(self, name: str) -> tuple[Someone, Someone]:
        """The same person on both platforms."""
        return self.here.newcomer(name), self.there.newcomer(name)


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    clock, model = TurnedClock(), ModelServer()
    await model.start()
    found = Both(tmp_path / "data", model, clock)
    for house in (found.here, found.there):
        await house.side.start()
    yield found
    await found.here.stop()
    for house in (found.here, found.there):
        await house.side.stop()
    await model.close()


async def code_of(someone: Someone) -> str:
    await someone.commands("link")
    shown = await someone.sees("Send this to me on the other platform")
    return shown.text.split("/link ")[1].strip()


@pytest.mark.parametrize("direction", ["from telegram", "from discord"])
async def test_sessions_tokens_and_settings_follow_to_the_other_platform(both: Both, direction: str) -> None:
    both.model.replies.extend(["Noted.", "On the other side.", "42."])
    await both.start()
    here, there = both.newcomers("Alice")
    shows, uses = (here, there) if direction == "from telegram" else (there, here)
    here.says("remember 42")
    await here.sees("Noted.")
    there.says("hello")
    await there.sees("On the other side.")
    code = await code_of(shows)
    await uses.commands("link", code)
    await uses.sees("become one")
    await uses.presses("Link the accounts")
    await uses.sees("Your accounts are one now")
    await shows.sees("Your accounts are one now")
    await there.commands("switch", "remember")
    await there.sees("remember 42 is open")
    there.says("what was it?")
    await there.sees("42.")
    assert spoken(both.here) == ["remember 42", "Noted.", "what was it?"]
    await here.commands("tokens")
    # Two welcomes, of which the rest of one does not count, and three answers.
    await here.sees("You have 3,")


async def test_sessions_of_groups_do_not_follow(both: Both) -> None:
    both.model.reply = "Noted."
    await both.start()
    here, there = both.newcomers("Alice")
    (in_group,) = both.here.group(here)
    in_group.says("the secret of this group")
    await in_group.sees("Noted.")
    there.says("hi")
    await there.sees("Noted.")
    code = await code_of(here)
    await there.commands("link", code)
    await there.presses("Link the accounts")
    await there.sees("Your accounts are one now")
    await there.commands("search", "secret")
    found = await there.sees("the secret of this group")
    assert " ↗ " in found.text.splitlines()[0], "It is told where it lies; it does not come here."


async def test_a_wrong_code_says_so_and_after_five_there_is_a_rest(both: Both) -> None:
    await both.start()
    here, there = both.newcomers("Alice")
    for number in range(5):
        await here.commands("link", f"WRONG{number}22")
        await here.sees("That code is not valid", times=number + 1)
    code = await code_of(there)
    await here.commands("link", code)
    await here.sees("Too many wrong codes")
    both.here.clock.advance(601)
    code = await code_of_again(there)
    await here.commands("link", code)
    await here.presses("Link the accounts")
    await here.sees("Your accounts are one now")


async def code_of_again(someone: Someone) -> str:
    await someone.commands("link")
    shown = await someone.sees("Send this to me on the other platform", times=2)
    return shown.text.split("/link ")[1].strip()


async def test_who_is_blocked_does_not_come_in_by_another_account(both: Both) -> None:
    blocked, other = both.here.newcomer("Mallory"), both.there.newcomer("Alice")
    admin = both.here.newcomer("Admin")
    await both.start(admins=f"telegram:user:{admin.person}")
    code = await code_of(blocked)
    await admin.commands("admin")
    await admin.presses("People")
    await admin.presses("Mallory · member")
    await admin.presses("Block")
    await admin.sees("Mallory is blocked")
    await other.commands("link", code)
    await other.presses("Link the accounts")
    await other.sees("That code is not valid")
    await blocked.commands("link", await code_of(other))
    await blocked.sees("an admin has blocked you")


async def test_parted_accounts_stand_alone(both: Both) -> None:
    both.model.reply = "Noted."
    await both.start()
    here, there = both.newcomers("Alice")
    here.says("my thing")
    await here.sees("Noted.")
    code = await code_of(here)
    await there.commands("link", code)
    await there.presses("Link the accounts")
    await there.sees("Your accounts are one now")
    await there.commands("unlink")
    await there.presses("Unlink them")
    await there.sees("is no longer linked")
    await there.commands("search", "thing")
    await there.sees("Nothing was found")
    await here.commands("search", "thing")
    await here.sees("my thing")


class Postbox:
    """What a real SMTP server takes in."""

    def __init__(self) -> None:
        self.mails: asyncio.Queue[tuple[list[str], str]] = asyncio.Queue()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.put_nowait((envelope.rcpt_tos, str(envelope.content)))
        return "250 OK"


async def test_a_proven_address_joins_accounts(both: Both) -> None:
    postbox = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(postbox, hostname="localhost"), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        await both.start(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", smtp_from="bot@example.org")
        here, there = both.newcomers("Alice")
        for someone in (here, there):
            await someone.commands("email", "alice@example.org")
            await someone.sees("on its way")
            receivers, mail = await asyncio.wait_for(postbox.mails.get(), PATIENCE_S)
            assert receivers == ["alice@example.org"]
            code = re.search(r"code is ([A-Z0-9]{8})", mail)
            assert code is not None
            if someone is here:
                here.says(code[1])
                await here.sees("alice@example.org is verified")
            else:
                await there.commands("email_code", code[1])
                await there.sees("Merge them?")
        await there.presses("Link the accounts")
        await there.sees("Your accounts are one now")
    finally:
        server.close()


@pytest.mark.parametrize("address", ["nobody", "a b@c.de", "x@y", "evil@example.org\nBcc: all@example.org"])
async def test_what_is_no_address_gets_no_mail(both: Both, address: str) -> None:
    await both.start(smtp_host="127.0.0.1", smtp_port=9, smtp_security="none")
    here, _ = both.newcomers("Alice")
    await here.commands("email", address)
    await here.sees("is not an e-mail address")


async def test_without_a_mail_server_the_command_says_so(both: Both) -> None:
    await both.start()
    here, _ = both.newcomers("Alice")
    await here.commands("email", "alice@example.org")
    await here.sees("has not set up e-mail")


async def test_an_erased_person_starts_over_without_a_second_welcome(both: Both) -> None:
    both.model.reply = "Noted."
    await both.start()
    here, _ = both.newcomers("Alice")
    here.says("hi")
    await here.sees("Noted.")
    await here.commands("privacy")
    await here.presses("Erase everything")
    await here.sees("for good?")
    await here.presses("Erase everything")
    await here.sees("Everything is erased.")
    here.says("hi again")
    await here.sees("You have 0 tokens left")


async def test_linking_and_unlinking_admits_no_one(both: Both) -> None:
    member, stranger = both.here.newcomer("Alice"), both.there.newcomer("Mallory")
    await both.start(access="allowlist", allowlist=f"telegram:user:{member.person}")
    stranger.says("hi")
    await stranger.sees("answers only the people its operator has listed")
    code = await code_of(member)
    await stranger.commands("link", code)
    await stranger.presses("Link the accounts")
    await stranger.sees("Your accounts are one now")
    await stranger.commands("unlink")
    await stranger.presses("Unlink them")
    await stranger.sees("is no longer linked")
    await stranger.commands("new")
    await stranger.sees("answers only the people its operator has listed", times=1)
    assert not any("A new session" in message.text for message in stranger.answers())


@pytest.mark.parametrize("wrong", ["telegram_bot_token", "discord_bot_token"])
async def test_of_two_platforms_a_refused_one_is_told_on_the_other(both: Both, wrong: str) -> None:
    """The other goes on, and whoever runs the bot hears of it there."""
    both.model.reply = "Here."
    living = both.there if wrong == "telegram_bot_token" else both.here
    admin = living.newcomer("Alice")
    await both.start(admins=f"{living.side.name}:user:{admin.person}")
    admin.says("hi")
    await admin.sees("Here.")
    await both.here.stop()
    refused = {"telegram_bot_token": "123456:" + "A" * 35, "discord_bot_token": "refused"}[wrong]
    await both.here.start(**{wrong: refused})
    await admin.sees("is switched off until the operator acts:")
    admin.says("and you?")
    await admin.sees("Here.", times=2)
    await both.here.stop()
    await both.here.start(**{**both.here.side.settings(), **both.there.side.settings()})
    await admin.sees("is connected again.", hurried=True)


async def test_what_cannot_be_said_on_one_platform_comes_on_the_other(both: Both) -> None:
    await both.start()
    here, there = both.newcomers("Alice")
    await there.commands("link", await code_of(here))
    await there.presses("Link the accounts")
    await there.sees("Your accounts are one now")
    words = " ".join(["call mum"] * 220)
    await here.commands("remind", f"in 20 minutes {words}")
    await here.sees("I will remind you on")
    both.here.side.block(here.person, blocked=True)
    both.here.clock.advance(20 * 60)
    # It is as long as that platform takes: together with what is said above it, it is two messages there.
    first = await there.sees("I cannot reach you on Telegram, so this comes here:")
    assert "⏰ call mum" in first.text
    await both.there.until(lambda: "Done" in there.answers()[-1].labels)
    said = " ".join(shown.text for shown in there.answers()[-2:])
    assert said.count("call mum") == 220
    await there.presses("Done")
    await there.sees("✓ call mum")
    await both.here.until(lambda: both.here.rows("SELECT COUNT(*) FROM outbox") == [(0,)])


async def test_what_neither_platform_takes_is_given_up_and_does_not_go_back_and_forth(both: Both) -> None:
    await both.start()
    here, there = both.newcomers("Alice")
    await there.commands("link", await code_of(here))
    await there.presses("Link the accounts")
    await there.sees("Your accounts are one now")
    await here.commands("remind", "in 20 minutes " + " ".join(["call mum"] * 220))
    await here.sees("I will remind you on")
    both.here.side.block(here.person, blocked=True)
    both.there.side.block(there.person, blocked=True)
    both.here.clock.advance(20 * 60)
    await both.here.until(lambda: both.here.rows("SELECT state FROM schedule") == [("done",)])
    await both.here.until(lambda: both.here.rows("SELECT COUNT(*) FROM outbox") == [(0,)])
