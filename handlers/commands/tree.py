"""Walking about in a session's tree: other versions, forks, forgetting and taking that back."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button, OutFile
from bot.domain.errors import NoLonger, PersonError
from bot.domain.ids import MessageId
from bot.domain.messages import Message
from bot.domain.sources import pages_behind, suggested_in
from bot.files.grounding import GroundingCheck
from bot.files.material import sources_of
from bot.incoming.call import Call, FileAccess
from bot.people.admission import NOT_ASKED
from bot.people.callers import Caller
from bot.rendering.pages import escaped
from bot.turns import branches, memory, source_line
from bot.turns.answer import finish_note
from bot.turns.answer_buttons import answer_buttons, can_remind
from bot.turns.branches import Version
from bot.turns.titles import Titles
from bot.turns.turns import Turns
from handlers.commands.once import must_be_new, once
from handlers.commands.reach import current, excerpt, number_of, pointed_at, reach
from handlers.commands.sessions import brought_back
from handlers.commands.theirs import caller_for
from storage import attachments, messages, sessions, tree, turns
from storage.programs import Program

# versions


@command("version", "Another version of this message", listed=False)
async def version(call: Call, message: Annotated[str, "Which version"], *, file_access: FileAccess) -> View:
    number = MessageId(number_of(message))
    gone_to, source, offered, in_place = await call.database.write(
        _go_to(call, await _caller_for(call, number), number)
    )
    question = f"> {excerpt(gone_to.question.text)}\n\n" if gone_to.is_one_of_several else ""
    if gone_to.answer is None or gone_to.below is None:
        return View(question + call.say("This version has no answer yet. `/regenerate` asks for one."), replace=False)
    pages = source_line.below(pages_behind(gone_to.answer.text, gone_to.answer.parts), call.say)
    searches = source_line.offered(suggested_in(gone_to.answer.parts), call.say)
    notes = (finish_note(gone_to.below.finish, call.say), source, pages, searches)
    files = await pictures_again(call, file_access, gone_to.answer.id)
    words = gone_to.answer.text or (call.say("Here is the picture.") if files else "")
    text = "\n\n".join((question + words, *(f"*{note}*" for note in notes if note)))
    at = call.platform.capabilities(call.invocation.place)
    return View(
        text,
        answer_buttons(gone_to.below, call.say, reminds=can_remind(call.policy, at), offered=offered),
        replace=in_place,
        answer=gone_to.answer.id,
        files=files,
    )


async def pictures_again(call: Call, file_access: FileAccess, answer: MessageId) -> tuple[OutFile, ...]:
    """The pictures of an answer that is shown once more, as far as they are still stored."""
    found = []
    for each in await call.database.read(attachments.of_messages([answer])):
        data = await file_access.blobs.read(each.sha256 or "")
        if data is not None:
            found.append(OutFile(each.name, each.media_type, data))
    return tuple(found)


def _go_to(call: Call, caller: Caller, number: MessageId) -> Program[tuple[Version, str, MessageId | None, bool]]:
    """A version, what it was answered from, what it offers to remember, and whether it fits in the place of another.

    It does where both are on a single page; but only a picture takes the place of a picture. What stands in several
    messages, as a picture does that was taken only apart from its words, stays as it is, for no half of it may change
    alone: the other version comes anew, as it does where the platform no longer lets the message be edited.
    """
    gone_to = yield from branches.go_to(caller, number, call.now)
    pressed = yield from messages.find_shown(call.invocation.place, call.invocation.remote_id)
    in_place = pressed is not None and (yield from tree.pages_shown(pressed.id)) == 1
    if pressed is not None and (yield from attachments.of_messages([pressed.id])):
        shown = gone_to.answer.id if gone_to.answer is not None else number
        in_place = in_place and bool((yield from attachments.of_messages([shown])))
    offered = (yield from memory.offered(gone_to.question, caller.person)) if caller.place.kind.private else None
    return gone_to, (yield from _source(call, gone_to)), offered, in_place


def _source(call: Call, gone_to: Version) -> Program[str]:
    """The pages that an answer from the documents names; "" where it names none, or was not to."""
    answer, session = gone_to.answer, gone_to.session
    if answer is None:
        return ""
    made = yield from turns.made(answer.id)
    if not (made.grounded or call.policy.mode_of(session).from_documents):
        return ""
    grounding = GroundingCheck({source.name: source.pages for source in (yield from sources_of(session.id))})
    grounding.feed(answer.text)
    grounding.finish()
    return escaped(grounding.label(call.say)) if grounding.names_places else ""


async def _caller_for(call: Call, number: MessageId) -> Caller:
    """Among several people, one may only act on what one asked for oneself."""
    return await caller_for(call, await call.database.read(branches.asked_by(call.caller, number)), NOT_ASKED)


@command("fork", "Branch from a message (reply to it)", on_message="Fork from here")
async def fork(call: Call) -> View:
    found = await pointed_at(call)
    if found is None:
        raise PersonError("Reply with `/fork` to the message you want to branch from.")
    program = branches.fork(call.caller, found[1].id, call.now)
    message = await call.database.write(program)
    return View(call.say("Your next message continues from here:") + f"\n\n> {excerpt(message.text)}")


# forgetting


@command("forget", "Forget a message and everything after it (reply to it)", on_message="Forget")
async def forget(call: Call, *, under_way: Turns) -> View:
    await must_be_new(call)
    chosen = await pointed_at(call)
    return await _forget(call, under_way, chosen[1].id if chosen else await _last_question(call))


async def _forget(call: Call, under_way: Turns, number: MessageId) -> View:
    caller, now = await _caller_for(call, number), call.now
    program = branches.forget(caller, number, under_way.end_queued, now)
    forgotten, message = await call.database.write(once(call, program))
    under_way.stop(*forgotten.running, pages=forgotten.pages)
    text = call.say(
        "Forgotten, with everything after it. `/undo` restores it for {minutes} minutes.",
        minutes=call.policy.undo_minutes,
    )
    return View(f"{text}\n\n> {excerpt(message.text)}")


async def _last_question(call: Call) -> MessageId:
    session = await current(call)
    question = await call.database.read(messages.question_of(session.tip)) if session.tip is not None else None
    if question is None:
        raise PersonError("There is nothing to forget yet.")
    return question


@command("undo", "Undo the last /forget or /delete")
async def undo(call: Call, *, titles: Titles) -> View:
    await must_be_new(call)
    caller = call.caller

    def newest() -> Program[tuple[int, int]]:
        moment = yield from branches.last_forgotten(caller)
        deleted = yield from sessions.last_deleted(caller.reach, caller.person.id)
        return moment or 0, deleted[1] if deleted else 0

    forgotten_at, deleted_at = await call.database.read(newest())
    if max(forgotten_at, deleted_at) < call.now - call.policy.undo_minutes * 60_000:
        return await _offered(call)
    if deleted_at > forgotten_at:
        return await _undelete(call, titles)
    session = await current(call)
    if not await call.database.write(once(call, branches.remember(caller, session, call.now))):
        return await _offered(call)
    return View(call.say("It is back, in **{title}**.", title=escaped(session.title)))


async def _offered(call: Call) -> View:
    """Where nothing was forgotten or deleted, what people mean is often their last question and its answer."""
    question = await _last_of_own(call)
    if question is None:
        raise PersonError("There is nothing to undo.")
    text = call.say("There is nothing to undo. Take back your last question, with its answer?")
    yes = Button(call.say("Take it back"), "take_back", (str(question.id),), "danger")
    return View(f"{text}\n\n> {excerpt(question.text)}", ((yes, Button(call.say("Cancel"), "keep")),))


async def _last_of_own(call: Call) -> Message | None:
    """The last question of the session that is open here, if it is theirs who call."""
    if call.caller.session is None:
        return None
    tip = (await reach(call, call.caller.session)).tip

    def look() -> Program[Message | None]:
        last = (yield from messages.question_of(tip)) if tip is not None else None
        if last is None:
            return None
        asked_by = yield from branches.asked_by(call.caller, last)
        is_own = asked_by == call.caller.person.id or (asked_by is None and call.caller.place.kind.private)
        return (yield from messages.get(last)) if is_own else None

    return await call.database.read(look())


@command("take_back", "Forget the last question and its answer", listed=False, decides=True)
async def take_back(call: Call, question: Annotated[str, "Which question"], *, under_way: Turns) -> View:
    await must_be_new(call)
    last = await _last_of_own(call)
    if last is None or last.id != number_of(question):
        raise NoLonger("That is no longer your last question. Reply to it with `/forget` to take it back.")
    return await _forget(call, under_way, last.id)


async def _undelete(call: Call, titles: Titles) -> View:
    caller = call.caller
    program = sessions.last_deleted(caller.reach, caller.person.id)
    deleted = await call.database.read(program)
    if deleted is None:
        raise PersonError("There is nothing to undo.")
    return await brought_back(call, titles, deleted[0])


COMMANDS = (version, fork, forget, undo, take_back)
