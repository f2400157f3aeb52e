"""Acting on answers: again, on, and stop."""

from dataclasses import replace
from typing import Annotated

from bot.contracts.command import Choices, View, command
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.domain.ids import MessageId, TurnId
from bot.domain.messages import Part, TextPart, first_words
from bot.domain.sessions import Session
from bot.domain.turns import Turn, TurnState
from bot.incoming.call import Call
from bot.people.admission import NOT_ASKED, must_be_theirs
from bot.people.reaching import reachable_turn
from bot.people.sessions import open_session
from bot.rendering.pages import escaped, paginate
from bot.rendering.titles import shorten_title
from bot.turns import stopping
from bot.turns.stopping import Stopped
from bot.turns.turn_queue import SAME_WISH, Origin, Question, Queued, Refusal, Request
from bot.turns.turns import Turns
from handlers.commands.modes import known_model, model_choices
from handlers.commands.reach import current, number_of, pointed_at
from storage import messages, outbox, turns
from storage.outbox import OutboxPage, Target
from storage.programs import Program
from storage.turns import Made

MANY = 2
"""If somebody has that many questions waiting behind an answer, `/stop` asks which are meant."""

# anew


@command("chat", "Ask a question, also where I am not a member", guests=True, on_message="Ask about this")
async def chat(call: Call, question: Annotated[str, "Your question"], *, under_way: Turns) -> View:
    return await ask_anew(call, under_way, question, Made())


async def ask_anew(call: Call, under_way: Turns, question: str, made: Made) -> View:
    """Queue a question that is given with a command, in the session that is open where it is given."""
    title, now = shorten_title(question), call.now

    def queue() -> Program[Queued | Refusal]:
        session = yield from open_session(call.caller, call.policy, lambda: title, now)
        request = Request(session, Question((yield from asked(call, question))), origin_of(call), made=made)
        return (yield from under_way.queue.ask(call.caller, request, now))

    return await run_queued(call, under_way, queue())


# again


@command("regenerate", "Answer the last question again", on_message="Regenerate")
async def regenerate(
    call: Call, model: Annotated[str, "With this model", Choices(model_choices)] = "", *, under_way: Turns
) -> View:
    wanted = await known_model(call, model) if model else None
    chosen = await pointed_at(call)
    session = chosen[0] if chosen else await current(call)
    message = chosen[1].id if chosen else session.tip
    question = await call.database.read(messages.question_of(message)) if message is not None else None
    if question is None:
        raise PersonError("There is no answer to regenerate yet.")
    made = await call.database.read(turns.made(message or question))
    return await ask_again(call, under_way, session, question, replace(made, model=wanted) if wanted else made)


@command("again", "Answer this question again", listed=False)
async def again(call: Call, turn: Annotated[str, "Which turn"], *, under_way: Turns) -> View:
    session, found = await _turn(call, turn)
    made = Made(found.model, found.grounded, found.picture)
    return await ask_again(call, under_way, session, found.question, made, of=found.id)


async def _turn(call: Call, number: str) -> tuple[Session, Turn]:
    """The turn that a button stands for, if it has ended and is this person's."""
    found = await call.database.read(reachable_turn(call.caller, TurnId(number_of(number))))
    if found is None:
        raise PersonError("That question is no longer here.")
    session, turn, state = found
    must_be_theirs(call.caller, turn.payer, NOT_ASKED, or_moderators=False)
    if state in (TurnState.QUEUED, TurnState.RUNNING):
        raise PersonError("It is being answered right now.")
    return session, turn


async def ask_again(
    call: Call, under_way: Turns, session: Session, question: MessageId, made: Made, *, of: TurnId | None = None
) -> View:
    """Queue another answer to a question: see `TurnQueue.again`."""
    again = under_way.queue.again(call.caller, session, question, made, origin_of(call), call.now, of=of)
    return await run_queued(call, under_way, again)


# on


@command("continue", "Continue the last answer")
async def continue_(call: Call, *, under_way: Turns) -> View:
    session = await current(call)
    if session.tip is None:
        raise PersonError("There is nothing to continue yet. Write something first.")
    if await call.database.read(messages.question_of(session.tip)) == session.tip:
        # It was never answered: there is no end to continue from.
        made = await call.database.read(turns.made(session.tip))
        return await ask_again(call, under_way, session, session.tip, made)
    return await _go_on(call, under_way, session, session.tip)


@command("go_on", "Go on where this answer ended", listed=False)
async def go_on(call: Call, turn: Annotated[str, "Which turn"], *, under_way: Turns) -> View:
    session, found = await _turn(call, turn)
    answer = await call.database.read(turns.answer_of(found.id))
    if answer is None:
        raise PersonError("That question is no longer here.")
    return await _go_on(call, under_way, session, answer)


async def _go_on(call: Call, under_way: Turns, session: Session, answer: MessageId) -> View:
    program = under_way.queue.go_on(call.caller, session, answer, origin_of(call), call.now)
    return await run_queued(call, under_way, program)


# both


