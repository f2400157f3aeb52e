"""The Discord stand-in, through the real discord.py: login, messages, threads, files, what a bot may see."""

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from bot.standins.discord.people import Attached
from tests.support.discord_client import Bot, Scene, a_scene, logged_in, point_at, text_channel


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with a_scene() as made:
        yield made


@pytest.fixture
async def bot(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    async with logged_in(scene.discord, monkeypatch) as client:
        yield client


async def test_the_client_logs_in_and_sees_its_servers(scene: Scene, bot: Bot) -> None:
    assert bot.user is not None
    assert bot.user.id == bot.application_id == scene.discord.application_id
    guild = bot.guilds[0]
    assert (guild.id, guild.name, guild.member_count) == (scene.guild, "Home", 3)
    assert text_channel(bot, scene).permissions_for(guild.me).send_messages


async def test_a_wrong_token_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(scene.discord, monkeypatch)
    async with Bot(intents=discord.Intents.default()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")


async def test_a_message_is_answered_by_a_reply_that_is_edited(scene: Scene, bot: Bot) -> None:
    asked = scene.discord.people.say(scene.alice, scene.channel, "hi")
    message = await bot.next_message()
    assert (message.id, message.content, message.author.name) == (asked, "hi", "Alice")
    answer = await message.reply("Hel")
    await answer.edit(content="Hello")
    shown = scene.discord.transcript(scene.channel, viewer=scene.bob).last
    assert (shown.text, shown.reply_to, shown.edited) == ("Hello", asked, True)
    assert [version.text for version in shown.versions] == ["Hel"]
    assert shown.mentions == (scene.alice,)


async def test_edits_and_deletions_of_people_reach_the_bot(scene: Scene, bot: Bot) -> None:
    asked = scene.discord.people.say(scene.alice, scene.channel, "hi")
    await bot.next_message()
    scene.discord.people.edit(scene.alice, scene.channel, asked, "hello")
    assert (await bot.next("message_edit")).content == "hello"
    scene.discord.people.delete(scene.alice, scene.channel, asked)
    assert (await bot.next("message_delete")).id == asked
    with pytest.raises(discord.NotFound) as gone:
        await text_channel(bot, scene).fetch_message(asked)
    assert gone.value.code == 10008


async def test_a_direct_message_goes_both_ways_until_the_bot_is_blocked(scene: Scene, bot: Bot) -> None:
    private = scene.discord.people.open_private(scene.alice)
    scene.discord.people.say(scene.alice, private, "psst")
    message = await bot.next_message()
    assert message.guild is None
    await message.channel.send("yes?")
    assert scene.discord.transcript(private, viewer=scene.alice).texts == ["psst", "yes?"]
    scene.discord.people.block(scene.alice)
    with pytest.raises(discord.Forbidden) as refused:
        await message.channel.send("hello?")
    assert refused.value.code == 50007


async def test_the_same_nonce_shows_one_message_for_some_minutes(scene: Scene, bot: Bot) -> None:
    channel = text_channel(bot, scene)
    first = await channel.send("once", nonce="turn-1")
    assert (await channel.send("once", nonce="turn-1")).id == first.id
    assert first.nonce == "turn-1"
    assert (await channel.fetch_message(first.id)).nonce is None
    await scene.clock.advance(301)
    assert (await channel.send("once", nonce="turn-1")).id != first.id
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send("x", nonce="n" * 26)
    assert refused.value.code == 50035


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"content": "x" * 2001}, 50035),
        ({"content": " \n "}, 50006),
        ({"content": "x", "embeds": [discord.Embed(title="t" * 257)]}, 50035),
        ({"content": "x", "reference": discord.MessageReference(message_id=1, channel_id=1)}, 50035),
    ],
)
async def test_a_message_that_discord_would_not_take_is_refused(
    scene: Scene, bot: Bot, wrong: dict[str, Any], code: int
) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await text_channel(bot, scene).send(**wrong)
    assert refused.value.code == code
    assert scene.discord.transcript(scene.channel).messages == ()


async def test_a_reply_to_what_is_gone_can_be_sent_without_its_reference(scene: Scene, bot: Bot) -> None:
    gone = discord.MessageReference(message_id=1, channel_id=scene.channel, fail_if_not_exists=False)
    sent = await text_channel(bot, scene).send("still", reference=gone)
    assert sent.reference is None


async def test_mentions_notify_only_whom_the_bot_allows(scene: Scene, bot: Bot) -> None:
    text = f"@everyone <@{scene.alice}>"
    channel = text_channel(bot, scene)
    loud = await channel.send(text)
    quiet = await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
    shown = scene.discord.transcript(scene.channel)
    assert shown.message(loud.id).mentions == (scene.alice,)
    assert shown.message(loud.id).mentions_everyone
    assert shown.message(quiet.id).mentions == ()
    assert not shown.message(quiet.id).mentions_everyone


