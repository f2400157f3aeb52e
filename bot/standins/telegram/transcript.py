"""What people see: a chat now, with the history of each message. Plain values, as `GET /control/state` gives them."""

from dataclasses import dataclass
from typing import Any

from bot.domain.ids import UnixMs
from bot.standins.telegram.model import Chat, ChatKind, Draft, Json, Message, Version
from bot.standins.telegram.world import World


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """An earlier form."""

    at: UnixMs
    """From when on."""
    text: str


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message as it stands in the chat. `text` is the caption where there is media, the visible text where rich."""

    id: int
    date: int
    sender: int
    sender_name: str
    from_bot: bool
    text: str
    entities: list[Json]
    keyboard: list[list[Json]]
    thread: int | None
    reply_to: int | None
    edited: bool
    versions: tuple[ShownVersion, ...]
    """Earlier forms, oldest first; when each ended, not what is shown now."""
    media: Json
    rich: Json | None
    service: Json | None
    album: str
    receiver: int | None
    silent: bool
    reactions: list[str]

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons, in reading order."""
        return [button["text"] for row in self.keyboard for button in row]


@dataclass(frozen=True, slots=True)
class ShownDraft:
    """What a bot shows of a message that it is still writing."""

    id: int
    thread: int | None
    text: str
    entities: list[Json]
    rich: Json | None
    can_stop: bool
    """Whether there is a Stop button now."""
    thinking: bool
    expires_in_s: float
    versions: tuple[ShownVersion, ...]
    """All its forms, the present one last."""


@dataclass(frozen=True, slots=True)
class ShownTopic:
    """A topic of the chat."""

    id: int
    name: str
    closed: bool
    implicit: bool


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What the bot answered to a pressed button: a line at the top, or an alert."""

    query: str
    person: int
    message: int
    data: str
    answered: bool
    text: str
    show_alert: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    """A chat as its people see it now."""

    id: int
    kind: str
    title: str
    is_forum: bool
    messages: tuple[ShownMessage, ...]
    drafts: tuple[ShownDraft, ...]
    topics: tuple[ShownTopic, ...]
    actions: dict[str, str]
    """ "typing" and the like, by topic ("" for none)."""
    answers: tuple[ShownAnswer, ...]
    deleted: tuple[int, ...]
    bots: dict[str, str]
    """The status of each bot by its id."""
    members: tuple[int, ...]
    migrated_to: int | None

    @property
    def texts(self) -> list[str]:
        """The visible texts in order, without service messages."""
        return [message.text for message in self.messages if message.service is None]

    @property
    def last(self) -> ShownMessage:
        """The newest message that is not a service message; raises IndexError where there is none."""
        return [message for message in self.messages if message.service is None][-1]

    def from_bots(self, thread: int | None = None) -> list[ShownMessage]:
        """What bots wrote, in one topic or anywhere."""
        return [
            message
            for message in self.messages
            if message.from_bot and message.service is None and (thread is None or message.thread == thread)
        ]

    def message(self, number: int) -> ShownMessage:
        """One message; raises KeyError where it is not shown."""
        for message in self.messages:
            if message.id == number:
                return message
        raise KeyError(number)


def transcript_of(world: World, chat: Chat, viewer: int | None = None) -> Transcript:
    """The chat as `viewer` sees it, or with everybody's ephemeral messages."""
    now_s = world.clock.monotonic()
    return Transcript(
        id=chat.id,
        kind=chat.kind.value,
        title=chat.title or (chat.person.first_name if chat.person else ""),
        is_forum=chat.is_forum,
        messages=tuple(
            _message(message) for message in chat.messages.values() if viewer is None or message.seen_by(viewer)
        ),
        drafts=tuple(_draft(thread, draft, now_s) for thread, draft in chat.drafts.items() if draft.expires_s > now_s),
        topics=tuple(ShownTopic(topic.id, topic.name, topic.closed, topic.implicit) for topic in chat.topics.values()),
        actions={
            str(thread or ""): action.action for thread, action in chat.actions.items() if action.expires_s > now_s
        },
        answers=_answers(world, chat),
        deleted=tuple(chat.deleted),
        bots={str(bot.id): _status(chat, bot.id) for bot in world.bots_of(chat)}
        | {str(number): membership.status for number, membership in chat.bots.items()},
        members=tuple(chat.members),
        migrated_to=chat.migrated_to,
    )


def _status(chat: Chat, bot: int) -> str:
    membership = chat.bots.get(bot)
    return membership.status if membership is not None else "member"


def _message(message: Message) -> ShownMessage:
    return ShownMessage(
        id=message.id,
        date=message.date,
        sender=message.sender["id"],
        sender_name=message.sender["first_name"],
        from_bot=message.by_bot,
        text=message.text,
        entities=message.entities,
        keyboard=message.keyboard or [],
        thread=message.thread,
        reply_to=message.reply_to,
        edited=message.edit_date is not None,
        versions=_versions(message.versions),
        media=message.media,
        rich=message.rich,
        service=message.service,
        album=message.album,
        receiver=message.receiver["id"] if message.receiver is not None else None,
        silent=message.silent,
        reactions=[_reaction(reaction) for reactions in message.reactions.values() for reaction in reactions],
    )


def _draft(thread: int | None, draft: Draft, now_s: float) -> ShownDraft:
    return ShownDraft(
        id=draft.id,
        thread=thread,
        text=draft.text,
        entities=draft.entities,
        rich=draft.rich,
        can_stop=draft.can_stop and not draft.stopped,
        thinking=not draft.text,
        expires_in_s=draft.expires_s - now_s,
        versions=_versions(draft.versions),
    )


def _versions(versions: Any) -> tuple[ShownVersion, ...]:
    kept: list[Version] = list(versions)
    return tuple(ShownVersion(version.at, version.text) for version in kept)


def _reaction(reaction: Json) -> str:
    return str(reaction.get("emoji") or reaction.get("custom_emoji_id") or reaction.get("type", ""))


def _answers(world: World, chat: Chat) -> tuple[ShownAnswer, ...]:
    # In a group that it is not in, a bot answers as a guest; the private chats of all bots have one id.
    bots = world.bots_of(chat) if chat.kind is ChatKind.PRIVATE else list(world.bots.values())
    return tuple(
        ShownAnswer(query.id, query.person, query.message, query.data, query.answered, query.text, query.show_alert)
        for bot in bots
        for query in bot.queries.values()
        if query.chat == chat.id
    )
