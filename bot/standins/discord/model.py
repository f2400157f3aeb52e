"""What exists on Discord: users, guilds, channels, messages. Ids are snowflakes as `int`; moments are UnixMs."""

from collections import deque
from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag

from bot.standins.discord.components import texts
from bot.standins.discord.errors import ApiError, Json


class ChannelType(IntEnum):
    """The kinds of channel the stand-in knows, by Discord's numbers."""

    TEXT = 0
    DM = 1
    GROUP_DM = 3
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


class MessageType(IntEnum):
    """By Discord's numbers. 4, 18 and 21 are system messages, written by the platform in a user's name."""

    DEFAULT = 0
    CHANNEL_NAME_CHANGE = 4
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER_MESSAGE = 21
    CONTEXT_MENU_COMMAND = 23


SYSTEM_TYPES = frozenset(
    {MessageType.CHANNEL_NAME_CHANGE, MessageType.THREAD_CREATED, MessageType.THREAD_STARTER_MESSAGE}
)


class MessageFlag(IntFlag):
    """The flags of a message that mean something here."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    """A deferred answer: the client shows that the bot is thinking."""
    SUPPRESS_NOTIFICATIONS = 1 << 12
    VOICE = 1 << 13
    """A voice message."""
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


class Permission(IntFlag):
    """What a bot may be allowed to do."""

    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_CHANNELS = 1 << 4
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


NO_PERMISSION = Permission(0)
BOT_PERMISSIONS = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.MANAGE_THREADS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What an invitation link of such a bot usually asks for."""


@dataclass(slots=True)
class User:
    """A person or the bot. `accepts_messages` is False once they blocked the bot or closed their direct messages."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    accepts_messages: bool = True


@dataclass(slots=True)
class Role:
    """A group of members."""

    id: int
    name: str
    members: set[int]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Whom a message notifies."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False

    def also(self, user_id: int) -> "Mentions":
        """The same, and one user more."""
        return self if user_id in self.users else replace(self, users=(*self.users, user_id))


@dataclass(slots=True)
class Guild:
    """A server. `members` maps each member to when they joined."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role]
    """The bot's own role first; @everyone, which has the guild's id, is not among them."""
    bot_permissions: Permission = BOT_PERMISSIONS
    members: dict[int, int] = field(default_factory=dict)
    channel_ids: list[int] = field(default_factory=list)
    moderators: set[int] = field(default_factory=set)
    """Members who keep order, beside the owner."""
    external_apps: bool = True
    """Whether members may USE_EXTERNAL_APPS: without it, what such an app answers is seen by its user alone."""


@dataclass(slots=True)
class ThreadState:
    """What a thread has beyond a channel."""

    owner_id: int
    created_ms: int
    archived_ms: int
    archived: bool = False
    locked: bool = False
    auto_archive_minutes: int = 1440
    invitable: bool = True
    tags: list[int] = field(default_factory=list)
    members: dict[int, int] = field(default_factory=dict)
    """Who follows it, since when."""
    sent: int = 0


VERSIONS_KEPT = 200


@dataclass(slots=True)
class Attachment:
    """A file on the CDN."""

    id: int
    channel_id: int
    filename: str
    media_type: str
    data: bytes
    description: str | None = None
    voice_s: float | None = None
    """How long it lasts, for a voice message."""
    wave: str = "AAAA"
    """What its wave is drawn from, then: bytes in Base64."""


@dataclass(slots=True)
class Cause:
    """The interaction that a message answers."""

    id: int
    type: int
    user_id: int
    name: str = ""


@dataclass(slots=True)
class Message:
    """A message. `visible_to` names the only person who sees it (ephemeral), or nobody."""

    id: int
    channel_id: int
    author_id: int
    content: str = ""
    type: MessageType = MessageType.DEFAULT
    flags: MessageFlag = NO_FLAGS
    edited_ms: int | None = None
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    mentions: Mentions = field(default_factory=Mentions)
    reference: tuple[int, int] | None = None
    """Channel and message that it refers to."""
    nonce: str | int | None = None
    extra: Json = field(default_factory=dict)
    """Further parts of the message object, as they are."""
    visible_to: int | None = None
    cause: Cause | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    thread_id: int | None = None
    versions: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=VERSIONS_KEPT))
    """Earlier texts, oldest first, each with the moment it was replaced."""

    @property
    def text(self) -> str:
        """What a person reads: the content and the texts of a layout."""
        return "\n".join([*([self.content] if self.content else []), *texts(self.components)])


@dataclass(slots=True)
class Channel:
    """A channel, a thread or a direct conversation. `denied` is what the bot may not do here.

    `messages` are in the order of their ids.
    """

    id: int
    type: ChannelType
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    nsfw: bool = False
    topic: str = ""
    recipient_id: int | None = None
    """Who talks with the bot there; None: it is no direct conversation of the bot's."""
    between: frozenset[int] = frozenset()
    """The people who talk there among themselves, without the bot."""
    denied: Permission = NO_PERMISSION
    thread: ThreadState | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    last_message_id: int | None = None
    typing: dict[int, int] = field(default_factory=dict)
    """When each user was last seen typing."""

    @property
    def thread_state(self) -> ThreadState:
        """What makes it a thread. Raises 50024 for what is none."""
        if self.thread is None:
            raise ApiError(50024)
        return self.thread


@dataclass(slots=True)
class Portal:
    """What the operator has set in the developer portal."""

    message_content: bool = True
    user_install: bool = True
    """People can add the application to their own accounts."""
    guild_members: bool = False
    presences: bool = False
