"""REST: messages, typing, reactions."""

from bot.standins.discord.errors import ApiError, Form
from bot.standins.discord.forms import MessageForm
from bot.standins.discord.messages import Messages
from bot.standins.discord.model import Channel, ChannelType, Message, Permission
from bot.standins.discord.payloads import Payloads, seal
from bot.standins.discord.rates import RateLimits
from bot.standins.discord.rest import Call, Reply, Route
from bot.standins.discord.snowflakes import created_ms
from bot.standins.discord.threads import Threads
from bot.standins.discord.world import World

MESSAGES = r"/channels/{channel:\d+}/messages"
ONE = MESSAGES + r"/{message:\d+}"
BULK_DELETE_AGE_MS = 14 * 86_400_000


class MessageRoutes:
    """What the bot does with messages."""

    def __init__(
        self, world: World, payloads: Payloads, messages: Messages, threads: Threads, rates: RateLimits
    ) -> None:
        self._world = world
        self._payloads = payloads
        self._messages = messages
        self._threads = threads
        self._rates = rates

    def routes(self) -> list[Route]:
        """The most used first: the router tries them in order."""
        reaction = ONE + "/reactions/{emoji}/{user}"
        return [
            Route("PATCH", ONE, "message.edit", self.edit),
            Route("POST", MESSAGES, "message.create", self.create),
            Route("POST", r"/channels/{channel:\d+}/typing", "typing", self.typing),
            Route("GET", MESSAGES, "message.list", self.list),
            Route("GET", ONE, "message.get", self.get),
            Route("DELETE", ONE, "message.delete", self.delete),
            Route("POST", MESSAGES + "/bulk-delete", "message.bulk_delete", self.bulk_delete),
            Route("PUT", reaction, "reaction.add", self.react),
            Route("DELETE", reaction, "reaction.remove", self.unreact),
        ]

    def _found(self, call: Call, *needed: Permission) -> tuple[Channel, Message]:
        channel = self._world.channel(call.id("channel"))
        self._world.require(channel, *needed)
        return channel, self._world.message(channel, call.id("message"))

    def _shown(self, message: Message) -> dict[str, object]:
        data = self._payloads.message(message)
        # The content intent counts for REST as well, as it is set in the portal.
        return seal(data) if self._payloads.sealed(message) and not self._world.portal.message_content else data

    def create(self, call: Call) -> Reply:
        """POST: a new message; an archived thread wakes."""
        channel = self._world.channel(call.id("channel"))
        self._messages.check_may_send(channel)
        draft = MessageForm(self._world, channel).new(call.body, call.uploads)
        have = self._world.bot_permissions(channel)
        if draft.attachments and Permission.ATTACH_FILES not in have:
            raise ApiError(50013)
        if draft.reference is not None and Permission.READ_MESSAGE_HISTORY not in have:
            raise ApiError(160002)
        self._threads.wake(channel, self._world.bot.id)
        return Reply(self._payloads.created(self._messages.post(channel, self._world.bot.id, draft)))

    def edit(self, call: Call) -> Reply:
        """PATCH: only own messages, and old ones only a few times."""
        channel, message = self._found(call)
        if message.author_id != self._world.bot.id:
            raise ApiError(50005)
        _check_awake(channel)
        if self._messages.is_old(message):
            text = "Maximum number of edits to messages older than 1 hour reached. Try again later."
            self._rates.take_hidden("message.edit_old", call.place, code=30046, message=text)
        draft = MessageForm(self._world, channel).changed(message, call.body, call.uploads)
        return Reply(self._shown(self._messages.edit(message, draft)))

    def typing(self, call: Call) -> Reply:
        """POST: shown for ten seconds."""
        channel = self._world.channel(call.id("channel"))
        self._messages.check_may_send(channel)
        self._messages.type_in(channel, self._world.bot.id)
        return Reply()

    def list(self, call: Call) -> Reply:
        """GET: a page of the history, newest first."""
        channel = self._world.channel(call.id("channel"))
        self._world.require(channel)
        limit = call.query.get("limit", "50")
        form = Form()
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            form.wrong("limit", "NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
        form.check()
        if Permission.READ_MESSAGE_HISTORY not in self._world.bot_permissions(channel):
            return Reply([])
        ends = {name: int(call.query[name]) if name in call.query else None for name in ("before", "after", "around")}
        page = self._messages.history(channel, limit=int(limit), **ends)
        return Reply([self._shown(message) for message in page])

    def get(self, call: Call) -> Reply:
        """GET: one message."""
        _, message = self._found(call, Permission.READ_MESSAGE_HISTORY)
        return Reply(self._shown(message))

    def delete(self, call: Call) -> Reply:
        """DELETE: own messages, others' only with the right to."""
        channel, message = self._found(call)
        if message.author_id != self._world.bot.id:
            if channel.type is ChannelType.DM:
                raise ApiError(50003)
            self._world.require(channel, Permission.MANAGE_MESSAGES)
        self._messages.delete(message)
        return Reply()

    def bulk_delete(self, call: Call) -> Reply:
        """POST: 2 to 100 at once, none older than two weeks."""
        channel = self._world.channel(call.id("channel"))
        self._world.require(channel, Permission.MANAGE_MESSAGES)
        form = Form()
        form.between("messages", call.body.get("messages"), 2, 100)
        form.check()
        ids = [int(number) for number in call.body["messages"]]
        if any(created_ms(number) < self._world.clock.now() - BULK_DELETE_AGE_MS for number in ids):
            raise ApiError(50034)
        for number in ids:
            if number in channel.messages:
                self._messages.delete(channel.messages[number])
        return Reply()

    def react(self, call: Call) -> Reply:
        """PUT: the bot's own reaction."""
        channel, message = self._found(call, Permission.ADD_REACTIONS, Permission.READ_MESSAGE_HISTORY)
        _check_awake(channel)
        if call.parts["emoji"].isascii():
            raise ApiError(10014)  # A server's own would be called "name:id"; this world has none.
        self._messages.react(message, self._world.bot.id, call.parts["emoji"], on=True)
        return Reply()

    def unreact(self, call: Call) -> Reply:
        """DELETE: the bot's own reaction, or another's with the right to."""
        user = call.parts["user"]
        own = user in ("@me", str(self._world.bot.id))
        _, message = self._found(call, *(() if own else (Permission.MANAGE_MESSAGES,)))
        user_id = self._world.bot.id if own else int(user)
        self._messages.react(message, user_id, call.parts["emoji"], on=False)
        return Reply()


def _check_awake(channel: Channel) -> None:
    if channel.thread is not None and channel.thread.archived:
        raise ApiError(50083)
