"""For admins: who comes in, and what they have."""

import secrets
from collections.abc import Sequence
from typing import Annotated

import structlog

from bot.contracts.abilities import Rereads, Vouches
from bot.contracts.command import Choice, Choices, Scope, View, command
from bot.delivery.outbox import Delivery
from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId
from bot.domain.people import Person, Role
from bot.incoming.call import Call
from bot.incoming.letters import Letters
from bot.page.links import LINK_MINUTES, PageLinks
from bot.people import administering, admission, membership
from bot.people.administering import ACTS, REASONS, ROLES, STILL_UNREAD
from bot.people.usage import Period
from bot.rendering.pages import escaped
from bot.roster import Roster
from bot.texts import moments
from handlers.commands.admins import by
from handlers.commands.bots import bots_view
from handlers.commands.broadcasts import broadcasts_view
from storage import given_up, ledger, overview, people, processes, spending
from storage.acts import ActKind
from storage.programs import Program

log = structlog.get_logger(__name__)

_PER_PAGE = 10
_PAGE, _BOTS, _BROADCAST = "page", "bots", "broadcast"


async def topic_choices(call: Call, typed: str) -> Sequence[Choice]:
    """What `/admin` can be asked for at once."""
    topics = {
        _PAGE: call.say("A link to the admin page"),
        _BOTS: call.say("The bots of this gateway"),
        _BROADCAST: call.say("Tell many people something"),
    }
    return [Choice(topic, label) for topic, label in topics.items() if topic.startswith(typed.lower())]


@command("admin", "People, invitations, balances", role=Role.ADMIN, scope=Scope.PRIVATE)
async def admin(
    call: Call,
    topic: Annotated[
        str,
        "`page` for the admin page, `bots` for the bots, `broadcast` to tell many something",
        Choices(topic_choices),
    ] = "",
    *,
    links: PageLinks,
    roster: Roster,
) -> View:
    if topic.strip().lower() == _PAGE:
        return await _link(call, links)
    if topic.strip().lower() == _BOTS:
        return await bots_view(call, roster)
    if topic.strip().lower() == _BROADCAST:
        return await broadcasts_view(call)
    buttons = (
        (
            Button(call.say("Invite one person"), "invite", ("1",)),
            Button(call.say("Invite ten"), "invite", ("10",)),
        ),
        (
            Button(call.say("People"), "people", ("0",)),
            Button(call.say("People not let in"), "people", ("0", Role.STRANGER.value)),
        ),
        (Button(call.say("Usage"), "usage_all"), Button(call.say("Bots"), "bots"), *_page_button(call, links)),
        (Button(call.say("Broadcasts"), "broadcasts"), Button(call.say("Not delivered"), "undelivered")),
    )
    how = call.policy.access.value
    lines = [*await call.database.read(_state(call)), ""]
    lines.append(call.say("Access is `{how}`. What would you like to do?", how=how))
    return View("\n".join(lines), buttons)


def _page_button(call: Call, links: PageLinks) -> tuple[Button, ...]:
    return (Button(call.say("Admin page"), "admin", (_PAGE,)),) if links.is_on else ()


async def _link(call: Call, links: PageLinks) -> View:
    """A link that logs this admin in."""
    if not links.is_on:
        raise PersonError("The admin page is off. The operator turns it on with `ADMIN_PAGE=on`.")
    url = await links.make(call.caller.person.id)
    words = call.say("This link logs you in to the admin page, once, within {minutes} minutes:", minutes=LINK_MINUTES)
    near = call.say("It opens on the machine of the gateway only: PUBLIC_URL is not set.") if links.is_local else ""
    opens = links.app if isinstance(call.platform, Vouches) else ""
    app = ((Button(call.say("Open it here"), url=opens, in_app=True),),) if opens else ()
    return View("\n\n".join(filter(None, (words, f"<{url}>", near))), app, replace=False, private=True)


