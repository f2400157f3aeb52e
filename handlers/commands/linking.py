"""One person on several platforms: joining accounts, parting them, a verified address, and one's own data."""

from typing import Annotated

import structlog

from bot.contracts.command import Field, Form, Scope, View, command
from bot.delivery.outbox import Delivery
from bot.domain.blocks import Button
from bot.domain.errors import NoLonger, PersonError
from bot.domain.ids import PersonId
from bot.domain.people import Access, Role
from bot.incoming.call import Call
from bot.people import admission, joining, mail, membership
from bot.people.joining import CODE_MINUTES, WRONG, WRONG_MAILED
from bot.people.mail import Post
from bot.rendering.pages import escaped, notice
from bot.texts import said_later, say_in
from bot.turns.turns import Turns
from handlers.commands.listen import own_buttons
from storage import codes, erasing, linking, outbox, overheard, people, places, private_chats
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

# joining


@command("link", "Link your accounts on two platforms", role=Role.STRANGER, scope=Scope.PRIVATE)
async def link(call: Call, code: Annotated[str, "The code from the other side"] = "") -> View:
    if code.strip():
        return await _ask_to_join(call, code.strip())
    code = joining.new_code()
    now = call.now
    await call.database.write(codes.add_code(call.caller.person.id, code, now))
    text = call.say(
        "Send this to me on the other platform within {minutes} minutes, in a private chat:", minutes=CODE_MINUTES
    )
    return View(f"{text}\n\n`/link {code}`", private=True)


async def _ask_to_join(call: Call, code: str) -> View:
    """Say with whom: somebody may have been talked into typing a stranger's code."""
    other = await call.database.write(joining.owner_of(code, call.caller.person.id, call.now))
    if other is None:
        raise PersonError(WRONG)
    platforms = ", ".join(one.platform for one in await call.database.read(people.identities(other.id)))
    text = call.say(
        "The account of “{name}” ({platforms}) and yours will become one, with the same sessions and the "
        "same tokens. Continue only if that account is yours.",
        name=escaped(other.name),
        platforms=platforms,
    )
    text += await _taken(call, other.id)
    yes = Button(call.say("Link the accounts"), "link_now", (code,), "success")
    return View(text, ((yes, Button(call.say("Cancel"), "keep")),))


async def _taken(call: Call, other: PersonId) -> str:
    """What joining takes, to be said before it is done."""
    policy = call.policy
    taken = 0 if policy.is_free else await call.database.read(linking.taken_by_joining(call.caller.person.id, other))
    if not taken:
        return ""
    return "\n\n" + call.say(
        "What everyone is given counts once per person: the newer account loses {count} tokens.", count=taken
    )


@command("link_now", "Join them now", role=Role.STRANGER, scope=Scope.PRIVATE, listed=False)
async def link_now(call: Call, code: Annotated[str, "The code from the other side"], *, delivery: Delivery) -> View:
    """Link the person who showed the code with the one who sends it."""
    joined = await call.database.write(joining.join_by_code(code, call.caller.person, call.now))
    if joined is None:
        raise PersonError(WRONG)
    return await _tell_both(call, delivery, joined)


async def _tell_both(call: Call, delivery: Delivery, joined: linking.Joined) -> View:
    """Say it here, and in every other private chat of that person."""
    log.info("accounts_joined", survivor=joined.survivor, gone=joined.gone)
    here = call.caller.place_row

    def tell() -> Program[list[OutboxPage]]:
        person = yield from people.get(joined.survivor)
        say, pages = say_in(person.language), []
        for row in (yield from private_chats.of(person.id)):
            if row != here:
                place = yield from places.get(row)
                text = notice(say("Your accounts are one now: the same sessions, settings and tokens everywhere."))
                pages.append((yield from outbox.add(Target(row, place), text, call.now)))
        return pages

    delivery.deliver(await call.database.write(tell()))
    return View(call.say("Your accounts are one now: the same sessions, settings and tokens everywhere."))


# parting


@command("unlink", "Unlink this account from the others", scope=Scope.PRIVATE)
async def unlink(call: Call) -> View:
    await _must_be_joined(call)
    yes = Button(call.say("Unlink them"), "unlink_now", (), "danger")
    text = call.say("This account will start from scratch, without tokens. All sessions stay with the other account.")
    return View(text, ((yes, Button(call.say("Cancel"), "keep")),))


async def _must_be_joined(call: Call) -> None:
    if len(await call.database.read(people.identities(call.caller.person.id))) < 2:
        raise NoLonger("This account is not linked to another one. `/link` does that.")


@command("unlink_now", "Part them now", scope=Scope.PRIVATE, listed=False, decides=True)
async def unlink_now(call: Call) -> View:
    await _must_be_joined(call)
    now = call.now
    person = await call.database.write(linking.part(call.invocation.sender, now))
    log.info("accounts_unlinked", old=call.caller.person.id, new=person)
    return View(call.say("This account is no longer linked."))


# a verified address


