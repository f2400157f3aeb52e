"""What the bot itself says is in the language of who reads it."""

import pytest

from tests.support.sides import DiscordSide, TelegramSide
from tests.support.world import House, Someone


async def test_the_bot_speaks_the_language_that_was_chosen(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Ja."
    await house.start()
    await alice.commands("settings")
    await alice.presses("Language")
    await alice.presses("Deutsch")
    await alice.sees("Sprache: Deutsch")
    await alice.commands("tokens")
    await alice.sees("Du hast 4.000 Tokens")
    alice.says("hallo")
    answer = await alice.sees("Ja.")
    assert "↻ Neu erzeugen" in answer.labels
    await alice.commands("rename", " ")
    bob.says("hi")
    assert "↻ Regenerate" in (await bob.sees("Ja.")).labels


async def test_refusals_and_failures_are_said_in_it_too(house: House, alice: Someone) -> None:
    await house.start(tokens_start=50)
    await alice.commands("settings")
    await alice.presses("Language")
    await alice.presses("Español")
    await alice.sees("Idioma: Español")
    await alice.commands("switch", "nada")
    await alice.sees("Ninguna sesión tiene «nada» en su título.")
    alice.says("hola")
    await alice.sees("Te quedan 50 tokens y una petición cuesta 100.")


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_telegram_shows_its_menu_in_each_language(house: House) -> None:
    await house.start()
    assert isinstance(house.side, TelegramSide)
    menus = house.side.bot.commands
    private, groups = '{"type":"all_private_chats"}', '{"type":"all_group_chats"}'
    await house.until(lambda: (groups, "zh") in menus)
    shown = {one["command"]: one["description"] for one in menus[private, "uk"]}
    assert shown["sessions"] == "Показати ваші сесії"


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_discord_knows_the_commands_in_each_language(house: House) -> None:
    await house.start()
    assert isinstance(house.side, DiscordSide)
    declared = house.side.stand_in.commands
    await house.until(lambda: declared.all(None))
    [sessions] = [one for one in declared.all(None) if one["name"] == "sessions"]
    assert sessions["description_localizations"]["es-419"] == "Ver tus sesiones"
    assert sessions["options"][0]["description_localizations"]["de"] == "Wörter des Titels"
    [forget] = [one for one in declared.all(None) if one["name"] == "Forget"]
    assert forget["name_localizations"]["ru"] == "Забыть"
    before = house.side.calls("command.replace")
    await house.stop()
    await house.start()
    assert house.side.calls("command.replace") == before
