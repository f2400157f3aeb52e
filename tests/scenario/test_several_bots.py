"""Several bots in one gateway, each with rules of its own: one person, one account, one history with all of them."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import aiohttp
import pytest

from bot.domain.errors import SettingsError, StorageError
from bot.standins import faults
from tests.support.bots import Chat, Town
from tests.support.patience import PATIENCE_S
from tests.support.writes import set_around

T = TypeVar("T")

IN_PRIVATE = '{"type":"all_private_chats"}'
"""A menu's scope."""

TUTOR = {"description": "Explains", "system_prompt": "You are a patient tutor."}
PUBLIC = {"name": "public", "platform": "telegram", "welcome": "Welcome to the *school*, {name}."}
STAFF = {
    "name": "staff",
    "platform": "discord",
    "modes": ("tutor",),
    "language": "de",
    "refusal": "This bot is for teachers.",
}


def settings(town: Town, **staff: Any) -> dict[str, Any]:
    """One bot of each platform in the environment, one of each in `[[bots]]`."""
    first, second, third, fourth = (chat.token for chat in town.chats)
    return {
        "telegram_bot_token": first,
        "discord_bot_token": third,
        "mode_tables": {"tutor": TUTOR},
        "bot_tables": (PUBLIC | {"token": second}, STAFF | {"token": fourth} | staff),
    }


async def test_each_bot_answers_what_was_said_to_it_by_its_own_rules(town: Town) -> None:
    town.begin(**settings(town))
    plain, public, _, staff = town.chats
    for number, chat in enumerate(town.chats):
        await town.until(partial(chat.knows, "start"))
        chat.says(f"Question {number}")
    for number, chat in enumerate(town.chats):
        await town.sees(chat, f"Question {number}")
        assert not any(
            f"Question {other}" in shown.text for other in range(4) if other != number for shown in chat.shown()
        )
    # Who is one person there has one account, whichever bot they talk to.
    assert town.rows("SELECT COUNT(*) FROM person") == [(2,)]
    assert town.rows("SELECT COUNT(*) FROM turn GROUP BY payer") == [(2,), (2,)]
    through = town.rows("SELECT platform, bot, COUNT(*) FROM usage GROUP BY platform, bot")
    assert sorted(bot for _, bot, _ in through) == sorted(chat.number for chat in town.chats)
    assert [(platform, count) for platform, _, count in sorted(through)] == [("discord", 1)] * 2 + [("telegram", 1)] * 2
    # The menu of one with a language of its own is in that alone.
    for side, described in zip(town.discords, ("What this bot can do", "Was dieser Bot kann"), strict=True):
        (helps,) = [one for one in side.people.commands.all(None) if one["name"] == "help"]
        assert helps["description"] == described
        assert bool(helps["description_localizations"]) == (side is town.discords[0])
    # What one offers, another need not.
    told = {
        request.body["messages"][-1]["content"].split("\n")[0][-10:]: str(request.body["messages"][0])
        for request in town.model.requests
    }
    assert "patient tutor" in told["Question 3"]
    assert not any("patient tutor" in told[f"Question {number}"] for number in range(3))
    await town.commands(staff, "mode", "regular")
    await town.sees(staff, "„regular“")
    await town.commands(public, "start")
    await town.sees(public, "Welcome to the school, Alice.")
    await town.commands(plain, "start")
    await town.sees(plain, "Try one of these")
    # What is due is said by the bot that was asked, and a press is answered where the button is.
    await town.commands(public, "remind", "in 5 minutes tea")
    await town.until(lambda: town.rows("SELECT COUNT(*) FROM schedule") == [(1,)])
    await town.sees(public, "⏰", hurried=True)
    before = [chat.shown() for chat in town.chats if chat is not public]
    public.presses("Done")
    await town.until(lambda: not any("Done" in shown.labels for shown in public.shown()))
    assert [chat.shown() for chat in town.chats if chat is not public] == before


