"""Walking about in a session's tree: other versions, forks, forgetting and taking that back."""

from dataclasses import dataclass
from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.errors import PersonError
from bot.domain.ids import MessageId, PersonId
from bot.domain.messages import Author, Message
from bot.domain.sessions import Session
from bot.files.grounding import Grounding
from bot.files.material import sources_of
from bot.incoming.commands import Call
from bot.people.sessions import reachable, reachable_message
from bot.rendering.pages import escaped
from bot.turns import deleting
from bot.turns.answer import finish_note
from bot.turns.answer_buttons import Below, answer_buttons, below
from bot.turns.deleting import Forgotten
from handlers.commands.reach import current, excerpt, number_of, pointed_at
from handlers.commands.sessions import bring_back
from handlers.commands.theirs import NOT_ASKED, must_be_theirs
from storage import messages, places, sessions, tree, turns
from storage.database import Program


@dataclass(frozen=True, slots=True)
class _Version:
    """A version that has been gone to."""

    question: Message
    answer: Message | None
    below: Below | None
    in_place: bool
    """Whether it fits where the one before stood: both on a single page."""


# versions


@command("version", "Another version of this message", listed=False)
async def version(call: Call, message: Annotated[str, "Which version"]) -> View:
    number = MessageId(number_of(message))
    await _must_be_theirs(call, number)
    gone_to = await call.services.database.write(_go_to(call, number))
    question = f"> {excerpt(gone_to.question.text)}\n\n" if _has_versions(gone_to) else ""
    if gone_to.answer is None or gone_to.below is None:
        return View(question + call.say("This version has no answer yet. `/regenerate` asks for one."), replace=False)
    notes = (finish_note(gone_to.below.finish, call.say), await call.services.database.read(_source(call, gone_to)))
    text = "\n\n".join((question + gone_to.answer.text, *(f"*{note}*" for note in notes if note)))
    buttons = answer_buttons(gone_to.below, call.say)
    return View(text, buttons, replace=gone_to.in_place, answer=gone_to.answer.id)


def _source(call: Call, gone_to: _Version) -> Program[str]:
    """The pages that an answer from the documents names; "" where it names none, or was not to."""
    answer, session = gone_to.answer, (yield from reachable(call.caller, gone_to.question.session))
    if answer is None or session is None:
        return ""
    made = yield from turns.made(answer.id)
    if not (made.grounded or call.services.policy.mode_of(session).from_documents):
        return ""
    grounding = Grounding({source.name: source.pages for source in (yield from sources_of(session.id))})
    grounding.feed(answer.text)
    grounding.finish()
    return escaped(grounding.label(call.say)) if grounding.names_places else ""


def _has_versions(gone_to: _Version) -> bool:
    """Whether it has to be said which version of the question this answers."""
    return gone_to.below is None or len(gone_to.below.questions.ids) > 1


def _go_to(call: Call, number: MessageId) -> Program[_Version]:
    """Open the branch through a message, as it was last left."""
    session, message = yield from _found(call, number)
    leaf = yield from tree.open_through(message.id)
    yield from sessions.set_tip(session.id, leaf, call.services.clock.now())
    question_id, answer_id = message.parent, message.id
    if message.author is Author.USER:
        question_id, answer_id = message.id, (yield from tree.open_answer(message.id)) or MessageId(0)
    answer = yield from messages.get(answer_id)
    question = (yield from messages.get(question_id)) if question_id is not None else None
    if question is None:
        raise PersonError("That message is no longer here.")
    stands = (yield from below(answer, question.id)) if answer is not None else None
    pressed = yield from messages.find_shown(call.invocation.place, call.invocation.remote_id)
    in_place = pressed is not None and (yield from tree.pages_shown(pressed.id)) == 1
    return _Version(question, answer, stands, in_place)


def _found(call: Call, number: MessageId) -> Program[tuple[Session, Message]]:
    found = yield from reachable_message(call.caller, number)
    if found is None:
        raise PersonError("That message is no longer here.")
    return found


