"""What people do in their apps. Every function acts at once and returns the id of what it made."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.standins.telegram import media
from bot.standins.telegram.model import CallbackQuery, Chat, ChatKind, Json, Message, Person
from bot.standins.telegram.rooms import CannotDo, Rooms
from bot.standins.telegram.text import TEXT_LIMIT, checked, detected, pieces, units

GROUP_SCOPES = ('{"type":"all_group_chats"}', '{"type":"default"}')
IMPLICIT_NAME = 32
"""How much of the first message names a topic that the app opened by itself."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that a person sends."""

    data: bytes
    name: str = "photo.png"
    media_type: str = "image/png"


class People(Rooms):
    """The hands of everybody in the world."""

    __slots__ = ()

    # Saying things

    def say(
        self,
        person: int,
        chat: int,
        text: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        quote: str = "",
        entities: list[Json] | None = None,
        forwarded_from: str = "",
        anonymous: bool = False,
        channel: Json | None = None,
        bot: int | None = None,
    ) -> int:
        """Write a message of at most 4096 units; commands, mentions and links get their entities by themselves.

        `quote` is a part of the message in `reply_to`. With `forwarded_from` it was written by somebody of that name
        elsewhere. An `anonymous` administrator writes as the group, and with `channel` (a `Chat` object) one writes as
        that. Returns the message's id.
        """
        text, found = checked(text, entities)
        if not text or units(text) > TEXT_LIMIT:
            raise CannotDo("A message has 1 to 4096 characters; `paste` cuts a longer one.")
        content: Json = {"text": text, "entities": found, "quote": quote}
        content["sender_chat"] = self.chat(chat, bot).to_api() if anonymous else channel
        if forwarded_from:
            date = self.world.now_s()
            content["forward"] = {"type": "hidden_user", "date": date, "sender_user_name": forwarded_from}
        return self._post(person, chat, thread, reply_to, bot, **content).id

    def say_alone(
        self,
        person: int,
        chat: int,
        text: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        bot: int | None = None,
    ) -> int:
        """Write what only the bot sees: a command of its menu that is marked so, or a reply to what it said so.

        The app sends a marked command so by itself; one that is older than Bot API 10.2 uses `say`.
        """
        room, owner = self.chat(chat, bot), self.bot(bot)
        answered = self.find_message(room, reply_to) if reply_to is not None else None
        if answered is not None and (answered.receiver is None or not answered.seen_by(person)):
            raise CannotDo(f"Message {reply_to} is not for {person} alone.")
        if answered is None and not self.is_for_bot_alone(person, chat, text, bot=bot):
            raise CannotDo(f"{text!r} is no command that only the bot sees.")
        text, found = checked(text, None)
        content: Json = {"text": text, "entities": found, "receiver": owner.to_user()}
        return self._post(person, chat, thread, reply_to, bot, **content).id

    def write(
        self,
        person: int,
        chat: int,
        text: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        bot: int | None = None,
    ) -> int:
        """Type a message into a present app: it sends alone to the bot what is meant so, and `say`s all else."""
        answered = self.find_message(self.chat(chat, bot), reply_to) if reply_to is not None else None
        alone = answered.receiver is not None if answered else self.is_for_bot_alone(person, chat, text, bot=bot)
        send = self.say_alone if alone else self.say
        return send(person, chat, text, thread=thread, reply_to=reply_to, bot=bot)

    def is_for_bot_alone(self, person: int, chat: int, text: str, *, bot: int | None = None) -> bool:
        """Whether the bot's menu in this group marks the command that this text is as one that only it sees."""
        room, owner = self.chat(chat, bot), self.bot(bot)
        if room.kind is ChatKind.PRIVATE or not text.startswith("/"):
            return False
        name, _, addressee = text[1:].split(maxsplit=1)[0].partition("@")
        if addressee and addressee.lower() != owner.username.lower():
            return False
        menus = [(scope, self.find_person(person).language_code) for scope in GROUP_SCOPES]
        menus += [(scope, "") for scope in GROUP_SCOPES]
        shown = next((owner.commands[menu] for menu in menus if menu in owner.commands), [])
        return any(command["command"] == name and command.get("is_ephemeral") for command in shown)

    def paste(
        self, person: int, chat: int, text: str, *, thread: int | None = None, bot: int | None = None
    ) -> list[int]:
        """Write a text of any length: the app cuts it into messages of 4096 units. Returns their ids."""
        return [self.say(person, chat, piece, thread=thread, bot=bot) for piece in pieces(text)]

    def send_photo(
        self,
        person: int,
        chat: int,
        photo: Attached,
        caption: str = "",
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        bot: int | None = None,
    ) -> int:
        """Send a picture."""
        described = media.photo(self.world.add_file(photo.name, photo.media_type, photo.data))
        return self._post_media(person, chat, described, caption, thread, reply_to, bot).id

    def send_album(
        self,
        person: int,
        chat: int,
        photos: Sequence[Attached],
        caption: str = "",
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        bot: int | None = None,
    ) -> list[int]:
        """Send several pictures as one album: several messages, the caption on the first."""
        album = self.world.serial()
        sent: list[int] = []
        for photo in photos:
            described = media.photo(self.world.add_file(photo.name, photo.media_type, photo.data))
            words = "" if sent else caption
            sent.append(self._post_media(person, chat, described, words, thread, reply_to, bot, album).id)
        return sent

    def send_document(
        self,
        person: int,
        chat: int,
        document: Attached,
        caption: str = "",
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        bot: int | None = None,
    ) -> int:
        """Send a file."""
        described = media.document(self.world.add_file(document.name, document.media_type, document.data))
        return self._post_media(person, chat, described, caption, thread, reply_to, bot).id

    def send_voice(
        self,
        person: int,
        chat: int,
        voice: Attached,
        duration_s: int = 1,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        bot: int | None = None,
    ) -> int:
        """Send a voice message."""
        described = media.voice(self.world.add_file(voice.name, voice.media_type, voice.data), duration_s)
        return self._post_media(person, chat, described, "", thread, reply_to, bot).id

    def send_other(
        self,
        person: int,
        chat: int,
        content: Json,
        caption: str = "",
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        bot: int | None = None,
    ) -> int:
        """Send what has no function for it: `content` is that part of the `Message` object, e.g. a sticker."""
        return self._post_media(person, chat, content, caption, thread, reply_to, bot).id

    def edit(self, person: int, chat: int, message: int, text: str, *, bot: int | None = None) -> None:
        """Change one's own message or caption."""
        room, author = self.where(person, chat, bot)
        old = self.find_message(room, message)
        if old.sender["id"] != person:
            raise CannotDo(f"Message {message} is somebody else's.")
        text, found = checked(text, None)
        self.world.change(room, old, text=text, entities=found, edit_date=self.world.now_s())
        self.world.tell(room, old, "edited_message", author)

    def delete(self, person: int, chat: int, message: int, *, bot: int | None = None) -> None:
        """Delete a message for everybody. The bot is not told."""
        room, _ = self.where(person, chat, bot)
        found = self.find_message(room, message)
        if room.kind is not ChatKind.PRIVATE and found.sender["id"] != person:
            raise CannotDo(f"Message {message} is somebody else's.")
        self.world.delete(room, message)

    # Pressing things

    def press(
        self,
        person: int,
        chat: int,
        message: int,
        *,
        label: str | None = None,
        data: str | None = None,
        forged: bool = False,
        bot: int | None = None,
    ) -> str:
        """Press an inline button, found by its label or its data; returns the query's id.

        With `forged` the data need not be on any button: a tampered app can send what it likes.
        """
        room, author = self.where(person, chat, bot)
        found = self.find_message(room, message)
        if forged:
            return self._press(room, author, found, {"text": "", "callback_data": data or ""})
        for button in (button for row in found.keyboard or () for button in row):
            if (label is None or button["text"] == label) and (data is None or button.get("callback_data") == data):
                return self._press(room, author, found, button)
        raise CannotDo(f"Message {message} has no button {label if data is None else data!r}.")

    def _press(self, room: Chat, author: Person, message: Message, button: Json) -> str:
        if not message.seen_by(author.id):
            raise CannotDo(f"Person {author.id} does not see message {message.id}.")
        if "callback_data" not in button or button.get("disabled"):
            raise CannotDo(f"Pressing {button['text']!r} tells the bot nothing.")
        owner = next(bot for bot in self.world.bots.values() if bot.id == message.sender["id"])
        query = CallbackQuery(
            self.world.serial(),
            author.id,
            room.id,
            message.id,
            button["callback_data"],
            self.world.clock.monotonic(),
        )
        owner.queries[query.id] = query
        asked = (one for one in owner.guest_queries.values() if (one.chat, one.answer) == (room.id, message.id))
        inline = next((one.inline_id for one in asked), "")
        # Of what a guest has said the bot is told the message's id of another kind, and not the chat.
        where: Json = {"inline_message_id": inline} if inline else {"message": room.message_to_api(message)}
        payload = {
            "id": query.id,
            "from": author.to_api(),
            "chat_instance": str(abs(room.id) * 7919),
            "data": query.data,
            **where,
        }
        owner.updates.push("callback_query", payload)
        return query.id

    def stop(self, person: int, chat: int, *, thread: int | None = None, bot: int | None = None) -> None:
        """Press Stop below a draft."""
        room, _ = self.where(person, chat, bot)
        draft = room.drafts.get(thread)
        if draft is None or draft.expires_s <= self.world.clock.monotonic():
            raise CannotDo("There is no draft to stop.")
        if not draft.can_stop or draft.stopped:
            raise CannotDo("The draft has no Stop button.")
        draft.stopped = True
        if not draft.keep_on_stop:
            del room.drafts[thread]
        # The server writes the id as decimal text, although the documentation says it is an integer.
        payload: Json = {"chat": room.to_api(), "draft_id": str(draft.id)}
        if thread is not None:
            payload["message_thread_id"] = thread
        for owner in self.world.bots_of(room):
            owner.updates.push("stopped_message_generation", payload)

    def react(self, person: int, chat: int, message: int, emoji: str, *, bot: int | None = None) -> None:
        """React to a message, or take the reaction back with "". In groups only administrators among bots are told."""
        room, author = self.where(person, chat, bot)
        found = self.find_message(room, message)
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        payload = {
            "chat": room.to_api(),
            "message_id": message,
            "user": author.to_api(),
            "date": self.world.now_s(),
            "old_reaction": found.reactions.get(person, []),
            "new_reaction": new,
        }
        found.reactions[person] = new
        for owner in self.world.bots_of(room):
            if room.kind is ChatKind.PRIVATE or room.bots[owner.id].status == "administrator":
                owner.updates.push("message_reaction", payload)
        self.world.changes.ring()

    # Doing things

    def _post(
        self,
        person: int,
        chat: int,
        thread: int | None,
        reply_to: int | None,
        bot: int | None,
        **content: object,
    ) -> Message:
        room, author = self.where(person, chat, bot)
        if room.kind is ChatKind.PRIVATE and any(not membership.present for membership in room.bots.values()):
            raise CannotDo("The bot is blocked.")
        if reply_to is not None:
            answered = self.find_message(room, reply_to)
            thread = answered.thread if thread is None and answered.is_topic_message else thread
        if thread is not None and (thread not in room.topics or room.topics[thread].closed):
            raise CannotDo(f"Chat {chat} has no open topic {thread}.")
        if thread is None:
            thread = self._implicit_topic(room, author, str(content.get("text", "")))
        return self.world.post(room, author, thread, reply_to=reply_to, **content)

    def _implicit_topic(self, room: Chat, author: Person, text: str) -> int | None:
        """In a private chat with topics what is written outside of them opens a new topic."""
        if room.kind is not ChatKind.PRIVATE:
            return None
        owner = self.world.bots_of(room)[0]
        if not owner.has_topics_enabled or not owner.implicit_topics:
            return None
        name = (text.splitlines() or ["New chat"])[0][:IMPLICIT_NAME] or "New chat"
        return self.world.open_topic(room, author, name, implicit=True).id

    def _post_media(
        self,
        person: int,
        chat: int,
        described: Json,
        caption: str,
        thread: int | None,
        reply_to: int | None,
        bot: int | None,
        album: str = "",
    ) -> Message:
        found = detected(caption)
        return self._post(
            person, chat, thread, reply_to, bot, media=described, text=caption, entities=found, album=album
        )
