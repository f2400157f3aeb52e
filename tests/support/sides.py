"""The two platforms as scenarios use them: the same few acts on each stand-in.

What a person sees is compared as words: Telegram formats beside the text, Discord in it.
"""

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.domain.blocks import OutFile
from bot.domain.clock import Clock
from bot.standins.discord import people as discord_people
from bot.standins.discord.components import questions
from bot.standins.discord.errors import CannotDo
from bot.standins.discord.interactions import Interaction
from bot.standins.discord.model import MessageFlag
from bot.standins.discord.payloads import is_loading
from bot.standins.discord.server import TOKEN, DiscordStandIn
from bot.standins.faults import FaultPlan
from bot.standins.telegram import people as telegram_people
from bot.standins.telegram.server import TelegramStandIn
from bot.texts.say import LANGUAGES, say_in

Seen = TypeVar("Seen")

_STOPS = frozenset(say_in(language)("Stop") for language in LANGUAGES)
"""The label below an answer while it grows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot as it stands in a chat: its words, the labels of its buttons, whether it made no sound."""

    id: int
    text: str
    labels: tuple[str, ...]
    silent: bool

    @property
    def grows(self) -> bool:
        """Whether it is the preview of an answer: it is not there for good, even if it shows all words by chance."""
        return not _STOPS.isdisjoint(self.labels)


@dataclass(slots=True)
class Room:
    """Where people talk: a chat and, where one has been opened, a thread in it."""

    chat: int
    thread: int | None = None


class Side(Protocol):
    """One platform's stand-in with a bot on it."""

    name: str
    send: str
    """What the stand-in calls sending a message, for faults and for looking at calls."""
    edit: str
    types: str
    """What the stand-in calls showing that somebody types."""
    receipt: str
    """What the stand-in calls saying that a press was seen."""
    faults: FaultPlan

    def settings(self) -> dict[str, Any]:
        """The gateway's settings that lead it here."""

    async def start(self) -> None:
        """Listen."""

    async def stop(self) -> None:
        """Let go of everything."""

    def hears(self) -> bool:
        """Whether the bot hears what is said from now on (or hears it later, where the platform keeps it)."""

    def arrivals(self) -> int:
        """A number that grows when a gateway begins to listen."""

    def newcomer(self, name: str) -> tuple[int, Room]:
        """Somebody new, and their private chat with the bot."""

    def group(self, members: Sequence[int]) -> Room:
        """A chat of these people with the bot in it."""

    def threads(self, members: Sequence[int]) -> tuple[Room, Room]:
        """Two threads of one chat of these people."""

    def say(self, person: int, room: Room, text: str, *, reply_to: int | None, mention: bool) -> int:
        """Write something, with a mention of the bot where `mention` says so; gives the message's number."""

    def command(self, person: int, room: Room, name: str, args: Sequence[str]) -> None:
        """Give a command with its arguments in the declared order."""

    def command_on(self, person: int, room: Room, name: str, message: int) -> None:
        """Give a command on a message: as a reply to it, or by its own menu."""

    def knows(self, name: str, room: Room) -> bool:
        """Whether the bot has declared this command (a typed one needs no declaration)."""

    def asks(self, person: int, room: Room, label: str) -> bool:
        """Whether the question of that label waits for an answer."""

    def fill(self, person: int, room: Room, label: str, text: str) -> bool:
        """Answer the question of that label; False while it has not been asked."""

    def fill_all(self, person: int, room: Room, answers: Mapping[str, str], done: int) -> int:
        """Answer the questions of a form, of which so many are answered already; gives how many are now."""

    def stop_growing(self, person: int, room: Room) -> str:
        """Stop the answer that is growing there; gives its words so far. Raises StopIteration, CannotDo: none is."""

    def send_files(
        self, person: int, room: Room, files: Sequence[OutFile], caption: str, *, reply_to: int | None
    ) -> None:
        """Send the bot files in one go: pictures as photos, a recording that is called "voice" as a voice message."""

    def files(self, room: Room) -> list[tuple[str, bytes]]:
        """The files that the bot has sent, by name."""

    def file_words(self, room: Room) -> str:
        """What those are told of its files who cannot see them."""

    def voices(self, room: Room) -> list[tuple[float, bytes]]:
        """The voice messages that the bot has sent: how long each is said to last, and its bytes."""

    def change(self, person: int, room: Room, message: int, text: str) -> None:
        """Edit a message of one's own."""

    def change_to_call(self, person: int, room: Room, message: int, text: str) -> None:
        """Edit a message of one's own so that it names the bot."""

    def take_away(self, room: Room, message: int) -> None:
        """Let a message of the bot's be gone."""

    def press(self, person: int, room: Room, message: Shown, label: str) -> None:
        """Press a button."""

    def forge(self, person: int, room: Room, message: Shown, data: str) -> None:
        """Press a button that is not there."""

    def appoint(self, person: int, room: Room) -> None:
        """Make somebody one of those who keep order in a group."""

    def leave(self, person: int, room: Room) -> None:
        """Leave a group."""

    def block(self, person: int, *, blocked: bool) -> None:
        """Take no more messages from the bot, or take them again."""

    def shown(self, room: Room, viewer: int) -> list[Shown]:
        """What the bot has written there, as `viewer` sees it."""

    def told(self, person: int, room: Room) -> list[str]:
        """What the bot has said there to this person alone."""

    def waiting(self, person: int) -> list[str]:
        """What this person has given or pressed whose end their app still waits for."""

    def reactions(self, room: Room, message: int) -> list[str]:
        """The bot's reactions at a message."""

    def forbid_reactions(self, room: Room) -> None:
        """Let the bot react to nothing there."""

    def growing(self, room: Room) -> list[str]:
        """The words of answers that are not there for good yet."""

    def calls(self, method: str) -> int:
        """How many calls of this kind have come."""

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float) -> Seen:
        """The first true value of `look`."""


