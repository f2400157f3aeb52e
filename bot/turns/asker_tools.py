"""Tools with which a model has something made for who it speaks with, beside its answer: a picture, a voice message.

Each is asked for and paid as if the person had: a picture is a turn of its own behind this one, so that it is paid
once, refused for free, drawn again and looked back at like any other.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from bot.contracts.provider import ToolOffer
from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.domain.messages import TextPart
from bot.domain.people import Identity, Person
from bot.domain.pictures import Format, PictureWish
from bot.domain.policy import Policy
from bot.people.callers import Caller, at_home, not_speaking
from bot.people.roles import role_at
from bot.rendering.pages import filled
from bot.texts import say_in
from bot.tools.tool import Asker, Tool, ToolFailed
from bot.turns.turn_pages import where_to
from bot.turns.turn_queue import Origin, Question, Refusal, Request, TurnQueue
from storage import private_chats, speech
from storage.database import Database
from storage.programs import Program
from storage.turns import Made

LONGEST_DESCRIPTION = 4_000
"""Characters of what a picture shows."""

_DRAW = ToolOffer(
    "draw",
    "Draws a picture for the person you speak with, or changes the newest one of this conversation. It comes behind "
    "your answer, as a message of its own. Use it only when they ask for a picture.",
    {
        "type": "object",
        "properties": {
            "description": {
                "type": "string",
                "description": "What it shows, in full: this is all that is known of it. Or what is to be changed.",
            },
            "changes": {"type": "boolean", "description": "Whether the newest picture is changed."},
            "shape": {"type": "string", "enum": [each.value for each in Format]},
        },
        "required": ["description"],
    },
)

_SPEAK = ToolOffer(
    "speak",
    "Has your answer read aloud: a voice message comes behind it, with all of its words. Use it only when they ask to "
    "hear something.",
    {"type": "object", "properties": {}},
)


def draw_tool(database: Database, clock: Clock, policy: Policy, turn_queue: TurnQueue) -> Tool:
    """Has pictures drawn. Offered in private alone."""

    async def draw(asker: Asker, arguments: Mapping[str, Any]) -> str:
        description, wish = _wished(arguments)
        await database.write(_drawn(asker, description, wish, policy, turn_queue, clock.now()))
        return "It is being drawn, and comes behind your answer. You cannot see it yet; say only that it comes."

    # The same picture is asked for once in a turn.
    return Tool(_DRAW, reads=False, suits=lambda where: where.is_alone, call=draw, repeatable=True)


def _wished(arguments: Mapping[str, Any]) -> tuple[str, PictureWish]:
    """What is to be drawn, and how. Raises ToolFailed."""
    description, shape = arguments.get("description"), arguments.get("shape")
    if not (isinstance(description, str) and description.strip()):
        raise ToolFailed("`description` is missing: write what the picture shows.")
    if len(description) > LONGEST_DESCRIPTION:
        raise ToolFailed(f"That has {len(description)} characters; at most {LONGEST_DESCRIPTION} are read. Shorten it.")
    # Not hashed: a model may write anything there.
    wanted = Format(shape) if shape in tuple(Format) else None
    return description.strip(), PictureWish(arguments.get("changes") is True, wanted)


def _drawn(
    asker: Asker, description: str, wish: PictureWish, policy: Policy, turn_queue: TurnQueue, now: UnixMs
) -> Program[None]:
    """Queue the turn that draws it. Raises ToolFailed, and then nothing of it is kept."""
    caller = yield from caller_of(asker, policy)
    wanted = sha256(f"{wish}\n{description}".encode(errors="replace")).hexdigest()
    origin = Origin(event=f"draw {asker.turn.id} {wanted[:16]}")
    request = Request(asker.session, Question((TextPart(description),)), origin, made=Made(picture=wish))
    outcome = yield from turn_queue.ask(caller, request, now)
    if isinstance(outcome, Refusal):
        raise ToolFailed(filled(say_in("en"), outcome.text, outcome.values))


def caller_of(asker: Asker, policy: Policy) -> Program[Caller]:
    """Who is asked for in a private chat, as whoever asks there. Raises ToolFailed if their account has gone."""
    person = at_home(policy, asker.person)
    place_row, turn = yield from where_to(asker.turn)
    maker = yield from _account(person, turn.place.platform, place_row)
    person = replace(person, role=(yield from role_at(person, maker, turn.place, policy)))
    return not_speaking(person, maker, turn.place, place_row, asker.session.id)


def _account(person: Person, platform: str, place: int) -> Program[Identity]:
    """The account with which somebody speaks in a private chat. Raises ToolFailed."""
    own = dict((yield from private_chats.accounts_on(person.id, platform)))
    for user, chat in own.items():
        if chat == place or len(own) == 1:
            return Identity(platform, user, person.name)
    raise ToolFailed("That account is no longer here.")


def speak_tool(database: Database, clock: Clock) -> Tool:
    """Has the answer read aloud. Offered in private alone."""

    async def speak(asker: Asker, _: Mapping[str, Any]) -> str:
        await database.write(speech.want(asker.turn.id, clock.now(), whole=True))
        return "It will be read aloud. Write it as it is to be heard."

    # Wanted twice, it is read once.
    return Tool(_SPEAK, reads=False, suits=lambda where: where.is_alone, call=speak, repeatable=True)