async def test_a_bot_that_is_lost_stops_no_other_and_is_tried_again(town: Town, port: int) -> None:
    refuses, accepts = "another-token", town.chats[3].token
    town.discords[1].stand_in.rest.reset_token(refuses)
    switches = town.discords[0].stand_in.world.portal
    switches.message_content = False
    # Nobody that there is may use it.
    town.begin(**settings(town, allow=["discord:user:1"]), health_port=port)
    *others, unseeing, staff = town.chats
    for chat in others:
        await town.until(partial(chat.knows, "start"))
        chat.says("Are you there?")
        await town.sees(chat, "Are you there?")

    async def readiness() -> str:
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return await answer.text()

    async with asyncio.timeout(PATIENCE_S):
        while "Intent" not in (told := await readiness()):
            pass
    assert re.search("discord is not connected: .*Message Content Intent", told)
    assert "staff is not connected: Discord does not accept the bot token." in told
    assert "`token` of the bot 'staff' in parley.toml" in told
    town.discords[1].stand_in.rest.reset_token(accepts)
    switches.message_content = True
    town.clock.advance(90)
    await town.until(partial(unseeing.knows, "start"))
    unseeing.says("Are you there?")
    await town.sees(unseeing, "Are you there?")
    await town.until(partial(staff.knows, "start"))
    staff.says("And you?")
    await town.sees(staff, "This bot is for teachers.")
    assert town.rows("SELECT COUNT(*) FROM turn") == [(3,)]
    told = await readiness()
    assert "does not accept" not in told
    assert "Intent" not in told
    assert "staff" not in told or "staff is not connected\n" in told, "It may not hear yet."


async def test_where_all_bots_are_lost_the_program_says_why_and_ends(town: Town) -> None:
    town.begin(bot_tables=({"name": "one", "platform": "telegram", "token": "1:a"},))
    with pytest.raises(SettingsError, match=r"`token` of the bot 'one' in parley\.toml"):
        await town.until(lambda: False)


def said_in_german(chat: Chat) -> bool:
    chat.commands("start")
    return any("Willkommen, Alice." in shown.text for shown in chat.shown())


async def test_bots_are_added_stopped_and_started_while_others_answer(town: Town) -> None:
    first, *_ = town.chats
    given = {
        "telegram_bot_token": first.token,
        "admins": f"telegram:user:{town.alice}",
        "mode_tables": {"tutor": TUTOR},
    }
    town.begin(**given)
    plain, added, _, distant = town.chats
    # Each is added by its token, and the message with that is gone.
    for chat, platform in ((added, "Telegram"), (distant, "Discord")):
        await town.commands(plain, "admin", "bots")
        await town.until(partial(plain.presses, f"Add a bot on {platform}"))
        await town.until(partial(plain.fills, "Its token", chat.token))
        await town.sees(plain, "is starting", times=1 if chat is added else 2)
        await town.until(partial(chat.knows, "start"))
        chat.says("Are you there?")
        await town.sees(chat, "Are you there?")
    assert added.token not in plain.everything()
    assert distant.token not in plain.everything()
    kept = town.rows("SELECT token FROM bot")
    assert len(kept) == 2
    assert not any(added.token in sealed or distant.token in sealed for (sealed,) in kept)
    # What is to hold for it alone, holds at once.
    await town.acts(plain, "@second_bot", "Rules")
    await town.until(partial(plain.fills, "Its rules", 'modes = ["pirate"]'))
    await town.sees(plain, "modes names 'pirate', which is not a mode.")
    await town.acts(plain, "@second_bot", "Rules")
    await town.until(
        partial(plain.fills, "Its rules", "modes = [“tutor”]\nlanguage = “de”\nwelcome = “Willkommen, {name}.”")
    )
    await town.until(lambda: said_in_german(added))
    menus = town.telegram.world.bots[added.token].commands
    await town.until(lambda: [language for (_, language), entries in menus.items() if entries] == ["", ""])
    assert "Sag Hallo" in str(menus[IN_PRIVATE, ""])
    # One is stopped: what is said to it waits, across a restart, until it is started.
    await town.acts(plain, "@second_bot", "Stop")
    await town.sees(plain, "@second_bot is stopped")

    def is_stopped() -> bool:
        plain.commands("bots")
        return any("@second_bot · Telegram · stopped" in shown.text for shown in plain.shown())

    await town.until(is_stopped)
    added.says("While you sleep")
    plain.says("And you?")
    await town.sees(plain, "And you?")
    await town.stop()
    town.begin(**given)
    distant.says("After the restart")
    await town.sees(distant, "After the restart")
    assert not any("While you sleep" in shown.text for shown in added.shown())
    await town.acts(plain, "@second_bot", "Start")
    await town.sees(added, "While you sleep")
    # Its session was begun in a mode that it does not offer any longer.
    answered = next(one for one in town.model.requests if "While you sleep" in str(one.body["messages"][-1]))
    assert "patient tutor" in str(answered.body["messages"][0])
    # Nobody stops the one they talk to, and what is taken away is gone for good.
    await town.acts(plain, "@parley_bot", "Stop")
    await town.sees(plain, "You are talking to this bot.")
    await town.acts(plain, "@second_bot", "Remove")
    await town.until(partial(plain.presses, "Remove it"))
    await town.until(lambda: town.rows("SELECT COUNT(*) FROM bot WHERE token IS NOT NULL") == [(1,)])
    assert [kind for (kind,) in town.rows("SELECT kind FROM act ORDER BY id")] == [
        "add_bot", "add_bot", "rule_bot", "stop_bot", "start_bot", "remove_bot",
    ]  # fmt: skip


