"""What messages on Discord hold, forward and point at: words, cards, polls, files, each with who said it."""

import re
from collections.abc import Iterator

import discord

from bot.domain.messages import FilePart, Part, QuotedPart, TextPart
from bot.rendering.titles import cut_title
from handlers.discord.fields import NAMES, UNKNOWN
from handlers.discord.words import Names, embed_words, layout_words, poll_words, readable

_LONGEST_NAME = 100

SAID_EARLIER = "Said here before"


def said(message: discord.Message, me: int) -> tuple[Part, ...]:
    """What a message says to the bot of that number, without the bot's name at its ends."""
    names = _names_in(message)
    words = readable(_without(message.content, me, own_roles(message, me)), names)
    own = (TextPart(words),) if words else ()
    return (*_forwarded(message, names), *own, *_things(message), *_files(message))


def replied_to(resolved: object, me: int, sender: int) -> tuple[Part, ...]:
    """What the message that is replied to holds: its words as a quotation, and its files."""
    if not isinstance(resolved, discord.Message):
        return (QuotedPart("Reply to a message that is no longer there"),) if resolved is not None else ()
    head = f"Reply to a message by {_line(resolved.author.display_name)}"
    if resolved.author.id in (me, sender):
        head = "Reply to your own message" if resolved.author.id == me else "Reply to my own earlier message"
    text, files = _held(resolved)
    return (QuotedPart(head, text), *files) if text or files else (QuotedPart(head, f"[{unread(resolved)}]"),)


def said_earlier(message: discord.Message, head: str = SAID_EARLIER) -> tuple[str, str, tuple[FilePart, ...]]:
    """Of a message that stands above: who said it, behind `head`, its words, its files."""
    return (f"{head} by {_line(message.author.display_name)}", *_held(message))


def _held(message: discord.Message) -> tuple[str, tuple[FilePart, ...]]:
    """All the words in a message, and its files."""
    names = _names_in(message)
    forwards = tuple(_forwarded(message, names))
    told = [f"{part.what}: {part.text}" for part in forwards if isinstance(part, QuotedPart)]
    told += (readable(message.content, names), *(f"{part.what}: {part.text}" for part in _things(message)))
    told += (words for embed in message.embeds if (words := embed_words(embed)))
    told += layout_words(message.components)
    files = (*(part for part in forwards if isinstance(part, FilePart)), *_files(message))
    return "\n\n".join(filter(None, told)), files


def unread(message: discord.Message) -> str:
    """What a message is called of which nothing can be read; "" where it holds words alone."""
    if message.content:
        return ""
    return next((name for part, name in NAMES.items() if getattr(message, part, None)), UNKNOWN)


def own_roles(message: discord.Message, me: int) -> list[int]:
    """The roles named in it that Discord has made for the bot: their name and the bot's stand beside each other."""
    return [role.id for role in message.role_mentions if role.tags is not None and role.tags.bot_id == me]


def _without(text: str, me: int, roles: list[int]) -> str:
    """The text without the bot's name at its ends, and without the comma or colon after the first."""
    name = "|".join((rf"<@!?{me}>", *(rf"<@&{role}>" for role in roles)))
    text = re.sub(rf"^\s*(?:(?:{name})[\s,:]*)+", "", text)
    return re.sub(rf"(?:\s*(?:{name}))+\s*$", "", text).strip()


def _forwarded(message: discord.Message, names: Names) -> Iterator[Part]:
    """What it hands on. Discord does not say who wrote it, only where."""
    for snapshot in message.message_snapshots:
        told = [readable(snapshot.content, names), *_stickers(snapshot)]
        told += (words for embed in snapshot.embeds if (words := embed_words(embed)))
        told += layout_words(snapshot.components)
        text = "\n\n".join(filter(None, told))
        files = tuple(_files(snapshot))
        yield QuotedPart(_forwarded_from(message), text or ("" if files else f"[{UNKNOWN}]"))
        yield from files


def _forwarded_from(message: discord.Message) -> str:
    guild, reference = message.guild, message.reference
    channel = guild.get_channel_or_thread(reference.channel_id) if guild is not None and reference is not None else None
    return f"Forwarded from #{_line(channel.name)}" if channel is not None else "Forwarded message"


def _things(message: discord.Message) -> Iterator[QuotedPart]:
    """What it holds beside text and files. What Discord itself found behind its links is nobody's words."""
    if message.poll is not None:
        yield QuotedPart("Poll", poll_words(message.poll))
    for name in _stickers(message):
        yield QuotedPart("Sticker", name)


def _stickers(message: discord.Message | discord.MessageSnapshot) -> Iterator[str]:
    return (sticker.name for sticker in message.stickers)


def _files(message: discord.Message | discord.MessageSnapshot) -> Iterator[FilePart]:
    for file in message.attachments:
        media_type = file.content_type or "application/octet-stream"
        yield FilePart(file.url, file.filename, media_type, file.size, spoken=file.is_voice_message())


def _names_in(message: discord.Message) -> Names:
    """What is called how: people as the message names them, the rest as the server does."""
    people = {user.id: user.display_name for user in message.mentions}
    guild = message.guild

    def name(sign: str, number: int) -> str:
        if sign == "@":
            return _line(people.get(number, ""))
        if guild is None:
            return ""
        found = guild.get_role(number) if sign == "&" else guild.get_channel_or_thread(number)
        return _line(found.name) if found is not None else ""

    return name


def _line(name: str) -> str:
    """A name that stays within its line."""
    return cut_title(name, _LONGEST_NAME)
