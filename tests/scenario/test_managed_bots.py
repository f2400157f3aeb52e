"""Bots that admins make with a tap: one bot manages them, and the gateway is given their tokens."""

from functools import partial

import pytest

from bot.standins.telegram.account import BotAccount
from tests.support.bots import Chat, Town


def manager(town: Town) -> BotAccount:
    """Telegram's first bot, whose owner has switched Bot Management Mode on."""
    account = town.telegram.people.bot()
    account.can_manage_bots = True
    return account


def links(town: Town) -> list[str]:
    """Where the buttons lead that the manager has shown."""
    shown = town.telegram.transcript(town.alice).from_bots()
    return [button["url"] for one in shown for row in one.keyboard for button in row if "url" in button]


def begin(town: Town, *, wished: bool = True) -> Chat:
    town.begin(
        telegram_bot_token=town.chats[0].token,
        admins=f"telegram:user:{town.alice}",
        telegram_managed_bots=wished,
    )
    return town.chats[0]


async def test_a_bot_is_made_with_a_tap_and_follows_its_token(town: Town) -> None:
    manager(town)
    plain = begin(town)
    await town.commands(plain, "admin", "bots")
    await town.sees(plain, "The bots of this gateway")
    (link,) = links(town)
    made = town.telegram.people.make_bot(town.alice, link, "School")
    await town.sees(plain, f"@{made.username} is starting.")
    school = town.with_bot(made)
    school.says("Are you there?")
    await town.sees(school, "Are you there?")
    [(sealed,)] = town.rows("SELECT token FROM bot")
    assert made.token not in sealed
    # @BotFather gives it another token: it goes on with that.
    town.telegram.people.renew_token(made.id)
    await town.sees(plain, f"@{made.username} is starting.", times=2)
    school.says("And now?")
    await town.sees(school, "And now?")
    # One that was removed comes back by nobody's token alone.
    await town.acts(plain, f"@{made.username}", "Remove")
    await town.until(partial(plain.presses, "Remove it"))
    await town.until(lambda: town.rows("SELECT token FROM bot") == [(None,)])
    town.telegram.people.renew_token(made.id)
    await town.sees(plain, "was removed from here and stays removed")
    await town.until(partial(plain.presses, "Run it here again"))
    await town.sees(plain, f"@{made.username} is starting.", times=3)
    school.says("Back?")
    await town.sees(school, "Back?")


async def test_what_telegram_refuses_is_said_and_can_be_tried_again(town: Town) -> None:
    manager(town)
    plain = begin(town)
    await town.commands(plain, "bot_made", "4711")
    await town.sees(
        plain, "Telegram does not give me the token of that bot: getManagedBotToken: Bad Request: BOT_INVALID"
    )
    # Somebody who is no admin makes one by the same link: it is nobody's here.
    await town.commands(plain, "bots")
    await town.sees(plain, "The bots of this gateway")
    bob = town.newcomer("Bob")
    (link,) = links(town)
    stranger = town.telegram.people.make_bot(bob.person, link)
    await town.sees(bob, "I do not know")
    assert town.rows("SELECT COUNT(*) FROM bot") == [(0,)]
    assert [call.params["user_id"] for call in town.telegram.calls.of("getManagedBotToken")] == [4711]
    assert not any(call.bot == stranger.id for call in town.telegram.calls)


@pytest.mark.parametrize(("wished", "able"), [(False, True), (True, False)])
async def test_nobody_is_offered_what_the_operator_or_telegram_does_not_let(
    town: Town, wished: bool, able: bool
) -> None:
    account = manager(town)
    account.can_manage_bots = able
    plain = begin(town, wished=wished)
    await town.commands(plain, "admin", "bots")
    await town.sees(plain, "The bots of this gateway")
    assert not links(town)
    await town.commands(plain, "bot_made", "4711")
    await town.sees(plain, "I cannot take on new bots here")