class TelegramSide:
    """Telegram."""

    name = "telegram"
    send = "sendMessage"
    edit = "editMessageText"
    types = "sendChatAction"
    receipt = "answerCallbackQuery"

    def __init__(self, clock: Clock, stand_in: TelegramStandIn | None = None) -> None:
        """`stand_in`: one that is there already, with its bot."""
        self.stand_in = stand_in or TelegramStandIn(clock=clock)
        self.faults = self.stand_in.faults
        self.people = self.stand_in.people
        bots = self.stand_in.world.bots.values()
        self.bot = next(iter(bots), None) or self.people.add_bot(can_read_all_group_messages=True)

    def settings(self) -> dict[str, Any]:
        return {"telegram_bot_token": self.bot.token, "telegram_api_url": self.stand_in.url}

    def hears(self) -> bool:
        return True

    def arrivals(self) -> int:
        return self.calls("getUpdates")

    async def start(self) -> None:
        await self.stand_in.start()

    async def stop(self) -> None:
        await self.stand_in.stop()

    def newcomer(self, name: str) -> tuple[int, Room]:
        person = self.people.open_person(name)
        return person, Room(self.people.open_private(person))

    def group(self, members: Sequence[int]) -> Room:
        return Room(self.people.open_group("Friends", members))

    def threads(self, members: Sequence[int]) -> tuple[Room, Room]:
        forum = self.people.open_group("Friends", members, forum=True)
        first, second = (self.people.open_topic(members[0], forum, name) for name in ("One", "Two"))
        return Room(forum, first), Room(forum, second)

    def say(self, person: int, room: Room, text: str, *, reply_to: int | None, mention: bool) -> int:
        words = f"@{self.bot.username} {text}" if mention else text
        return self.people.say(person, room.chat, words, thread=room.thread, reply_to=reply_to)

    def command(self, person: int, room: Room, name: str, args: Sequence[str]) -> None:
        addressed = name if room.chat == person else f"{name}@{self.bot.username}"
        self.people.say(person, room.chat, " ".join((f"/{addressed}", *args)), thread=room.thread)

    def command_on(self, person: int, room: Room, name: str, message: int) -> None:
        addressed = name if room.chat == person else f"{name}@{self.bot.username}"
        self.people.say(person, room.chat, f"/{addressed}", thread=room.thread, reply_to=message)

    def send_files(
        self, person: int, room: Room, files: Sequence[OutFile], caption: str, *, reply_to: int | None
    ) -> None:
        sent = [telegram_people.Attached(file.data, file.name, file.media_type) for file in files]
        if len(sent) > 1:
            self.people.send_album(person, room.chat, sent, caption, thread=room.thread, reply_to=reply_to)
        elif sent[0].name.startswith("voice"):
            self.people.send_voice(person, room.chat, sent[0], thread=room.thread, reply_to=reply_to)
        elif sent[0].media_type.startswith("image/"):
            self.people.send_photo(person, room.chat, sent[0], caption, thread=room.thread, reply_to=reply_to)
        else:
            self.people.send_document(person, room.chat, sent[0], caption, thread=room.thread, reply_to=reply_to)

    def files(self, room: Room) -> list[tuple[str, bytes]]:
        found = []
        for message in self.stand_in.transcript(room.chat).from_bots():
            photo, document = message.media.get("photo"), message.media.get("document")
            if file := photo[-1] if photo else document:
                kept = self.stand_in.world.files[file["file_id"]]
                found.append((kept.name, kept.data))
        return found

    def file_words(self, room: Room) -> str:
        return "\n".join(m.text for m in self.stand_in.transcript(room.chat).from_bots() if m.media)

    def voices(self, room: Room) -> list[tuple[float, bytes]]:
        messages = self.stand_in.transcript(room.chat).from_bots()
        voices = [message.media["voice"] for message in messages if "voice" in message.media]
        return [(float(one["duration"]), self.stand_in.world.files[one["file_id"]].data) for one in voices]

    def change(self, person: int, room: Room, message: int, text: str) -> None:
        self.people.edit(person, room.chat, message, text)

    def change_to_call(self, person: int, room: Room, message: int, text: str) -> None:
        self.change(person, room, message, f"@{self.bot.username} {text}")

    def take_away(self, room: Room, message: int) -> None:
        self.stand_in.world.delete(self.people.chat(room.chat), message)

    def press(self, person: int, room: Room, message: Shown, label: str) -> None:
        self.people.press(person, room.chat, message.id, label=label)

    def knows(self, name: str, room: Room) -> bool:
        return True

    def asks(self, person: int, room: Room, label: str) -> bool:
        shown = self.shown(room, person)
        return bool(shown) and label in shown[-1].text

    def fill(self, person: int, room: Room, label: str, text: str) -> bool:
        if not self.asks(person, room, label):
            return False
        self.say(person, room, text, reply_to=None, mention=False)
        return True

    def fill_all(self, person: int, room: Room, answers: Mapping[str, str], done: int) -> int:
        label, text = list(answers.items())[done]
        return done + 1 if self.fill(person, room, label, text) else done

    def stop_growing(self, person: int, room: Room) -> str:
        drafts = self.stand_in.transcript(room.chat).drafts
        text = next((draft.text for draft in drafts if draft.thread == room.thread), None)
        if text is None and room.chat != person:
            return _press_stop(self, person, room)
        self.people.stop(person, room.chat, thread=room.thread)
        return text or ""

    def forge(self, person: int, room: Room, message: Shown, data: str) -> None:
        self.people.press(person, room.chat, message.id, data=data, forged=True)

    def appoint(self, person: int, room: Room) -> None:
        self.people.appoint(person, room.chat)

    def leave(self, person: int, room: Room) -> None:
        del self.people.chat(room.chat).members[person]

    def block(self, person: int, *, blocked: bool) -> None:
        (self.people.block if blocked else self.people.unblock)(person)

    def shown(self, room: Room, viewer: int) -> list[Shown]:
        found = self.stand_in.transcript(room.chat, viewer=viewer).from_bots(room.thread)
        return [Shown(message.id, message.text, tuple(message.labels), message.silent) for message in found]

    def told(self, person: int, room: Room) -> list[str]:
        seen = self.stand_in.transcript(room.chat, viewer=person)
        alone = [one.text for one in seen.from_bots() if one.receiver == person]
        return alone + [one.text for one in seen.answers if one.person == person]

    def waiting(self, person: int) -> list[str]:
        queries = self.bot.queries.values()
        return [query.data for query in queries if query.person == person and not query.answered]

    def reactions(self, room: Room, message: int) -> list[str]:
        found = self.people.chat(room.chat).messages[message].reactions.get(self.bot.id, [])
        return [str(reaction["emoji"]) for reaction in found]

    def forbid_reactions(self, room: Room) -> None:
        self.people.chat(room.chat).reactions = frozenset()

    def growing(self, room: Room) -> list[str]:
        seen = self.stand_in.transcript(room.chat)
        found = [message.text for message in seen.from_bots(room.thread) if not _STOPS.isdisjoint(message.labels)]
        return [draft.text for draft in seen.drafts] + found

    def calls(self, method: str) -> int:
        return self.stand_in.calls.counts[method]

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float) -> Seen:
        return await self.stand_in.wait_for(look, timeout_s)


