"""REST: channels and threads."""

from bot.standins.discord.errors import ApiError, Form, Json
from bot.standins.discord.forms import MessageForm
from bot.standins.discord.messages import Messages
from bot.standins.discord.model import Channel, ChannelType, Permission
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.rates import RateLimits
from bot.standins.discord.rest import Call, Reply, Route
from bot.standins.discord.snowflakes import iso
from bot.standins.discord.threads import AUTO_ARCHIVE_MINUTES, Threads
from bot.standins.discord.world import World

CHANNEL = r"/channels/{channel:\d+}"
MEMBERS = CHANNEL + "/thread-members"


class ChannelRoutes:
    """What the bot does with channels and threads."""

    def __init__(
        self, world: World, payloads: Payloads, messages: Messages, threads: Threads, rates: RateLimits
    ) -> None:
        self._world = world
        self._payloads = payloads
        self._messages = messages
        self._threads = threads
        self._rates = rates

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("GET", CHANNEL, "channel.get", self.get),
            Route("PATCH", CHANNEL, "channel.edit", self.edit),
            Route("DELETE", CHANNEL, "channel.delete", self.delete),
            Route("POST", CHANNEL + r"/messages/{message:\d+}/threads", "thread.create", self.open_from),
            Route("POST", CHANNEL + "/threads", "thread.create", self.open),
            Route("GET", CHANNEL + "/threads/archived/{kind}", "thread.archived", self.archived),
            Route("GET", CHANNEL + "/users/@me/threads/archived/private", "thread.archived", self.archived),
            Route("GET", MEMBERS, "thread.members", self.members),
            Route("GET", MEMBERS + "/{user}", "thread.member", self.member),
            Route("PUT", MEMBERS + "/{user}", "thread.join", self.join),
            Route("DELETE", MEMBERS + "/{user}", "thread.leave", self.leave),
            Route("GET", r"/guilds/{guild:\d+}/threads/active", "thread.active", self.active),
            Route("POST", "/users/@me/channels", "dm.open", self.open_dm),
        ]

    def _channel(self, call: Call, *needed: Permission) -> Channel:
        channel = self._world.channel(call.id("channel"))
        self._world.require(channel, *needed)
        return channel

    def _thread(self, call: Call) -> Channel:
        channel = self._channel(call)
        if channel.thread is None:
            raise ApiError(50024)
        return channel

    def get(self, call: Call) -> Reply:
        """GET: any channel the bot can see."""
        return Reply(self._payloads.channel(self._channel(call)))

    def edit(self, call: Call) -> Reply:
        """PATCH: threads; guild channels only with a right that this bot seldom has."""
        channel = self._channel(call)
        if channel.type is ChannelType.DM:
            raise ApiError(50003)
        body = call.body
        self._check_change(body)
        if channel.thread is None:
            self._world.require(channel, Permission.MANAGE_CHANNELS)
        elif channel.thread.owner_id != self._world.bot.id or channel.thread.locked or "locked" in body:
            self._world.require(channel, Permission.MANAGE_THREADS)
        if channel.thread is not None and channel.thread.archived and body.get("archived") is not False:
            raise ApiError(50083)
        if "name" in body and body["name"] != channel.name:
            self._rates.take_hidden("channel.rename", call.place)
        if channel.thread is not None:
            self._threads.change(channel, self._world.bot.id, body)
        else:
            self._threads.change_channel(channel, body)
        return Reply(self._payloads.channel(channel))

    def _check_change(self, body: Json) -> None:
        form = Form()
        if "name" in body:
            form.between("name", body["name"], 1, self._world.limits.thread_name)
        if "auto_archive_duration" in body:
            form.one_of("auto_archive_duration", body["auto_archive_duration"], AUTO_ARCHIVE_MINUTES)
        form.check()

    def delete(self, call: Call) -> Reply:
        """DELETE: threads, with the right to; a DM is only closed."""
        channel = self._channel(call)
        data = self._payloads.channel(channel)
        if channel.type is ChannelType.DM:
            return Reply(data)
        if channel.thread is None:
            self._world.require(channel, Permission.MANAGE_CHANNELS)
            raise ApiError(50024)
        self._world.require(channel, Permission.MANAGE_THREADS)
        self._threads.delete(channel)
        return Reply(data)

    def open_from(self, call: Call) -> Reply:
        """POST: a thread on a message."""
        channel = self._channel(call, Permission.CREATE_PUBLIC_THREADS)
        message = self._world.message(channel, call.id("message"))
        self._threads.check(call.body)
        return Reply(self._payloads.channel(self._threads.open_from(message, self._world.bot.id, call.body)), 201)

    def open(self, call: Call) -> Reply:
        """POST: a thread without a message, or a forum post."""
        channel = self._channel(call)
        self._threads.check(call.body)
        if channel.type is ChannelType.FORUM:
            self._world.require(channel, Permission.SEND_MESSAGES)
            draft = MessageForm(self._world, channel).new(call.body.get("message") or {}, call.uploads)
            thread, first = self._threads.open_post(channel, self._world.bot.id, call.body, draft)
            return Reply({**self._payloads.channel(thread), "message": self._payloads.message(first)}, 201)
        public = call.body.get("type") == ChannelType.PUBLIC_THREAD
        needed = Permission.CREATE_PUBLIC_THREADS if public else Permission.CREATE_PRIVATE_THREADS
        self._world.require(channel, needed)
        return Reply(self._payloads.channel(self._threads.open(channel, self._world.bot.id, call.body)), 201)

    def archived(self, call: Call) -> Reply:
        """GET: archived threads, the last archived first."""
        channel = self._channel(call, Permission.READ_MESSAGE_HISTORY)
        public = call.parts.get("kind") == "public"
        kind = ChannelType.PUBLIC_THREAD if public else ChannelType.PRIVATE_THREAD
        before, limit = call.query.get("before", ""), int(call.query.get("limit", "50"))
        found = [
            (iso(thread.thread.archived_ms), thread)
            for thread in self._world.threads_of(channel.guild_id or 0)
            if thread.parent_id == channel.id and thread.type is kind and thread.thread and thread.thread.archived
        ]
        found = [(at, thread) for at, thread in found if not before or at < before]
        found.sort(key=lambda entry: (entry[0], entry[1].id), reverse=True)
        return Reply(self._listed([thread for _, thread in found[:limit]], has_more=len(found) > limit))

    def active(self, call: Call) -> Reply:
        """GET: the open threads of a guild."""
        guild = self._world.guild(call.id("guild"))
        threads = [t for t in self._world.threads_of(guild.id) if t.thread and not t.thread.archived]
        return Reply(self._listed(threads, has_more=None))

    def _listed(self, threads: list[Channel], *, has_more: bool | None) -> Json:
        own = [t for t in threads if t.thread is not None and self._world.bot.id in t.thread.members]
        data: Json = {
            "threads": [self._payloads.channel(thread) for thread in threads],
            "members": [self._payloads.thread_member(thread, self._world.bot.id) for thread in own],
        }
        return data if has_more is None else {**data, "has_more": has_more}

    def members(self, call: Call) -> Reply:
        """GET: who follows a thread."""
        thread = self._thread(call)
        return Reply([self._payloads.thread_member(thread, user_id) for user_id in thread.thread_state.members])

    def member(self, call: Call) -> Reply:
        """GET: one who follows it. 10007 for one who does not."""
        thread = self._thread(call)
        user_id = self._whom(call)
        if thread.thread is None or user_id not in thread.thread.members:
            raise ApiError(10007)
        return Reply(self._payloads.thread_member(thread, user_id))

    def join(self, call: Call) -> Reply:
        """PUT: the bot, or someone it adds."""
        thread = self._thread(call)
        if thread.thread is not None and thread.thread.archived:
            raise ApiError(50083)
        self._threads.follow(thread, self._whom(call), on=True)
        return Reply()

    def leave(self, call: Call) -> Reply:
        """DELETE: the bot, or someone it removes."""
        self._threads.follow(self._thread(call), self._whom(call), on=False)
        return Reply()

    def _whom(self, call: Call) -> int:
        user = call.parts["user"]
        return self._world.bot.id if user == "@me" else self._world.user(int(user)).id

    def open_dm(self, call: Call) -> Reply:
        """POST: the direct conversation with someone. Opening it works even where sending will not."""
        user = self._world.users.get(int(call.body.get("recipient_id") or 0))
        if user is None or user.bot:
            form = Form()
            form.wrong("recipient_id", "INVALID_RECIPIENT", "Invalid Recipient(s)")
            form.check()
            raise ApiError(10013)
        return Reply(self._payloads.channel(self._world.dm(user.id)))
