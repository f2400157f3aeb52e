"""How the gateway is doing: processes, turns that have not ended, what could not be read, what fails."""

from dataclasses import dataclass

from aiohttp import web

from bot.page.room import Room
from bot.page.visitors import Visitor
from bot.people.administering import ROLES
from bot.texts import moments
from storage import ledger, overview, people, processes, spending, troubles
from storage.overview import DeadLetter, OpenTurn
from storage.processes import ProcessStatus
from storage.programs import Program

_MOST = 50
"""Lines of each table."""


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
    failing: list[str]


async def show(room: Room, _: web.Request, visitor: Visitor) -> web.Response:
    """The page."""
    state = await room.database.read(_look(room))
    bots = [(name, bot.condition().connected) for name, bot in room.bots.labelled()]
    counted = [(role, state.people.get(role.value, 0)) for role in ROLES]
    return room.frame.page("overview", visitor, state=state, bots=bots, counted=counted, policy=room.policy)


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
        failing=sorted(name for name, _, ended_at in (yield from troubles.told()) if ended_at is None),
    )
