"""Pictures: drawn by a model, or made from the one that is replied to. Each is an answer like any other."""

from collections.abc import Sequence
from typing import Annotated

from bot.contracts.command import Choice, Choices, View, command
from bot.domain.errors import PersonError
from bot.domain.ids import MessageId
from bot.domain.messages import Author, Part
from bot.domain.pictures import Format, PictureWish
from bot.domain.sessions import Session
from bot.incoming.call import Call
from bot.people.reaching import reachable_message
from bot.people.sessions import open_session
from bot.rendering.titles import shorten_title
from bot.texts import said_later
from bot.turns.turn_queue import Question, Queued, Refusal, Request
from bot.turns.turns import Turns
from handlers.commands.turns import asked, origin_of, run_queued
from storage import messages, tree
from storage.programs import Program
from storage.turns import Made

_FORMATS = {Format.SQUARE: said_later("Square"), Format.WIDE: said_later("Wide"), Format.TALL: said_later("Tall")}


async def format_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The shapes that a picture can have."""
    return [Choice(one.value, call.say(label)) for one, label in _FORMATS.items() if one.startswith(typed.lower())]


@command("draw", "Draw a picture, or change the one you reply to")
async def draw(
    call: Call,
    description: Annotated[str, "What it shows, or what to change"],
    shape: Annotated[str, "Its shape", Choices(format_choices)] = "",
    style: Annotated[str, "Its style, such as watercolour"] = "",
    *,
    under_way: Turns,
) -> View:
    if shape and shape not in set(Format):
        raise PersonError("“{given}” is not a shape. Choose one of these: {known}.", given=shape[:20], known=_known())
    words = f"{description}\n\nStyle: {style}" if style.strip() else description
    wanted, now = Format(shape) if shape else None, call.now

    def queue() -> Program[Queued | Refusal]:
        parts = yield from asked(call, words)
        above = yield from _replied_to(call)
        if above is None:
            session = yield from open_session(call.caller, call.policy, lambda: shorten_title(description), now)
            made = Made(picture=PictureWish(format=wanted))
            return (
                yield from under_way.queue.ask(
                    call.caller, Request(session, Question(parts), origin_of(call), made=made), now
                )
            )
        session, message = above
        request = _from(call, session, message, parts, wanted)
        return (yield from under_way.queue.ask(call.caller, request, now))

    return await run_queued(call, under_way, queue())


def _from(call: Call, session: Session, message: MessageId, parts: tuple[Part, ...], wanted: Format | None) -> Request:
    """A picture that is made from those of a message: it hangs below that."""
    below_tip = session.tip == message
    return Request(
        session,
        Question(parts),
        origin_of(call),
        "tip" if below_tip else "parent",
        None if below_tip else message,
        Made(picture=PictureWish(edits=True, format=wanted)),
    )


def _replied_to(call: Call) -> Program[tuple[Session, MessageId] | None]:
    """The session and message that the command replies to, where that is one of a session here."""
    reply_to = call.invocation.reply_to
    shown = (yield from messages.find_shown(call.invocation.place, reply_to)) if reply_to is not None else None
    return None if shown is None else (yield from _reached(call, shown.id))


def _reached(call: Call, number: MessageId) -> Program[tuple[Session, MessageId] | None]:
    found = yield from reachable_message(call.caller, number)
    if found is None:
        return None
    session, message = found
    # As with any reply: what was answered to a question stands between that and this.
    answer = (yield from tree.open_answer(message.id)) if message.author is Author.USER else None
    return session, answer or message.id


def _known() -> str:
    return ", ".join(f"`{one}`" for one in Format)


COMMANDS = (draw,)
