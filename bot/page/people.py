"""People: found, looked at, let in and put out, given tokens; invitations."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.domain.errors import PersonError
from bot.domain.ids import PersonId
from bot.domain.people import Identity, Person, Role
from bot.page.room import Room, field, number
from bot.page.visitors import Visitor
from bot.people import administering, admission, membership
from bot.people.administering import ACTS
from bot.texts import said_later, say_in
from storage import invites, ledger, people
from storage.acts import ActKind
from storage.outbox import OutboxPage
from storage.programs import Program

_PER_PAGE = 50

DONE = {
    ActKind.LET_IN: said_later("{name} has been let in."),
    ActKind.BLOCK: said_later("{name} is blocked."),
    ActKind.PROMOTE: said_later("{name} is an admin now."),
    ActKind.DEMOTE: said_later("{name} is a member now."),
    ActKind.GIVE: said_later("{name} has a new balance."),
}
"""What is said when it has been done."""


@dataclass(frozen=True, slots=True)
class _Card:
    person: Person
    balance: int
    identities: Sequence[Identity]
    refused: PersonError | None
    """Why they were not answered."""


async def show_all(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """The list, or what a search finds."""
    words, role = request.query.get("q", "").strip()[:100], request.query.get("role", "")
    only = Role(role) if role in set(Role) else None
    before = number(request.query.get("before", ""))

    def look() -> Program[list[tuple[Person, int]]]:
        older = PersonId(before) if before is not None else None
        found = yield from people.find_some(room.policy.roles, words, only, older, _PER_PAGE + 1)
        balances = {}
        for person in found:
            balances[person.id] = yield from ledger.balance(person.id)
        return [(person, balances[person.id]) for person in found]

    rows = await room.database.read(look())
    shown = rows[:_PER_PAGE]
    older = shown[-1][0].id if len(rows) > _PER_PAGE else None
    return room.frame.page("people", visitor, rows=shown, words=words, only=only.value if only else "", older=older)


async def show(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """One person."""
    card = await _find(room, request)
    done = request.query.get("done", "")
    sentence = DONE.get(ActKind(done)) if done in set(ActKind) else None
    told = say_in(visitor.person.language)(sentence, name=card.person.name) if sentence is not None else ""
    return _shown(room, visitor, card, told=told)


def _shown(
    room: Room, visitor: Visitor, card: _Card, *, told: str = "", wrong: PersonError | None = None
) -> web.Response:
    marks = [admission.own_mark(identity) for identity in card.identities]
    acts = [kind.value for kind in ACTS[card.person.role]]
    refused = say_in(visitor.person.language)(card.refused.tell, **card.refused.values) if card.refused else ""
    return room.frame.page(
        "person", visitor, told=told, wrong=wrong, card=card, marks=marks, acts=acts, refused=refused
    )


async def _find(room: Room, request: web.Request) -> _Card:
    """Raises HTTPNotFound."""
    given = number(request.match_info["person"])
    card = await room.database.read(_card(room, PersonId(given))) if given is not None else None
    if card is None:
        raise web.HTTPNotFound
    return card


def _card(room: Room, person: PersonId) -> Program[_Card | None]:
    found = yield from membership.person_now(person, room.policy)
    if found is None:
        return None
    known = yield from people.identities(person)
    refused = admission.why_refused(found, known, room.policy)
    return _Card(found, (yield from ledger.balance(person)), known, refused)


async def act(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Do something about one person, as `/admin` does it."""
    card = await _find(room, request)
    wanted = request.match_info["act"]
    if wanted not in {kind.value for kind in DONE}:
        raise web.HTTPNotFound
    try:
        done = await room.database.write(_done(room, visitor, card.person, ActKind(wanted), await _sent(request)))
    except PersonError as error:
        return _shown(room, visitor, card, wrong=error)
    room.deliver(done)
    return room.to(f"people/{card.person.id}?done={wanted}")


@dataclass(frozen=True, slots=True)
class _Sent:
    once: str
    gift: str


async def _sent(request: web.Request) -> _Sent:
    gift = f"{await field(request, 'amount')} {await field(request, 'note')}"
    return _Sent(await field(request, "once"), gift)


def _done(room: Room, visitor: Visitor, person: Person, kind: ActKind, sent: _Sent) -> Program[list[OutboxPage]]:
    """Do it; gives what others are told of it. Raises PersonError."""
    by, policy = room.by(visitor, sent.once), room.policy
    match kind:
        case ActKind.LET_IN:
            return (yield from administering.let_in(by, person, policy)) or []
        case ActKind.BLOCK:
            return (yield from administering.block(by, person, policy))
        case ActKind.PROMOTE:
            yield from administering.promote(by, person)
        case ActKind.DEMOTE:
            yield from administering.demote(by, person, policy)
        case _:
            amount, note = administering.gift_of(sent.gift)
            return (yield from administering.give(by, person, amount, note, policy)) or []
    return []


async def show_invites(room: Room, _: web.Request, visitor: Visitor) -> web.Response:
    """The codes that still let somebody in, and a form for a new one."""
    return await _invites(room, visitor)


async def _invites(
    room: Room, visitor: Visitor, *, code: str = "", uses: int = 0, wrong: PersonError | None = None
) -> web.Response:
    found = await room.database.read(invites.every_open())
    ways = [one.invitation(code) for one in room.bots] if code else []
    return room.frame.page("invites", visitor, wrong=wrong, invites=found, code=code, uses=uses, ways=ways)


async def invite(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Make a code, and show it this once: only its hash is kept."""
    uses = number(await field(request, "uses")) or 0
    code = secrets.token_urlsafe(12)
    try:
        await room.database.write(administering.invite(room.by(visitor, ""), code, uses))
    except PersonError as error:
        return await _invites(room, visitor, wrong=error)
    return await _invites(room, visitor, code=code, uses=uses)


async def withdraw(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Have a code let nobody in any longer."""
    by = room.by(visitor, "")
    await room.database.write(administering.withdraw_invite(by, await field(request, "invite")))
    return room.to("invites")
