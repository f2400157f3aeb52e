"""Threads and forum posts: opened, renamed, archived, followed. Discord writes system messages about it."""

from bot.standins.discord.errors import ApiError, Form, Json
from bot.standins.discord.forms import Draft
from bot.standins.discord.gateway import Gateway
from bot.standins.discord.messages import Messages
from bot.standins.discord.model import Channel, ChannelType, Message, MessageFlag, MessageType, ThreadState
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.sessions import Intent
from bot.standins.discord.world import World

AUTO_ARCHIVE_MINUTES = (60, 1440, 4320, 10080)


class Threads:
    """Opens and changes threads; checks no right."""

    def __init__(self, world: World, payloads: Payloads, gateway: Gateway, messages: Messages) -> None:
        self._world = world
        self._payloads = payloads
        self._gateway = gateway
        self._messages = messages

    def check(self, body: Json) -> None:
        """The fields that every way of opening a thread has. Raises 50035."""
        form = Form()
        form.between("name", body.get("name"), 1, self._world.limits.thread_name)
        if body.get("auto_archive_duration") is not None:
            form.one_of("auto_archive_duration", body["auto_archive_duration"], AUTO_ARCHIVE_MINUTES)
        form.check()

    def open_from(self, message: Message, owner_id: int, body: Json) -> Channel:
        """A thread that hangs on a message and has its id. Raises 160004 for the second one."""
        parent = self._world.channels[message.channel_id]
        if parent.type is not ChannelType.TEXT:
            raise ApiError(50024)
        if message.thread_id is not None:
            raise ApiError(160004)
        thread = self._open(parent, message.id, owner_id, body, ChannelType.PUBLIC_THREAD)
        message.thread_id = thread.id
        message.flags |= MessageFlag.HAS_THREAD
        self._messages.changed(message)
        starter = Draft(reference=(parent.id, message.id))
        self._messages.post(thread, message.author_id, starter, type=MessageType.THREAD_STARTER_MESSAGE)
        return thread

    def open(self, parent: Channel, owner_id: int, body: Json) -> Channel:
        """A thread without a message; the parent shows a line about a public one."""
        if parent.type is not ChannelType.TEXT:
            raise ApiError(50024)
        # Without a type Discord opens a private thread, as it did before the field existed.
        kind = ChannelType(body.get("type") or ChannelType.PRIVATE_THREAD)
        thread = self._open(parent, self._world.ids.next(), owner_id, body, kind)
        if kind is ChannelType.PUBLIC_THREAD:
            line = Draft(content=thread.name, reference=(thread.id, 0))
            self._messages.post(parent, owner_id, line, type=MessageType.THREAD_CREATED)
        return thread

    def open_post(self, forum: Channel, owner_id: int, body: Json, draft: Draft) -> tuple[Channel, Message]:
        """A forum post: a thread whose first message has its id."""
        thread = self._open(forum, self._world.ids.next(), owner_id, body, ChannelType.PUBLIC_THREAD)
        return thread, self._messages.post(thread, owner_id, draft, message_id=thread.id)

    def _open(self, parent: Channel, thread_id: int, owner_id: int, body: Json, kind: ChannelType) -> Channel:
        now = self._world.clock.now()
        active = [one for one in self._world.threads_of(parent.guild_id or 0) if not one.thread_state.archived]
        if len(active) >= self._world.limits.active_threads:
            raise ApiError(160006)
        state = ThreadState(owner_id, created_ms=now, archived_ms=now)
        state.auto_archive_minutes = body.get("auto_archive_duration") or 1440
        state.invitable = bool(body.get("invitable", True))
        state.tags = [int(tag) for tag in body.get("applied_tags") or ()]
        state.members[owner_id] = now
        thread = Channel(
            thread_id, kind, body["name"], guild_id=parent.guild_id, parent_id=parent.id, nsfw=parent.nsfw, thread=state
        )
        self._world.channels[thread.id] = thread
        self._tell(thread, "THREAD_CREATE", {**self._payloads.channel(thread), "newly_created": True})
        return thread

    def change(self, thread: Channel, by_id: int, body: Json) -> Channel:
        """Rename, archive, lock and so on. A new name leaves a system message in the thread."""
        state = thread.thread_state
        renamed = "name" in body and body["name"] != thread.name
        if renamed:
            thread.name = body["name"]
        if "archived" in body and bool(body["archived"]) != state.archived:
            state.archived = bool(body["archived"])
            state.archived_ms = self._world.clock.now()
        state.locked = bool(body.get("locked", state.locked))
        state.auto_archive_minutes = body.get("auto_archive_duration", state.auto_archive_minutes)
        state.invitable = bool(body.get("invitable", state.invitable))
        if "applied_tags" in body:
            state.tags = [int(tag) for tag in body["applied_tags"]]
        self._tell(thread, "THREAD_UPDATE", self._payloads.channel(thread))
        if renamed:
            self._messages.post(thread, by_id, Draft(content=thread.name), type=MessageType.CHANNEL_NAME_CHANGE)
        return thread

    def change_channel(self, channel: Channel, body: Json) -> None:
        """Rename a guild's channel, change its topic or its age restriction."""
        channel.name = body.get("name", channel.name)
        channel.topic = body.get("topic") or channel.topic
        channel.nsfw = bool(body.get("nsfw", channel.nsfw))
        self._tell(channel, "CHANNEL_UPDATE", self._payloads.channel(channel))

    def wake(self, channel: Channel, by_id: int) -> None:
        """Writing in an archived thread opens it again."""
        if channel.thread is not None and channel.thread.archived:
            self.change(channel, by_id, {"archived": False})

    def delete(self, thread: Channel) -> None:
        """Take a thread away with all its messages."""
        del self._world.channels[thread.id]
        parent = self._world.channels[thread.parent_id or 0]
        if starter := parent.messages.get(thread.id):
            starter.thread_id = None
            starter.flags &= ~MessageFlag.HAS_THREAD
        names = ("id", "type", "guild_id", "parent_id")
        data = self._payloads.channel(thread)
        self._tell(thread, "THREAD_DELETE", {name: data[name] for name in names})

    def follow(self, thread: Channel, user_id: int, *, on: bool) -> None:
        """Someone joins or leaves. Joining twice changes nothing."""
        members = thread.thread_state.members
        if (user_id in members) == on:
            return
        data: Json = {"id": str(thread.id), "guild_id": str(thread.guild_id)}
        if on:
            members[user_id] = self._world.clock.now()
            if user_id == self._world.bot.id:
                self._tell(thread, "THREAD_CREATE", self._payloads.channel(thread))
            data["added_members"] = [self._payloads.thread_member(thread, user_id)]
        else:
            del members[user_id]
            data["removed_member_ids"] = [str(user_id)]
        self._tell(thread, "THREAD_MEMBERS_UPDATE", {**data, "member_count": len(members)})

    def _tell(self, channel: Channel, event: str, data: Json) -> None:
        self._gateway.dispatch(event, data, Intent.GUILDS, channel)
