"""Everything that exists on the stand-in, and what follows when something is posted: ids, updates, privacy."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

from bot.domain.clock import Clock
from bot.standins.changes import Changes
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.errors import ApiError, bad_request, forbidden
from bot.standins.telegram.flood import FloodGate, FloodLimits
from bot.standins.telegram.model import Chat, ChatKind, File, GuestQuery, Json, Message, Person, Topic, Version
from bot.standins.telegram.updates import UpdateQueue

FIRST_PERSON_ID = 1_001
FIRST_BOT_ID = 7_000_000_001
FIRST_GROUP_ID = -4_001
FIRST_SUPERGROUP_ID = -1_001_000_000_001
MOST_GUESTS = 3


class World:
    """The state behind the wire. Everything in it changes synchronously, so a call is done at one moment."""

    def __init__(self, clock: Clock, limits: FloodLimits | None, rng: random.Random) -> None:
        self.clock = clock
        self.changes = Changes()
        self.limits = limits
        self.rng = rng
        self.bots: dict[str, BotAccount] = {}
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.paths: dict[str, File] = {}
        self._person_ids = itertools.count(FIRST_PERSON_ID)
        self._bot_ids = itertools.count(FIRST_BOT_ID)
        self._group_ids = itertools.count(FIRST_GROUP_ID, -1)
        self._supergroup_ids = itertools.count(FIRST_SUPERGROUP_ID, -1)
        self._serial = itertools.count(1)

    # Making things

    def add_bot(self, token: str | None, username: str, first_name: str) -> BotAccount:
        """A new bot; without a `token` one is made."""
        number = next(self._bot_ids) if token is None else int(token.partition(":")[0])
        if token is None:
            token = f"{number}:{self.rng.getrandbits(160):040x}"
        if token in self.bots or number in {bot.id for bot in self.bots.values()}:
            raise ValueError(f"There is a bot {number} already.")
        updates = UpdateQueue(self.clock, self.changes, self.rng)
        bot = BotAccount(number, token, first_name, username, updates, FloodGate(self.limits, self.clock))
        self.bots[token] = bot
        return bot

    def renew_token(self, bot: BotAccount) -> None:
        """Give a bot another token; the one that it had is worth nothing from now on."""
        bot.token, known = f"{bot.id}:{self.rng.getrandbits(160):040x}", [*self.bots.values()]
        self.bots.clear()
        self.bots.update({one.token: one for one in known})

    def tell_manager(self, bot: BotAccount) -> None:
        """Tell the bot that manages this one that it was made, or that its token is another one."""
        manager = next((one for one in self.bots.values() if one.id == bot.manager), None)
        if manager is not None and bot.owner is not None:
            manager.updates.push("managed_bot", {"user": bot.owner.to_api(), "bot": bot.to_user()})

    def add_person(self, first_name: str, username: str, language_code: str) -> Person:
        """A new person, unknown to any bot."""
        person = Person(next(self._person_ids), first_name, username, language_code)
        self.people[person.id] = person
        return person

    def open_private(self, bot: BotAccount, person: Person) -> Chat:
        """The private chat of both; from now on the bot can write there."""
        chat = bot.private.get(person.id)
        if chat is None:
            chat = Chat(person.id, ChatKind.PRIVATE, person=person, members={person.id: person})
            bot.private[person.id] = chat
        return chat

    def add_group(self, kind: ChatKind, title: str, *, is_forum: bool = False) -> Chat:
        """A new group without anybody in it."""
        ids = self._group_ids if kind is ChatKind.GROUP else self._supergroup_ids
        chat = Chat(next(ids), kind, title, is_forum=is_forum)
        self.groups[chat.id] = chat
        return chat

    def add_file(self, name: str, media_type: str, data: bytes) -> File:
        """Keep bytes under a new file id."""
        number = next(self._serial)
        folder = "photos" if media_type.startswith("image/") else "documents"
        suffix = name.rpartition(".")[2] if "." in name else "bin"
        file = File(
            f"BQAC{number:012x}", f"Ag{number:010x}", f"{folder}/file_{number}.{suffix}", name, media_type, data
        )
        self.files[file.id] = file
        self.paths[file.path] = file
        return file

    def set_limits(self, limits: FloodLimits | None) -> None:
        """Switch the flood limits of all bots, also of those to come; penalties that run go on."""
        self.limits = limits
        for bot in self.bots.values():
            bot.gate.limits = limits

    def serial(self) -> str:
        """A number never given twice, for albums and queries."""
        return str(next(self._serial) + 10**12)

    # Finding things

    def chat_for(self, bot: BotAccount, chat_id: str) -> Chat:
        """The chat that a bot addresses.

        Raises ApiError if it does not exist, has moved, or the bot cannot act there.
        """
        if not chat_id:
            raise bad_request("chat_id is empty")
        try:
            number = int(chat_id)
        except ValueError:
            raise bad_request("chat not found") from None
        chat = bot.private.get(number) or self.groups.get(number)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        self._check_membership(bot, chat)
        return chat

    def _check_membership(self, bot: BotAccount, chat: Chat) -> None:
        membership = chat.bots.get(bot.id)
        if chat.kind is ChatKind.PRIVATE:
            if membership is not None and not membership.present:
                raise forbidden("bot was blocked by the user")
        elif membership is None:
            raise bad_request("chat not found")
        elif not membership.present:
            kind = "supergroup" if chat.kind is ChatKind.SUPERGROUP else "group"
            raise forbidden(f"bot was kicked from the {kind} chat")

    def chats(self) -> Iterator[Chat]:
        """All chats there are."""
        for bot in self.bots.values():
            yield from bot.private.values()
        yield from self.groups.values()

    def bots_of(self, chat: Chat) -> list[BotAccount]:
        """The bots that are in a chat and can act there."""
        if chat.kind is ChatKind.PRIVATE:
            return [bot for bot in self.bots.values() if bot.private.get(chat.id) is chat]
        present = {number for number, membership in chat.bots.items() if membership.present}
        return [bot for bot in self.bots.values() if bot.id in present]

    def now_s(self) -> int:
        """The moment in whole seconds, as the Bot API writes it."""
        return self.clock.now() // 1000

    # What happens

    def post(self, chat: Chat, sender: Person | BotAccount, thread: int | None = None, **content: Any) -> Message:
        """Put a message into a chat and tell the bots that should know of it."""
        if thread is None and chat.kind is ChatKind.SUPERGROUP and not chat.is_forum:
            thread = _reply_thread(chat, content.get("reply_to"))
        user = sender.to_user() if isinstance(sender, BotAccount) else sender.to_api()
        message = Message(self._next_message_id(chat), self.now_s(), user, thread=thread, **content)
        message.is_topic_message = thread is not None and thread in chat.topics
        chat.messages[message.id] = message
        if isinstance(sender, BotAccount):
            if thread in chat.drafts:
                del chat.drafts[thread]
            chat.actions.pop(thread, None)
        self.tell(chat, message, "message", sender)
        if isinstance(sender, Person) and message.receiver is None:
            self._call_guests(chat, message)
        return message

    def _call_guests(self, chat: Chat, message: Message) -> None:
        """Hand a message to the bots in guest mode that it names, and that are not there: three at most."""
        if chat.kind is ChatKind.PRIVATE:
            return
        inside = self.bots_of(chat)
        outside = [bot for bot in self.bots.values() if bot.supports_guest_queries and bot not in inside]
        for bot in [bot for bot in outside if _names(message, bot.username)][:MOST_GUESTS]:
            self.ask_guest(bot, chat, message)

    def ask_guest(self, bot: BotAccount, chat: Chat, message: Message) -> str:
        """Put a message to a bot as to a guest; returns the query's id."""
        query = GuestQuery(self.serial(), chat.id, self.clock.monotonic())
        bot.guest_queries[query.id] = query
        bot.updates.push("guest_message", {**chat.message_to_api(message), "guest_query_id": query.id})
        return query.id

    def post_as_guest(
        self,
        bot: BotAccount,
        query: GuestQuery,
        text: str,
        entities: list[Json],
        keyboard: list[list[Json]] | None,
    ) -> Message:
        """The answer to a guest's question. No bot is told of it."""
        chat = self.groups[query.chat]
        message = Message(self._next_message_id(chat), self.now_s(), bot.to_user(), text=text, entities=entities)
        message.keyboard = keyboard
        chat.messages[message.id] = message
        query.answer, query.inline_id = message.id, f"BAAA{query.id}"
        self.changes.ring()
        return message

    def tell(self, chat: Chat, message: Message, kind: str, sender: Person | BotAccount) -> None:
        """Push an update about a message to every bot in the chat that may see it, but its own author."""
        payload: Json | None = None
        for bot in self.bots_of(chat):
            if bot is not sender and message.seen_by(bot.id) and self._sees(bot, chat, message):
                payload = payload if payload is not None else chat.message_to_api(message)
                bot.updates.push(kind, payload)
        self.changes.ring()

    def _sees(self, bot: BotAccount, chat: Chat, message: Message) -> bool:
        """Privacy mode: commands, replies to the bot and service messages pass; a bare mention does not."""
        if chat.kind is ChatKind.PRIVATE or message.service is not None:
            return True
        if message.receiver is not None and message.receiver["id"] == bot.id:
            return True
        if message.by_bot:
            return False
        if bot.can_read_all_group_messages or chat.bots[bot.id].status == "administrator":
            return True
        answered = chat.messages.get(message.reply_to) if message.reply_to is not None else None
        if answered is not None and answered.sender["id"] == bot.id:
            return True
        return any(_is_command_for(bot, message, entity) for entity in message.entities)

    def open_topic(
        self, chat: Chat, creator: Person | BotAccount, name: str, *, implicit: bool = False, icon_color: int = 0x6FB9F0
    ) -> Topic:
        """Make a topic by its service message."""
        created: Json = {"name": name, "icon_color": icon_color}
        if implicit:
            created["is_name_implicit"] = True
        number = self.peek_message_id(chat)
        topic = Topic(number, name, creator.id, icon_color, implicit=implicit)
        chat.topics[number] = topic
        self.post(chat, creator, number, service={"forum_topic_created": created})
        return topic

    def change(self, chat: Chat, message: Message, **fields: Any) -> None:
        """Give a message another form, keeping the old one as a version."""
        message.versions.append(Version(self.clock.now(), message.text, message.entities, message.keyboard))
        for name, value in fields.items():
            setattr(message, name, value)
        self.changes.ring()

    def delete(self, chat: Chat, message: int) -> None:
        """Take a message away for everybody. No bot is told."""
        del chat.messages[message]
        chat.deleted.append(message)
        self.changes.ring()

    def peek_message_id(self, chat: Chat) -> int:
        """The id that the next message of the chat gets."""
        owner = self._id_owner(chat)
        return (owner.last_id if isinstance(owner, Chat) else owner.last_private_id) + 1

    def _next_message_id(self, chat: Chat) -> int:
        owner = self._id_owner(chat)
        if isinstance(owner, Chat):
            owner.last_id += 1
            return owner.last_id
        owner.last_private_id += 1
        return owner.last_private_id

    def _id_owner(self, chat: Chat) -> Chat | BotAccount:
        """A private chat counts with its bot; in groups the ids are the same for all, so each counts by itself."""
        return self.bots_of(chat)[0] if chat.kind is ChatKind.PRIVATE else chat


def _reply_thread(chat: Chat, reply_to: int | None) -> int | None:
    """In a plain supergroup replies form a thread, named by the message it began with, which is no topic."""
    answered = chat.messages.get(reply_to) if reply_to is not None else None
    return (answered.thread or answered.id) if answered is not None else None


def _is_command_for(bot: BotAccount, message: Message, entity: Json) -> bool:
    if entity["type"] != "bot_command" or entity["offset"] != 0:
        return False
    command = message.text.encode("utf-16-le")[: 2 * entity["length"]].decode("utf-16-le")
    _, _, addressee = command.partition("@")
    return not addressee or addressee.lower() == bot.username.lower()


def _names(message: Message, username: str) -> bool:
    said = message.text.encode("utf-16-le")
    for entity in message.entities:
        if entity["type"] == "mention":
            begin = 2 * entity["offset"]
            named = said[begin : begin + 2 * entity["length"]].decode("utf-16-le")
            if named.lower() == f"@{username.lower()}":
                return True
    return False
