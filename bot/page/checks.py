"""The page of what `parley doctor` finds, as it stands."""

from aiohttp import web

from bot.page.examining import VERDICTS
from bot.page.room import Room
from bot.page.visitors import Visitor


async def show(room: Room, _: web.Request, visitor: Visitor) -> web.Response:
    """The page. Whoever opens it first has it looked."""
    checks = room.checks
    if checks.found is None:
        checks.look()
    return room.frame.page("checks", visitor, found=checks.found, is_looking=checks.is_looking, verdicts=VERDICTS)


async def look(room: Room, _: web.Request, __: Visitor) -> web.Response:
    """Look again."""
    room.checks.look()
    return room.to("checks")
