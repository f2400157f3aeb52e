"""What admins do, from a chat and from the page alike; each act is noted in the log of what admins did.

A program here is the whole act: what changes, the line in the log, and what those hear to whom it is done.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.errors import PersonError
from bot.domain.ids import UnixMs
from bot.domain.people import Person, Role
from bot.domain.policy import Policy
from bot.domain.servers import ServerRules
from bot.people import membership
from bot.rendering.pages import notice
from bot.texts import said_later, say_in
from storage import (
    acts,
    given_up,
    inbox,
    invites,
    ledger,
    outbox,
    page_keys,
    people,
    places,
    private_chats,
    server_tools,
)
from storage.acts import ActKind
from storage.given_up import Reason
from storage.outbox import OutboxPage, Target
from storage.programs import Program

MOST_INVITED = 1000
_MOST_GIVEN = 1_000_000_000
_NUMBER = re.compile(
    r"(?P<sign>[+−-]?)(?P<digits>[0-9]+|[0-9]{1,3}(?:(?P<mark>[.,'’_ ])[0-9]{3})(?:(?P=mark)[0-9]{3})*)", re.ASCII
)
_GROUP = re.compile(r"[0-9]{3}\b", re.ASCII)
_LONGEST_NOTE = 500
"""Code points."""

ROLES: Mapping[Role, str] = {
    Role.STRANGER: said_later("stranger"),
    Role.MEMBER: said_later("member"),
    Role.ADMIN: said_later("admin"),
    Role.BLOCKED: said_later("blocked"),
}

ACTS: Mapping[Role, tuple[ActKind, ...]] = {
    Role.STRANGER: (ActKind.LET_IN,),
    Role.MEMBER: (ActKind.BLOCK, ActKind.PROMOTE),
    Role.ADMIN: (ActKind.BLOCK, ActKind.DEMOTE),
    Role.BLOCKED: (ActKind.LET_IN,),
}
"""What can be done about somebody, by their role."""


REASONS: Mapping[Reason, str] = {
    Reason.UNREACHABLE: said_later("I was removed or blocked, or may not write there."),
    Reason.REJECTED: said_later("The platform rejects every form of it."),
}
"""Why something could not be delivered."""

STILL_UNREAD = said_later("It still cannot be read. A newer version of Parley may be able to.")


@dataclass(frozen=True, slots=True)
class By:
    """An admin who does something, and from where."""

    admin: Person
    now: UnixMs
    event: tuple[str, str, str]
    """Platform, bot and key of the event by which they do it: what must not be done twice is done once for each."""
    place_row: int | None = None
    """The chat in which it is done, where nobody needs to be told; None: on the page."""

    def note(
        self, kind: ActKind, whom: Person | None = None, amount: int | None = None, words: str = ""
    ) -> Program[None]:
        """Note what they do."""
        on_page, about = self.place_row is None, whom.id if whom is not None else None
        yield from acts.note(kind, self.admin.id, self.now, page=on_page, whom=about, amount=amount, words=words)


def let_in(by: By, person: Person, policy: Policy) -> Program[list[OutboxPage] | None]:
    """Let someone in and tell them so, wherever they have written to us; None if they were in before."""
    if not (yield from membership.let_in(person, policy, by.now)):
        return None
    yield from by.note(ActKind.LET_IN, person)
    say = say_in(person.language)
    return (
        yield from _tell(by, person, say("You are in. Write anything and I will answer; `/help` lists what I can do."))
    )


def block(by: By, person: Person, policy: Policy) -> Program[list[OutboxPage]]:
    """Keep someone out. Who has asked to come in hears so, once.

    Raises:
        PersonError: no one can block themselves; or the settings list them.
    """
    yield from _withdraw(by, person, Role.BLOCKED, policy)
    yield from by.note(ActKind.BLOCK, person)
    if not membership.is_awaiting(person, policy.access):
        return []
    say = say_in(person.language)
    words = say(
        "Thank you for asking. An admin has decided not to let you in; ask the operator if you would like to know why."
    )
    pages = yield from _tell(by, person, words)
    if pages:
        # What they write next is not answered with the same once more.
        yield from people.may_be_told(person.id, by.now, 0)
    return pages


def promote(by: By, person: Person) -> Program[None]:
    """Make someone an admin."""
    yield from people.set_role(person.id, Role.ADMIN)
    yield from by.note(ActKind.PROMOTE, person)


def demote(by: By, person: Person, policy: Policy) -> Program[None]:
    """Make an admin a member again.

    Raises:
        PersonError: no one can do that to themselves; or the settings list them.
    """
    yield from _withdraw(by, person, Role.MEMBER, policy)
    yield from by.note(ActKind.DEMOTE, person)


def _withdraw(by: By, person: Person, role: Role, policy: Policy) -> Program[None]:
    if not (yield from membership.withdraw(by.admin.id, person, role, policy)):
        raise PersonError(
            "{name} is listed in the operator's settings, which take precedence. Remove them from ADMINS.",
            name=person.name,
        )
    yield from page_keys.remove_all(person.id)


def invite(by: By, code: str, uses: int) -> Program[None]:
    """Make a code by which so many people come in; none knows it but whoever made it.

    Raises:
        PersonError: it is for no one, or for too many.
    """
    if not 1 <= uses <= MOST_INVITED:
        raise PersonError("An invitation is for 1 to 1,000 people.")
    yield from invites.add(code, Role.MEMBER, uses, by.now)
    yield from by.note(ActKind.INVITE, amount=uses)


def withdraw_invite(by: By, code_hash: str) -> Program[None]:
    """Have a code let nobody in any longer, once."""
    if (yield from invites.withdraw(code_hash)):
        yield from by.note(ActKind.UNINVITE)


def trust(by: By, server: ServerRules, seen: str) -> Program[bool]:
    """Use the tools of one of the operator's servers as they are now, if that is what the admin has `seen`: the word
    of `server_tools.waiting`."""
    trusted = yield from server_tools.trust(server.key, seen)
    if trusted:
        yield from by.note(ActKind.TRUST, words=server.name)
    return trusted


def send_again(by: By, place: int) -> Program[list[OutboxPage]]:
    """Have everything sent again that was given up at a place."""
    pages = yield from given_up.send_again(place, by.now)
    if pages:
        yield from by.note(ActKind.RESEND, amount=len(pages), words=pages[0].place.platform)
    return pages


def note_read(by: By, number: int, platform: str) -> Program[None]:
    """What could not be read has been read again, and is kept."""
    if (yield from inbox.drop_letter(number)):
        yield from by.note(ActKind.REREAD, words=platform)


def gift_of(text: str) -> tuple[int, str]:
    """A whole number as people write it (500, +500, −1,000, 1 000), and the note behind it, if there is one.

    Raises:
        PersonError: it does not begin with a number, or it is not clear where that ends.
    """
    words = " ".join(text.split())
    number, _, note = words.partition(" ")
    found = _NUMBER.fullmatch(words)
    if found is not None:
        note = ""
    elif not _GROUP.match(note):
        # "1 000 bottles" may be one or a thousand.
        found = _NUMBER.fullmatch(number)
    amount = int(re.sub("[^0-9]", "", found["digits"])) if found is not None else 0
    if found is None or not 0 < amount <= _MOST_GIVEN:
        raise PersonError(
            "“{given}” is not a number of tokens. Send a whole number such as 500 or −500, at most {most}.",
            given=words[:40],
            most=_MOST_GIVEN,
        )
    return amount if found["sign"] in ("", "+") else -amount, note[:_LONGEST_NOTE]


def give(by: By, person: Person, amount: int, note: str, policy: Policy) -> Program[list[OutboxPage] | None]:
    """Give or take tokens, once for this event, and tell whose they are; None if that was done before.

    `note`: what the admin has to say about it.

    Raises:
        PersonError: they do not have that many, or would have too many.
    """
    platform, bot, key = by.event
    if not (yield from inbox.note(platform, bot, f"{key}/grant", by.now)):
        return None
    # What is given stands on top of what they have from now on anyway.
    yield from membership.refill(person, policy, by.now)
    balance = yield from ledger.balance(person.id)
    if balance + amount < 0:
        raise PersonError(
            "{name} has only {balance} tokens: you cannot take that many.", name=person.name, balance=balance
        )
    if balance + amount > _MOST_GIVEN:
        raise PersonError("No one can have more than {most} tokens.", most=_MOST_GIVEN)
    cause = "from an admin" if amount > 0 else "taken by an admin"
    after = yield from ledger.grant(person.id, amount, cause, by.now)
    yield from by.note(ActKind.GIVE, person, amount, note)
    say = say_in(person.language)
    words = (
        say("An admin has given you {count} tokens. You have {balance} now.", count=amount, balance=after)
        if amount > 0
        else say("An admin has taken {count} of your tokens. You have {balance} now.", count=-amount, balance=after)
    )
    if note:
        words += f"\n\n{say('Their note: {note}', note=note)}"
    return (yield from _tell(by, person, words))


def _tell(by: By, person: Person, words: str) -> Program[list[OutboxPage]]:
    """Say something to somebody in all their private chats, but for the one that this is done in."""
    pages: list[OutboxPage] = []
    for row in (yield from private_chats.of(person.id)):
        if row != by.place_row:
            place = yield from places.get(row)
            pages.append((yield from outbox.add(Target(row, place), notice(words), by.now)))
    return pages
