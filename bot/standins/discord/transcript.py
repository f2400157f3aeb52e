"""What people see: a channel now, with the history of each message, as plain values."""

from dataclasses import dataclass

from bot.standins.discord.components import BUTTON, SELECTS, walk
from bot.standins.discord.errors import Json
from bot.standins.discord.model import SYSTEM_TYPES, Channel, Message, MessageFlag
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.snowflakes import created_ms
from bot.standins.discord.world import World

TYPING_MS = 10_000


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """An earlier form; `at` is when it was replaced (UnixMs)."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class ShownFile:
    """An attachment with a link signed now."""

    id: int
    name: str
    media_type: str
    size_bytes: int
    url: str


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message as it stands in the channel; `at` is UnixMs. `components` are as the bot sent them."""

    id: int
    at: int
    sender: int
    sender_name: str
    from_bot: bool
    text: str
    """The content and the texts of a layout."""
    embeds: list[Json]
    components: list[Json]
    files: tuple[ShownFile, ...]
    reply_to: int | None
    edited: bool
    versions: tuple[ShownVersion, ...]
    """Earlier forms, oldest first."""
    type: int
    system: bool
    thinking: bool
    """A deferred answer that is still empty."""
    receiver: int | None
    """The only person who sees it, or None for everybody."""
    silent: bool
    """Whether it came without a sound."""
    mentions: tuple[int, ...]
    """Whom it notifies."""
    mentions_everyone: bool
    reactions: dict[str, int]
    thread: int | None
    command: str
    """The command that it answers, "" for none."""

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons and the ids of its selects, in reading order."""
        parts = [part for part in walk(self.components) if part.get("type") in (BUTTON, *SELECTS)]
        return [str(part.get("label") or part.get("custom_id")) for part in parts]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A channel as one person, or everybody together, sees it now."""

    id: int
    kind: str
    name: str
    guild: int | None
    parent: int | None
    nsfw: bool
    archived: bool
    locked: bool
    messages: tuple[ShownMessage, ...]
    typing: tuple[int, ...]

    @property
    def texts(self) -> list[str]:
        """The visible texts in order, without system messages."""
        return [message.text for message in self.messages if not message.system]

    @property
    def last(self) -> ShownMessage:
        """The newest message that is not a system message; raises IndexError where there is none."""
        return [message for message in self.messages if not message.system][-1]

    def from_bots(self) -> list[ShownMessage]:
        """What the bot wrote."""
        return [message for message in self.messages if message.from_bot and not message.system]

    def message(self, number: int) -> ShownMessage:
        """One message; raises KeyError where it is not shown."""
        for message in self.messages:
            if message.id == number:
                return message
        raise KeyError(number)


def transcript_of(world: World, payloads: Payloads, channel: Channel, viewer: int | None = None) -> Transcript:
    """The channel as `viewer` sees it, or with everybody's ephemeral messages."""
    now = world.clock.now()
    return Transcript(
        id=channel.id,
        kind=channel.type.name.lower(),
        name=channel.name or world.users[channel.recipient_id or world.bot.id].name,
        guild=channel.guild_id,
        parent=channel.parent_id,
        nsfw=channel.nsfw,
        archived=channel.thread is not None and channel.thread.archived,
        locked=channel.thread is not None and channel.thread.locked,
        messages=tuple(
            _shown(world, payloads, message)
            for message in channel.messages.values()
            if viewer is None or message.visible_to in (None, viewer)
        ),
        typing=tuple(user for user, since in channel.typing.items() if now - since < TYPING_MS),
    )


def _shown(world: World, payloads: Payloads, message: Message) -> ShownMessage:
    author = world.users[message.author_id]
    files = ((attachment, payloads.attachment(attachment)["url"]) for attachment in message.attachments)
    return ShownMessage(
        id=message.id,
        at=created_ms(message.id),
        sender=author.id,
        sender_name=author.name,
        from_bot=author.bot,
        text=message.text,
        embeds=message.embeds,
        components=message.components,
        files=tuple(ShownFile(one.id, one.filename, one.media_type, len(one.data), url) for one, url in files),
        reply_to=message.reference[1] if message.reference is not None else None,
        edited=message.edited_ms is not None,
        versions=tuple(ShownVersion(at, text) for at, text in message.versions),
        type=int(message.type),
        system=message.type in SYSTEM_TYPES,
        thinking=MessageFlag.LOADING in message.flags,
        receiver=message.visible_to,
        silent=MessageFlag.SUPPRESS_NOTIFICATIONS in message.flags,
        mentions=message.mentions.users,
        mentions_everyone=message.mentions.everyone,
        reactions={emoji: len(users) for emoji, users in message.reactions.items()},
        thread=message.thread_id,
        command=message.cause.name if message.cause is not None else "",
    )
