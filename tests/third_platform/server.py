"""The board itself: lines in the order in which they were written; whoever asks for later ones waits for one."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from tests.support.patience import PATIENCE_S


@dataclass
class Board:
    """What stands on it: who wrote a line, and its words."""

    lines: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._changed = asyncio.Condition()
        application = web.Application()
        application.router.add_get("/lines/{after}", self._later)
        application.router.add_post("/lines", self._write)
        application.router.add_put("/lines/{number}", self._rewrite)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)

    async def start(self) -> None:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Let go of everything."""
        await self._runner.cleanup()

    async def write(self, name: str, words: str) -> int:
        """A new line; gives its number."""
        async with self._changed:
            self.lines.append({"name": name, "words": words})
            self._changed.notify_all()
            return len(self.lines)

    async def shows(self, words: str) -> str:
        """Wait until a line holds these words; gives the whole line."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self._with(words))
        return self._with(words)[0]

    def _with(self, words: str) -> list[str]:
        return [line["words"] for line in self.lines if words in line["words"]]

    async def _later(self, request: web.Request) -> web.Response:
        after = int(request.match_info["after"])
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.lines) > after)
            return web.json_response(self.lines[after:])

    async def _write(self, request: web.Request) -> web.Response:
        line = await request.json()
        return web.json_response(await self.write(line["name"], line["words"]))

    async def _rewrite(self, request: web.Request) -> web.Response:
        async with self._changed:
            self.lines[int(request.match_info["number"]) - 1] = await request.json()
            self._changed.notify_all()
        return web.json_response({})
