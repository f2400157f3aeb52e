"""Who looks at the page: logged in by a link, by a platform's app or by the operator's own proxy, known by a cookie,
and an admin whenever they ask for anything.

The cookie holds a random key, of which only a hash is kept. What is sent must also hold a token made from that key:
another site can have a browser send the cookie, but never knows the token.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from bot.contracts.abilities import Vouches
from bot.contracts.platform import Platform
from bot.domain.clock import Clock
from bot.domain.ids import PersonId, UnixMs
from bot.domain.needs import Need
from bot.domain.people import Identity, Person, Role
from bot.domain.policy import Policy
from bot.page.links import LINK_MINUTES, PageLinks
from bot.people import callers, membership
from bot.people.admission import Refused, admit
from bot.people.callers import Caller, at_home
from storage import acts, inbox, page_keys, people
from storage.acts import ActKind
from storage.database import Database
from storage.page_keys import KeyKind
from storage.programs import Program

COOKIE = "parley_admin"
SESSION_HOURS = 12
_AHEAD_MS = 60_000
"""How far a platform's clock may be ahead of ours."""
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


@dataclass(frozen=True, slots=True)
class NamingProxy:
    """A proxy of the operator's that logs people in, and says in a header who they are."""

    header: str = ""
    """"": there is none."""
    addresses: tuple[IPv4Network | IPv6Network, ...] = ()
    """From where it calls: the header of anybody else says nothing."""

    def named_by(self, request: web.Request) -> str:
        """Whom a request is from, in the words of the header; "" if the proxy does not say, or is not who calls."""
        if not self.header or request.remote is None:
            return ""
        called_from = ip_address(request.remote.partition("%")[0])
        if isinstance(called_from, IPv6Address) and called_from.ipv4_mapped is not None:
            called_from = called_from.ipv4_mapped
        named = request.headers.getall(self.header, [])
        return named[0].strip() if len(named) == 1 and any(called_from in one for one in self.addresses) else ""


NO_PROXY = NamingProxy()


def _named(name: str) -> Program[Person | None]:
    """Somebody by a mark, as ADMINS has it, or by the e-mail address that they have verified."""
    platform, _, user = name.partition(":user:")
    if user:
        return (yield from people.find(Identity(platform, user, "")))
    return (yield from people.find_by_email(name.lower()))


class Visitors:
    """Logs admins in and out, and knows them again."""

    def __init__(
        self, database: Database, policy: Policy, links: PageLinks, clock: Clock, proxy: NamingProxy = NO_PROXY
    ) -> None:
        self._database = database
        self._policy = policy
        self._links = links
        self._clock = clock
        self._proxy = proxy

    async def find(self, request: web.Request) -> Visitor | None:
        """Who sent a request; None for somebody who is not logged in, or is no admin now."""
        key = request.cookies.get(COOKIE, "")
        visitor = await self._database.read(self._behind(key, KeyKind.SESSION)) if key else None
        if visitor is None or not (named := self._proxy.named_by(request)):
            return visitor
        # The proxy may know somebody else by now.
        person = await self._database.read(_named(named))
        return visitor if person is not None and person.id == visitor.person.id else None

    async def whose_link(self, key: str) -> Visitor | None:
        """Whom a link would log in. Looking uses nothing up: chats fetch links to show what is behind them."""
        return await self._database.read(self._behind(key, KeyKind.LINK))

    def _behind(self, key: str, kind: KeyKind) -> Program[Visitor | None]:
        owner = yield from page_keys.owner(key, kind, self._clock.now())
        return (yield from self._of(owner, key)) if owner is not None else None

    def _of(self, owner: PersonId, key: str) -> Program[Visitor | None]:
        """Somebody who has a key, if they are an admin now."""
        person = yield from membership.person_now(owner, self._policy)
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
        owner = yield from page_keys.owner(link, KeyKind.LINK, now)
        if owner is None or not (yield from self._begin(people.find_by_id(owner), key)):
            return False
        yield from page_keys.use(link, KeyKind.LINK, now)
        return True

    async def log_in_by_app(self, said: str, bots: Iterable[Platform]) -> str | None:
        """The key of a new session for whom a bot's platform vouches, once for each time that they opened the page;
        None for anybody else."""
        for bot in bots:
            vouched = bot.vouched(said) if isinstance(bot, Vouches) else None
            if vouched is not None and 0 <= self._clock.now() - vouched.at + _AHEAD_MS <= LINK_MINUTES * 60_000:
                key, once = secrets.token_urlsafe(32), sha256(said.encode()).hexdigest()
                whose = people.find(Identity(bot.name, vouched.user_id, ""))
                return key if await self._database.write(self._begin(whose, key, once)) else None
        return None

    async def log_in_by_proxy(self, request: web.Request) -> str | None:
        """The key of a new session for whom the operator's own proxy names; None where it does not, or is not it."""
        named = self._proxy.named_by(request)
        if not named:
            return None
        key = secrets.token_urlsafe(32)
        return key if await self._database.write(self._begin(_named(named), key)) else None

    def _begin(self, whose: Program[Person | None], key: str, once: str = "") -> Program[bool]:
        """A session for somebody who is known, and an admin; `once`: what logs in a single time."""
        found, now = (yield from whose), self._clock.now()
        visitor = (yield from self._of(found.id, key)) if found is not None else None
        if visitor is None or (once and not (yield from inbox.note("page", "", once, now))):
            return False
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