async def test_what_happens_out_of_the_bots_sight_is_not_told(scene: Scene, bot: Bot) -> None:
    hidden = scene.discord.people.open_channel(scene.guild, "hidden")
    scene.discord.people.deny(hidden, "VIEW_CHANNEL")
    other = scene.discord.people.open_guild("Other", [scene.alice], bot=False)
    elsewhere = scene.discord.people.open_channel(other, "elsewhere")
    for channel in (hidden, elsewhere, scene.channel):
        scene.discord.people.say(scene.alice, channel, "hi")
    assert (await bot.next_message()).channel.id == scene.channel
    scene.discord.people.invite_bot(other)
    assert (await bot.next("guild_join")).id == other
    scene.discord.people.remove_bot(other)
    assert (await bot.next("guild_remove")).id == other
    with pytest.raises(discord.NotFound):
        await bot.fetch_guild(other)


async def test_roles_of_people_are_known_and_can_be_mentioned(scene: Scene, bot: Bot) -> None:
    role = scene.discord.people.open_role(scene.guild, "staff", [scene.alice])
    assert (await bot.next("guild_role_create")).name == "staff"
    scene.discord.people.say(scene.alice, scene.channel, f"<@&{role}> hello")
    message = await bot.next_message()
    assert isinstance(message.author, discord.Member)
    assert [one.id for one in message.author.roles] == [scene.guild, role]
    assert message.raw_role_mentions == [role]


async def test_a_deleted_channel_is_gone(scene: Scene, bot: Bot) -> None:
    channel = text_channel(bot, scene)
    thread = scene.discord.people.open_thread(scene.alice, scene.channel, "inside")
    scene.discord.people.delete_channel(scene.channel)
    assert (await bot.next("guild_channel_delete")).id == scene.channel
    for gone in (channel, bot.get_partial_messageable(thread)):
        with pytest.raises(discord.NotFound) as refused:
            await gone.send("hello?")
        assert refused.value.code == 10003


async def test_missing_rights_are_told_apart(scene: Scene, bot: Bot) -> None:
    channel = text_channel(bot, scene)
    asked = scene.discord.people.say(scene.alice, scene.channel, "hi")
    for right, code in (("SEND_MESSAGES", 50013), ("VIEW_CHANNEL", 50001)):
        scene.discord.people.deny(scene.channel, right)
        with pytest.raises(discord.Forbidden) as refused:
            await channel.send("no")
        assert refused.value.code == code
    scene.discord.people.deny(scene.channel)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.get_partial_message(asked).delete()
    assert refused.value.code == 50013


async def test_history_after_a_message_comes_oldest_first_and_whole(scene: Scene, bot: Bot) -> None:
    ids = [scene.discord.people.say(scene.alice, scene.channel, str(number)) for number in range(230)]
    channel = text_channel(bot, scene)
    missed = [message async for message in channel.history(after=discord.Object(ids[9]), limit=None)]
    assert [message.id for message in missed] == ids[10:]
    newest = [message async for message in channel.history(limit=3)]
    assert [message.id for message in newest] == ids[:-4:-1]
    around = [message.id async for message in channel.history(around=discord.Object(ids[100]), limit=5)]
    assert sorted(around) == ids[98:103]


async def test_a_thread_on_a_message_has_its_id_and_can_be_opened_once(scene: Scene, bot: Bot) -> None:
    asked = scene.discord.people.say(scene.alice, scene.channel, "<@" + str(scene.discord.application_id) + "> hi")
    message = await bot.next_message()
    thread = await message.create_thread(name="About hi")
    assert thread.id == asked
    starter = await bot.next_message()
    assert (starter.type, starter.channel.id) == (discord.MessageType.thread_starter_message, thread.id)
    await thread.send("hello")
    assert scene.discord.transcript(thread.id, viewer=scene.bob).texts == ["hello"]
    with pytest.raises(discord.HTTPException) as refused:
        await message.create_thread(name="Again")
    assert refused.value.code == 160004


async def test_a_thread_by_itself_leaves_a_line_in_the_channel(scene: Scene, bot: Bot) -> None:
    channel = text_channel(bot, scene)
    thread = await channel.create_thread(name="Ideas", type=discord.ChannelType.public_thread)
    line = scene.discord.transcript(scene.channel).messages[0]
    assert (line.type, line.system, line.text) == (18, True, "Ideas")
    renamed = await thread.edit(name="Better ideas")
    assert renamed.name == scene.discord.transcript(thread.id).name == "Better ideas"
    assert scene.discord.transcript(thread.id).messages[-1].type == 4


async def test_an_archived_thread_refuses_edits_and_wakes_when_someone_writes(scene: Scene, bot: Bot) -> None:
    thread = await text_channel(bot, scene).create_thread(name="T", type=discord.ChannelType.public_thread)
    sent = await thread.send("one")
    scene.discord.people.archive_thread(scene.alice, thread.id)
    with pytest.raises(discord.HTTPException) as refused:
        await sent.edit(content="two")
    assert refused.value.code == 50083
    assert [found.id async for found in text_channel(bot, scene).archived_threads()] == [thread.id]
    scene.discord.people.say(scene.alice, thread.id, "still here")
    assert not scene.discord.transcript(thread.id).archived
    await sent.edit(content="two")
    assert scene.discord.transcript(thread.id).texts == ["two", "still here"]


