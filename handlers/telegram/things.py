"""What people send that is neither text nor file, in words: contacts, places, polls, and whatever comes tomorrow.

Read from plain data, so that one walk serves every kind, also those that no library knows yet.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.domain.messages import QuotedPart
from handlers.telegram.fields import AROUND, QUIET
from handlers.telegram.files import FILES

Json = Mapping[str, Any]

_WORDS = (
    *("title", "question", "name", "first_name", "last_name", "username", "phone_number", "emoji", "text", "caption"),
    *("description", "address", "prize_description", "explanation", "data", "url", "value"),
)
"""Where the words of a kind are found that has no reader, in the order in which they are read."""

_NOT_ITS_OWN = frozenset(("chat", "chats", "user", "sticker", "photo", "animation", "thumbnail", "media", "from"))
"""Below these stand the words of something else."""


def contents(message: Json) -> list[str]:
    """The fields of a message, or of what a reply points at, in which a person has sent something."""
    return [name for name in message if name not in AROUND and name not in QUIET and name not in _OF_EXTERNAL]


_OF_EXTERNAL = frozenset(("origin",))


def things(message: Json) -> Iterator[QuotedPart]:
    """What a message holds beside text and files, as far as it can be said in words."""
    if message.get("text") or "rich_message" in message:
        return  # There is nothing beside a text; what is not known then is about it.
    for name in contents(message):
        if name in FILES or (name == "location" and "venue" in message):
            continue
        words = _READERS.get(name, words_in)(message[name]).strip()
        if words:
            yield QuotedPart(_TITLES.get(name) or name.replace("_", " ").capitalize(), words)


def words_in(value: Any) -> str:
    """The words that stand anywhere in a piece of data, each on a line."""
    match value:
        case str() | int() | float() if not isinstance(value, bool):
            return str(value)
        case list():
            return "\n".join(filter(None, (words_in(item) for item in value if isinstance(item, list | Mapping))))
        case Mapping():
            told = [words_in(value[name]) for name in _WORDS if isinstance(value.get(name), str | int)]
            nested = (item for name, item in value.items() if name not in _NOT_ITS_OWN and name not in _WORDS)
            told.extend(words_in(item) for item in nested if isinstance(item, list | Mapping))
            return "\n".join(filter(None, told))
    return ""


def _contact(contact: Json) -> str:
    name = " ".join(filter(None, (contact.get("first_name"), contact.get("last_name"))))
    return "\n".join(filter(None, (name, contact.get("phone_number"), contact.get("vcard"))))


def _location(location: Json) -> str:
    accuracy = location.get("horizontal_accuracy")
    about = f" (within {accuracy:g} m)" if accuracy else ""
    return f"Latitude {location.get('latitude')}, longitude {location.get('longitude')}{about}"


def _venue(venue: Json) -> str:
    return "\n".join(filter(None, (venue.get("title"), venue.get("address"), _location(venue.get("location") or {}))))


def _poll(poll: Json) -> str:
    votes = bool(poll.get("total_voter_count"))
    right = poll.get("correct_option_ids") or [poll.get("correct_option_id")]
    lines = [str(poll.get("question", "")), str(poll.get("description") or "")]
    for number, option in enumerate(poll.get("options") or ()):
        told = f"- {option.get('text', '')}"
        told += f" ({option.get('voter_count', 0)} votes)" if votes else ""
        lines.append(told + (" (the right answer)" if number in right else ""))
    return "\n".join(filter(None, (*lines, poll.get("explanation"))))


def _checklist(checklist: Json) -> str:
    tasks = (
        f"- [{'x' if task.get('completion_date') else ' '}] {task.get('text', '')}"
        for task in checklist.get("tasks") or ()
    )
    return "\n".join((str(checklist.get("title", "")), *tasks))


def _dice(dice: Json) -> str:
    return f"{dice.get('emoji', '')} shows {dice.get('value', '')}"


def _sticker(sticker: Json) -> str:
    return str(sticker.get("emoji") or "")


def _invoice(invoice: Json) -> str:
    price = f"{invoice.get('total_amount', '')} {invoice.get('currency', '')} (in the smallest unit)"
    return "\n".join(filter(None, (invoice.get("title"), invoice.get("description"), price)))


_READERS: Mapping[str, Callable[[Any], str]] = {
    "contact": _contact,
    "location": _location,
    "venue": _venue,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "sticker": _sticker,
    "invoice": _invoice,
}
_TITLES: Mapping[str, str] = {
    "location": "Place",
    "venue": "Place",
    "dice": "Throw",
    "web_app_data": "Data of a web app",
}