async def _must_be_theirs(call: Call, number: MessageId) -> None:
    """Among several people one acts on what one asked for oneself."""

    def whose() -> Program[PersonId | None]:
        yield from _found(call, number)
        return (yield from tree.payer_of(number))

    await must_be_theirs(call, await call.services.database.read(whose()), NOT_ASKED)


@command("fork", "Branch from a message (reply to it)", on_message="Fork from here")
async def fork(call: Call) -> View:
    found = await pointed_at(call)
    if found is None:
        raise PersonError("Reply with `/fork` to the message you want to branch from.")
    message = await call.services.database.write(_fork(call, *found))
    return View(call.say("Your next message continues from here:") + f"\n\n> {excerpt(message.text)}")


def _fork(call: Call, session: Session, message: Message) -> Program[Message]:
    """The next message hangs below this one, or below its answer where it is a question."""
    if message.author is Author.USER and (answer := (yield from tree.open_answer(message.id))) is not None:
        message = (yield from messages.get(answer)) or message
    yield from tree.open_through(message.id)
    yield from sessions.set_tip(session.id, message.id, call.services.clock.now())
    yield from places.show_session(call.caller.place_row, session.id, session.mode)
    return message


# forgetting


@command("forget", "Forget a message and everything after it (reply to it)", on_message="Forget")
async def forget(call: Call) -> View:
    chosen = await pointed_at(call)
    number = chosen[1].id if chosen else await _last_question(call)
    await _must_be_theirs(call, number)
    forgotten, message = await call.services.database.write(_forget(call, number))
    for turn in forgotten.running:
        call.services.stop(turn)
    call.services.deliver(forgotten.pages)
    text = call.say(
        "Forgotten, with everything after it. `/undo` restores it for {minutes} minutes.",
        minutes=call.services.policy.undo_minutes,
    )
    return View(f"{text}\n\n> {excerpt(message.text)}")


async def _last_question(call: Call) -> MessageId:
    session = await current(call)
    question = await call.services.database.read(messages.question_of(session.tip)) if session.tip is not None else None
    if question is None:
        raise PersonError("There is nothing to forget yet.")
    return question


def _forget(call: Call, number: MessageId) -> Program[tuple[Forgotten, Message]]:
    session, message = yield from _found(call, number)
    by, now = call.caller.person.id, call.services.clock.now()
    return (yield from deleting.forget(session.id, number, by, call.services.end_queued, now)), message


@command("undo", "Undo the last /forget or /delete")
async def undo(call: Call) -> View:
    caller = call.caller

    def newest() -> Program[tuple[int, int]]:
        who, session = caller.person.id, caller.session
        moment = (yield from tree.last_forgotten(session, who)) if session is not None else None
        deleted = yield from sessions.last_deleted(caller.reach, who)
        return moment or 0, deleted[1] if deleted else 0

    forgotten_at, deleted_at = await call.services.database.read(newest())
    if max(forgotten_at, deleted_at) < call.services.clock.now() - call.services.policy.undo_minutes * 60_000:
        raise PersonError("There is nothing to undo.")
    if deleted_at > forgotten_at:
        return await _undelete(call)
    session = await current(call)
    if not await call.services.database.write(_remember(call, session)):
        raise PersonError("There is nothing to undo.")
    return View(call.say("It is back, in **{title}**.", title=escaped(session.title)))


async def _undelete(call: Call) -> View:
    caller = call.caller
    program = sessions.last_deleted(caller.reach, caller.person.id)
    deleted = await call.services.database.read(program)
    if deleted is None:
        raise PersonError("There is nothing to undo.")
    return await bring_back(call, deleted[0])


def _remember(call: Call, session: Session) -> Program[bool]:
    who = call.caller.person.id
    moment = yield from tree.last_forgotten(session.id, who)
    leaf = (yield from tree.remember(session.id, who, moment)) if moment is not None else None
    if leaf is not None:
        yield from sessions.set_tip(session.id, leaf, call.services.clock.now())
    return leaf is not None


COMMANDS = (version, fork, forget, undo)