async def test_threads_of_people_and_forum_posts_reach_the_bot(scene: Scene, bot: Bot) -> None:
    forum = scene.discord.people.open_channel(scene.guild, "help", kind="forum")
    assert (await bot.next("guild_channel_create")).id == forum
    post = scene.discord.people.open_post(scene.alice, forum, "Broken", "It does not work")
    thread = await bot.next("thread_create")
    first = await bot.next_message()
    assert (thread.id, thread.parent_id, first.id, first.content) == (post, forum, post, "It does not work")
    scene.discord.people.rename_thread(scene.alice, post, "Mended")
    assert (await bot.next("thread_update")).name == "Mended"
    assert [t.id for t in await bot.guilds[0].active_threads()] == [post]
    channel = bot.get_channel(forum)
    assert isinstance(channel, discord.ForumChannel)
    made = await channel.create_thread(name="News", content="Good")
    assert made.message.id == made.thread.id
    scene.discord.people.delete_thread(scene.alice, post)
    assert (await bot.next("thread_delete")).id == post


async def test_an_age_restricted_channel_and_its_threads_say_so(scene: Scene, bot: Bot) -> None:
    channel = scene.discord.people.open_channel(scene.guild, "adults", nsfw=True)
    made = await bot.next("guild_channel_create")
    assert made.is_nsfw()
    thread = scene.discord.people.open_thread(scene.alice, channel, "late")
    assert (await bot.next("thread_create")).is_nsfw()
    assert scene.discord.transcript(thread).nsfw


async def test_files_go_both_ways_by_links_that_expire(scene: Scene, bot: Bot) -> None:
    scene.discord.people.say(scene.alice, scene.channel, "look", files=[Attached(b"picture", "a b.png", "image/png")])
    attachment = (await bot.next_message()).attachments[0]
    assert (attachment.filename, attachment.content_type, attachment.size) == ("a b.png", "image/png", 7)
    assert await attachment.read() == b"picture"
    await scene.clock.advance(86_401)
    with pytest.raises(discord.NotFound):
        await attachment.read()
    sent = await text_channel(bot, scene).send("here", file=discord.File(io.BytesIO(b"answer"), "answer.txt"))
    shown = scene.discord.transcript(scene.channel).last.files[0]
    async with aiohttp.ClientSession() as session, session.get(shown.url) as response:
        assert await response.read() == b"answer"
    async with aiohttp.ClientSession() as session, session.get(shown.url.replace("hm=", "hm=0")) as response:
        assert response.status == 404
    await sent.edit(attachments=[])
    assert scene.discord.transcript(scene.channel).last.files == ()


async def test_without_the_content_intent_only_what_concerns_the_bot_is_readable(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.discord.world.portal.message_content = False
    people = scene.discord.people
    async with logged_in(scene.discord, monkeypatch, content=False) as client:
        people.say(scene.alice, scene.channel, "secret", files=[Attached(b"x")])
        sealed = await client.next_message()
        assert (sealed.content, sealed.attachments) == ("", [])
        people.say(scene.alice, scene.channel, f"<@{scene.discord.application_id}> open")
        assert (await client.next_message()).clean_content == "@Parley open"
        people.say(scene.alice, people.open_private(scene.alice), "direct")
        assert (await client.next_message()).content == "direct"
        history = [m.content async for m in text_channel(client, scene).history()]
        assert history == [f"<@{scene.discord.application_id}> open", ""]


async def test_old_messages_can_be_edited_only_a_few_times(scene: Scene, bot: Bot) -> None:
    sent = await text_channel(bot, scene).send("old")
    await scene.clock.advance(3601)
    scene.discord.rates.on = True
    scene.discord.rates.via = False
    for number in range(5):
        await sent.edit(content=str(number))
    with pytest.raises(discord.HTTPException) as refused:
        await sent.edit(content="once more")
    assert refused.value.status == 429


async def test_reactions_and_typing_go_both_ways(scene: Scene, bot: Bot) -> None:
    asked = scene.discord.people.say(scene.alice, scene.channel, "hi")
    message = await bot.next_message()
    await message.add_reaction("👀")
    assert scene.discord.transcript(scene.channel).message(asked).reactions == {"👀": 1}
    scene.discord.people.react(scene.bob, scene.channel, asked, "👍")
    emoji = [str((await bot.next("raw_reaction_add")).emoji) for _ in range(2)]
    assert emoji == ["👀", "👍"]
    await message.channel.typing()
    assert scene.discord.transcript(scene.channel).typing == (scene.discord.application_id,)
    scene.discord.people.start_typing(scene.bob, scene.channel)
    await bot.next("typing")
