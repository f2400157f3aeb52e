"""For admins: who comes in, and what they have."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import structlog

from bot import access, moments
from bot.blocks import Button
from bot.command import Scope, View, command
from bot.dispatch import Call
from bot.errors import PersonError
from bot.ids import PersonId
from bot.pages import escaped, notice
from bot.texts import said_later, say_in
from bot.types import Person, Role
from storage import inbox, ledger, linking, outbox, overview, people, places, spending
from storage.database import Program
from storage.outbox import OutboxPage

log = structlog.get_logger(__name__)

_PER_PAGE = 10
ROLES = {
    Role.STRANGER: said_later("stranger"),
    Role.MEMBER: said_later("member"),
    Role.ADMIN: said_later("admin"),
    Role.BLOCKED: said_later("blocked"),
}


@command("admin", "People, invitations, balances", role=Role.ADMIN, scope=Scope.PRIVATE)
async def admin(call: Call) -> View:
    buttons = (
        (
            Button(call.say("Invite one person"), "invite", ("1",)),
            Button(call.say("Invite ten"), "invite", ("10",)),
        ),
        (
            Button(call.say("People"), "people", ("0",)),
            Button(call.say("Who is not let in"), "people", ("0", Role.STRANGER.value)),
        ),
    )
    how = call.services.policy.access.value
    lines = [*await call.services.database.read(_state(call)), ""]
    lines.append(call.say("Access is `{how}`. What would you like to do?", how=how))
    return View("\n".join(lines), buttons)


def _state(call: Call) -> Program[list[str]]:
    """How the gateway is doing: who is there, what is being done, what was spent today."""
    say, policy, now = call.say, call.services.policy, call.services.clock.now()
    counts = yield from overview.counts()
    known = yield from people.counts(policy.roles)
    members, admins, strangers, blocked = (
        known.get(role.value, 0) for role in (Role.MEMBER, Role.ADMIN, Role.STRANGER, Role.BLOCKED)
    )
    midnight = moments.midnight(now)
    paid = yield from ledger.spent_since(midnight)
    lines = [
        say(
            "Members: {members} · admins: {admins} · not let in: {strangers} · blocked: {blocked}",
            members=members, admins=admins, strangers=strangers, blocked=blocked,
        ),
        say(
            "Questions at work: {turns} · pages on their way: {pages}",
            turns=sum(counts.open_turns.values()), pages=counts.outbox,
        ),
        _of(call, say("Tokens paid today: {spent}", spent=paid), policy.tokens_per_day),
    ]  # fmt: skip
    if policy.usd_per_day:
        dollars = (yield from spending.spent_since(midnight)) / 1_000_000
        lines.append(say("Models today: ${spent} of ${cap}", spent=f"{dollars:.2f}", cap=f"{policy.usd_per_day:g}"))
    return [f"- {line}" for line in lines]


def _of(call: Call, line: str, cap: int) -> str:
    return f"{line} / {call.say.number(cap)}" if cap else line


@command("invite", "Make an invitation code", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def invite(call: Call, uses: Annotated[int, "For how many people"] = 1) -> View:
    if not 1 <= uses <= 1000:
        raise PersonError("An invitation is for 1 to 1,000 people.")
    code = secrets.token_urlsafe(12)
    await call.services.database.write(people.add_invite(code, Role.MEMBER, uses, call.services.clock.now()))
    ways = [one.invitation(code) for one in call.platforms.values()]
    links = [f"<{way}>" for way in ways if way.startswith("https://")]
    head = (
        call.say("This lets in as many: {count}. Each of them opens the link or sends me:", count=uses)
        if links
        else call.say("This lets in as many: {count}. Each of them sends me:", count=uses)
    )
    return View("\n\n".join((head, *links, f"`/start {code}`")), replace=False)


@command("people", "Who is known here", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def people_page(
    call: Call, page: Annotated[int, "Page"] = 0, role: Annotated[str, "Of one role only"] = ""
) -> View:
    page, only = max(0, page), Role(role) if role in set(Role) else None
    found = await call.services.database.read(
        people.page(call.services.policy.roles, page * _PER_PAGE, _PER_PAGE + 1, only)
    )
    shown: Sequence[Person] = found[:_PER_PAGE]
    rows = [(Button(f"{p.name} · {call.say(ROLES[p.role])}", "person", (str(p.id),)),) for p in shown]
    turns = []
    if page > 0:
        turns.append(Button("‹", "people", (str(page - 1), role)))
    if len(found) > _PER_PAGE:
        turns.append(Button("›", "people", (str(page + 1), role)))
    if not shown:
        return View(call.say("There is nobody."))
    return View(call.say("People, the newest first:"), (*rows, tuple(turns)) if turns else tuple(rows))


@command("person", "One person", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def person_card(call: Call, person: Annotated[int, "Who"]) -> View:
    return await _card(call, await _find(call, person))


async def _find(call: Call, person: int) -> Person:
    """That person, with the role that they have now."""

    def look() -> Program[Person | None]:
        found = yield from people.find_by_id(PersonId(person))
        role = (yield from access.role_of(found, call.services.policy)) if found is not None else None
        return replace(found, role=role) if found is not None and role is not None else None

    found = await call.services.database.read(look())
    if found is None:
        raise PersonError("There is no such person (any more).")
    return found


async def _card(call: Call, person: Person) -> View:
    balance = await call.services.database.read(ledger.balance(person.id))
    known = await call.services.database.read(linking.identities(person.id))
    say, number = call.say, (str(person.id),)
    block = Button(say("Block"), "block", number, "danger")
    match person.role:
        case Role.ADMIN:
            role: tuple[Button, ...] = (block, Button(say("Make member"), "demote", number))
        case Role.MEMBER:
            role = (block, Button(say("Make admin"), "promote", number))
        case Role.STRANGER | Role.BLOCKED:
            role = (Button(say("Let in"), "approve", number, "success"),)
    give = Button(say("Give tokens"), "grant", number)
    name, what = escaped(person.name), say(ROLES[person.role])
    head = say("{name}: {role}, {balance} tokens.", name=name, role=what, balance=balance)
    ids = "\n".join(f"- `{access.own_mark(identity)}`" for identity in known)
    return View(f"{head}\n\n{ids}", ((give,), role))


_MOST_GIVEN = 1_000_000_000
_NUMBER = re.compile(
    r"(?P<sign>[+−-]?)(?P<digits>[0-9]+|[0-9]{1,3}(?:(?P<mark>[.,'’_ ])[0-9]{3})(?:(?P=mark)[0-9]{3})*)", re.ASCII
)


@command("grant", "Give someone tokens", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def grant(
    call: Call,
    person: Annotated[int, "Who"],
    amount: Annotated[str, "How many tokens (a minus takes)"],
) -> View:
    found, given = await _find(call, person), _amount(amount)
    done = await call.services.database.write(_give(call, found, given))
    if done is not None:
        call.services.deliver(done)
        log.info("tokens_granted", person=found.id, amount=given, admin=call.standing.person.id)
    return await _card(call, found)


def _amount(text: str) -> int:
    """A whole number as people write it: 500, +500, −1,000, 1 000."""
    found = _NUMBER.fullmatch(" ".join(text.split()))
    amount = int(re.sub("[^0-9]", "", found["digits"])) if found is not None else 0
    if found is None or not 0 < amount <= _MOST_GIVEN:
        raise PersonError(
            "“{given}” is not a number of tokens. Give a whole one such as 500 or −500, at most {most}.",
            given=text[:40],
            most=_MOST_GIVEN,
        )
    return amount if found["sign"] in ("", "+") else -amount


def _give(call: Call, person: Person, amount: int) -> Program[list[OutboxPage] | None]:
    """Give or take tokens, once for this event, and tell whose they are; None where that was done before."""
    place, now = call.invocation.place, call.services.clock.now()
    if not (yield from inbox.note(place.platform, place.bot, f"{call.invocation.event_key}/grant", now)):
        return None
    if access.may_use(person, Role.MEMBER):
        # What is given stands on top of what they have from now on anyway.
        yield from access.refill(person.id, call.services.policy, now)
    balance = yield from ledger.balance(person.id)
    if balance + amount < 0:
        raise PersonError(
            "{name} has only {balance} tokens: not so many can be taken.", name=person.name, balance=balance
        )
    if balance + amount > _MOST_GIVEN:
        raise PersonError("Nobody can have more than {most} tokens.", most=_MOST_GIVEN)
    after = yield from ledger.grant(person.id, amount, "from an admin", now)
    say = say_in(person.language)
    words = (
        say("An admin has given you {count} tokens. You have {balance} now.", count=amount, balance=after)
        if amount > 0
        else say("An admin has taken {count} of your tokens. You have {balance} now.", count=-amount, balance=after)
    )
    return (yield from _told(call, person, words))


def _told(call: Call, person: Person, words: str) -> Program[list[OutboxPage]]:
    """Say something to somebody in all their private chats, but for the one that this is done in."""
    pages: list[OutboxPage] = []
    for row in (yield from people.private_chats(person.id)):
        if row != call.standing.place_row:
            place = yield from places.get(row)
            pages.append((yield from outbox.add(row, place, notice(words), call.services.clock.now())))
    return pages


@command("approve", "Let someone in", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def approve(call: Call, person: Annotated[int, "Who"]) -> View:
    found = await _find(call, person)
    if access.may_use(found, Role.MEMBER):
        return View(call.say("{name} is in already.", name=escaped(found.name)))
    call.services.deliver(await call.services.database.write(_let_in(call, found)))
    return View(call.say("{name} is in.", name=escaped(found.name)))


def _let_in(call: Call, person: Person) -> Program[list[OutboxPage]]:
    """Let someone in and tell them so, wherever they have written to us."""
    now = call.services.clock.now()
    yield from access.grant_role(person, Role.MEMBER, call.services.policy, now)
    say = say_in(person.language)
    welcome = say("You are in. Write anything, and I answer; `/help` lists what I can do.")
    return (yield from _told(call, person, welcome))


@command("block", "Keep someone out", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def block(call: Call, person: Annotated[int, "Who"]) -> View:
    found = await _find(call, person)
    await _withdraw(call, found, Role.BLOCKED)
    if found.role is Role.STRANGER:
        call.services.deliver(await call.services.database.write(_refused(call, found)))
    return View(call.say("{name} is blocked.", name=escaped(found.name)))


def _refused(call: Call, person: Person) -> Program[list[OutboxPage]]:
    """Tell someone who asked to come in, once, that they are not let in."""
    yield from people.may_be_told(person.id, call.services.clock.now(), 0)
    say = say_in(person.language)
    words = say(
        "Thank you for asking. An admin has decided not to let you in; ask whoever runs this bot if you would like to "
        "know why."
    )
    return (yield from _told(call, person, words))


@command("promote", "Make someone an admin", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def promote(call: Call, person: Annotated[int, "Who"]) -> View:
    found = await _find(call, person)
    await call.services.database.write(people.set_role(found.id, Role.ADMIN))
    return View(call.say("{name} is an admin now.", name=escaped(found.name)))


@command("demote", "Make an admin a member again", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def demote(call: Call, person: Annotated[int, "Who"]) -> View:
    found = await _find(call, person)
    await _withdraw(call, found, Role.MEMBER)
    return View(call.say("{name} is a member now.", name=escaped(found.name)))


async def _withdraw(call: Call, person: Person, role: Role) -> None:
    """Give a lesser role. What the settings give, only they take; nobody puts themselves out."""
    if person.id == call.standing.person.id:
        raise PersonError("That would shut you out yourself. Another admin can do it.")
    await call.services.database.write(people.set_role(person.id, role))
    if (await _find(call, person.id)).role is not role:
        raise PersonError(
            "{name} is named in the operator's settings, which count more. Take them out of ADMINS.", name=person.name
        )
    log.info("role_changed", person=person.id, role=role.value, admin=call.standing.person.id)


COMMANDS = (admin, invite, people_page, person_card, grant, approve, block, promote, demote)
