"""What a scenario happens in: a gateway, a model server, a platform's stand-in, and people who talk.

A scenario says what people do and what they see. `Someone` is the same on every platform, so that one scenario runs
on all of them; what only one platform has is tested beside that platform.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot import app
from bot.playground.model import ModelServer
from bot.playground.telegram.server import TelegramStandIn
from bot.playground.telegram.transcript import ShownMessage, Transcript
from bot.settings import Settings
from storage.database import Database, Program, open_database
from tests.clock import TurnedClock

_LOOKS = 150

T = TypeVar("T")
Seen = TypeVar("Seen")

PATIENCE_S = 15.0
"""How long anybody waits to see something. Reached only when a test fails."""


class House:
    """The gateway under test, with everything around it. It can be stopped and started again on the same data."""

    def __init__(self, directory: Path, telegram: TelegramStandIn, model: ModelServer, clock: TurnedClock) -> None:
        self.telegram = telegram
        self.model = model
        self.clock = clock
        self.directory = directory
        self.bot = telegram.people.add_bot(can_read_all_group_messages=True)
        self._settings: dict[str, Any] = {}
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, **settings: Any) -> None:
        """Run the gateway; settings stay for later starts."""
        self._settings |= settings
        values: dict[str, Any] = {
            "telegram_bot_token": self.bot.token,
            "telegram_api_url": self.telegram.url,
            "mistral_api_key": "key-of-the-scenario",
            "mistral_base_url": f"{self.model.url}/v1",
            "data_dir": self.directory,
            "access": "open",
            "pacing": False,
            "titles": False,
            "shutdown_grace_s": 5,
        } | self._settings
        self._ending = asyncio.Event()
        run = app.run(Settings(**values), self._ending, self.clock, random.Random(1))
        self._task = asyncio.create_task(run)

    async def stop(self) -> None:
        """Ask the gateway to end, as SIGTERM does, and wait until it has."""
        self._ending.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def read(self, program: Program[T]) -> T:
        """Look into the database of the stopped gateway."""
        assert self._task is None, "Stop the gateway first: its data directory is locked."
        async with await open_database(self.directory) as database:
            return await database.read(program)

    async def database(self) -> Database:
        """The database of the stopped gateway; the caller closes it."""
        return await open_database(self.directory)

    def alive(self) -> None:
        """Fail at once, with the gateway's own error, when it has ended by itself."""
        if self._task is not None and self._task.done():
            self._task.result()
            raise AssertionError("The gateway has ended by itself.")

    async def until(self, look: Callable[[], Seen], *, hurried: bool = False) -> Seen:
        """Wait until `look` gives something true. `hurried`: the clock runs fast meanwhile, ten seconds at a time."""

        def seen() -> Seen:
            self.alive()
            return look()

        # The stand-in tells of each change; what changes at the model or in the gateway is looked at now and then.
        for _ in range(_LOOKS):
            with contextlib.suppress(TimeoutError):
                return await self.telegram.wait_for(seen, PATIENCE_S / _LOOKS)
            if hurried:
                self.clock.advance(10)
        raise TimeoutError


@dataclass
class Someone:
    """A person on a platform, in one chat with the bot. What they `see` is what that chat shows."""

    house: House
    person: int
    chat: int
    thread: int | None = None

    def says(self, text: str, *, reply_to: ShownMessage | int | None = None) -> int:
        """Write something; gives the number of the message."""
        answered = reply_to.id if isinstance(reply_to, ShownMessage) else reply_to
        people = self.house.telegram.people
        return people.say(self.person, self.chat, text, thread=self.thread, reply_to=answered)

    def edits(self, message: int, text: str) -> None:
        """Change a message of one's own."""
        self.house.telegram.people.edit(self.person, self.chat, message, text)

    async def sees(self, text: str, *, times: int = 1, hurried: bool = False) -> ShownMessage:
        """Wait until the bot's messages hold this text so often; gives the last one of them."""

        def look() -> list[ShownMessage]:
            found = [message for message in self.answers() if text in message.text]
            return found if len(found) >= times else []

        found = await self.house.until(look, hurried=hurried)
        assert len(found) == times, f"{text!r} stands in {len(found)} messages: {[m.text[:80] for m in found]}"
        return found[-1]

    async def sees_draft(self, text: str) -> None:
        """Wait until the answer that is growing shows this text."""
        await self.house.until(lambda: any(text in draft.text for draft in self.transcript().drafts))

    async def presses(self, label: str, *, on: ShownMessage | None = None) -> None:
        """Press a button, on the last message that has it unless another is named."""

        def look() -> ShownMessage | None:
            messages = [on] if on is not None else self.answers()
            return next((m for m in reversed(messages) if any(label in shown for shown in m.labels)), None)

        message = await self.house.until(look)
        assert message is not None
        whole = next(shown for shown in message.labels if label in shown)
        self.house.telegram.people.press(self.person, self.chat, message.id, label=whole)

    def stops(self) -> None:
        """Press the platform's own stop sign."""
        self.house.telegram.people.stop(self.person, self.chat, thread=self.thread)

    def answers(self) -> list[ShownMessage]:
        """What the bot has written here, as it stands now."""
        return self.transcript().from_bots(self.thread)

    def transcript(self) -> Transcript:
        """The chat as it stands now."""
        return self.house.telegram.transcript(self.chat)


def newcomer(house: House, name: str) -> Someone:
    """Somebody with a private chat of their own."""
    person = house.telegram.people.open_person(name)
    return Someone(house, person, house.telegram.people.open_private(person))