@command("email", "Verify an e-mail address, to link accounts by it", scope=Scope.PRIVATE)
async def email(call: Call, address: Annotated[str, "Your e-mail address"], *, post: Post) -> View:
    send, address = post.send, address.strip().lower()
    if send is None:
        raise PersonError("The operator has not set up e-mail. `/link` links accounts without it.")
    if not mail.is_address(address):
        raise PersonError("“{address}” is not an e-mail address.", address=escaped(address[:80]))
    code = joining.new_code()
    await call.database.write(joining.note_mailed(code, address, call.caller.person.id, call.now))
    text = call.say("Your code is {code}. It is valid for {minutes} minutes.", code=code, minutes=CODE_MINUTES)
    await send(address, call.say("Your code"), text)
    form = Form(call.say("Verify your address"), "email_code", (Field("code", call.say("The code from the e-mail")),))
    sent = call.say("A code is on its way to {address}. Enter it with `/email_code`.", address=escaped(address))
    return View(sent, form=form if call.invocation.origin == "typed" else None, private=True)


@command("email_code", "Enter the code from the e-mail", scope=Scope.PRIVATE)
async def email_code(call: Call, code: Annotated[str, "The code from the e-mail"]) -> View:
    proven = await call.database.write(joining.prove(code, call.caller.person.id, call.now))
    if proven is None:
        raise PersonError(WRONG_MAILED)
    address, other = proven
    if other is None:
        return View(call.say("{address} is verified and belongs to your account.", address=escaped(address)))
    yes = Button(call.say("Link the accounts"), "link_email", (), "success")
    text = call.say("Another account has verified {address} too. Merge them?", address=escaped(address))
    text += await _taken(call, other)
    return View(text, ((yes, Button(call.say("Cancel"), "keep")),), replace=False)


@command("link_email", "Join with the account of that address", scope=Scope.PRIVATE, listed=False)
async def link_email(call: Call, *, delivery: Delivery) -> View:
    joined = await call.database.write(joining.join_by_address(call.caller.person, call.now))
    if joined is None:
        raise PersonError(WRONG_MAILED)
    return await _tell_both(call, delivery, joined)


# one's own data


@command("privacy", "What is stored about you: download or erase it", private=True)
async def privacy(call: Call) -> View:
    say = call.say
    heard = await call.database.read(overheard.count_of(call.caller.person.id))
    lines = (
        say("Your name, language and settings, and who the platforms say you are."),
        say("What you said and what I answered, until you delete it."),
        say("What you said beside me where I listen, for a day at most: {count} messages now.", count=heard),
        say("What you chose to have remembered; `/memory` lists it."),
        say("Your reminders and schedules; `/schedules` lists them."),
        say("Your own endpoints and servers, with their keys and logins, encrypted; nobody is shown those."),
        say("Your tokens, with the reason for each change."),
        say(
            "Whether you want what the operator tells everybody, and which of it did not reach you; `/settings` has it."
        ),
        say("What you ask goes to the vendor of the model that answers, with what comes before it in the session."),
    )
    text = say("This is stored about you:") + "\n\n" + "\n".join(f"- {line}" for line in lines)
    known = await call.database.read(people.identities(call.caller.person.id))
    ids = ", ".join(f"`{admission.own_mark(identity)}`" for identity in known)
    text += "\n\n" + say("Your id for the operator's settings: {ids}.", ids=ids)
    beside = (Button(say("Erase what I overheard"), "listen", ("erase",)), *own_buttons(say))
    if not call.caller.place.kind.private:
        text += "\n\n" + say("In a private chat with me, `/privacy` downloads or erases all of it.")
        return View(text, (beside,))
    export = Button(say("Download everything"), "take_all")
    everything = Button(say("Erase everything"), "erase", (), "danger")
    return View(text, ((export,), beside, (everything,)))


@command("erase", "Erase everything of you", scope=Scope.PRIVATE, listed=False)
async def erase(call: Call) -> View:
    text = call.say(
        "Erase your sessions, settings and tokens on all platforms, for good? What you said in groups is "
        "erased there, too. Only an unreadable fingerprint is kept, so that the starting balance is not "
        "granted twice."
    )
    if (again := _way_back(call)) is not None:
        text += f"\n\n{call.say(again)}"
    if await call.database.read(membership.is_last_admin(call.caller.person, call.policy)):
        text += "\n\n" + call.say("You are the last admin: the next start prints a link for a new one.")
    yes = Button(call.say("Erase everything"), "erase_now", (), "danger")
    return View(text, ((yes, Button(call.say("Cancel"), "keep")),))


@command("erase_now", "Erase everything now", scope=Scope.PRIVATE, listed=False)
async def erase_now(call: Call, *, under_way: Turns) -> View:
    database, person = call.database, call.caller.person.id
    await erasing.in_steps(database, lambda: erasing.sessions_of(person))
    running = await database.write(membership.erase(person, call.now))
    log.info("person_erased", person=person)
    under_way.stop(*running)
    again = _way_back(call)
    if again is None:
        return View(call.say("Everything is erased. If you write again, you start from scratch."))
    return View(f"{call.say('Everything is erased.')} {call.say(again)}")


def _way_back(call: Call) -> str | None:
    """What someone needs to come in again once they are erased; None if they only have to write."""
    if admission.comes_back(call.caller, call.policy):
        return None
    return _WAYS_BACK[call.policy.access_at(call.invocation.place, call.caller.identity)]


_WAYS_BACK = {
    Access.OPEN: said_later("An admin has to let you in again if you want to come back."),
    Access.INVITE: said_later("You need a new invitation if you want to come back."),
    Access.APPROVAL: said_later("An admin has to let you in again if you want to come back."),
    Access.ALLOWLIST: said_later("The operator has to list you if you want to come back."),
}


COMMANDS = (
    link, link_now, unlink, unlink_now, email, email_code, link_email, privacy, erase, erase_now,
)  # fmt: skip
