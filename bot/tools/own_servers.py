"""People's own servers: whose they are, how they are reached, and what opens them.

What opens one is sealed, and opened only to connect. It never leaves for another server, nor for anybody but its
owner.

A login by a link ends with what its owner brings back into the chat: whoever opens the link in a browser may be
anybody, who would log in for the one that sent it to them. So the page that a login leads to does nothing by itself: it
shows what is to be brought back, and that is taken from the person alone who has begun the login.
"""

from collections.abc import Callable
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import structlog

from bot.contracts.logins import DOCUMENT, PATH
from bot.domain.clock import Clock
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId
from bot.domain.servers import ServerRules
from bot.people.callers import Caller
from bot.texts import said_later
from bot.tools.connection import Hosts, Unreachable
from bot.vault import Vault
from storage import own_servers
from storage.database import Database
from storage.own_servers import OwnServer
from storage.programs import Program

_NO_LINK = said_later("This server has no login link. If it gives you a key, enter that.")
_NOTHING_BROUGHT = said_later("That is not what the login leads to. Copy all of it.")
_NOT_THIS_ONE = said_later("That login has expired, or someone else started it. Begin again with “Log in”.")
_NOT_TAKEN = said_later("The server did not accept the login. Begin again with “Log in”.")

log = structlog.get_logger(__name__)

LOGIN_S = 15 * 60
"""How long a link to log in is good."""
_PATIENCE_S = 30.0
"""How long a server may take for one step of a login."""
_EARLY_S = 60
"""How long before its end a login is renewed: longer than any call."""
_NEVER = 2**53
_NOWHERE = "http://127.0.0.1:33418/login"
"""Where a login leads if people cannot reach the gateway: to their own machine, as RFC 8252 has it. Nobody answers
there, but the address that the browser then shows has what is needed.
"""
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
        hosts: Hosts,
        check: Callable[[str], str],
        *,
        most: int,
        only_public: bool,
        root: str,
    ) -> None:
        """`check` tidies an address, or raises PersonError for one that may not be reached; `most` is for one person,
        0 where the operator wants none. `root` is where people reach the gateway; "" if they cannot.
        """
        self.is_reached = bool(root)
        """Whether a login leads to a page of ours."""
        self.redirect = f"{root.rstrip('/')}{PATH}" if root else _NOWHERE
        self._document = f"{root.rstrip('/')}{DOCUMENT}" if root.startswith("https://") else ""
        self.most = most
        self.check = check
        self._database = database
        self._vault = vault
        self._clock = clock
        self._hosts = hosts
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

    async def begin_login(self, server: OwnServer) -> str:
        """The link by which its owner logs in, good for `LOGIN_S`.

        Raises:
            PersonError: the server offers no such login.
        """
        try:
            told = await self._hosts.ask(
                _PATIENCE_S,
                login="begin",
                url=server.url,
                redirect=self.redirect,
                document=self._document,
                only_public=self._only_public,
            )
        except Unreachable as error:
            log.info("login_not_begun", server=server.id, why=str(error))
            raise PersonError(_NO_LINK) from error
        begun = {**told["begun"], "until": self._clock.now() + LOGIN_S * 1000}
        sealed = self._vault.seal(orjson.dumps(begun).decode(), server.bound_to)
        await self._database.write(own_servers.begin_login(server.owner, server.id, sealed))
        return str(told["link"])

    async def finish_login(self, server: OwnServer, brought: str) -> None:
        """Log in with what its owner has brought back: an address, or what follows the question mark in one.

        Raises:
            PersonError: it is something else, another login's, too late, or the server does not take it.
        """
        given = {name: words[0] for name, words in parse_qs(brought.strip().rpartition("?")[2]).items()}
        begun = self._unsealed(server, server.begun)
        if not given.get("code") or not given.get("state"):
            raise PersonError(_NOTHING_BROUGHT)
        if (
            not compare_digest(given["state"].encode(), begun.get("state", "").encode())
            or begun["until"] < self._clock.now()
        ):
            raise PersonError(_NOT_THIS_ONE)
        try:
            told = await self._hosts.ask(
                _PATIENCE_S,
                login="finish",
                begun=begun,
                code=given["code"],
                issuer=given.get("iss", ""),
                only_public=self._only_public,
            )
        except Unreachable as error:
            log.info("login_not_finished", server=server.id, why=str(error))
            raise PersonError(_NOT_TAKEN) from error
        await self._keep(server, self._timed(told))

    async def opened(self, rules: ServerRules) -> str:
        """What opens a server, renewed if it is about to end; "" for nothing, or if it can no longer be decrypted."""
        if rules.owner is None:
            return rules.token
        server = await self._database.read(own_servers.find(rules.owner, rules.number))
        login = self._unsealed(server, server.login) if server is not None else {}
        if login.get("until", _NEVER) < self._clock.now():
            return await self.renewed(rules) or login["token"]
        return str(login.get("token", ""))

    async def renewed(self, rules: ServerRules) -> str:
        """What opens a server from now on, by what its login gave to renew it; "" if it gave nothing, or no more."""
        server = await self._database.read(own_servers.find(rules.owner, rules.number)) if rules.owner else None
        login = self._unsealed(server, server.login) if server is not None else {}
        if server is None or not login.get("refresh"):
            return ""
        try:
            told = await self._hosts.ask(
                _PATIENCE_S,
                login="renew",
                renewal=login["renewal"],
                refresh=login["refresh"],
                only_public=self._only_public,
            )
        except Unreachable as error:
            log.info("login_not_renewed", server=server.id, why=str(error))
            return ""
        await self._keep(server, self._timed(told))
        return str(told["token"])

    def _timed(self, told: dict[str, Any]) -> dict[str, Any]:
        """A login with the moment from which on it is to be renewed."""
        if not told["expires_in"]:
            return told
        return {**told, "until": self._clock.now() + max(0, told["expires_in"] - _EARLY_S) * 1000}

    def _unsealed(self, server: OwnServer, sealed: str) -> dict[str, Any]:
        if not sealed:
            return {}
        try:
            return dict(orjson.loads(self._vault.open(sealed, server.bound_to)))
        except PersonError:
            # Encrypted with a secret other than the present one: its owner is asked to log in again.
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
