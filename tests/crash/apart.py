"""The house of the scenarios around a gateway that is a process of its own, so that it can be killed."""

import asyncio
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from typing import Any

from tests.crash.audit import troubles, troubles_on_server
from tests.crash.victim import start
from tests.support.new_data import lay_new_data
from tests.support.sides import DiscordSide, TelegramSide
from tests.support.world import House, Someone


class Killed(House):
    """A `House` whose gateway can be killed."""

    async def killed(self) -> None:
        """Kill the gateway where it stands."""
        raise NotImplementedError

    def troubles(self) -> Iterator[str]:
        """What is wrong with the data of the stopped gateway."""
        raise NotImplementedError


class ApartHouse(Killed):
    """A `House` whose gateway is another process. Its clock is the system's, and so has to be that of its side."""

    _process: BaseProcess | None = None

    def begin(self, **settings: Any) -> None:
        """See `House.begin`."""
        self._settings |= settings
        if not self.database_url:
            lay_new_data(self.directory)
        values: dict[str, Any] = {
            **self.side.settings(),
            "mistral_api_key": "key",
            "mistral_base_url": f"{self.model.url}/v1",
            "data_dir": str(self.directory),
            "database_url": self.database_url or None,
            "access": "open",
            "pacing": False,
            "titles": False,
            "greeting": False,
            "log_level": "error",
        }
        self._process = start(values | self._settings, only_one=True)

    async def start(self, **settings: Any) -> None:
        """See `House.start`."""
        before = self.side.arrivals()
        self.begin(**settings)
        await self.until(lambda: self.side.arrivals() > before)

    async def stop(self) -> None:
        """See `House.stop`."""
        await self._ended(kill=False)

    async def killed(self) -> None:
        """See `Killed.killed`."""
        await self._ended(kill=True)

    def troubles(self) -> Iterator[str]:
        """See `Killed.troubles`."""
        files = self.directory / "files"
        if self.database_url:
            return troubles_on_server(self.database_url, files)
        return troubles(self.directory / "parley.db", files)

    async def _ended(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        (process.kill if kill else process.terminate)()
        await asyncio.to_thread(process.join)
        assert process.exitcode == (-9 if kill else 0)

    def _must_live(self) -> None:
        assert self._process is None or self._process.exitcode is None, "The gateway has ended by itself."


def chat(someone: Someone) -> Iterator[str]:
    """A chat as it stands, a line a message, with its buttons."""
    side = someone.house.side
    assert isinstance(side, TelegramSide | DiscordSide)
    for message in side.stand_in.transcript(someone.room.chat).messages:
        buttons = f"   [{'] ['.join(message.labels)}]" if message.labels else ""
        yield f"{message.sender_name}: {message.text}{buttons}"