def _state(call: Call) -> Program[list[str]]:
    """How the gateway is doing: who is there, what is being done, what was spent today."""
    say, policy, now = call.say, call.policy, call.now
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
            "Answers in progress: {turns} · messages waiting to be sent: {pages}",
            turns=sum(counts.open_turns.values()), pages=counts.outbox,
        ),
        _of(call, say("Tokens spent today: {spent}", spent=paid), policy.tokens_per_day),
    ]  # fmt: skip
    if policy.usd_per_day:
        dollars = (yield from spending.spent_since(midnight)) / 1_000_000
        lines.append(
            say("Model costs today: ${spent} of ${cap}", spent=f"{dollars:.2f}", cap=f"{policy.usd_per_day:g}")
        )
    statuses = yield from processes.statuses()
    lines += [
        say(
            "Process `{name}` · chats: {chats} · answers in progress: {turns}",
            name=one.process.label,
            chats=one.chats,
            turns=one.turns,
        )
        for one in statuses
    ]
    return [f"- {line}" for line in lines]


def _of(call: Call, line: str, cap: int) -> str:
    return f"{line} / {call.say.number(cap)}" if cap else line


@command("invite", "Make an invitation code", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def invite(call: Call, uses: Annotated[int, "For how many people"] = 1) -> View:
    code = secrets.token_urlsafe(12)
    await call.database.write(administering.invite(by(call), code, uses))
    ways = [one.invitation(code) for one in call.bots]
    links = [f"<{way}>" for way in ways if way.startswith("https://")]
    head = (
        call.say("People this code admits: {count}. Each of them should open the link or send me:", count=uses)
        if links
        else call.say("People this code admits: {count}. Each of them should send me:", count=uses)
    )
    return View("\n\n".join((head, *links, f"`/start {code}`")), replace=False)


@command("people", "Who is known here", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def people_page(
    call: Call, page: Annotated[int, "Page"] = 0, role: Annotated[str, "Of one role only"] = ""
) -> View:
    page, only = max(0, page), Role(role) if role in set(Role) else None
    found = await call.database.read(people.page(call.policy.roles, page * _PER_PAGE, _PER_PAGE + 1, only))
    shown: Sequence[Person] = found[:_PER_PAGE]
    rows = [(Button(f"{p.name} · {call.say(ROLES[p.role])}", "person", (str(p.id),)),) for p in shown]
    turns = []
    if page > 0:
        turns.append(Button("‹", "people", (str(page - 1), role)))
    if len(found) > _PER_PAGE:
        turns.append(Button("›", "people", (str(page + 1), role)))
    if not shown:
        return View(call.say("No people found."))
    return View(call.say("People, the newest first:"), (*rows, tuple(turns)) if turns else tuple(rows))


@command("person", "One person", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def person_card(call: Call, person: Annotated[int, "Who"]) -> View:
    return await _card(call, await _find(call, person))


async def _find(call: Call, person: int) -> Person:
    """That person, with the role that they have now."""
    found = await call.database.read(membership.person_now(PersonId(person), call.policy))
    if found is None:
        raise PersonError("That person cannot be found.")
    return found


async def _card(call: Call, person: Person) -> View:
    balance = await call.database.read(ledger.balance(person.id))
    known = await call.database.read(people.identities(person.id))
    say, number = call.say, (str(person.id),)
    acts = {
        ActKind.BLOCK: Button(say("Block"), "block", number, "danger"),
        ActKind.DEMOTE: Button(say("Make member"), "demote", number),
        ActKind.PROMOTE: Button(say("Make admin"), "promote", number),
        ActKind.LET_IN: Button(say("Let in"), "approve", number, "success"),
    }
    role = tuple(acts[kind] for kind in ACTS[person.role])
    give = Button(say("Give tokens"), "grant", number)
    used = Button(say("Usage"), "usage", (Period.MONTH.value, *number))
    name, what = escaped(person.name), say(ROLES[person.role])
    head = say("{name}: {role}, {balance} tokens.", name=name, role=what, balance=balance)
    ids = "\n".join(f"- `{admission.own_mark(identity)}`" for identity in known)
    return View(f"{head}\n\n{ids}", ((give, used), role))


@command("grant", "Give someone tokens", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def grant(
    call: Call,
    person: Annotated[int, "Who"],
    amount: Annotated[str, "How many tokens, and a note: 500 Thank you"],
    *,
    delivery: Delivery,
) -> View:
    found, (given, note) = await _find(call, person), administering.gift_of(amount)
    done = await call.database.write(administering.give(by(call), found, given, note, call.policy))
    if done is not None:
        delivery.deliver(done)
        log.info("tokens_granted", person=found.id, amount=given, admin=call.caller.person.id)
    return await _card(call, found)


@command("approve", "Let someone in", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def approve(call: Call, person: Annotated[int, "Who"], *, delivery: Delivery) -> View:
    found = await _find(call, person)
    pages = await call.database.write(administering.let_in(by(call), found, call.policy))
    if pages is None:
        return View(call.say("{name} already has access.", name=escaped(found.name)))
    delivery.deliver(pages)
    return View(call.say("{name} has been let in.", name=escaped(found.name)))


@command("block", "Keep someone out", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def block(call: Call, person: Annotated[int, "Who"], *, delivery: Delivery) -> View:
    found = await _find(call, person)
    delivery.deliver(await call.database.write(administering.block(by(call), found, call.policy)))
    log.info("role_changed", person=found.id, role=Role.BLOCKED.value, admin=call.caller.person.id)
    return View(call.say("{name} is blocked.", name=escaped(found.name)))


@command("promote", "Make someone an admin", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def promote(call: Call, person: Annotated[int, "Who"]) -> View:
    found = await _find(call, person)
    await call.database.write(administering.promote(by(call), found))
    return View(call.say("{name} is an admin now.", name=escaped(found.name)))


@command("demote", "Make an admin a member again", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def demote(call: Call, person: Annotated[int, "Who"]) -> View:
    found = await _find(call, person)
    await call.database.write(administering.demote(by(call), found, call.policy))
    log.info("role_changed", person=found.id, role=Role.MEMBER.value, admin=call.caller.person.id)
    return View(call.say("{name} is a member now.", name=escaped(found.name)))


@command("undelivered", "What could not be delivered", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def undelivered(call: Call) -> View:
    return await _undelivered(call)


async def _undelivered(call: Call) -> View:
    say, lost = call.say, await call.database.read(given_up.by_place(_PER_PAGE))
    unread, again = await _unread(call)
    if not lost:
        return View("\n\n".join((say("Everything has been delivered."), *unread)), again)
    lines = [
        say(
            "Place {place} ({platform}), messages: {count}. {reason}",
            place=one.place,
            platform=one.platform.capitalize(),
            count=one.pages,
            reason=say(REASONS[one.reason]),
        )
        for one in lost
    ]
    buttons = tuple(
        (Button(say("Send again (place {place})", place=one.place), "resend", (str(one.place),)),) for one in lost
    )
    head = say("It is kept for 7 days. It costs nobody anything, also when it is sent again.")
    return View("\n\n".join((head, "\n".join(f"- {line}" for line in lines), *unread)), (*buttons, *again))


async def _unread(call: Call) -> tuple[Sequence[str], ButtonRows]:
    """What came in and could not be read, and buttons for what can be read again."""
    say, letters = call.say, await call.database.read(overview.dead_letters(_PER_PAGE))
    able = {bot.name for bot in call.bots if isinstance(bot, Rereads)}
    lines = [f"- {one.id}: {one.platform.capitalize()}, {escaped(one.reason)}" for one in letters]
    buttons = tuple(
        (Button(say("Read again (number {number})", number=one.id), "reread", (str(one.id),)),)
        for one in letters
        if one.whole and one.platform in able
    )
    return ("\n".join((say("What came in and could not be read:"), *lines)),) if lines else (), buttons


@command("reread", "Read again what could not be read", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def reread(call: Call, number: Annotated[int, "Which message"], *, letters: Letters) -> View:
    if not await letters.read_again(by(call), number):
        raise PersonError(STILL_UNREAD)
    return await _undelivered(call)


@command("resend", "Send again what a place did not take", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def resend(call: Call, place: Annotated[int, "Which place"], *, delivery: Delivery) -> View:
    delivery.deliver(await call.database.write(administering.send_again(by(call), place)))
    return await _undelivered(call)


COMMANDS = (
    admin,
    invite,
    people_page,
    person_card,
    grant,
    approve,
    block,
    promote,
    demote,
    undelivered,
    resend,
    reread,
)
