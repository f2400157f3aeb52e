"""How a session stands: who answers, what of it would be read, what is under way, what one has left."""

from collections.abc import Sequence

from bot.contracts.abilities import Overhears
from bot.contracts.command import View, command
from bot.domain.blocks import Button
from bot.domain.errors import PlatformError
from bot.domain.messages import FileKind
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import ProviderError
from bot.domain.sessions import Session
from bot.domain.summaries import SummaryRule
from bot.domain.turns import TurnState
from bot.incoming.call import Call
from bot.incoming.greeting import SEES_ALL, SEES_CALLS
from bot.llm import wishes
from bot.llm.fitting import budget_of, size_of
from bot.people import purse
from bot.people.sessions import usable_default
from bot.rendering.pages import escaped
from bot.texts import said_later
from bot.tools.toolbox import Tools
from bot.turns import context, summary_prompt
from bot.turns.outlook import Outlook, outlook
from handlers.commands.here import chosen_here
from handlers.commands.modes import shown_effort
from handlers.commands.reach import current
from handlers.commands.tools import where_of
from storage import attachments, ledger, messages, steering, summaries
from storage.attachments import Attachment
from storage.ledger import Movement
from storage.programs import Program
from storage.steering import InLine

_MOVEMENTS = 30
"""That the mean of one's answers is taken of."""
_NAMED = 3
"""Documents that are named; of more, how many they are."""

_PAID = {
    SummaryRule.OPERATOR: said_later("Summaries cost you nothing."),
    SummaryRule.PERSON: said_later("A summary costs as much as an answer."),
    SummaryRule.OFF: said_later("Summaries are switched off here."),
}

_UNDECIDED = said_later("An answer waits until someone allows or denies what it wants to do.")

_Line = Sequence[InLine]
"""The turns of a session that have not ended, as they stand in its line."""


@command("status", "This session's model, context and documents; your balance", private=True)
async def status(call: Call, *, toolbox: Tools) -> View:
    session = await current(call) if call.caller.session is not None else None
    lines = (
        *(await _of_session(call, session) if session is not None else _without_one(call)),
        _search(call, toolbox.searched_by(await where_of(call))),
        chosen_here(call.say, call.caller.customs),
        await _heard(call),
        *(await _balance(call)),
    )
    row = (Button(call.say("History"), "history"), Button(call.say("Compact"), "compact"))
    text = "\n".join(f"- {line}" for line in lines if line)
    return View(f"**{escaped(session.title)}**\n\n{text}", (row,)) if session is not None else View(text)


def _search(call: Call, by: Sequence[str]) -> str:
    """How the web is searched here, if it is."""
    return call.say("Web search: {by}", by=", ".join(map(escaped, by))) if by else ""


def _without_one(call: Call) -> Sequence[str]:
    mode = usable_default(call.caller, call.policy)
    return (
        call.say("Mode: {mode}", mode=escaped(mode)),
        call.say("No session is open here yet. Just write something."),
    )


async def _of_session(call: Call, session: Session) -> Sequence[str]:
    say, person = call.say, call.caller.person
    models = wishes.models_for(session, person, None, call.policy)

    def look() -> Program[tuple[Outlook, list[Attachment], _Line, int]]:
        stands = yield from outlook(session, person, call.policy)
        files = yield from attachments.of_session(session.id)
        line = yield from steering.line(session.id)
        return stands, files, line, (yield from _folded(stands))

    stands, files, line, folded = await call.database.read(look())
    return (
        say("Mode: {mode}", mode=escaped(session.mode)),
        say("Model: {model}", model=escaped(await _shown(call, models[0]))),
        await _thinks(call, session, models[0]),
        await _read(call, session, stands, models[0]),
        _before(call, stands, folded),
        _documents(call, files),
        _under_way(call, line),
        _place_in_line(call, line),
    )


def _folded(stands: Outlook) -> Program[int]:
    """How many messages are read as a summary, as far as they are counted."""
    if stands.summary is None:
        return 0
    return len((yield from messages.path(stands.summary.message, summaries.LONGEST_REACH)))


async def _shown(call: Call, model: ModelName) -> str:
    """A model as people call it: one of their own by the name that they gave."""
    if not model.is_own:
        return model
    try:
        return (await call.own.model(model, call.caller.person.id)).model.label
    except ProviderError:
        return model