class WebhookSide(TelegramSide):
    """Telegram, which calls the gateway instead of being asked: several updates at once, in any order."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.port = free_port()

    def settings(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.port}/telegram"
        return {**super().settings(), "telegram_webhook_url": url, "http_port": self.port}

    def hears(self) -> bool:
        return self.bot.webhook is not None

    def arrivals(self) -> int:
        return self.calls("getWebhookInfo")


class DiscordSide:
    """Discord. A group is a server's channel, where a mention opens the thread in which all goes on."""

    name = "discord"
    send = "message.create"
    edit = "message.edit"
    types = "typing"
    receipt = "interaction.answer"

    def __init__(self, clock: Clock, token: str = TOKEN, *, stand_in: DiscordStandIn | None = None) -> None:
        """`stand_in`: one that is there already, with its bot."""
        self.stand_in = stand_in or DiscordStandIn(token=token, clock=clock, rate_limited=False)
        self.opens_threads = True
        """Whether the gateway is to open a thread where it is mentioned: `DISCORD_REPLIES`."""
        self.faults = self.stand_in.faults
        self.people = self.stand_in.people

    def settings(self) -> dict[str, Any]:
        return {"discord_bot_token": self.stand_in.token, "discord_api_url": self.stand_in.api_url}

    def hears(self) -> bool:
        return self.stand_in.gateway.connected

    def arrivals(self) -> int:
        return self.stand_in.gateway.arrivals

    async def start(self) -> None:
        await self.stand_in.start()

    async def stop(self) -> None:
        await self.stand_in.stop()

    def newcomer(self, name: str) -> tuple[int, Room]:
        person = self.people.open_person(name)
        return person, Room(self.people.open_private(person))

    def group(self, members: Sequence[int]) -> Room:
        guild = self.people.open_guild("Friends", members, bot=False)
        room = Room(self.people.open_channel(guild, "general"))
        self.people.invite_bot(guild)
        return room

    def threads(self, members: Sequence[int]) -> tuple[Room, Room]:
        room = self.group(members)
        return room, Room(room.chat)

    def say(self, person: int, room: Room, text: str, *, reply_to: int | None, mention: bool) -> int:
        words = f"<@{self.stand_in.application_id}> {text}" if mention else text
        message = self.people.say(person, self._channel(room), words, reply_to=reply_to)
        if mention and room.thread is None and self.opens_threads:
            room.thread = message  # A thread that is opened at a message has its number.
        return message

    def _channel(self, room: Room) -> int:
        exists = room.thread is not None and room.thread in self.stand_in.world.channels
        return room.thread if exists and room.thread is not None else room.chat

    def command(self, person: int, room: Room, name: str, args: Sequence[str]) -> None:
        channel = self._channel(room)
        declared = self.stand_in.commands.find(name, 1, self.stand_in.world.channel(channel))
        names = [option["name"] for option in declared.get("options", [])]
        self.people.command(person, channel, name, dict(zip(names, args, strict=False)))

    def command_on(self, person: int, room: Room, name: str, message: int) -> None:
        entry = {"forget": "Forget", "fork": "Fork from here", "regenerate": "Regenerate", "memory": "Remember this"}[
            name
        ]
        self.people.menu(person, self._channel(room), entry, message=message)

    def knows(self, name: str, room: Room) -> bool:
        try:
            self.stand_in.commands.find(name, 1, self.stand_in.world.channel(self._channel(room)))
        except CannotDo:
            return False
        return True

    def asks(self, person: int, room: Room, label: str) -> bool:
        asked = [one for one in self.stand_in.interactions.all() if one.user_id == person and one.modal]
        return bool(asked) and label in str(asked[-1].modal)

    def fill(self, person: int, room: Room, label: str, text: str) -> bool:
        asked = [one for one in self.stand_in.interactions.all() if one.user_id == person and one.modal]
        if not asked or asked[-1].modal is None or label not in str(asked[-1].modal):
            return False
        question = next(iter(questions(asked[-1].modal["components"])))
        self.people.submit(person, asked[-1].id, {question["custom_id"]: text})
        return True

    def fill_all(self, person: int, room: Room, answers: Mapping[str, str], done: int) -> int:
        asked = [one for one in self.stand_in.interactions.all() if one.user_id == person and one.modal]
        if not asked or asked[-1].modal is None:
            return done
        names = [question["custom_id"] for question in questions(asked[-1].modal["components"])]
        self.people.submit(person, asked[-1].id, dict(zip(names, answers.values(), strict=True)))
        return len(answers)

    def stop_growing(self, person: int, room: Room) -> str:
        return _press_stop(self, person, room)

    def send_files(
        self, person: int, room: Room, files: Sequence[OutFile], caption: str, *, reply_to: int | None
    ) -> None:
        sent = [
            discord_people.Attached(
                file.data, file.name, file.media_type, voice_s=1.0 if file.name.startswith("voice") else None
            )
            for file in files
        ]
        self.people.say(person, self._channel(room), caption, files=sent, reply_to=reply_to)

    def files(self, room: Room) -> list[tuple[str, bytes]]:
        channel = self.stand_in.world.channel(self._channel(room))
        bot = self.stand_in.world.bot.id
        messages = [message for message in channel.messages.values() if message.author_id == bot]
        return [(one.filename, one.data) for message in messages for one in message.attachments]

    def file_words(self, room: Room) -> str:
        channel = self.stand_in.world.channel(self._channel(room))
        files = [one for message in channel.messages.values() for one in message.attachments]
        return "\n".join(one.description or "" for one in files)

    def voices(self, room: Room) -> list[tuple[float, bytes]]:
        channel = self.stand_in.world.channel(self._channel(room))
        messages = [message for message in channel.messages.values() if MessageFlag.VOICE in message.flags]
        bots = [message for message in messages if message.author_id == self.stand_in.world.bot.id]
        return [(one.voice_s or 0.0, one.data) for message in bots for one in message.attachments]

    def change(self, person: int, room: Room, message: int, text: str) -> None:
        self.people.edit(person, self._channel(room), message, text)

    def change_to_call(self, person: int, room: Room, message: int, text: str) -> None:
        self.people.edit(person, room.chat, message, f"<@{self.stand_in.application_id}> {text}")
        room.thread = message

    def take_away(self, room: Room, message: int) -> None:
        channel = self.stand_in.world.channel(self._channel(room))
        self.stand_in.people.messages.delete(self.stand_in.world.message(channel, message))

    def press(self, person: int, room: Room, message: Shown, label: str) -> None:
        self.people.press(person, self._channel(room), message.id, label)

    def forge(self, person: int, room: Room, message: Shown, data: str) -> None:
        self.people.forge(person, self._channel(room), message.id, data)

    def appoint(self, person: int, room: Room) -> None:
        self.people.appoint(person, self.stand_in.world.channel(room.chat).guild_id or 0)

    def leave(self, person: int, room: Room) -> None:
        world = self.stand_in.world
        del world.guild(world.channel(room.chat).guild_id or 0).members[person]

    def block(self, person: int, *, blocked: bool) -> None:
        (self.people.block if blocked else self.people.unblock)(person)

    def shown(self, room: Room, viewer: int) -> list[Shown]:
        if room.thread is not None and room.thread not in self.stand_in.world.channels:
            return []
        found = self.stand_in.transcript(self._channel(room), viewer=viewer).from_bots()
        return [Shown(m.id, words_of(m.text), tuple(m.labels), m.silent) for m in found if not m.thinking]

    def told(self, person: int, room: Room) -> list[str]:
        messages = self.stand_in.world.channel(self._channel(room)).messages.values()
        return [words_of(message.text) for message in messages if message.visible_to == person]

    def waiting(self, person: int) -> list[str]:
        acts = [one for one in self.stand_in.interactions.all() if one.user_id == person]
        return [str(act.data) for act in acts if act.answered is None or self._is_awaited(act)]

    def _is_awaited(self, act: Interaction) -> bool:
        """Whether its "thinking…" stands there."""
        original = act.original
        stands = original is not None and original.id in self.stand_in.world.channel(act.channel_id).messages
        return original is not None and stands and is_loading(original)

    def reactions(self, room: Room, message: int) -> list[str]:
        bot = self.stand_in.world.bot.id
        found = [self.stand_in.world.channel(one).messages.get(message) for one in {self._channel(room), room.chat}]
        return [emoji for one in found if one for emoji, users in one.reactions.items() if bot in users]

    def forbid_reactions(self, room: Room) -> None:
        self.people.deny(room.chat, "ADD_REACTIONS")

    def growing(self, room: Room) -> list[str]:
        found = self.stand_in.transcript(self._channel(room)).from_bots()
        return [words_of(message.text) for message in found if not _STOPS.isdisjoint(message.labels)]

    def calls(self, method: str) -> int:
        return self.stand_in.rest.counts[method]

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float) -> Seen:
        return await self.stand_in.wait_for(look, timeout_s)


def _press_stop(side: Side, person: int, room: Room) -> str:
    growing = next(message for message in side.shown(room, person) if message.grows)
    side.press(person, room, growing, "Stop")
    return growing.text


SIDES: dict[str, Callable[[Clock], Side]] = {"telegram": TelegramSide, "discord": DiscordSide}
"""On which every scenario runs."""

WAYS: dict[str, Callable[[Clock], Side]] = {**SIDES, "webhook": WebhookSide}
"""On which those run that `every_way` marks."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number: int = taken.getsockname()[1]
        return number


def words_of(markdown: str) -> str:
    """The words of Discord's Markdown, without its signs."""
    text = re.sub(r"^(#{1,3} |> |-# |```\w*\n?)", "", markdown, flags=re.MULTILINE)
    text = re.sub(r"(?<!\]\()<(https?://[^ >]+)>", r"\1", text)
    # What stands in code stays as it is.
    read = re.compile(r"(?P<ticks>`+)(?P<code>.*?)(?P=ticks)|\\(?P<sign>.)|\*{1,3}|__|~~|\|\||`", re.DOTALL)
    return read.sub(lambda found: found["code"] or found["sign"] or "", text)
