"""The log of what admins did, in chats and on the page."""

from aiohttp import web

from bot.page.room import Room, number
from bot.page.visitors import Visitor
from bot.texts import said_later
from storage import acts
from storage.acts import ActKind

_PER_PAGE = 100

SENTENCES = {
    ActKind.LET_IN: said_later("let in"),
    ActKind.BLOCK: said_later("blocked"),
    ActKind.PROMOTE: said_later("made an admin"),
    ActKind.DEMOTE: said_later("made a member"),
    ActKind.GIVE: said_later("gave tokens"),
    ActKind.INVITE: said_later("made an invitation"),
    ActKind.UNINVITE: said_later("withdrew an invitation"),
    ActKind.TRUST: said_later("trusted a server's tools as they are"),
    ActKind.RESEND: said_later("had undelivered messages sent again"),
    ActKind.REREAD: said_later("had something read again that could not be read"),
    ActKind.BROADCAST: said_later("began a broadcast"),
    ActKind.STOP_BROADCAST: said_later("stopped a broadcast"),
    ActKind.ADD_BOT: said_later("added a bot"),
    ActKind.REMOVE_BOT: said_later("removed a bot"),
    ActKind.STOP_BOT: said_later("stopped a bot"),
    ActKind.START_BOT: said_later("started a bot"),
    ActKind.RULE_BOT: said_later("changed a bot's rules"),
    ActKind.CHANGE_SETTINGS: said_later("changed modes or prices"),
    ActKind.LOG_IN: said_later("logged in to the page"),
}


async def show(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """The page, the newest lines first."""
    found = await room.database.read(acts.latest(_PER_PAGE + 1, number(request.query.get("before", ""))))
    lines = found[:_PER_PAGE]
    older = lines[-1].id if len(found) > _PER_PAGE else None
    return room.frame.page("log", visitor, lines=lines, older=older, sentences=SENTENCES)