async def _thinks(call: Call, session: Session, model: ModelName) -> str:
    """How much the model thinks first, if it does."""
    efforts = (await call.profiles.of([model]))[model].efforts
    return call.say("Reasoning effort: {effort}", effort=await shown_effort(call, session, model)) if efforts else ""


async def _read(call: Call, session: Session, stands: Outlook, model: ModelName) -> str:
    """How much of the window is used, by estimate and without files."""
    person, policy = call.caller.person, call.policy
    tokens = 0
    if stands.path:
        summary = summary_prompt.framed(stands.summary.text) if stands.summary is not None else ""
        mode = policy.mode_of(session)
        told = context.prompt_messages(stands.path, mode, session, person, call.now, summary=summary)
        tokens = sum(map(size_of, told))
    budget = budget_of((await call.profiles.of([model]))[model])
    wished = (person.context_tokens if session.owner == person.id else None) or policy.context_tokens
    return call.say(
        "Messages I read: {count} of at most {most}, ≈ {tokens} of {window} tokens",
        count=len(stands.path),
        most=stands.most,
        tokens=tokens,
        window=min(budget, wished or budget),
    )


def _before(call: Call, stands: Outlook, folded: int) -> str:
    """What becomes of the messages before."""
    say, rule = call.say, _PAID[call.policy.summaries]
    if stands.before is None:
        return say("That is all of this session, word for word.")
    if stands.summary is None:
        return say("I no longer read anything earlier.") + f" {say(rule)}"
    read = say("Messages before them that I read as a summary: {count}.", count=folded)
    late = "" if stands.is_whole else say("What came between has not been summarised yet.")
    return " ".join(filter(None, (read, late, say(rule))))


def _documents(call: Call, files: Sequence[Attachment]) -> str:
    found = [escaped(file.name) for file in files if file.kind not in (FileKind.IMAGE, FileKind.VOICE)]
    if not found:
        return ""
    names = ", ".join(found[:_NAMED]) + (" …" if len(found) > _NAMED else "")
    return call.say("Documents: {count} ({names})", count=len(found), names=names)


def _under_way(call: Call, line: _Line) -> str:
    states = [one.state for one in line]
    running, waiting = states.count(TurnState.RUNNING), states.count(TurnState.QUEUED)
    undecided = call.say(_UNDECIDED) if TurnState.ASKED in states else ""
    if not running and not waiting:
        return undecided or call.say("No answer is being written.")
    counts = call.say(
        "Answers being written: {running}, questions waiting: {waiting}", running=running, waiting=waiting
    )
    return " · ".join(filter(None, (counts, undecided)))


def _place_in_line(call: Call, line: _Line) -> str:
    """How many come before the first question of the caller's that waits; "" if none does."""
    me = call.caller.person.id
    ahead = next((at for at, one in enumerate(line) if one.payer == me and one.state is TurnState.QUEUED), None)
    return call.say("Questions ahead of your next one: {count}", count=ahead) if ahead else ""


async def _heard(call: Call) -> str:
    """What the platform hands on from this chat."""
    place, platform = call.caller.place, call.platform
    if place.kind.private:
        return call.say("I see everything you write here.")
    if call.caller.customs.listens:
        return ""  # It is said with what else was chosen here.
    if not isinstance(platform, Overhears):
        return ""
    try:
        hears_all = await platform.hears_all(place)
    except PlatformError:
        return ""
    return call.say(_HEARD[hears_all])


_HEARD = {True: SEES_ALL, False: SEES_CALLS}


async def _balance(call: Call) -> Sequence[str]:
    say, policy, person = call.say, call.policy, call.caller.person
    if purse.is_free(person, policy):
        return (purse.price(say, person, policy),)

    def look() -> Program[tuple[int, list[Movement]]]:
        return (yield from ledger.balance(person.id)), (yield from ledger.last_movements(person.id, _MOVEMENTS))

    balance, moved = await call.database.read(look())
    worth = purse.worth(say, balance, purse.cost_of(policy, moved))
    return (" ".join(filter(None, (say("You have **{balance}** tokens.", balance=balance), worth))),)


COMMANDS = (status,)
