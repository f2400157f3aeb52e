"""Folding the past of a session into a summary."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.domain.ids import MessageId
from bot.domain.sessions import Session
from bot.domain.summaries import Summary, SummaryRule
from bot.incoming.call import Call
from bot.people import purse
from bot.people.admission import NOT_BEGUN
from bot.turns.outlook import Outlook, outlook
from bot.turns.summaries import Summaries
from handlers.commands.reach import current
from handlers.commands.theirs import caller_for
from storage import ledger, messages, summaries

_LONGEST_WISH = 1_000
"""Code points."""


@command("compact", "Summarise the earlier messages of this session")
async def compact(call: Call, keep: Annotated[str, "What to keep above all"] = "", *, writer: Summaries) -> View:
    session = await current(call)
    await caller_for(call, session.begun_by, NOT_BEGUN)
    if call.policy.summaries is SummaryRule.OFF:
        raise PersonError("Summaries are switched off here. `/new` opens a session that starts from nothing.")
    if not writer.can(session, call.caller.person):
        raise PersonError("The built-in model cannot write summaries. Choose another one: `/model`.")
    stands = await call.database.read(outlook(session, call.caller.person, call.policy))
    up_to = _up_to(stands, keep.strip())
    if up_to is None:
        text = call.say("There is nothing to summarise yet. Messages I still read word for word: {count}.",
                        count=len(stands.path))  # fmt: skip
        return View(text)
    await _must_afford(call)
    made = await writer.fold(session.id, up_to, call.caller.person.id, keep.strip()[:_LONGEST_WISH])
    if made is None:
        raise PersonError("What you wanted summarised is no longer here.")
    return await _folded(call, session, made)


def _up_to(stands: Outlook, wish: str) -> MessageId | None:
    """Up to which message to sum up. Who says what to keep may have that done again where nothing else is left to
    do.
    """
    if stands.foldable is not None or not wish:
        return stands.foldable
    return stands.before


async def _must_afford(call: Call) -> None:
    policy, person = call.policy, call.caller.person
    if policy.summaries is not SummaryRule.PERSON:
        return
    balance = await call.database.read(ledger.balance(person.id))
    if balance < purse.reserve(person, policy):
        text, values = purse.dry(person, policy, balance, policy.reserve, call.now)
        raise PersonError(text, **values)


async def _folded(call: Call, session: Session, made: Summary) -> View:
    stands = await call.database.read(outlook(session, call.caller.person, call.policy))
    folded = await call.database.read(messages.path(made.message, summaries.LONGEST_REACH))
    head = call.say(
        "Messages now read as this summary: {folded}. Later messages still read word for word: {kept}.",
        folded=len(folded),
        kept=len(stands.path),
    )
    return View("\n\n".join((head, quoted(made))), ((Button(call.say("History"), "history"),),))


def quoted(summary: Summary) -> str:
    """A summary as a quotation, in Markdown as its model wrote it."""
    return "\n".join(f"> {line}".rstrip() for line in summary.text.splitlines())


COMMANDS = (compact,)
