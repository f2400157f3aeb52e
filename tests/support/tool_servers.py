"""Servers of tools, for tests of what uses them."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from bot.contracts.news import NOBODY
from bot.domain.servers import ServedTool
from bot.tools.connection import Hosts
from bot.tools.own_servers import OwnServers
from bot.tools.servers import Servers
from bot.vault import Vault
from storage.database import Database
from tests.support import tool_server
from tests.support.clock import FakeClock
from tests.support.gate import Gate


def no_servers(database: Database) -> Servers:
    """None at all."""
    hosts = Hosts()
    own = OwnServers(database, Vault([bytes(32)]), FakeClock(), hosts, str, most=0, only_public=True, root="")
    return Servers((), own, hosts, database, FakeClock(), NOBODY, lambda *_: None)


def served() -> list[ServedTool]:
    """What the server that misbehaves has, as it is kept once it was heard: who keeps it need not wait for that."""
    return [
        ServedTool(
            tool["name"],
            tool["description"],
            json.dumps(tool["inputSchema"], sort_keys=True)
            if tool["name"] != "has_a_huge_form"
            else '{"type": "object"}',
            tool["annotations"]["readOnlyHint"],
        )
        for tool in tool_server.tools("", "What time it is.")
    ]


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
        self.called: list[str] = []
        """The tools that were called, in their order."""
        self.logs_in = False
        """Whether people log in by OAuth."""
        self.knows_documents = False
        """Whether it takes the address of a document for who somebody is."""
        self.lives_s = 3600
        """How long a token that it gives is good, as it says."""
        self.registered: list[dict[str, Any]] = []
        self.asked: list[dict[str, str]] = []
        """What it was asked for tokens."""
        self.elsewhere = ""
        """Where it sends those who call `redirects`."""
        self.gate = Gate()
        """In front of its answers to calls, behind their effects."""
        self._challenge = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HttpServer"]:
        """It, until the block ends."""
        app = web.Application()
        app.router.add_post("/mcp", self._answer)
        app.router.add_get("/.well-known/{about:.*}", self._say)
        app.router.add_post("/register", self._register)
        app.router.add_post("/token", self._token)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.url = f"{self.root}/mcp"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(request.headers.get("Authorization"))
        if self.key and self.heard[-1] != f"Bearer {self.key}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Bearer scope="read"'})
        message = await request.json()
        if "id" not in message:
            return web.Response(status=202)
        name = message.get("params", {}).get("name")
        if message["method"] == "tools/call":
            self.called.append(name)
            await self.gate.passed()
        said = list(tool_server.answers(message, "", self.words))
        if name == "floods":
            return web.Response(body=b" " * 9_000_000, content_type="application/json")
        if name == "redirects":
            raise web.HTTPTemporaryRedirect(f"{self.elsewhere}/mcp")
        if name in ("waits_for_ever", "dies", "drips", "speaks_in_tongues") or len(said) > 1:
            return await self._stream(request, name, said)
        return web.json_response(said[0])

    async def _stream(self, request: web.Request, name: str, said: list[tool_server.Message]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if name == "speaks_in_tongues":
            await response.write(b"data: Traceback\n\nevent: made up\ndata: [1, 2\n\n: {}\n\n")
        while name in ("drips", "waits_for_ever"):
            # What was not heard to its end is given up, and then this fails.
            await response.write(b":" if name == "drips" else b":\n\n")
            await asyncio.sleep(0.05)
        for one in said:
            line = f"data: {json.dumps(one)}\n\n".encode()
            await response.write(line[: len(line) // 2] if name == "dies" else line)
        if name == "dies" and request.transport is not None:
            request.transport.abort()
        return response

    async def _say(self, request: web.Request) -> web.Response:
        if not self.logs_in:
            return web.Response(status=404)
        if request.match_info["about"].startswith("oauth-protected-resource"):
            return web.json_response({"resource": self.url, "authorization_servers": [self.root]})
        return web.json_response(
            {
                "issuer": self.root,
                "authorization_endpoint": f"{self.root}/authorize",
                "token_endpoint": f"{self.root}/token",
                "registration_endpoint": f"{self.root}/register",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "client_id_metadata_document_supported": self.knows_documents,
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _register(self, request: web.Request) -> web.Response:
        self.registered.append(await request.json())
        return web.json_response({**self.registered[-1], "client_id": "parley-1"}, status=201)

    def lets_in(self, link: str) -> str:
        """Somebody opens this link in a browser and logs in: the address to which they are led."""
        given = dict(parse_qsl(urlsplit(link).query))
        assert link.startswith(f"{self.root}/authorize?")
        assert (given["code_challenge_method"], given["resource"], given["scope"]) == ("S256", self.url, "read")
        self._challenge = given["code_challenge"]
        back = {"code": "code of the login", "state": given["state"], "iss": self.root}
        return f"{given['redirect_uri']}?{urlencode(back)}"

    async def _token(self, request: web.Request) -> web.Response:
        asked = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(asked)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        is_proved = base64.urlsafe_b64encode(digest).decode().rstrip("=") == self._challenge
        by_code = asked["grant_type"] == "authorization_code" and asked["code"] == "code of the login" and is_proved
        if not by_code and asked.get("refresh_token") != f"refresh-{self.key}":
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.key = f"token-planted-{len(self.asked)}"
        told = {"access_token": self.key, "token_type": "Bearer", "expires_in": self.lives_s}
        return web.json_response({**told, "refresh_token": f"refresh-{self.key}"})
