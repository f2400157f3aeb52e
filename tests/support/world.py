"""What a scenario happens in: a gateway, a model server, a platform's stand-in, and people who talk.

A scenario says what people do and what they see. `Someone` is the same on every platform, so that one scenario runs
on all of them.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from bot import app
from bot.domain.blocks import OutFile
from bot.domain.clock import Clock
from bot.settings import Settings
from bot.standins.model import ModelServer
from storage.database import open_database
from storage.programs import Program
from tests.support.beside import Onlooker
from tests.support.clock import TurnedClock
from tests.support.new_data import lay_new_data
from tests.support.patience import PATIENCE_S
from tests.support.sides import Room, Shown, Side

T = TypeVar("T")
Seen = TypeVar("Seen")

_LOOK_EVERY_S = 0.02
"""How often what nobody tells of is looked at: at the model, in the database."""
_HURRY_EVERY_S = 0.1
"""The same while the clock runs fast: what a moment of it wakes has time to be done before the next."""
_UNDER_WAY = "SELECT (SELECT COUNT(*) FROM turn WHERE ended_at IS NULL) + (SELECT COUNT(*) FROM outbox)"


class House:
    """The gateway under test, with everything around it. It can be stopped and started again on the same data."""

    def __init__(
        self, directory: Path, side: Side, model: ModelServer, clock: TurnedClock, database_url: str = ""
    ) -> None:
        self.side = side
        self.model = model
        self.clock = clock
        self.patience_s = PATIENCE_S
        """How long anybody waits to see something while nothing changes."""
        self.gateways_clock: Clock = clock
        """Another one where the gateway's machine is to be wrong about the time."""
        self.directory = directory
        self.database_url = database_url
        """Where PostgreSQL keeps the data; "": SQLite does."""
        self.may_break: set[str] = set()
        """The errors that the test is about, by their events in the log: any other fails it."""
        self._onlooker: Onlooker | None = None
        self._settings: dict[str, Any] = {}
        self._starts = 0
        """A gateway draws its name from its random source: no two may have the same."""
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, **settings: Any) -> None:
        """Run the gateway, and wait until it hears; settings stay for later starts."""
        self.begin(**settings)
        await self.until(self.side.hears)

    def begin(self, **settings: Any) -> None:
        """Run the gateway, whether or not it comes to hear anybody."""
        self._look_no_more()
        self._settings |= settings
        self._starts += 1
        values: dict[str, Any] = {
            **self.side.settings(),
            "mistral_api_key": "key-of-the-scenario",
            "mistral_base_url": f"{self.model.url}/v1",
            "data_dir": self.directory,
            "database_url": self.database_url or None,
            "access": "open",
            "pacing": False,
            "titles": False,
            "greeting": False,
            "timezone": "",
            "shutdown_grace_s": 5,
        } | self._settings
        if not self.database_url:
            lay_new_data(self.directory)
        self._ending = asyncio.Event()
        run = app.run(Settings(**values), self._ending, self.gateways_clock, random.Random(self._starts))
        self._task = asyncio.create_task(run)

    async def stop(self) -> None:
        """Ask the gateway to end, as SIGTERM does, and wait until it has."""
        self._look_no_more()
        self._ending.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def read(self, program: Program[T]) -> T:
        """Look into the database of the stopped gateway."""
        assert self._task is None, "Stop the gateway first: its data directory is locked."
        async with await open_database(self.directory, url=self.database_url) as database:
            return await database.read(program)

    async def write(self, program: Program[T]) -> T:
        """Change the database of the stopped gateway."""
        assert self._task is None, "Stop the gateway first: its data directory is locked."
        async with await open_database(self.directory, url=self.database_url) as database:
            return await database.write(program)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the database of the running gateway."""
        return self._look().rows(query)

    def columns(self) -> dict[str, list[str]]:
        """The columns of each table of the database."""
        return self._look().columns()

    def _look(self) -> Onlooker:
        if self._onlooker is None:
            self._onlooker = Onlooker(self.directory, self.database_url)
        return self._onlooker

    def _look_no_more(self) -> None:
        """A stopped gateway's data may be moved, replaced and looked at by other programs."""
        if self._onlooker is not None:
            self._onlooker.close()
            self._onlooker = None

    async def rests(self, *, hurried: bool = False) -> None:
        """Wait until every turn has ended and every page is shown: nothing is before what is said next.

        A model's request ends before its answer is kept, and a preview may show all of an answer before its end.
        """
        await self.until(lambda: self.rows(_UNDER_WAY) == [(0,)], hurried=hurried)

    def newcomer(self, name: str) -> "Someone":
        """Somebody with a private chat of their own."""
        person, room = self.side.newcomer(name)
        return Someone(self, person, room)

    def group(self, *members: "Someone") -> list["Someone"]:
        """The same people, in a chat that they share."""
        room = self.side.group([someone.person for someone in members])
        return [replace(someone, room=room, shared=True) for someone in members]

    def threads_of_one_chat(self, one: "Someone", other: "Someone") -> tuple["Someone", "Someone"]:
        """Two people, each in a thread of their own of one chat that both are in."""
        first, second = self.side.threads([one.person, other.person])
        return replace(one, room=first, shared=True), replace(other, room=second, shared=True)

    async def until(self, look: Callable[[], Seen], *, hurried: bool = False) -> Seen:
        """Wait until `look` gives something true. `hurried`: the clock runs fast meanwhile, ten seconds at a time.

        Patience ends, and the clock runs, only while nothing changes on the platform: a busy machine does less in a
        second, and no hour of a chat may go by while it does.
        """
        looks = 0

        def seen() -> Seen:
            nonlocal looks
            looks += 1
            self._must_live()
            return look()

        # The stand-in tells of each change; what changes at the model or in the gateway is looked at now and then.
        in_vain, every_s = 0, _HURRY_EVERY_S if hurried else _LOOK_EVERY_S
        while in_vain < self.patience_s / every_s:
            looks = 0
            with contextlib.suppress(TimeoutError):
                return await self.side.wait_for(seen, every_s)
            if looks > 1:
                continue
            in_vain += 1
            if hurried:
                self.clock.advance(10)
        raise TimeoutError

    def _must_live(self) -> None:
        """Fail at once, with the gateway's own error, when it has ended by itself."""
        if self._task is not None and self._task.done():
            ended, self._task = self._task, None
            ended.result()
            raise AssertionError("The gateway has ended by itself.")


