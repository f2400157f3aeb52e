"""People's own servers: whose they are, how they are reached, and what opens them.

What opens one is sealed, and opened only to connect. It never leaves for another server, nor for anybody but its owner.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog

from bot.domain.clock import Clock
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId
from bot.domain.servers import ServerRules
from bot.people.callers import Caller
from bot.vault import Vault
from storage import own_servers
from storage.database import Database
from storage.own_servers import OwnServer
from storage.programs import Program

log = structlog.get_logger(__name__)

_LONGEST_NAME = 20
_NO_NAMES = {"www", "mcp", "api", "co", "com"}
"""Parts of a host's name that say nothing of whose it is."""


class OwnServers:
    """All servers of people's own."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        check: Callable[[str], str],
        *,
        most: int,
        only_public: bool,
    ) -> None:
        """`check` tidies an address, or raises PersonError for one that may not be reached; `most` is for one person,
        0 where the operator wants none.
        """
        self.most = most
        self.check = check
        self._database = database
        self._vault = vault
        self._clock = clock
        self._only_public = only_public

    def of(self, person: PersonId) -> Program[list[ServerRules]]:
        """A person's own."""
        if not self.most:
            return []
        return [self.rules(server) for server in (yield from own_servers.of_owner(person))]

    def rules(self, server: OwnServer) -> ServerRules:
        """A server as it is connected, but for what opens it: see `opened`."""
        host = urlsplit(server.url).hostname or ""
        return ServerRules(
            name=server.name,
            owner=server.owner,
            number=server.id,
            url=server.url,
            only_public=self._only_public,
            private_only=True,
            login=f"{server.name} ({host})" if server.login else "",
        )

    async def add(self, caller: Caller, address: str, taken: set[str]) -> OwnServer:
        """A new server at this address; `taken` are names that it must not have.

        Raises:
            PersonError: that is no address, may not be reached, or there are too many.
        """
        url, person = self.check(address), caller.person.id
        name = _name_of(url)
        while name in taken:
            name = f"my-{name}"[:_LONGEST_NAME]
        made = await self._database.write(own_servers.add(person, name, url, self.most, self._clock.now()))
        if made is None:
            raise PersonError("You already have {count} servers, the maximum. Remove one first.", count=self.most)
        log.info("own_server_added", server=made.id, person=person)
        return made

    async def set_key(self, server: OwnServer, key: str) -> None:
        """A key opens it from now on."""
        await self._keep(server, {"token": key})

    async def opened(self, rules: ServerRules) -> str:
        """What opens a server; "" for nothing, or if it can no longer be decrypted."""
        if rules.owner is None:
            return rules.token
        server = await self._database.read(own_servers.find(rules.owner, rules.number))
        return str(self._login(server).get("token", "")) if server is not None else ""

    def _login(self, server: OwnServer) -> dict[str, Any]:
        if not server.login:
            return {}
        try:
            return dict(orjson.loads(self._vault.open(server.login, server.bound_to)))
        except PersonError:
            # Encrypted with a secret other than the present one: whoever owns it is asked to log in again.
            log.warning("own_server_unreadable", server=server.id)
            return {}

    async def _keep(self, server: OwnServer, login: dict[str, Any]) -> None:
        sealed = self._vault.seal(orjson.dumps(login).decode(), server.bound_to)
        await self._database.write(own_servers.set_login(server.owner, server.id, sealed))


def _name_of(url: str) -> str:
    """What a server is called: by what its host is called."""
    parts = (urlsplit(url).hostname or "").split(".")
    telling = [part for part in parts[:-1] if part.lower() not in _NO_NAMES and not part.isdecimal()]
    name = "".join(each for each in (telling[-1] if telling else "").lower() if each.isascii() and each.isalnum())
    return (name if name[:1].isalpha() else f"server{name}")[:_LONGEST_NAME]
