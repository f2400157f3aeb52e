"""Telegram as scenarios use it, asked for what is said or calling by itself."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from bot.domain.blocks import OutFile
from bot.domain.clock import Clock
from bot.standins.telegram import people as telegram_people
from bot.standins.telegram.server import TelegramStandIn
from tests.support.ports import free_port
from tests.support.sides.side import STOPS, Room, Seen, Shown, press_stop


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
            return press_stop(self, person, room)
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
        found = [message.text for message in seen.from_bots(room.thread) if not STOPS.isdisjoint(message.labels)]
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

    async def taken(self) -> None:
        """Wait until the gateway takes what it is called with: what it refuses comes again, behind what it takes."""
        # Whoever plays Telegram outside of tests has not imported aiogram as the gateway does.
        from handlers.telegram.door import SECRET_HEADER, secret_of

        headers = {SECRET_HEADER: secret_of(self.bot.token)}
        address = str(self.settings()["telegram_webhook_url"])
        async with aiohttp.ClientSession(headers=headers) as session:
            while not await _is_taken(session, address):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)


async def _is_taken(session: aiohttp.ClientSession, address: str) -> bool:
    """Whether an update that says nothing is taken there."""
    try:
        async with session.post(address, data="{}") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectorError:
        return False