async def test_a_token_that_is_refused_is_not_kept_and_members_add_nothing(town: Town) -> None:
    first, *_ = town.chats
    town.begin(telegram_bot_token=first.token, admins=f"telegram:user:{town.alice}")
    plain = first
    await town.commands(plain, "bot_add", "telegram", "123:never-heard-of")
    await town.sees(plain, "Telegram does not accept this token.")
    assert "never-heard-of" not in plain.everything()
    # What cannot be deleted, whoever sent it is told of.
    town.telegram.faults.add(faults.refusal("Bad Request: message can't be deleted"), method="deleteMessage")
    plain.commands("bot_add", "telegram", "123:not-heard-of-either")
    await town.sees(plain, "I could not delete your message with the secret in it.")
    await town.commands(plain, "bot_add", "telegram", plain.token)
    await town.sees(plain, "@parley_bot is one of the bots here already.")
    assert town.rows("SELECT COUNT(*) FROM bot") == [(0,)]
    bob = town.newcomer("Bob")
    await town.commands(bob, "bots")
    await town.sees(bob, "I do not know /bots")


async def test_what_is_run_again_after_a_crash_is_done_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, added, *_ = town.chats
    town.begin(telegram_bot_token=plain.token, admins=f"telegram:user:{town.alice}")
    done, cut_off = [""], [""]

    async def breaks(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        """What notes that a command was done fails the first time after each thing that was done with a bot."""
        if program.startswith("Roster."):
            done.append(program)
        elif "Dispatcher._finish" in program and done[-1] not in cut_off:
            cut_off.append(done[-1])
            raise StorageError("Cut off.")
        return await write()

    set_around(breaks, monkeypatch.setattr)
    plain.commands("bot_add", "telegram", added.token)
    await town.sees(plain, "is starting", hurried=True)
    await town.acts(plain, "@second_bot", "Stop")
    await town.sees(plain, "is stopped", hurried=True)
    await town.acts(plain, "@second_bot", "Start")
    await town.sees(plain, "is starting", times=2, hurried=True)
    await town.acts(plain, "@second_bot", "Remove")
    await town.until(partial(plain.presses, "Remove it"))
    await town.until(lambda: plain.shown()[-1].text.startswith("The bots of this gateway"), hurried=True)
    assert len(cut_off) == 5
    assert "cannot be found" not in plain.everything()
    assert added.token not in plain.everything()
    assert town.rows("SELECT token, stopped FROM bot") == [(None, 0)]
    assert [kind for (kind,) in town.rows("SELECT kind FROM act ORDER BY id")] == [
        "add_bot", "stop_bot", "start_bot", "remove_bot",
    ]  # fmt: skip
