"""What people see: who and what they can name in the world. What they cannot see raises `CannotDo`."""

from dataclasses import dataclass

from bot.standins.discord.errors import CannotDo
from bot.standins.discord.model import Channel, Guild, Message, User
from bot.standins.discord.world import World

Id = int | str
"""A snowflake; a string of digits will do, because JSON cannot hold it as a number."""


@dataclass(slots=True)
class Sight:
    """Finds people, servers, channels and messages, as somebody who names them sees them."""

    world: World

    def _person(self, person: Id) -> User:
        user = self.world.users.get(int(person))
        if user is None or user.bot:
            raise CannotDo(f"There is no person {person}.")
        return user

    def _guild(self, guild: Id) -> Guild:
        if int(guild) not in self.world.guilds:
            raise CannotDo(f"There is no server {guild}.")
        return self.world.guilds[int(guild)]

    def _channel(self, channel: Id) -> Channel:
        if int(channel) not in self.world.channels:
            raise CannotDo(f"There is no channel {channel}.")
        return self.world.channels[int(channel)]

    def _where(self, person: Id, channel: Id) -> tuple[User, Channel]:
        user, found = self._person(person), self._channel(channel)
        if not self.world.can_see(user.id, found):
            raise CannotDo(f"{user.name!r} does not see channel {channel}.")
        return user, found

    def _thread(self, person: Id, thread: Id) -> tuple[User, Channel]:
        user, found = self._where(person, thread)
        if found.thread is None:
            raise CannotDo(f"Channel {thread} is no thread.")
        return user, found

    def _message(self, user: User, channel: Channel, message: Id) -> Message:
        found = channel.messages.get(int(message))
        if found is None or found.visible_to not in (None, user.id):
            raise CannotDo(f"{user.name!r} sees no message {message} in channel {channel.id}.")
        return found

    def _own(self, user: User, channel: Channel, message: Id) -> Message:
        found = self._message(user, channel, message)
        if found.author_id != user.id:
            raise CannotDo(f"Message {message} is somebody else's.")
        return found
