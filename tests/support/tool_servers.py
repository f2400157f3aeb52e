"""Servers of tools, for tests of what uses them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.tools.own_servers import OwnServers
from bot.tools.servers import Servers
from bot.vault import Vault
from storage.database import Database
from tests.support import tool_server
from tests.support.clock import FakeClock


def no_servers(database: Database) -> Servers:
    """None at all."""
    own = OwnServers(database, Vault([bytes(32)]), FakeClock(), str, most=0, only_public=True)
    return Servers((), own, database, FakeClock(), lambda *_: None)


class HttpServer:
    """A server of tools over HTTP, which counts what it is asked."""

    def __init__(self) -> None:
        self.root = self.url = ""
        self.key = ""
        """What opens it, as a bearer token; "" for anybody."""
        self.words = "What time it is."
        """How it describes its first tool."""
        self.heard: list[str | None] = []
        """What each request has come with to open it."""
        self.effects = 0
        """How often a tool that changes something was called."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HttpServer"]:
        """It, until the block ends."""
        app = web.Application()
        app.router.add_post("/mcp", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.url = f"{self.root}/mcp"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.heard.append(request.headers.get("Authorization"))
        if self.key and self.heard[-1] != f"Bearer {self.key}":
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        message = await request.json()
        if "id" not in message:
            return web.Response(status=202)
        self.effects += message.get("params", {}).get("name") == "forks"
        (said, *_) = tool_server.answers(message, "", self.words)
        return web.json_response(said)
