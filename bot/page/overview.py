"""How the gateway is doing: processes, turns that have not ended, what could not be read or delivered, what fails, and
what its servers of tools say."""

from dataclasses import dataclass

from aiohttp import web

from bot.contracts.abilities import Rereads
from bot.domain.errors import PersonError
from bot.domain.servers import Judgement
from bot.domain.turns import TurnState
from bot.page.room import Room, field, number
from bot.page.visitors import Visitor
from bot.people import administering
from bot.people.administering import REASONS, ROLES, STILL_UNREAD
from bot.roster import STATES, State
from bot.texts import moments, said_later
from bot.tools.known_tools import Server
from storage import given_up, ledger, overview, people, processes, server_tools, spending, troubles
from storage.given_up import Undelivered
from storage.overview import DeadLetter, OpenTurn
from storage.processes import ProcessStatus
from storage.programs import Program

_MOST = 50
"""Lines of each table."""


@dataclass(frozen=True, slots=True)
class _Served:
    server: Server
    seen: str
    """A word for what waits to be looked at."""


@dataclass(frozen=True, slots=True)
class _State:
    people: dict[str, int]
    tokens: int
    microusd: int
    open_turns: dict[str, int]
    outbox: int
    processes: list[ProcessStatus]
    turns: list[OpenTurn]
    letters: list[DeadLetter]
    undelivered: list[Undelivered]
    failing: list[str]


async def show(room: Room, _: web.Request, visitor: Visitor) -> web.Response:
    """The page."""
    return await _shown(room, visitor)


async def trust(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Use a server's tools as they are now, as `/tools` does it."""
    name, seen = await field(request, "server"), await field(request, "seen")
    if await room.servers.trust_for_all(room.by(visitor, ""), name, seen):
        return room.to("")
    return await _shown(room, visitor, PersonError("It says something else again: look at it once more, below."))


TURNING = {
    TurnState.QUEUED: said_later("waits its turn"),
    TurnState.RUNNING: said_later("is being answered"),
    TurnState.ANSWERED: said_later("is on its way"),
}
"""What becomes of a question that is open."""


async def send_again(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Have sent again what was given up at a place, as `/undelivered` does it."""
    place = number(await field(request, "place"))
    if place is not None:
        room.deliver(await room.database.write(administering.send_again(room.by(visitor, ""), place)))
    return room.to("")


async def act_on_bot(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Stop or start a bot, as `/admin bots` does it."""
    named, act = (await field(request, "platform"), await field(request, "bot")), request.match_info["act"]
    found = next((one for one in await room.roster.every() if (one.platform, one.remote) == named and named[1]), None)
    if found is not None and act in ("start", "stop"):
        await (room.roster.start if act == "start" else room.roster.stop)(room.by(visitor, ""), found)
    return room.to("")


async def read_again(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Have read again what came in and could not be, as `/undelivered` does it."""
    letter = number(await field(request, "letter"))
    if letter is not None and not await room.read_again(room.by(visitor, ""), letter):
        return await _shown(room, visitor, PersonError(STILL_UNREAD))
    return room.to("")


async def _shown(room: Room, visitor: Visitor, wrong: PersonError | None = None) -> web.Response:
    state = await room.database.read(_look(room))
    bots = await room.roster.every()
    counted = [(role, state.people.get(role.value, 0)) for role in ROLES]
    return room.frame.page(
        "overview",
        visitor,
        wrong=wrong,
        state=state,
        bots=bots,
        states=STATES,
        titles=room.roster.titles,
        stoppable=sum(bot.state is not State.STOPPED for bot in bots) > 1,
        counted=counted,
        policy=room.policy,
        servers=[_Served(server, server_tools.waiting(server.tools)) for server in await room.servers.operators()],
        judgements=Judgement,
        reasons=REASONS,
        turning=TURNING,
        rereads={bot.name for bot in room.bots if isinstance(bot, Rereads)},
    )


def _look(room: Room) -> Program[_State]:
    midnight = moments.midnight(room.clock.now())
    counts = yield from overview.counts()
    return _State(
        people=(yield from people.counts(room.policy.roles)),
        tokens=(yield from ledger.spent_since(midnight)),
        microusd=(yield from spending.spent_since(midnight)),
        open_turns=counts.open_turns,
        outbox=counts.outbox,
        processes=(yield from processes.statuses()),
        turns=(yield from overview.open_turns(_MOST)),
        letters=(yield from overview.dead_letters(_MOST)),
        undelivered=(yield from given_up.by_place(_MOST)),
        failing=sorted(name for name, _, ended_at in (yield from troubles.told()) if ended_at is None),
    )
