"""Everything that exists, how to find it, and a bell that rings whenever something changed."""

import random
from collections.abc import Iterable

from bot.domain.clock import Clock
from bot.standins.changes import Changes
from bot.standins.discord.errors import ApiError, CannotDo
from bot.standins.discord.limits import Limits
from bot.standins.discord.model import Channel, ChannelType, Guild, Message, Permission, Portal, User
from bot.standins.discord.snowflakes import Snowflakes


class World:
    """The state behind REST and gateway. Lookups raise `ApiError` as Discord answers for what is not there."""

    def __init__(self, clock: Clock, limits: Limits, rng: random.Random) -> None:
        self.clock = clock
        self.limits = limits
        self.rng = rng
        self.ids = Snowflakes(clock)
        self.changes = Changes()
        self.portal = Portal()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.added_by: set[int] = set()
        """Who has added the application to their own account."""
        self.added_to: set[int] = set()
        """The servers that have its commands; the bot itself may have left."""
        self._dms: dict[int, Channel] = {}
        self.application_id = self.ids.next()
        # A bot's user and its application have had the same id since 2016.
        self.bot = User(self.application_id, "Parley", bot=True)
        self.users[self.bot.id] = self.bot

    def user(self, user_id: int) -> User:
        """Raises 10013."""
        try:
            return self.users[user_id]
        except KeyError:
            raise ApiError(10013) from None

    def person(self, name: str) -> User:
        """By name. Raises `CannotDo`."""
        for user in self.users.values():
            if user.name == name and not user.bot:
                return user
        raise CannotDo(f"There is no person {name!r}; add them first.")

    def guild(self, guild_id: int) -> Guild:
        """A guild that the bot is in. Raises 10004."""
        guild = self.guilds.get(guild_id)
        if guild is None or self.bot.id not in guild.members:
            raise ApiError(10004)
        return guild

    def bot_guilds(self) -> list[Guild]:
        """Where the bot is."""
        return [guild for guild in self.guilds.values() if self.bot.id in guild.members]

    def channel(self, channel_id: int) -> Channel:
        """Raises 10003."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise ApiError(10003) from None

    def message(self, channel: Channel, message_id: int) -> Message:
        """Raises 10008, also for an ephemeral message: those exist only for their interaction."""
        message = channel.messages.get(message_id)
        if message is None or message.visible_to is not None:
            raise ApiError(10008)
        return message

    def threads_of(self, guild_id: int) -> list[Channel]:
        """All threads of a guild, the oldest first."""
        return [c for c in self.channels.values() if c.guild_id == guild_id and c.thread is not None]

    def dm(self, person_id: int) -> Channel:
        """The direct conversation of the bot with a person, opened when it is first asked for."""
        if person_id not in self._dms:
            channel = Channel(self.ids.next(), ChannelType.DM, recipient_id=person_id)
            self._dms[person_id] = self.channels[channel.id] = channel
            self.changes.ring()
        return self._dms[person_id]

    def between(self, people: Iterable[int]) -> Channel:
        """A conversation of people among themselves; of more than two it is a group."""
        members = frozenset(people)
        kind = ChannelType.DM if len(members) == 2 else ChannelType.GROUP_DM
        name = ", ".join(self.users[member].name for member in sorted(members))
        channel = Channel(self.ids.next(), kind, name, between=members)
        self.channels[channel.id] = channel
        self.changes.ring()
        return channel

    def is_home(self, channel: Channel) -> bool:
        """Whether the application is there by itself: in a server that added it, or in the bot's direct messages."""
        return channel.recipient_id is not None or channel.guild_id in self.added_to

    def bot_permissions(self, channel: Channel) -> Permission:
        """What the bot may do there; a thread has its parent's rights."""
        if channel.between:
            return Permission(0)
        if channel.guild_id is None:
            return ~Permission.MANAGE_MESSAGES
        denied = channel.denied
        if channel.thread is not None and channel.parent_id is not None:
            denied |= self.channels[channel.parent_id].denied
        guild = self.guilds[channel.guild_id]
        return guild.bot_permissions & ~denied if self.bot.id in guild.members else Permission(0)

    def require(self, channel: Channel, *needed: Permission) -> None:
        """Raises 50001 if the bot cannot even look, 50013 where a right is missing."""
        if not self.bot_sees(channel):
            raise ApiError(50001)
        have = self.bot_permissions(channel)
        if any(permission not in have for permission in needed):
            raise ApiError(50013)

    def bot_sees(self, channel: Channel) -> bool:
        """Whether the channel exists for the bot: it may view it and, for a private thread, follows or manages it."""
        have = self.bot_permissions(channel)
        if Permission.VIEW_CHANNEL not in have:
            return False
        if channel.type is not ChannelType.PRIVATE_THREAD or channel.thread is None:
            return True
        return self.bot.id in channel.thread.members or Permission.MANAGE_THREADS in have

    def can_see(self, person_id: int, channel: Channel) -> bool:
        """Whether a person has the channel in their client."""
        if channel.recipient_id is not None or channel.between:
            return person_id in (channel.recipient_id, *channel.between)
        if channel.type is ChannelType.PRIVATE_THREAD and channel.thread is not None:
            return person_id in channel.thread.members
        return channel.guild_id is not None and person_id in self.guilds[channel.guild_id].members
