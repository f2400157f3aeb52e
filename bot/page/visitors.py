"""Who looks at the page: logged in by a link, known by a cookie, and an admin whenever they ask for anything.

The cookie holds a random key, of which only a hash is kept. What is sent must also hold a token made from that key:
another site can have a browser send the cookie, but never knows the token.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web

from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.domain.needs import Need
from bot.domain.people import Person, Role
from bot.domain.policy import Policy
from bot.page.links import PageLinks
from bot.people import callers, membership
from bot.people.admission import Refused, admit
from bot.people.callers import Caller, at_home
from storage import acts, page_keys
from storage.acts import ActKind
from storage.database import Database
from storage.page_keys import KeyKind
from storage.programs import Program

COOKIE = "parley_admin"
SESSION_HOURS = 12
_NEED = Need(role=Role.ADMIN, private=True)


@dataclass(frozen=True, slots=True)
class Visitor:
    """An admin in a browser."""

    caller: Caller
    key: str

    @property
    def person(self) -> Person:
        """Their account, with the role that they have now."""
        return self.caller.person

    @property
    def token(self) -> str:
        """What everything that they send must hold."""
        return hmac.new(self.key.encode(), b"sent from the page", sha256).hexdigest()

    def has_sent(self, token: object) -> bool:
        """Whether something comes from a page of theirs."""
        return isinstance(token, str) and hmac.compare_digest(self.token.encode(), token.encode())


class Visitors:
    """Logs admins in and out, and knows them again."""

    def __init__(self, database: Database, policy: Policy, links: PageLinks, clock: Clock) -> None:
        self._database = database
        self._policy = policy
        self._links = links
        self._clock = clock

    async def find(self, request: web.Request) -> Visitor | None:
        """Who sent a request; None for somebody who is not logged in, or is no admin now."""
        key = request.cookies.get(COOKIE, "")
        return await self._database.read(self._behind(key, KeyKind.SESSION)) if key else None

    async def whose_link(self, key: str) -> Visitor | None:
        """Whom a link would log in. Looking uses nothing up: chats fetch links to show what is behind them."""
        return await self._database.read(self._behind(key, KeyKind.LINK))

    def _behind(self, key: str, kind: KeyKind) -> Program[Visitor | None]:
        owner = yield from page_keys.owner(key, kind, self._clock.now())
        person = (yield from membership.person_now(owner, self._policy)) if owner is not None else None
        if person is None:
            return None
        caller = admit(callers.in_browser(at_home(self._policy, person)), _NEED)
        return None if isinstance(caller, Refused) else Visitor(caller, key)

    async def log_in(self, link: str) -> str | None:
        """Use a link up; returns the key of a new session, None for a link that is not good."""
        key = secrets.token_urlsafe(32)
        return key if await self._database.write(self._exchange(link, key)) else None

    def _exchange(self, link: str, key: str) -> Program[bool]:
        now = self._clock.now()
        visitor = yield from self._behind(link, KeyKind.LINK)
        if visitor is None:
            return False
        yield from page_keys.use(link, KeyKind.LINK, now)
        until = UnixMs(now + SESSION_HOURS * 3_600_000)
        yield from page_keys.add(key, KeyKind.SESSION, visitor.person.id, now, until)
        yield from acts.note(ActKind.LOG_IN, visitor.person.id, now, page=True)
        return True

    async def log_out(self, visitor: Visitor) -> None:
        """End a session."""
        await self._database.write(page_keys.use(visitor.key, KeyKind.SESSION, self._clock.now()))

    def remember(self, answer: web.Response, key: str) -> None:
        """Have the browser keep the key of a session."""
        answer.set_cookie(
            COOKIE,
            key,
            max_age=SESSION_HOURS * 3600,
            path=self._links.path,
            httponly=True,
            samesite="Strict",
            secure=self._links.is_secure,
        )

    def forget(self, answer: web.Response) -> None:
        """Have the browser forget it."""
        answer.del_cookie(COOKIE, path=self._links.path)
