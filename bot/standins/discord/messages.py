"""Messages come, change and go, and the gateway tells of it: the same for the bot and for people."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from bot.standins.discord.cdn import Cdn
from bot.standins.discord.errors import ApiError, Json
from bot.standins.discord.forms import Draft
from bot.standins.discord.gateway import Gateway
from bot.standins.discord.model import SYSTEM_TYPES, Cause, Channel, Message, MessageFlag, MessageType, Permission
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.sessions import Intent
from bot.standins.discord.snowflakes import created_ms
from bot.standins.discord.world import World


class Messages:
    """Posts, edits, deletes; checks no form and no right."""

    def __init__(self, world: World, payloads: Payloads, cdn: Cdn, gateway: Gateway) -> None:
        self._world = world
        self._payloads = payloads
        self._cdn = cdn
        self._gateway = gateway
        # (channel, author, nonce) -> message and the moment until which it is remembered
        self._nonces: dict[tuple[int, int, str | int], tuple[Message, int]] = {}

    def post(
        self,
        channel: Channel,
        author_id: int,
        draft: Draft,
        *,
        type: MessageType | None = None,  # noqa: A002
        visible_to: int | None = None,
        cause: Cause | None = None,
        message_id: int | None = None,
    ) -> Message:
        """A new message; with an enforced nonce that is known, the message that brought it first."""
        if draft.enforce_nonce and (first := self._first_with(channel, author_id, draft)):
            return first
        usual = MessageType.REPLY if draft.reference is not None else MessageType.DEFAULT
        message = Message(
            id=message_id or self._world.ids.next(),
            channel_id=channel.id,
            author_id=author_id,
            content=draft.content,
            type=usual if type is None else type,
            flags=draft.flags,
            embeds=draft.embeds,
            components=draft.components,
            attachments=draft.attachments,
            mentions=draft.mentions,
            reference=draft.reference,
            nonce=draft.nonce,
            extra=draft.extra,
            visible_to=visible_to,
            cause=cause,
        )
        for attachment in message.attachments:
            self._cdn.keep(attachment)
        if draft.enforce_nonce and draft.nonce is not None:
            until = self._world.clock.now() + int(self._world.limits.nonce_window_s * 1000)
            self._nonces[channel.id, author_id, draft.nonce] = (message, until)
        self._place(channel, message)
        self._gateway.dispatch_message("MESSAGE_CREATE", message)
        return message

    def _place(self, channel: Channel, message: Message) -> None:
        channel.messages[message.id] = message
        channel.typing.pop(message.author_id, None)
        if message.visible_to is None:
            channel.last_message_id = message.id
        if channel.thread is not None and message.type not in SYSTEM_TYPES:
            channel.thread.sent += 1
            channel.thread.members.setdefault(message.author_id, self._world.clock.now())

    def _first_with(self, channel: Channel, author_id: int, draft: Draft) -> Message | None:
        now = self._world.clock.now()
        # The oldest stand first, so that only what has run out is looked at.
        for key, _ in list(itertools.takewhile(lambda entry: entry[1][1] <= now, self._nonces.items())):
            del self._nonces[key]
        first, _ = self._nonces.get((channel.id, author_id, draft.nonce or ""), (None, 0))
        return first if first is not None and first.id in channel.messages else None

    def edit(self, message: Message, draft: Draft) -> Message:
        """Give a message the content of a draft made by `MessageForm.changed`."""
        message.versions.append((self._world.clock.now(), message.text))
        message.content = draft.content
        message.embeds = draft.embeds
        message.components = draft.components
        message.attachments = draft.attachments
        message.flags = draft.flags
        message.mentions = draft.mentions
        message.edited_ms = self._world.clock.now()
        for attachment in message.attachments:
            self._cdn.keep(attachment)
        self.changed(message)
        return message

    def fill(self, message: Message, draft: Draft) -> Message:
        """Turn a deferred answer into a real one; that does not count as an edit."""
        loading = MessageFlag.LOADING | (message.flags & MessageFlag.EPHEMERAL)
        self.edit(message, replace(draft, flags=(draft.flags | loading) & ~MessageFlag.LOADING))
        message.edited_ms = None
        return message

    def changed(self, message: Message) -> None:
        """Tell that a message looks different."""
        self._gateway.dispatch_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        channel = self._world.channels[message.channel_id]
        del channel.messages[message.id]
        direct = channel.guild_id is None or message.visible_to is not None
        data: Json = {"id": str(message.id), "channel_id": str(channel.id)}
        if not direct:
            data["guild_id"] = str(channel.guild_id)
        self._gateway.dispatch(
            "MESSAGE_DELETE", data, Intent.DIRECT_MESSAGES if direct else Intent.GUILD_MESSAGES, channel
        )

    def delete_many(self, channel: Channel, messages: Sequence[Message]) -> None:
        """Take messages of a server's channel away all at once."""
        for message in messages:
            del channel.messages[message.id]
        data: Json = {"ids": [str(message.id) for message in messages], "channel_id": str(channel.id)}
        data["guild_id"] = str(channel.guild_id)
        self._gateway.dispatch("MESSAGE_DELETE_BULK", data, Intent.GUILD_MESSAGES, channel)

    def type_in(self, channel: Channel, user_id: int) -> None:
        """Show for ten seconds that someone is typing. The bot does not hear of itself."""
        channel.typing[user_id] = self._world.clock.now()
        if user_id == self._world.bot.id:
            self._world.changes.ring()
            return
        data: Json = {
            "channel_id": str(channel.id),
            "user_id": str(user_id),
            "timestamp": self._world.clock.now() // 1000,
        }
        intent = Intent.DIRECT_MESSAGE_TYPING
        if channel.guild_id is not None:
            guild = self._world.guilds[channel.guild_id]
            data |= {"guild_id": str(guild.id), "member": self._payloads.member_with_user(guild, user_id)}
            intent = Intent.GUILD_MESSAGE_TYPING
        self._gateway.dispatch("TYPING_START", data, intent, channel)

    def react(self, message: Message, user_id: int, emoji: str, *, on: bool) -> None:
        """Add or take away a reaction; doing it twice changes nothing."""
        users = message.reactions.setdefault(emoji, [])
        if (user_id in users) == on:
            return
        if on:
            users.append(user_id)
        else:
            users.remove(user_id)
        if not users:
            del message.reactions[emoji]
        channel = self._world.channels[message.channel_id]
        data: Json = {
            "user_id": str(user_id),
            "channel_id": str(channel.id),
            "message_id": str(message.id),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        intent = Intent.DIRECT_MESSAGE_REACTIONS
        if channel.guild_id is not None:
            guild = self._world.guilds[channel.guild_id]
            data["guild_id"] = str(guild.id)
            data["member"] = self._payloads.member_with_user(guild, user_id)
            intent = Intent.GUILD_MESSAGE_REACTIONS
        self._gateway.dispatch("MESSAGE_REACTION_ADD" if on else "MESSAGE_REACTION_REMOVE", data, intent, channel)

    def history(
        self, channel: Channel, *, limit: int, before: int | None, after: int | None, around: int | None
    ) -> list[Message]:
        """A page of the history, newest first, without what only one person sees.

        `after` gives the oldest messages behind it, and those newest first.
        """
        ids = [message.id for message in channel.messages.values() if message.visible_to is None]
        if around is not None:
            half = limit // 2
            older, newer = [i for i in ids if i < around], [i for i in ids if i >= around]
            ids = older[len(older) - half if len(older) > half else 0 :] + newer[: limit - half]
        elif after is not None:
            ids = [i for i in ids if i > after][:limit]
        elif before is not None:
            ids = [i for i in ids if i < before][-limit:]
        else:
            ids = ids[-limit:]
        return [channel.messages[i] for i in reversed(ids)]

    def check_may_send(self, channel: Channel) -> None:
        """Raises what Discord answers where the bot may not write."""
        if channel.recipient_id is not None:
            if not self._world.users[channel.recipient_id].accepts_messages:
                raise ApiError(50007)
            return
        in_thread = channel.thread is not None
        self._world.require(channel, Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES)
        if not in_thread and channel.type != 0:
            raise ApiError(50008)
        locked = channel.thread is not None and channel.thread.locked
        if locked and Permission.MANAGE_THREADS not in self._world.bot_permissions(channel):
            raise ApiError(160005)

    def is_old(self, message: Message) -> bool:
        """Whether edits of it are rationed."""
        return self._world.clock.now() - created_ms(message.id) > self._world.limits.old_message_s * 1000
