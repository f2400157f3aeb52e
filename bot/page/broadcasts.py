"""Broadcasts: written, looked at as they will look, sent, stopped, and whom they did not reach."""

from dataclasses import dataclass

from aiohttp import web

from bot.domain.errors import PersonError
from bot.page.room import Room, field, number
from bot.page.visitors import Visitor
from bot.people import broadcasting
from bot.people.broadcasting import MISSES, MOST_LETTERS, ROLES, STATES, Looked
from bot.rendering.hypertext import html_of
from storage import broadcasts
from storage.broadcasts import Audience, Broadcast, Miss
from storage.programs import Program

_MOST = 20
_NAMED = 200
_ANYWHERE = ":"


@dataclass(frozen=True, slots=True)
class _State:
    looked: Looked | None
    sent: list[Broadcast]
    chosen: Broadcast | None
    """The one whose missed people are named."""
    missed: list[tuple[int, str, Miss]]


async def show(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """The page. `of` in its address names one that was sent."""
    return await _shown(room, visitor, number(request.query.get("of", "")))


async def _shown(
    room: Room, visitor: Visitor, of: int | None = None, *, text: str = "", wrong: PersonError | None = None
) -> web.Response:
    state = await room.database.read(_look(room, visitor, of))
    labelled = [(label, bot) for label, bot in room.bots.labelled() if bot.bot]
    names = dict.fromkeys(bot.name for _, bot in labelled)
    where = {f"{name}:": name.capitalize() for name in names} if len(names) > 1 else {}
    if len(labelled) > len(names):
        where |= {f"{bot.name}:{bot.bot}": label for label, bot in labelled}
    draft = state.looked.draft if state.looked is not None else None
    return room.frame.page(
        "broadcasts",
        visitor,
        wrong=wrong,
        state=state,
        text=text or (draft.text if draft is not None else ""),
        audience=draft.audience if draft is not None else Audience(),
        preview=html_of(draft.text) if draft is not None else "",
        where=where,
        whom=ROLES,
        states=STATES,
        misses=MISSES,
        most=MOST_LETTERS,
        anywhere=_ANYWHERE,
    )


def _look(room: Room, visitor: Visitor, of: int | None) -> Program[_State]:
    draft = yield from broadcasts.draft_of(visitor.person.id)
    by, looked = room.by(visitor, ""), None
    if draft is not None:
        looked = yield from broadcasting.looked_at(by, draft.id, room.policy.roles)
    chosen = (yield from broadcasts.find(of)) if of is not None else None
    missed = (yield from broadcasts.missed(chosen.id, _NAMED)) if chosen is not None else []
    return _State(looked, (yield from broadcasts.latest(_MOST)), chosen, [(*one,) for one in missed])


async def write(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Keep what is to be told, and to whom, and show it as it will look."""
    text = (await field(request, "text")).replace("\r\n", "\n")
    role, at = await field(request, "role"), await field(request, "where")
    platform, _, bot = at.partition(":")
    to = Audience.of(role, platform, bot)
    try:
        await room.database.write(broadcasting.written(room.by(visitor, ""), text, to, room.bots))
    except PersonError as error:
        return await _shown(room, visitor, text=text, wrong=error)
    return room.to("broadcasts")


async def send(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Send it to those that were counted."""
    draft = number(await field(request, "broadcast"))
    try:
        if draft is not None:
            await room.database.write(broadcasting.begin(room.by(visitor, ""), draft, room.policy.roles))
    except PersonError as error:
        return await _shown(room, visitor, wrong=error)
    room.broadcasts.look_again()
    return room.to("broadcasts")


async def stop(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Let nobody else get it."""
    going = number(await field(request, "broadcast"))
    if going is not None:
        await room.database.write(broadcasting.stop(room.by(visitor, ""), going))
    return room.to("broadcasts")


async def discard(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Do not send it."""
    draft = number(await field(request, "broadcast"))
    if draft is not None:
        await room.database.write(broadcasting.discard(room.by(visitor, ""), draft, room.policy.roles))
    return room.to("broadcasts")
