"""From the path through a session's tree to what the model reads."""

from collections.abc import Sequence
from datetime import datetime

from bot import moments
from bot.ids import UnixMs
from bot.provider import PromptMessage
from bot.types import Author, FilePart, Message, Mode, Person, Session, TextPart


def prompt_messages(
    path: Sequence[Message], mode: Mode, session: Session, person: Person, now: UnixMs
) -> tuple[PromptMessage, ...]:
    """The system prompt, then the messages as they came. Files that are not read are named, so that nobody guesses."""
    spoken = [PromptMessage(message.author, (TextPart(_words(message)),)) for message in path]
    first_question = next((i for i, message in enumerate(spoken) if message.author is Author.USER), 0)
    system = system_prompt(mode, session, person, now)
    head = (PromptMessage(Author.SYSTEM, (TextPart(system),)),) if system else ()
    # Vendors want the first spoken message to be the user's; the count may have cut between question and answer.
    return (*head, *spoken[first_question:])


def system_prompt(mode: Mode, session: Session, person: Person, now: UnixMs) -> str:
    """The mode's words and what the person or the session adds to them, with what is in braces filled in.

    `{date}`, `{time}` and `{weekday}` are those of where the person lives, `{name}` is what they are called. Anything
    else in braces stays as it is.
    """
    own = session.system_prompt if session.system_prompt is not None else _own_prompt(session, person)
    text = "\n\n".join(part for part in (mode.system_prompt, own) if part)
    if "{" not in text:
        return text
    here = datetime.fromtimestamp(now / 1000, moments.zone_of(person.time_zone))
    filled = {"date": here.date().isoformat(), "time": here.strftime("%H:%M"), "weekday": here.strftime("%A")}
    for name, value in (filled | {"name": person.name}).items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _own_prompt(session: Session, person: Person) -> str | None:
    # A group's session belongs to no one: what one person told the bot in private does not colour it.
    return person.system_prompt if session.owner == person.id else None


def temperature(mode: Mode, session: Session, person: Person) -> float | None:
    """How freely to answer: the session's wish, else the person's own, else the mode's."""
    own = person.temperature if session.owner == person.id else None
    for wish in (session.temperature, own):
        if wish is not None:
            return wish
    return mode.temperature


def _words(message: Message) -> str:
    text = message.text
    files = [part.name for part in message.parts if isinstance(part, FilePart)]
    if files:
        text = f"{text}\n\n[Attached, but not readable here: {', '.join(files)}]".strip()
    return f"{message.speaker}: {text}" if message.speaker else text
