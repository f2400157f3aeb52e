"""Discord as scenarios use it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.domain.blocks import OutFile
from bot.domain.clock import Clock
from bot.standins.discord import people as discord_people
from bot.standins.discord.components import questions
from bot.standins.discord.errors import CannotDo
from bot.standins.discord.interactions import Interaction
from bot.standins.discord.model import MessageFlag
from bot.standins.discord.payloads import is_loading
from bot.standins.discord.server import TOKEN, DiscordStandIn
from tests.support.sides.side import STOPS, Room, Seen, Shown, press_stop


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
        return press_stop(self, person, room)

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
        return [Shown(m.id, _words_of(m.text), tuple(m.labels), m.silent) for m in found if not m.thinking]

    def told(self, person: int, room: Room) -> list[str]:
        messages = self.stand_in.world.channel(self._channel(room)).messages.values()
        return [_words_of(message.text) for message in messages if message.visible_to == person]

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
        return [_words_of(message.text) for message in found if not STOPS.isdisjoint(message.labels)]

    def calls(self, method: str) -> int:
        return self.stand_in.rest.counts[method]

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float) -> Seen:
        return await self.stand_in.wait_for(look, timeout_s)


def _words_of(markdown: str) -> str:
    """The words of Discord's Markdown, without its signs."""
    text = re.sub(r"^(#{1,3} |> |-# |```\w*\n?)", "", markdown, flags=re.MULTILINE)
    text = re.sub(r"(?<!\]\()<(https?://[^ >]+)>", r"\1", text)
    # What stands in code stays as it is.
    read = re.compile(r"(?P<ticks>`+)(?P<code>.*?)(?P=ticks)|\\(?P<sign>.)|\*{1,3}|__|~~|\|\||`", re.DOTALL)
    return read.sub(lambda found: found["code"] or found["sign"] or "", text)
