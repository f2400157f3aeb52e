"""What the pages are made from."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from bot.broadcasts import Broadcasts
from bot.contracts.bots import Bots
from bot.domain.clock import Clock
from bot.domain.policy import Policy
from bot.in_force import InForce
from bot.page.examining import Checks
from bot.page.frame import Frame
from bot.page.links import PageLinks
from bot.page.visitors import Visitor
from bot.people.administering import By
from bot.roster import Roster
from bot.tools.servers import Servers
from storage.database import Database
from storage.outbox import OutboxPage

_PLACE = "page"
"""What stands for the platform of what is done on the page: no platform has this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The gateway as the pages see it."""

    database: Database
    policy: Policy
    in_force: InForce
    bots: Bots
    roster: Roster
    servers: Servers
    checks: Checks
    clock: Clock
    links: PageLinks
    frame: Frame
    deliver: Callable[[Iterable[OutboxPage]], None]
    """Shows pages that are in the outbox."""
    broadcasts: Broadcasts
    read_again: Callable[[By, int], Awaitable[bool]]
    """Has done what could not be read, if it can be now."""

    def by(self, visitor: Visitor, once: str) -> By:
        """An admin who does something. `once` comes with the form: sent twice, it is done once."""
        return By(visitor.person, self.clock.now(), (_PLACE, "", once))

    def to(self, path: str) -> web.Response:
        """Have the browser go on there: looking again then sends nothing again."""
        return web.Response(
            status=303, headers={"Location": f"{self.links.path}/{path}".rstrip("/"), "Cache-Control": "no-store"}
        )


async def field(request: web.Request, name: str) -> str:
    """What somebody sent in a field; "" if it is missing, or a file."""
    value = (await request.post()).get(name, "")
    return value.strip() if isinstance(value, str) else ""


def number(text: str) -> int | None:
    """A number that counts rows, as it stands in an address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