@dataclass
class Someone:
    """A person on a platform, in one room with the bot. What they `see` is what that room shows them."""

    house: House
    person: int
    room: Room
    shared: bool = False

    def says(self, text: str, *, reply_to: Shown | int | None = None, to_bot: bool = True) -> int:
        """Write something, among others with a mention of the bot unless it is not `to_bot`; gives its number."""
        answered = reply_to.id if isinstance(reply_to, Shown) else reply_to
        mention = self.shared and to_bot
        return self.house.side.say(self.person, self.room, text, reply_to=answered, mention=mention)

    async def commands(self, name: str, *args: str) -> None:
        """Give a command with its arguments, once the bot has declared its commands."""
        await self.house.until(lambda: self.house.side.knows(name, self.room))
        self.house.side.command(self.person, self.room, name, args)

    async def commands_on(self, name: str, message: Shown | int) -> None:
        """Give a command on a message."""
        await self.house.until(lambda: self.house.side.knows(name, self.room))
        number = message.id if isinstance(message, Shown) else message
        self.house.side.command_on(self.person, self.room, name, number)

    def edits(self, message: int, text: str) -> None:
        """Change a message of one's own."""
        self.house.side.change(self.person, self.room, message, text)

    async def sees(self, text: str, *, times: int = 1, hurried: bool = False) -> Shown:
        """Wait until the bot's messages hold this text so often, for good; gives the last one of them.

        An answer that grows does not count: its turn has not ended, and what is said next would wait behind it.
        """

        def look() -> list[Shown]:
            found = [message for message in self.answers() if text in message.text and not message.grows]
            return found if len(found) >= times else []

        found = await self.house.until(look, hurried=hurried)
        assert len(found) == times, f"{text!r} stands in {len(found)} messages: {[m.text[:80] for m in found]}"
        return found[-1]

    async def sees_growing(self, text: str) -> None:
        """Wait until an answer that is not done shows this text."""
        await self.house.until(lambda: any(text in words for words in self.house.side.growing(self.room)))

    async def presses(self, label: str, *, on: Shown | None = None) -> None:
        """Press a button, on the last message that has it unless another is named."""

        def look() -> Shown | None:
            messages = [on] if on is not None else self.answers()
            return next((m for m in reversed(messages) if any(label in shown for shown in m.labels)), None)

        message = await self.house.until(look)
        assert message is not None
        whole = next(shown for shown in message.labels if label in shown)
        self.house.side.press(self.person, self.room, message, whole)

    async def fills(self, label: str, text: str) -> None:
        """Answer the question of a form, by its label: in a form of the platform's, or as the next message."""
        await self.house.until(lambda: self.house.side.fill(self.person, self.room, label, text))

    async def fills_all(self, answers: Mapping[str, str]) -> None:
        """Answer all questions of a form, by their labels."""
        done = 0
        while done < len(answers):
            before = done

            def fill(before: int = before) -> int:
                after = self.house.side.fill_all(self.person, self.room, answers, before)
                return after if after > before else 0

            done = await self.house.until(fill)

    def sends_file(self, name: str, data: bytes, caption: str = "") -> None:
        """Send the bot a file."""
        self.sends(OutFile(name, "application/octet-stream", data), caption=caption)

    def sends(self, *files: OutFile, caption: str = "", reply_to: Shown | int | None = None) -> None:
        """Send the bot files in one go."""
        answered = reply_to.id if isinstance(reply_to, Shown) else reply_to
        self.house.side.send_files(self.person, self.room, files, caption, reply_to=answered)

    async def gets_file(self) -> tuple[str, bytes]:
        """Wait for a file of the bot's; gives its name and bytes."""
        return (await self.house.until(lambda: self.house.side.files(self.room)))[-1]

    async def is_told(self, text: str) -> None:
        """Wait until the bot has said this to this person alone, at the button they pressed or in a message."""
        await self.house.until(lambda: any(text in said for said in self.house.side.told(self.person, self.room)))

    async def gets_reaction(self, message: int) -> str:
        """Wait until the bot has reacted to this message; gives the emoji."""
        (reaction,) = await self.house.until(lambda: self.house.side.reactions(self.room, message))
        return reaction

    def stops(self) -> None:
        """Stop the growing answer by the platform's sign for that, or by the button below it."""
        self.house.side.stop_growing(self.person, self.room)

    def answers(self) -> list[Shown]:
        """What the bot has written here, as it stands now."""
        return self.house.side.shown(self.room, self.person)
