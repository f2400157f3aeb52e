"""What was said in a thread before a message, as material for the first answer there."""

from collections.abc import Iterator, Sequence

import discord

from bot.domain.incoming import SAID_ABOVE, Inbound
from bot.domain.messages import FilePart, Part, QuotedPart
from handlers.discord.content import said_earlier
from handlers.discord.inbound import reply_of

MOST_MESSAGES = 50
"""One call reads them. Of a longer thread they are the newest, and the one that it began with."""
_MOST_LETTERS = 8_000
"""Code points of all of them together: a few thousand tokens."""
_LONGEST = 2_000
"""Code points of one of them."""
_MOST_FILES = 4
_MOST_ABOVE = 12
"""Of a chain of replies."""
_MOST_FAR = 3
"""Of those that stand further above than one call reads: each takes one more."""


async def earlier(client: discord.Client, me: int, said: Inbound, since: str | None) -> tuple[Part, ...]:
    """What people, and other bots, have said in the thread of `said` before it, the oldest first.

    `since`: only what was said after this message.

    Raises:
        discord.HTTPException: it cannot be read.
    """
    thread = int(said.place.thread)
    known = client.get_channel(thread)
    where = known if isinstance(known, discord.Thread) else client.get_partial_messageable(thread)
    history = where.history(
        limit=MOST_MESSAGES,
        before=discord.Object(int(said.remote_id)),
        after=discord.Object(int(since)) if since is not None else None,
        oldest_first=False,
    )
    found = [message async for message in history]
    whole = since is not None or (found and len(found) < MOST_MESSAGES)
    first = (found.pop() if found else None) if whole else await _first(client, said)
    # What no longer fits is of the middle: how a thread began says what it is about.
    by_weight = [message for message in (first, *found) if message is not None]
    own_files = sum(isinstance(part, FilePart) for part in (*said.parts, *said.pointed))
    chosen = dict(_chosen(by_weight, me, said.reply_to, max(0, _MOST_FILES - own_files)))
    return tuple(part for number in sorted(chosen) for part in chosen[number])


async def above(client: discord.Client, me: int, said: Inbound) -> Sequence[tuple[str, tuple[Part, ...]]]:
    """What each message says that stands above the one which `said` replies to, by its number, the nearest first.

    Raises:
        discord.HTTPException: it cannot be read.
    """
    channel = client.get_partial_messageable(int(said.place.thread or said.place.chat))
    history = channel.history(limit=MOST_MESSAGES, before=discord.Object(int(said.reply_to or 0)))
    near = {message.id: message async for message in history}
    chain: list[tuple[str, tuple[Part, ...]]] = []
    number: int | None = int(said.above)
    room, far = _MOST_LETTERS, 0
    while number is not None and len(chain) < _MOST_ABOVE:
        message = near.get(number)
        if message is None and far < _MOST_FAR:
            far += 1
            message = await _message(channel, number)
        if message is None:
            break
        parts, letters = _told_above(message, me)
        room -= letters
        if room < 0:
            break
        chain.append((str(number), parts))
        higher = reply_of(message)
        number = higher.message_id if higher is not None else None
    return chain


def _told_above(message: discord.Message, me: int) -> tuple[tuple[Part, ...], int]:
    """What a message says, and how many code points that takes: nothing of the bot's own, which no session holds."""
    head, text, files = said_earlier(message, SAID_ABOVE)
    if message.author.id == me or not (text or files):
        return (), 0
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} […]"
    return (*files[:_MOST_FILES], QuotedPart(head, text)), len(head) + len(text)


async def _message(channel: discord.PartialMessageable, number: int) -> discord.Message | None:
    try:
        return await channel.fetch_message(number)
    except discord.NotFound:
        return None


async def _first(client: discord.Client, said: Inbound) -> discord.Message | None:
    """The message that opened the thread, which has its number: in a forum's post itself, else in the channel."""
    for channel in (said.place.thread, said.place.chat):
        try:
            return await client.get_partial_messageable(int(channel)).fetch_message(int(said.place.thread))
        except discord.NotFound:
            continue
    return None


def _chosen(
    messages: Sequence[discord.Message], me: int, left_out: str | None, files: int
) -> Iterator[tuple[int, tuple[Part, ...]]]:
    """Those for which there is room, by their number, the weightiest first."""
    room = _MOST_LETTERS
    for message in messages:
        original = _original(message)
        if original is None or original.author.id == me or str(original.id) == left_out:
            continue
        head, text, found = said_earlier(original)
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} […]"
        taken, files = found[:files], files - len(found[:files])
        if room < len(text) or not (text or taken):
            continue
        room -= len(text) + len(head)
        yield original.id, (*taken, QuotedPart(head, text))


def _original(message: discord.Message) -> discord.Message | None:
    """What was said; a thread at a message begins with a line that points at it."""
    if message.type is discord.MessageType.thread_starter_message:
        resolved = message.reference.resolved if message.reference is not None else None
        return resolved if isinstance(resolved, discord.Message) else None
    return message if message.type in (discord.MessageType.default, discord.MessageType.reply) else None
