"""Where people meet: opening chats, groups and topics, and what their administrators do.

A chat is named by its id; a private chat has the person's id, and where several bots run, `bot` tells which one's
private chat is meant (the first bot otherwise). What people cannot do raises `CannotDo`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.standins.telegram.account import BotAccount, member_to_api
from bot.standins.telegram.model import Chat, ChatKind, Membership, Message, Person
from bot.standins.telegram.world import World

NEW_BOT = re.compile(
    r"https://t\.me/newbot/(?P<manager>\w+)/(?P<username>[A-Za-z]\w{1,28}bot)", re.ASCII | re.IGNORECASE
)
"""A username has 5 to 32 letters, digits and _, and ends with "bot"."""
LONGEST_NAME = 64
ADMIN_RIGHTS = ("manage_chat", "delete_messages", "pin_messages", "invite_users", "manage_topics")


class CannotDo(Exception):
    """A person's app does not offer this: the button, the message or the right is not there."""


@dataclass(slots=True)
class Rooms:
    """Making places in the world, and finding them."""

    world: World

    # Opening things

    def add_bot(
        self,
        token: str | None = None,
        username: str = "parley_bot",
        first_name: str = "Parley",
        *,
        has_topics_enabled: bool = False,
        can_read_all_group_messages: bool = False,
        allows_users_to_create_topics: bool = True,
        implicit_topics: bool = True,
    ) -> BotAccount:
        """Make a bot; its owner's switches can be changed on the account later."""
        bot = self.world.add_bot(token, username, first_name)
        bot.has_topics_enabled = has_topics_enabled
        bot.can_read_all_group_messages = can_read_all_group_messages
        bot.allows_users_to_create_topics = allows_users_to_create_topics
        bot.implicit_topics = implicit_topics
        return bot

    def make_bot(self, person: int, link: str, name: str = "New bot") -> BotAccount:
        """Follow a link that makes a bot for another one to manage (t.me/newbot/MANAGER/USERNAME), and confirm it."""
        found = NEW_BOT.fullmatch(link)
        manager = next((bot for bot in self.world.bots.values() if found and bot.username == found["manager"]), None)
        if found is None or manager is None:
            raise CannotDo(f"{link!r} names no bot that manages others.")
        if not manager.can_manage_bots:
            raise CannotDo("MANAGER_PERMISSION_MISSING")
        username = found["username"]
        if any(bot.username.lower() == username.lower() for bot in self.world.bots.values()):
            raise CannotDo("USERNAME_OCCUPIED")
        if not 1 <= len(name) <= LONGEST_NAME:
            raise CannotDo("NAME_INVALID")
        owner = self.find_person(person)
        bot = self.world.add_bot(None, username, name)
        bot.owner, bot.manager = owner, manager.id
        self.world.tell_manager(bot)
        return bot

    def renew_token(self, bot: int) -> None:
        """Have @BotFather give a bot another token."""
        found = self.bot(bot)
        self.world.renew_token(found)
        self.world.tell_manager(found)

    def open_person(self, name: str, username: str = "", language: str = "en") -> int:
        """Somebody new; returns their id."""
        return self.world.add_person(name, username, language).id

    def open_private(self, person: int, *, bot: int | None = None) -> int:
        """Press Start without sending anything; returns the chat's id, which is the person's."""
        return self.world.open_private(self.bot(bot), self.find_person(person)).id

    def open_group(
        self,
        title: str,
        members: Sequence[int],
        *,
        kind: str = "supergroup",
        forum: bool = False,
        bots: Sequence[int] | None = None,
        admin: bool = False,
    ) -> int:
        """A group with these people and these bots (all bots when None); the first member adds the bots.

        `kind` is "group" or "supergroup"; a forum is a supergroup. With `admin` the bots are administrators who may
        delete messages and manage topics.
        """
        chat = self.world.add_group(ChatKind.SUPERGROUP if forum else ChatKind(kind), title, is_forum=forum)
        for person in members:
            chat.members[person] = self.find_person(person)
        for bot in self.world.bots.values():
            if bots is None or bot.id in bots:
                self._join(chat, bot, members[0], admin=admin)
        return chat.id

    def appoint(self, person: int, chat: int) -> None:
        """Make a member an administrator of a group."""
        self.chat(chat, None).admins.add(self.find_person(person).id)

    def open_topic(self, person: int, chat: int, name: str, *, bot: int | None = None) -> int:
        """A new topic in a forum, or in a private chat where the bot has topics; returns its id."""
        room, author = self.where(person, chat, bot)
        owner = self.world.bots_of(room)[0] if room.kind is ChatKind.PRIVATE else None
        if not room.is_forum and not (owner and owner.has_topics_enabled and owner.allows_users_to_create_topics):
            raise CannotDo(f"Chat {chat} has no topics that people can open.")
        return self.world.open_topic(room, author, name).id

    # Groups

    def rename_topic(self, person: int, chat: int, thread: int, name: str, *, bot: int | None = None) -> None:
        """Give a topic another name."""
        room, author = self.where(person, chat, bot)
        topic = room.topics[thread]
        topic.name = name
        topic.implicit = False
        self.world.post(room, author, thread, service={"forum_topic_edited": {"name": name}})

    def close_topic(self, person: int, chat: int, thread: int) -> None:
        """Close a topic of a forum."""
        room, author = self.where(person, chat, None)
        room.topics[thread].closed = True
        self.world.post(room, author, thread, service={"forum_topic_closed": {}})

    def reopen_topic(self, person: int, chat: int, thread: int) -> None:
        """Open it again."""
        room, author = self.where(person, chat, None)
        room.topics[thread].closed = False
        self.world.post(room, author, thread, service={"forum_topic_reopened": {}})

    def delete_topic(self, person: int, chat: int, thread: int, *, bot: int | None = None) -> None:
        """Delete a topic with all its messages. The bot is not told."""
        room, _ = self.where(person, chat, bot)
        del room.topics[thread]
        room.drafts.pop(thread, None)
        for number in [number for number, message in room.messages.items() if message.thread == thread]:
            self.world.delete(room, number)

    def kick(self, person: int, chat: int, *, bot: int | None = None) -> None:
        """Throw the bot out of a group."""
        self._set_status(self.chat(chat, bot), self.bot(bot), self.find_person(person), Membership("kicked"))

    def invite(self, person: int, chat: int, *, bot: int | None = None, admin: bool = False) -> None:
        """Bring a bot (back) into a group."""
        self._join(self.chat(chat, bot), self.bot(bot), person, admin=admin)

    def set_rights(self, person: int, chat: int, status: str, rights: Sequence[str], *, bot: int | None = None) -> None:
        """Change the bot's standing: "member", "administrator", "restricted", with these rights."""
        membership = Membership(status, set(rights))
        self._set_status(self.chat(chat, bot), self.bot(bot), self.find_person(person), membership)

    def migrate(self, person: int, chat: int) -> int:
        """Turn a basic group into a supergroup; returns the new id."""
        old, author = self.where(person, chat, None)
        if old.kind is not ChatKind.GROUP:
            raise CannotDo(f"Chat {chat} is no basic group.")
        new = self.world.add_group(ChatKind.SUPERGROUP, old.title)
        new.members = dict(old.members)
        new.bots = {number: Membership(was.status, set(was.rights)) for number, was in old.bots.items()}
        self.world.post(old, author, service={"migrate_to_chat_id": new.id})
        old.migrated_to = new.id
        self.world.post(new, author, service={"migrate_from_chat_id": old.id})
        return new.id

    def block(self, person: int, *, bot: int | None = None) -> None:
        """Block the bot: it can write no more, and the private chat falls silent."""
        self._set_blocked(person, bot, "kicked")

    def unblock(self, person: int, *, bot: int | None = None) -> None:
        """Take the block back."""
        self._set_blocked(person, bot, "member")

    def _set_blocked(self, person: int, bot: int | None, status: str) -> None:
        owner = self.bot(bot)
        room = self.chat(person, owner.id)
        self._set_status(room, owner, self.find_person(person), Membership(status))

    # Finding things

    def bot(self, number: int | None = None) -> BotAccount:
        """A bot by its id, or the first one."""
        for bot in self.world.bots.values():
            if number is None or bot.id == number:
                return bot
        raise CannotDo("There is no such bot." if number is not None else "There is no bot yet.")

    def chat(self, number: int, bot: int | None = None) -> Chat:
        """A chat by its id."""
        if (group := self.world.groups.get(number)) is not None:
            return group
        room = self.bot(bot).private.get(number)
        if room is None:
            raise CannotDo(f"There is no chat {number}.")
        return room

    def find_person(self, number: int) -> Person:
        try:
            return self.world.people[number]
        except KeyError:
            raise CannotDo(f"There is no person {number}.") from None

    def find_message(self, chat: Chat, number: int) -> Message:
        try:
            return chat.messages[number]
        except KeyError:
            raise CannotDo(f"Message {number} is not in chat {chat.id}.") from None

    def where(self, person: int, chat: int, bot: int | None) -> tuple[Chat, Person]:
        room = self.chat(chat, bot)
        if person not in room.members:
            raise CannotDo(f"Person {person} is not in chat {chat}.")
        if room.migrated_to is not None:
            raise CannotDo(f"Chat {chat} has moved to {room.migrated_to}.")
        return room, room.members[person]

    def _join(self, chat: Chat, bot: BotAccount, by: int, *, admin: bool) -> None:
        author = self.find_person(by)
        membership = Membership("administrator", set(ADMIN_RIGHTS)) if admin else Membership()
        self._set_status(chat, bot, author, membership)
        self.world.post(chat, author, service={"new_chat_members": [bot.to_user()]})

    def _set_status(self, chat: Chat, bot: BotAccount, by: Person, new: Membership) -> None:
        old = chat.bots.get(bot.id)
        before = member_to_api(bot, old if old is not None else Membership("left" if chat.title else "member"))
        chat.bots[bot.id] = new
        payload = {
            "chat": chat.to_api(),
            "from": by.to_api(),
            "date": self.world.now_s(),
            "old_chat_member": before,
            "new_chat_member": member_to_api(bot, new),
        }
        bot.updates.push("my_chat_member", payload)
        self.world.changes.ring()
