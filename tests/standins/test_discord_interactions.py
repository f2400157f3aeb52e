"""The Discord stand-in, through the real discord.py: commands, buttons, forms, and the clock that runs on them."""

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.standins.discord.errors import CannotDo
from bot.standins.discord.people import Attached
from tests.support.discord_client import Bot, Scene, a_scene, logged_in, text_channel


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with a_scene() as made:
        yield made


@pytest.fixture
async def bot(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    async with logged_in(scene.discord, monkeypatch) as client:
        await register(client)
        yield client


async def register(client: Bot) -> None:
    """Commands that do nothing: the tests answer their interactions themselves."""

    @client.tree.command(name="ask", description="Ask")
    @app_commands.describe(question="What", depth="How deep")
    async def ask(interaction: discord.Interaction[Any], question: str, depth: int = 1) -> None:
        del interaction, question, depth

    @client.tree.command(name="switch", description="Switch")
    async def switch(interaction: discord.Interaction[Any], session: str) -> None:
        del interaction, session

    @switch.autocomplete("session")
    async def sessions(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        del interaction
        count = 26 if typed == "many" else 2
        return [app_commands.Choice(name=f"{typed} {number}", value=str(number)) for number in range(count)]

    @client.tree.command(name="read", description="Read")
    async def read(interaction: discord.Interaction[Any], file: discord.Attachment) -> None:
        await interaction.response.send_message((await file.read()).decode())

    @client.tree.context_menu(name="Forget")
    async def forget(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await interaction.response.send_message(f"Forgot {message.content}", ephemeral=True)

    await client.tree.sync()


async def test_registered_commands_are_offered_with_their_options(scene: Scene, bot: Bot) -> None:
    assert {command["name"] for command in scene.discord.commands.all(None)} == {"ask", "switch", "read", "Forget"}
    fetched = await bot.tree.fetch_commands()
    assert [option.name for command in fetched if command.name == "ask" for option in command.options] == [
        "question",
        "depth",
    ]
    before = {command.name: command.id for command in fetched}
    assert {command.name: command.id for command in await bot.tree.sync()} == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Ask", "description": "upper case"},
        {"name": "ask", "description": ""},
        {"name": "ask", "description": "x" * 101},
        {"name": "ask", "description": "x", "name_localizations": {"xx": "x"}},
        {"name": "ask", "description": "x", "options": [{"type": 3, "name": "a", "description": "b"}] * 26},
    ],
)
async def test_a_command_that_discord_would_not_take_is_refused(scene: Scene, bot: Bot, wrong: dict[str, Any]) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.bulk_upsert_global_commands(scene.discord.application_id, [wrong])
    assert refused.value.code == 50035


async def test_a_person_can_only_use_what_is_offered(scene: Scene, bot: Bot) -> None:
    people = scene.discord.people
    for name, options in (("nothing", {}), ("ask", {}), ("ask", {"question": 1}), ("ask", {"question": "a", "b": "c"})):
        with pytest.raises(CannotDo):
            people.command(scene.alice, scene.channel, name, options)


async def test_a_command_is_answered_where_everybody_sees_it(scene: Scene, bot: Bot) -> None:
    used = scene.discord.people.command(scene.bob, scene.channel, "ask", {"question": "why", "depth": 3})
    interaction = await bot.next("interaction")
    assert interaction.locale is discord.Locale.german
    assert interaction.namespace.question == "why"
    assert interaction.namespace.depth == 3
    answer = await interaction.response.send_message("because")
    shown = scene.discord.transcript(scene.channel, viewer=scene.alice).last
    assert (shown.id, shown.text, shown.command, shown.type) == (answer.message_id, "because", "ask", 20)
    assert scene.discord.interaction(used).answered == 4


async def test_an_ephemeral_answer_is_seen_by_one_person(scene: Scene, bot: Bot) -> None:
    asked = scene.discord.people.say(scene.bob, scene.channel, "oops")
    scene.discord.people.menu(scene.alice, scene.channel, "Forget", message=asked)
    await scene.discord.wait_for(lambda: len(scene.discord.transcript(scene.channel).messages) == 2)
    assert scene.discord.transcript(scene.channel, viewer=scene.alice).texts == ["oops", "Forgot oops"]
    assert scene.discord.transcript(scene.channel, viewer=scene.bob).texts == ["oops"]
    assert [message.content async for message in text_channel(bot, scene).history()] == ["oops"]


async def test_after_three_seconds_an_interaction_is_unknown(scene: Scene, bot: Bot) -> None:
    used = scene.discord.people.command(scene.alice, scene.channel, "ask", {"question": "why"})
    interaction = await bot.next("interaction")
    await scene.clock.advance(3)
    assert scene.discord.interaction(used).failed
    with pytest.raises(discord.NotFound) as late:
        await interaction.response.send_message("too late")
    assert late.value.code == 10062
    assert scene.discord.transcript(scene.channel).messages == ()


async def test_a_second_answer_is_refused(scene: Scene, bot: Bot) -> None:
    scene.discord.people.command(scene.alice, scene.channel, "ask", {"question": "why"})
    interaction = await bot.next("interaction")
    await interaction.response.defer()
    interaction.response._response_type = None
    with pytest.raises(discord.HTTPException) as refused:
        await interaction.response.send_message("again")
    assert refused.value.code == 40060


async def test_a_deferred_answer_is_filled_within_fifteen_minutes(scene: Scene, bot: Bot) -> None:
    scene.discord.people.command(scene.alice, scene.channel, "ask", {"question": "why"})
    interaction = await bot.next("interaction")
    await interaction.response.defer(thinking=True, ephemeral=True)
    thinking = scene.discord.transcript(scene.channel, viewer=scene.alice).last
    assert (thinking.thinking, thinking.receiver) == (True, scene.alice)
    await scene.clock.advance(60)
    followed = await interaction.followup.send("because", wait=True)
    shown = scene.discord.transcript(scene.channel, viewer=scene.alice).last
    assert (shown.id, shown.text, shown.thinking, shown.receiver) == (followed.id, "because", False, scene.alice)
    await interaction.edit_original_response(content="therefore")
    await interaction.followup.send("more")
    assert scene.discord.transcript(scene.channel, viewer=scene.alice).texts == ["therefore", "more"]
    await scene.clock.advance(841)
    with pytest.raises(discord.HTTPException) as late:
        await interaction.edit_original_response(content="too late")
    assert (late.value.status, late.value.code) == (401, 50027)


async def test_autocomplete_gives_choices(scene: Scene, bot: Bot) -> None:
    typed = scene.discord.people.complete(scene.alice, scene.channel, "switch", "session", "old")
    choices = await scene.discord.wait_for(lambda: scene.discord.interaction(typed).choices)
    assert [(choice["name"], choice["value"]) for choice in choices or ()] == [("old 0", "0"), ("old 1", "1")]
    with pytest.raises(CannotDo):
        scene.discord.people.complete(scene.alice, scene.channel, "ask", "question", "w")


async def test_more_than_25_choices_are_refused(scene: Scene, bot: Bot) -> None:
    typed = scene.discord.people.complete(scene.alice, scene.channel, "switch", "session", "many")
    refused = await scene.discord.wait_for(lambda: [call for call in scene.discord.calls if call.status == 400])
    assert [call.name for call in refused] == ["interaction.answer"]
    assert scene.discord.interaction(typed).answered is None


async def test_a_file_is_an_option_of_a_command(scene: Scene, bot: Bot) -> None:
    scene.discord.people.command(
        scene.alice, scene.channel, "read", {"file": Attached(b"words", "w.txt", "text/plain")}
    )
    await scene.discord.wait_for(lambda: scene.discord.transcript(scene.channel).texts == ["words"])


def buttons(*ids: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for custom_id in ids:
        view.add_item(discord.ui.Button(label=custom_id.title(), custom_id=custom_id))
    return view


async def test_a_button_changes_its_message(scene: Scene, bot: Bot) -> None:
    sent = await text_channel(bot, scene).send("Sure?", view=buttons("yes", "no"))
    assert scene.discord.transcript(scene.channel).last.labels == ["Yes", "No"]
    scene.discord.people.press(scene.bob, scene.channel, sent.id, "Yes")
    interaction = await bot.next("interaction")
    assert (interaction.data["custom_id"], interaction.user.id, interaction.message.id) == ("yes", scene.bob, sent.id)
    await interaction.response.edit_message(content="Done", view=None)
    shown = scene.discord.transcript(scene.channel).last
    assert (shown.id, shown.text, shown.labels) == (sent.id, "Done", [])
    with pytest.raises(CannotDo):
        scene.discord.people.press(scene.bob, scene.channel, sent.id, "yes")


async def test_a_select_gives_what_it_offers(scene: Scene, bot: Bot) -> None:
    view = discord.ui.View(timeout=None)
    options = [discord.SelectOption(label=name, value=name) for name in ("a", "b")]
    view.add_item(discord.ui.Select(custom_id="which", options=options))
    sent = await text_channel(bot, scene).send("Which?", view=view)
    with pytest.raises(CannotDo):
        scene.discord.people.choose(scene.alice, scene.channel, sent.id, "which", ["c"])
    scene.discord.people.choose(scene.alice, scene.channel, sent.id, "which", ["b"])
    interaction = await bot.next("interaction")
    assert interaction.data["values"] == ["b"]
    await interaction.response.defer()
    await interaction.edit_original_response(content="b it is")
    assert scene.discord.transcript(scene.channel).last.text == "b it is"


async def test_a_form_is_opened_and_filled_once(scene: Scene, bot: Bot) -> None:
    class Rename(discord.ui.Modal, title="Rename"):
        name: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Name", custom_id="name", max_length=5)

        async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
            await interaction.response.send_message(f"Now {self.name.value}")

    sent = await text_channel(bot, scene).send("Rename?", view=buttons("rename"))
    pressed = scene.discord.people.press(scene.alice, scene.channel, sent.id, "rename")
    interaction = await bot.next("interaction")
    await interaction.response.send_modal(Rename())
    modal = scene.discord.interaction(pressed).modal
    assert modal is not None
    assert modal["title"] == "Rename"
    for wrong in ({"name": "too long"}, {"name": ""}, {"other": "x"}):
        with pytest.raises(CannotDo):
            scene.discord.people.submit(scene.alice, pressed, wrong)
    scene.discord.people.submit(scene.alice, pressed, {"name": "Ada"})
    await scene.discord.wait_for(lambda: scene.discord.transcript(scene.channel).texts == ["Rename?", "Now Ada"])
    with pytest.raises(CannotDo):
        scene.discord.people.submit(scene.alice, pressed, {"name": "Bea"})


async def test_components_that_discord_would_not_take_are_refused(scene: Scene, bot: Bot) -> None:
    channel = text_channel(bot, scene)
    twice = buttons("same")
    twice.add_item(discord.ui.Button(label="Same", custom_id="same"))
    for view in (buttons("x" * 101), twice):
        with pytest.raises(discord.HTTPException) as refused:
            await channel.send("x", view=view)
        assert refused.value.code == 50035


async def test_a_layout_is_its_own_text(scene: Scene, bot: Bot) -> None:
    def layout(text: str) -> discord.ui.LayoutView:
        view = discord.ui.LayoutView(timeout=None)
        view.add_item(discord.ui.Container(discord.ui.TextDisplay(text)))
        return view

    channel = text_channel(bot, scene)
    sent = await channel.send(view=layout("x" * 4000))
    assert scene.discord.transcript(scene.channel).last.text == "x" * 4000
    for wrong in ({"view": layout("x" * 4001)}, {"content": "and text", "view": layout("x")}):
        with pytest.raises(discord.HTTPException) as refused:
            await channel.send(**wrong)
        assert refused.value.code == 50035
    with pytest.raises(discord.HTTPException):
        await sent.edit(content="plain", view=None)


async def test_an_ephemeral_message_reaches_the_bot_as_if_it_were_direct(scene: Scene, bot: Bot) -> None:
    scene.discord.people.command(scene.alice, scene.channel, "ask", {"question": "why"})
    interaction = await bot.next("interaction")
    await interaction.response.send_message("psst", ephemeral=True)
    message = await bot.next("message")
    assert (message.content, message.guild, message.flags.ephemeral) == ("psst", None, True)


async def test_commands_work_in_direct_messages(scene: Scene, bot: Bot) -> None:
    private = scene.discord.people.open_private(scene.alice)
    scene.discord.people.command(scene.alice, private, "ask", {"question": "why"})
    interaction = await bot.next("interaction")
    assert (interaction.guild, interaction.user.id) == (None, scene.alice)
    await interaction.response.send_message("because")
    assert scene.discord.transcript(private).texts == ["because"]