def origin_of(call: Call) -> Origin:
    """The command as what asks: the message that gives it is the question; a button's or a form's answers itself."""
    invocation = call.invocation
    reply_to = invocation.remote_id if invocation.origin == "typed" else None
    return Origin(f"{invocation.event_key}/turn", reply_to, invocation.receipt)


async def run_queued(call: Call, under_way: Turns, queue: Program[Queued | Refusal]) -> View:
    """Queue a turn, have it run, and let it answer the command. Raises PersonError if it is refused."""

    def program() -> Program[tuple[Queued | Refusal, list[OutboxPage]]]:
        queued = yield from queue
        if isinstance(queued, Refusal) or queued.question is None:
            return queued, []
        return queued, (yield from _as_asked(call, queued.question))

    queued, pages = await call.database.write(program())
    if queued is SAME_WISH and call.invocation.origin == "button":
        return View("")
    if isinstance(queued, Refusal):
        raise PersonError(queued.text, **queued.values)
    under_way.kick(queued.session, pages)
    return View("", follows=True)


def _as_asked(call: Call, question: MessageId) -> Program[list[OutboxPage]]:
    """What others are shown of a question where the command that asks it shows them only its name."""
    invocation, place = call.invocation, call.invocation.place
    message = yield from messages.get(question)
    if message is None or place.kind.private or invocation.origin != "native" or not invocation.receipt:
        return []
    words = call.say("Continue") if message.goes_on else first_words(message.parts)
    if message.speaker and message.speaker != invocation.sender.name:
        words = f"{message.speaker}: {words}"
    text = "\n".join(f"> {escaped(line)}" for line in words.splitlines())
    rows, target = [], Target(call.caller.place_row, place, receipt=invocation.receipt)
    for page in paginate(call.platform, place, text):
        row = yield from outbox.add(target, page, call.now, message=question, person=call.caller.person.id)
        rows.append(row)
    return rows


def asked(call: Call, words: str) -> Program[tuple[Part, ...]]:
    """A question given with a command: with its files, and with what it replies to where no session has that, or which
    of all that a session has was chosen.
    """
    place, reply_to = call.invocation.place, call.invocation.reply_to
    chosen = call.invocation.origin == "native"
    known = not chosen and reply_to is not None and (yield from messages.is_known(place, reply_to))
    return (*(() if known else call.invocation.pointed), TextPart(words), *call.invocation.files)


# stop


@command("stop", "Stop the running answer")
async def stop(call: Call, *, under_way: Turns) -> View:
    meant, say = await call.database.read(stopping.meant(call.caller)), call.say
    if meant.waiting < MANY:
        await _end(call, under_way, meant.next)
        return View(say("Stopped."))
    everything = Button(say("All of them"), "stop_all")
    this = (Button(say("This answer"), "stop_one", (str(meant.next),)),) if meant.is_theirs else ()
    return View(
        say("Stop this answer, or all {count} of yours that wait?", count=meant.waiting), ((*this, everything),)
    )


@command("stop_one", "Stop this answer, and say so", listed=False)
async def stop_one(call: Call, turn: Annotated[str, "Which turn"], *, under_way: Turns) -> View:
    await _end(call, under_way, TurnId(number_of(turn)))
    return View(call.say("Stopped."))


@command("stop_all", "Stop this answer and all that wait", listed=False)
async def stop_all(call: Call, *, under_way: Turns) -> View:
    stopped = await call.database.write(stopping.stop_all(call.caller, under_way.end_queued))
    for one in stopped:
        _note_stopped(under_way, one)
    return View(call.say("Stopped."))


@command("stop_turn", "Stop this answer", listed=False)
async def stop_turn(call: Call, turn: Annotated[str, "Which turn"], *, under_way: Turns) -> View:
    number = TurnId(number_of(turn))
    if call.invocation.origin == "button" and await call.database.read(_is_left_over(call, number)):
        # A crash came between this message and the note of it: nothing else can end it.
        return View(call.say("Stopped."))
    await _end(call, under_way, number)
    return View("")


def _is_left_over(call: Call, number: TurnId) -> Program[bool]:
    """Whether the pressed message shows an answer that is shown elsewhere, or ended."""
    found = yield from reachable_turn(call.caller, number)
    if found is None:
        return False
    (_, turn, state), pressed = found, call.invocation.remote_id
    if state is TurnState.RUNNING and turn.preview is None:
        return False  # It has only just been sent.
    known = yield from messages.find_shown(call.invocation.place, pressed)
    return turn.preview != pressed and known is None


async def _end(call: Call, under_way: Turns, number: TurnId | None) -> None:
    program = stopping.stop(call.caller, number or TurnId(0), under_way.end_queued)
    stopped = await call.database.write(program)
    if stopped is None:
        raise PersonError("No answer is running here.")
    _note_stopped(under_way, stopped)


def _note_stopped(under_way: Turns, stopped: Stopped) -> None:
    under_way.stop(*((stopped.turn,) if stopped.runs else ()), pages=stopped.pages)


COMMANDS = (chat, regenerate, again, continue_, go_on, stop, stop_one, stop_all, stop_turn)
