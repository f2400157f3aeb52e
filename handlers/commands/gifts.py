"""Tokens that an admin gives or takes, and telling people what was decided about them."""

import re

from bot.domain.errors import PersonError
from bot.domain.people import Person
from bot.incoming.call import Call
from bot.people import membership
from bot.rendering.pages import notice
from bot.texts import say_in
from storage import inbox, ledger, outbox, people, places
from storage.outbox import OutboxPage, Target
from storage.programs import Program

_MOST_GIVEN = 1_000_000_000
_NUMBER = re.compile(
    r"(?P<sign>[+−-]?)(?P<digits>[0-9]+|[0-9]{1,3}(?:(?P<mark>[.,'’_ ])[0-9]{3})(?:(?P=mark)[0-9]{3})*)", re.ASCII
)
_GROUP = re.compile(r"[0-9]{3}\b", re.ASCII)
_LONGEST_NOTE = 500
"""Code points."""


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


def give(call: Call, person: Person, amount: int, note: str) -> Program[list[OutboxPage] | None]:
    """Give or take tokens, once for this event, and tell whose they are; None if that was done before.

    `note`: what the admin has to say about it.
    """
    place, now = call.invocation.place, call.now
    if not (yield from inbox.note(place.platform, place.bot, f"{call.invocation.event_key}/grant", now)):
        return None
    # What is given stands on top of what they have from now on anyway.
    yield from membership.refill(person, call.policy, now)
    balance = yield from ledger.balance(person.id)
    if balance + amount < 0:
        raise PersonError(
            "{name} has only {balance} tokens: you cannot take that many.", name=person.name, balance=balance
        )
    if balance + amount > _MOST_GIVEN:
        raise PersonError("No one can have more than {most} tokens.", most=_MOST_GIVEN)
    after = yield from ledger.grant(person.id, amount, "from an admin" if amount > 0 else "taken by an admin", now)
    say = say_in(person.language)
    words = (
        say("An admin has given you {count} tokens. You have {balance} now.", count=amount, balance=after)
        if amount > 0
        else say("An admin has taken {count} of your tokens. You have {balance} now.", count=-amount, balance=after)
    )
    if note:
        words += f"\n\n{say('They write: {note}', note=note)}"
    return (yield from told(call, person, words))


def told(call: Call, person: Person, words: str) -> Program[list[OutboxPage]]:
    """Say something to somebody in all their private chats, but for the one that this is done in."""
    pages: list[OutboxPage] = []
    for row in (yield from people.private_chats(person.id)):
        if row != call.caller.place_row:
            place = yield from places.get(row)
            pages.append((yield from outbox.add(Target(row, place), notice(words), call.now)))
    return pages
