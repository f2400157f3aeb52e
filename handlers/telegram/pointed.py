"""What messages on Telegram hold, forward and point at, each with who said it."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.messages import FilePart, Part, QuotedPart, TextPart
from bot.rendering.titles import cut_title
from handlers.telegram.fields import UNKNOWN, name_of
from handlers.telegram.files import files
from handlers.telegram.things import contents, things
from handlers.telegram.words import marked, words

Json = Mapping[str, Any]

_LONGEST_NAME = 100


def said(message: Json, text: str) -> Iterator[Part]:
    """What a message says, with `text` as its words: as its sender's, or as those of whom it was forwarded from."""
    yield from _elsewhere(message)
    origin = message.get("forward_origin")
    if origin is not None:
        found = tuple(files(message))
        told = "\n\n".join(filter(None, (text, *_told(message))))
        if told or found:
            yield QuotedPart(_forwarded(origin), told)
        yield from found
        return
    if text:
        yield TextPart(text)
    for thing in things(message):
        yield TextPart(thing.text) if thing.what == "Sticker" else thing
    yield from files(message)


def unread(message: Json) -> str:
    """What a message is called of which nothing can be read; "" where it holds words alone."""
    found = contents(message)
    if not found and (message.get("text") or message.get("caption") or message.get("rich_message")):
        return ""
    return name_of(found[0]) if found else UNKNOWN


def replied_to(message: Json, bot: str, sender: str) -> Iterator[Part]:
    """What the message that is replied to holds: words and things as a quotation, and its files."""
    head = _reply_to(message, bot, sender)
    if (origin := message.get("forward_origin")) is not None:
        head += f" ({_forwarded(origin)})"
    found = tuple(files(message))
    told = "\n\n".join(filter(None, (words(message), *_told(message))))
    if told or found:
        yield QuotedPart(head, told)
        yield from found
    elif contents(message):
        yield QuotedPart(head, f"[{name_of(contents(message)[0])}]")


def _reply_to(message: Json, bot: str, sender: str) -> str:
    number = str((message.get("sender_chat") or message.get("from") or {}).get("id"))
    if number == bot:
        return "Reply to your own message"
    if number == sender:
        return "Reply to my own earlier message"
    who = author(message)
    return f"Reply to a message by {who}" if who else "Reply to a message"


def _told(message: Json) -> Iterator[str]:
    for thing in things(message):
        yield thing.text if thing.what == "Sticker" else f"{thing.what}: {thing.text}"


def _elsewhere(message: Json) -> Iterator[Part]:
    """What it quotes, and what it answers in another chat."""
    external = message.get("external_reply")
    if (quote := message.get("quote")) is not None:
        text = quote.get("text") or ""
        who = _origin(external["origin"]) if external else author(message.get("reply_to_message") or {})
        head = f"Quoted from a message by {who}" if who else "Quoted"
        yield QuotedPart(head, marked(text, quote.get("entities") or (), (0, len(text))))
    if external is not None:
        yield from _external(external, with_words="quote" not in message)
    if (story := message.get("reply_to_story")) is not None:
        who = _name(story.get("chat") or {})
        yield QuotedPart(f"Reply to a story of {who}" if who else "Reply to a story")


def _external(external: Json, *, with_words: bool) -> Iterator[Part]:
    told = "\n\n".join(_told(external))
    who = _origin(external["origin"])
    found: tuple[FilePart, ...] = tuple(files(external))
    if told or with_words:
        yield QuotedPart(f"Reply to a message by {who} in another chat" if who else "Reply to another chat", told)
    yield from found


def _forwarded(origin: Json) -> str:
    who = _origin(origin)
    return f"Forwarded from {who}" if who else "Forwarded message"


def _origin(origin: Json) -> str:
    match origin.get("type"):
        case "user":
            return _name(origin.get("sender_user") or {})
        case "hidden_user":
            return _line(origin.get("sender_user_name") or "")
        case "chat" | "channel":
            chat = _name(origin.get("sender_chat") or origin.get("chat") or {})
            signature = _line(origin.get("author_signature") or "")
            return f"{signature} ({chat})" if signature else chat
    return ""


def author(message: Json) -> str:
    """The name of who wrote a message."""
    return _name(message.get("sender_chat") or message.get("from") or {})


def _name(who: Json) -> str:
    name = " ".join(filter(None, (who.get("first_name"), who.get("last_name"))))
    return _line(who.get("title") or name or who.get("username") or "")


def _line(name: str) -> str:
    """A name that stays within its line."""
    return cut_title(name, _LONGEST_NAME)
