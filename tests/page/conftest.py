"""The admin page over a database with an admin, a member, a stranger and somebody blocked; no gateway around it."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from bot.broadcasts import Broadcasts
from bot.contracts.bots import BotPlan, Bots
from bot.contracts.findings import Finding, good
from bot.contracts.news import NOBODY
from bot.contracts.platform import Platform
from bot.domain.bots import NO_RULES, BotRules
from bot.domain.errors import SettingsError
from bot.domain.ids import PersonId
from bot.domain.people import Access, Identity, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.servers import ServerRules
from bot.domain.sessions import Modes
from bot.in_force import InForce
from bot.page.examining import Checks
from bot.page.frame import Frame
from bot.page.links import PageLinks
from bot.page.room import Room
from bot.page.site import Site
from bot.page.visitors import NamingProxy, Visitors
from bot.people.administering import By
from bot.roster import Roster
from bot.settings import load_settings
from bot.tools.connection import Hosts
from bot.tools.servers import Servers
from bot.vault import Vault
from bot.web.serving import serving
from storage import ledger, people, places, private_chats
from storage.database import Database
from storage.outbox import OutboxPage
from storage.programs import Program
from tests.support.clock import FakeClock
from tests.support.fixtures import alice, bob, clock, database_url, house, port, side
from tests.support.new_data import open_new
from tests.support.tool_servers import no_servers

__all__ = ["alice", "bob", "clock", "database_url", "house", "port", "side"]


@dataclass
class Pages:
    """The page as it is served, and who is known there."""

    url: str
    database: Database
    links: PageLinks
    clock: FakeClock
    bots: Bots
    servers: Servers
    checks: Checks
    findings: list[Finding | Exception]
    """What there is to be found by a look."""
    delivered: list[OutboxPage]
    trusted: list[str]
    """The servers of which admins heard that they are used again."""
    reread: list[tuple[str, int]]
    """Who had which letter read again; only the first can be."""
    in_force: InForce
    closing: AsyncExitStack
    ids: dict[str, PersonId] = field(default_factory=dict)

    async def browser(self, name: str = "Ada") -> "Browser":
        """A browser in which somebody has used a link."""
        session = await self.closing.enter_async_context(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        browser = Browser(self, session)
        link = await self.links.make(self.ids[name])
        async with browser.session.post(self.url + link.partition("/admin")[2]) as answer:
            browser.status = answer.status
        return browser


@dataclass
class Browser:
    """A browser with its cookies."""

    pages: Pages
    session: ClientSession
    status: int = 0

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.pages.url + path) as answer:
            return answer.status, await answer.text()

    async def sends(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form of the page for people, as the browser would, changed by `fields`."""
        _, page = await self.get("/people")
        token = re.search(r'name="token" value="([^"]*)"', page)
        given = {"token": token[1] if token else "", **fields}
        async with self.session.post(self.pages.url + path, data=given) as answer:
            return answer.status, await answer.text()


def _people(ids: dict[str, PersonId], clock: FakeClock) -> Program[None]:
    for number, (name, role) in enumerate(
        [
            ("Ada", Role.ADMIN),
            ("Grace", Role.ADMIN),
            ("Mel", Role.MEMBER),
            ("Sten", Role.STRANGER),
            ("<b>Blo</b>", Role.BLOCKED),
        ]
    ):
        identity = Identity("telegram", str(4711 + number), name, "en")
        person = yield from people.add(identity, role, clock.now())
        ids[name] = person.id
        row, _ = yield from places.open_place(Place("telegram", "1", str(number), "", PlaceKind.PRIVATE), "")
        yield from private_chats.note(identity, row)
        yield from ledger.grant(person.id, 4000, "welcome", clock.now())


async def found_by(findings: list[Finding | Exception]) -> AsyncIterator[Finding]:
    for finding in findings:
        if isinstance(finding, Exception):
            raise finding
        yield finding


def no_client(plan: BotPlan) -> Platform:
    raise SettingsError(f"No client is made of {plan.platform}.")


def no_rules(text: str) -> BotRules:
    assert not text
    return NO_RULES


def hide(secret: str) -> None:
    assert not secret, "no token is decrypted here"


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    now, delivered, trusted, ids = FakeClock(), list[OutboxPage](), list[str](), dict[str, PersonId]()
    reread = list[tuple[str, int]]()
    findings: list[Finding | Exception] = [good("The clock is <b>right</b>.")]
    policy = Policy(modes=Modes({}, "regular"), access=Access.APPROVAL)

    def deliver(outgoing: Iterable[OutboxPage]) -> None:
        delivered.extend(outgoing)

    async def read_again(by: By, number: int) -> bool:
        reread.append((by.admin.name, number))
        return number == 1

    async with await open_new(tmp_path / "data") as database:
        await database.write(_people(ids, now))
        bots = Bots()
        roster = Roster(bots, no_client, {"telegram": "Telegram"}, database, Vault([b"k" * 32]), NOBODY, hide, no_rules)
        links = PageLinks("http://127.0.0.1:1", database, now, is_on=True, is_local=True)
        rules = ServerRules(name="clock", command=("clock",))
        own = no_servers(database).own
        servers = Servers((rules,), own, Hosts(), database, now, NOBODY, lambda server, _: trusted.append(server.name))
        checks = Checks(partial(found_by, findings), now)
        broadcasts = Broadcasts(database, bots, policy.roles, now, deliver)
        in_force = InForce(load_settings({}, tmp_path), database, NOBODY)
        room = Room(
            database=database,
            policy=policy,
            in_force=in_force,
            bots=bots,
            roster=roster,
            servers=servers,
            checks=checks,
            clock=now,
            links=links,
            frame=Frame(links, now),
            deliver=deliver,
            broadcasts=broadcasts,
            read_again=read_again,
        )
        proxy = NamingProxy("X-Named", (ip_network("127.0.0.1"),))
        site = Site(room, Visitors(database, policy, links, now, proxy))
        async with serving(site.routes(), "127.0.0.1", 0) as listening, AsyncExitStack() as closing:
            url = f"http://127.0.0.1:{listening}/admin"
            closing.push_async_callback(checks.close)
            yield Pages(
                url,
                database,
                links,
                now,
                bots,
                servers,
                checks,
                findings,
                delivered,
                trusted,
                reread,
                in_force,
                closing,
                ids,
            )
