"""A platform, somebody on it, and a gateway that is killed and started again."""

import asyncio
import contextlib
import multiprocessing.process
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bot.standins.model import ModelServer
from storage.database import Database, open_database
from tests.crash.victim import KillAt, start
from tests.support.beside import change_beside, rows_beside
from tests.support.new_data import lay_new_data
from tests.support.patience import PATIENCE_S
from tests.support.sides import Room, Shown, Side

Seen = TypeVar("Seen")

ANSWER = "word " * 30 + "end."


class Scene:
    """All of it; who is on it is Alice."""

    def __init__(self, side: Side, model: ModelServer, data: Path, database_url: str) -> None:
        """`database_url`: "" for SQLite in `data`."""
        self.side = side
        self.model = model
        self.data = data
        self.alice, self.private = side.newcomer("Alice")
        self.settings: dict[str, Any] = {
            **side.settings(),
            "mistral_api_key": "key",
            "mistral_base_url": f"{model.url}/v1",
            "data_dir": str(data),
            "access": "open",
            "pacing": False,
            "titles": False,
            "greeting": False,
            "log_level": "error",
        }
        if database_url:
            self.settings["database_url"] = database_url
        self._database_url = database_url
        self.letters: Path | None = None
        """Where a tool writes to whom it has sent a letter; None: there is none."""
        self._arrivals_before = 0
        self.process: multiprocessing.process.BaseProcess | None = None

    async def start(self, kill: KillAt | None = None) -> None:
        """Start the gateway and wait until it listens; a killed one may not come that far."""
        self._lay_new_data()
        self._arrivals_before = self.side.arrivals()
        self.process = start(self.settings, kill, self.letters, only_one=True)
        await self.until(lambda: self.side.arrivals() > self._arrivals_before or self.is_dead())

    async def open_database(self) -> Database:
        """Its database, while no gateway runs; also before the first start."""
        self._lay_new_data()
        return await open_database(self.data, url=self._database_url)

    def _lay_new_data(self) -> None:
        if not self._database_url:
            lay_new_data(self.data)

    def is_dead(self) -> bool:
        return self.process is None or self.process.exitcode is not None

    async def until(self, look: Callable[[], Seen]) -> Seen:
        """Wait until `look` gives something true; looks now and then, for a process tells nobody that it is dead."""
        for _ in range(int(PATIENCE_S / 0.1)):
            with contextlib.suppress(TimeoutError):
                return await self.side.wait_for(look, 0.1)
        raise TimeoutError

    async def meet(self, where: str) -> Room:
        """A place where Alice has been answered before: what is said there during downtime can be caught up on."""
        room = self.private if where == "private" else self.side.group([self.alice])
        self.model.reply = "Welcome."
        await self.start()
        self.say(room, "hello")
        await self.until(lambda: any("Welcome." in message.text for message in self.answers(room)))
        await self.nothing_left()
        await self.ends()
        self.model.reply = ANSWER
        self.model.requests.clear()
        return room

    def say(self, room: Room, text: str) -> None:
        self.side.say(self.alice, room, text, reply_to=None, mention=room is not self.private)

    async def dies(self) -> None:
        """Wait until the gateway is dead by its own hand."""
        await self._ends_with(-9)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join(PATIENCE_S)

    def asks_to_end(self) -> None:
        assert self.process is not None
        self.process.terminate()

    async def ends(self) -> None:
        """Stop the gateway as an operator does."""
        self.asks_to_end()
        await self.ended()

    async def ended(self) -> None:
        """Wait until it has ended by itself."""
        await self._ends_with(0)

    async def _ends_with(self, status: int) -> None:
        assert self.process is not None
        await asyncio.to_thread(self.process.join, PATIENCE_S)
        assert self.process.exitcode == status

    def answers(self, room: Room) -> list[Shown]:
        return self.side.shown(room, self.alice)

    async def nothing_left(self) -> None:
        """Wait until every turn has ended and every page is shown."""
        await self.until(
            lambda: (
                self.query("SELECT COUNT(*) FROM turn WHERE ended_at IS NULL") == 0
                and self.query("SELECT COUNT(*) FROM outbox") == 0
            )
        )

    async def settled(self, room: Room, count: int) -> list[Shown]:
        """Wait until so many questions are answered and nothing is left to do; gives what the person then sees."""
        await self.until(lambda: len(whole(self.answers(room))) >= count)
        await self.nothing_left()
        await self.ends()
        return [message for message in self.answers(room) if "Welcome." not in message.text]

    def query(self, sql: str) -> int:
        """The number that a query finds."""
        number: int = self.rows(sql)[0][0] or 0
        return number

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return rows_beside(self.data, self._database_url, sql)

    def change(self, sql: str) -> None:
        """Change what is kept, while no gateway runs."""
        change_beside(self.data, self._database_url, sql)


def whole(messages: list[Shown]) -> list[Shown]:
    """The answers among these that are there to their end."""
    return [message for message in messages if message.text.endswith("end.")]
