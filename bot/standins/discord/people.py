"""What people do in their apps. Every function acts at once and returns the id of what it made.

Ids are snowflakes; a string of digits will do (JSON cannot hold them as numbers). What people cannot do raises
`CannotDo`. A use of a command, button, select or form gives the id of its interaction, whose answer comes later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.standins.discord import interactions as kinds
from bot.standins.discord.acts import command_data, component_data, modal_data
from bot.standins.discord.cdn import Cdn
from bot.standins.discord.commands import CHAT_INPUT, MESSAGE_MENU, USER_MENU, Commands
from bot.standins.discord.errors import CannotDo, Json
from bot.standins.discord.forms import Draft, mentions_in
from bot.standins.discord.gateway import Gateway
from bot.standins.discord.interactions import Interactions
from bot.standins.discord.messages import Messages
from bot.standins.discord.model import (
    Attachment,
    Channel,
    ChannelType,
    Guild,
    MessageFlag,
    Permission,
    Role,
    User,
)
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.sessions import Intent
from bot.standins.discord.sight import Id, Sight
from bot.standins.discord.snowflakes import iso
from bot.standins.discord.threads import Threads


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that a person sends."""

    data: bytes
    name: str = "photo.png"
    media_type: str = "image/png"
    voice_s: float | None = None
    """How long it lasts, for a voice message."""


@dataclass(slots=True)
class People(Sight):
    """The hands of everyone in the world, and of the bot's operator."""

    payloads: Payloads
    cdn: Cdn
    gateway: Gateway
    messages: Messages
    threads: Threads
    commands: Commands
    interactions: Interactions

    # Opening things

    def open_person(self, name: str, language: str = "en-US", *, number: int | None = None) -> int:
        """Somebody new; with the `number` that they have already in another application's world."""
        user = User(self.world.ids.next() if number is None else number, name, locale=language)
        self.world.users[user.id] = user
        self.world.changes.ring()
        return user.id

    def open_guild(self, name: str, members: Sequence[Id], *, bot: bool = True) -> int:
        """A server of these people, owned by the first; with `bot` they have invited it."""
        people = [self._person(member).id for member in members]
        own_role = Role(self.world.ids.next(), self.world.bot.name, {self.world.bot.id})
        guild = Guild(self.world.ids.next(), name, people[0], {own_role.id: own_role})
        now = self.world.clock.now()
        guild.members = dict.fromkeys(people, now)
        self.world.guilds[guild.id] = guild
        if bot:
            self.invite_bot(guild.id)
        return guild.id

    def add_app(self, person: Id) -> None:
        """Add the application to one's own account: its commands come along everywhere."""
        self.world.added_by.add(self._person(person).id)

    def invite_bot(self, guild: Id) -> None:
        """Let the bot in."""
        found = self._guild(guild)
        found.members[self.world.bot.id] = self.world.clock.now()
        self.world.added_to.add(found.id)
        data = self.payloads.guild_create(found, all_members=False)
        # Only a guild that was there before says whether it is unavailable: that is how clients tell a new one.
        del data["unavailable"]
        self.gateway.dispatch("GUILD_CREATE", data, Intent.GUILDS)

    def remove_bot(self, guild: Id) -> None:
        """Throw the bot out; its commands stay."""
        found = self._guild(guild)
        found.members.pop(self.world.bot.id, None)
        self.gateway.dispatch("GUILD_DELETE", {"id": str(found.id)}, Intent.GUILDS)

    def join(self, person: Id, guild: Id) -> None:
        """A person joins a server."""
        user, found = self._person(person), self._guild(guild)
        found.members[user.id] = self.world.clock.now()
        member = {**self.payloads.member_with_user(found, user.id), "guild_id": str(found.id)}
        if self.world.bot.id in found.members:
            self.gateway.dispatch("GUILD_MEMBER_ADD", member, Intent.GUILD_MEMBERS)

    def appoint(self, person: Id, guild: Id) -> None:
        """Let a member keep order in a server."""
        self._guild(guild).moderators.add(self._person(person).id)

    def open_role(self, guild: Id, name: str, members: Sequence[Id]) -> int:
        """A role for these people."""
        found = self._guild(guild)
        role = Role(self.world.ids.next(), name, {self._person(member).id for member in members})
        found.roles[role.id] = role
        if self.world.bot.id in found.members:
            data = {"guild_id": str(found.id), "role": self.payloads.role(found, role)}
            self.gateway.dispatch("GUILD_ROLE_CREATE", data, Intent.GUILDS)
            for user_id in role.members:
                member = {**self.payloads.member_with_user(found, user_id), "guild_id": str(found.id)}
                self.gateway.dispatch("GUILD_MEMBER_UPDATE", member, Intent.GUILD_MEMBERS)
        return role.id

    def open_channel(self, guild: Id, name: str, *, kind: str = "text", nsfw: bool = False) -> int:
        """A channel for every member; `kind` is "text" or "forum"."""
        if kind not in ("text", "forum"):
            raise CannotDo(f"A channel is of kind 'text' or 'forum', not {kind!r}.")
        found = self._guild(guild)
        channel = Channel(self.world.ids.next(), ChannelType[kind.upper()], name, guild_id=found.id, nsfw=nsfw)
        self.world.channels[channel.id] = channel
        found.channel_ids.append(channel.id)
        self.gateway.dispatch("CHANNEL_CREATE", self.payloads.channel(channel), Intent.GUILDS, channel)
        return channel.id

    def delete_channel(self, channel: Id) -> None:
        """Delete a server's channel with its threads."""
        found = self._channel(channel)
        guild = self.world.guilds[found.guild_id or 0]
        for thread in [one for one in self.world.threads_of(guild.id) if one.parent_id == found.id]:
            del self.world.channels[thread.id]
        self.gateway.dispatch("CHANNEL_DELETE", self.payloads.channel(found), Intent.GUILDS, found)
        guild.channel_ids.remove(found.id)
        del self.world.channels[found.id]

    def deny(self, channel: Id, *permissions: str) -> None:
        """Take rights from the bot in a channel, by their names in `Permission`; none gives all of them back."""
        found = self._channel(channel)
        found.denied = Permission(0)
        for name in permissions:
            found.denied |= Permission[name]
        self.gateway.dispatch("CHANNEL_UPDATE", self.payloads.channel(found), Intent.GUILDS)

    def open_private(self, person: Id) -> int:
        """The direct conversation with the bot."""
        return self.world.dm(self._person(person).id).id

    def open_between(self, members: Sequence[Id]) -> int:
        """A conversation of people among themselves, in which the bot is not."""
        return self.world.between([self._person(member).id for member in members]).id

    def open_thread(self, person: Id, channel: Id, name: str, *, message: Id | None = None) -> int:
        """A thread, on a message or by itself."""
        user, found = self._where(person, channel)
        if message is None:
            body: Json = {"name": name, "type": int(ChannelType.PUBLIC_THREAD)}
            return self.threads.open(found, user.id, body).id
        return self.threads.open_from(self._message(user, found, message), user.id, {"name": name}).id

    def open_post(self, person: Id, forum: Id, name: str, text: str, *, files: Sequence[Attached] = ()) -> int:
        """A post in a forum; returns the thread's id, which is its first message's as well."""
        user, found = self._where(person, forum)
        if found.type is not ChannelType.FORUM:
            raise CannotDo(f"Channel {forum} is no forum.")
        return self.threads.open_post(found, user.id, {"name": name}, self._draft(found, text, files))[0].id

    # Saying things

    def say(
        self,
        person: Id,
        channel: Id,
        text: str,
        *,
        reply_to: Id | None = None,
        files: Sequence[Attached] = (),
        extra: Json | None = None,
    ) -> int:
        """Write a message; `<@ID>` mentions someone, `<@&ID>` a role.

        `extra` is what has no function for it: parts of the message object, e.g. `embeds`.
        """
        user, found = self._where(person, channel)
        if found.thread is None and found.type is ChannelType.FORUM:
            raise CannotDo(f"Channel {channel} is a forum; open a post.")
        if found.thread is not None and found.thread.locked:
            raise CannotDo(f"Thread {channel} is locked.")
        draft = self._draft(found, text, files, extra)
        if reply_to is not None:
            target = self._message(user, found, reply_to)
            draft = replace(draft, reference=(found.id, target.id), mentions=draft.mentions.also(target.author_id))
        self.threads.wake(found, user.id)
        return self.messages.post(found, user.id, draft).id

    def forward(self, person: Id, source: Id, message: Id, channel: Id, comment: str = "") -> int:
        """Hand a message on into another channel, as a copy that does not say who wrote it."""
        user, found = self._where(person, source)
        original = self._message(user, found, message)
        whole = self.payloads.message(original)
        kept = ("type", "content", "timestamp", "edited_timestamp", "flags", "mentions", "mention_roles")
        copied: Json = {name: whole[name] for name in (*kept, "attachments", "embeds", "components")}
        copied |= {"sticker_items": whole.get("sticker_items", [])}
        reference: Json = {"type": 1, "channel_id": str(found.id), "message_id": str(original.id)}
        if found.guild_id is not None:
            reference["guild_id"] = str(found.guild_id)
        extra: Json = {"message_reference": reference, "message_snapshots": [{"message": copied}], "flags": 1 << 14}
        return self.say(person, channel, comment, extra=extra)

    def send_sticker(self, person: Id, channel: Id, name: str, text: str = "") -> int:
        """Send a sticker."""
        item: Json = {"id": str(self.world.ids.next()), "name": name, "format_type": 1}
        return self.say(person, channel, text, extra={"sticker_items": [item]})

    def send_poll(self, person: Id, channel: Id, question: str, answers: Sequence[str], text: str = "") -> int:
        """Ask everybody in the channel something."""
        given = [{"answer_id": n, "poll_media": {"text": answer}} for n, answer in enumerate(answers, 1)]
        poll: Json = {"question": {"text": question}, "answers": given, "allow_multiselect": False, "layout_type": 1}
        poll["expiry"] = iso(self.world.clock.now() + 24 * 3600 * 1000)
        poll["results"] = {"is_finalized": False, "answer_counts": []}
        return self.say(person, channel, text, extra={"poll": poll})

    def _draft(self, channel: Channel, text: str, files: Sequence[Attached], extra: Json | None = None) -> Draft:
        content = text.strip()
        if not content and not files and not extra:
            raise CannotDo("An empty message cannot be sent.")
        if len(content) > self.world.limits.content:
            raise CannotDo(f"A message has at most {self.world.limits.content} characters.")
        kept = [self._kept(channel, file) for file in files]
        mentions = mentions_in(self.world, channel, content)
        return Draft(content=content, attachments=kept, mentions=mentions, extra=extra or {})

    def _kept(self, channel: Channel, file: Attached) -> Attachment:
        attachment = Attachment(
            self.world.ids.next(), channel.id, file.name, file.media_type, file.data, voice_s=file.voice_s
        )
        self.cdn.keep(attachment)
        return attachment

    def edit(self, person: Id, channel: Id, message: Id, text: str) -> None:
        """Change one's own message."""
        user, found = self._where(person, channel)
        old = self._own(user, found, message)
        new = self._draft(found, text, ()) if text or not old.attachments else Draft()
        self.messages.edit(old, replace(new, attachments=old.attachments, embeds=old.embeds, flags=old.flags))

    def delete(self, person: Id, channel: Id, message: Id) -> None:
        """Delete one's own message, or anybody's on one's own server; dismiss what only one sees oneself."""
        user, found = self._where(person, channel)
        old = self._message(user, found, message)
        owner = found.guild_id is not None and self.world.guilds[found.guild_id].owner_id == user.id
        if not (owner or old.author_id == user.id or old.visible_to == user.id):
            raise CannotDo(f"Message {message} is somebody else's.")
        self.messages.delete(old)

    def delete_many(self, person: Id, channel: Id, messages: Sequence[Id]) -> None:
        """Delete messages all at once, as a moderator's bot does: only on one's own server."""
        user, found = self._where(person, channel)
        if found.guild_id is None or self.world.guilds[found.guild_id].owner_id != user.id:
            raise CannotDo("Only who owns the server can do that.")
        self.messages.delete_many(found, [self._message(user, found, message) for message in messages])

    def start_typing(self, person: Id, channel: Id) -> None:
        """Show for ten seconds that one is writing."""
        user, found = self._where(person, channel)
        self.messages.type_in(found, user.id)

    def react(self, person: Id, channel: Id, message: Id, emoji: str, *, on: bool = True) -> None:
        """Add or take away a reaction."""
        user, found = self._where(person, channel)
        self.messages.react(self._message(user, found, message), user.id, emoji, on=on)

    def rename_thread(self, person: Id, thread: Id, name: str) -> None:
        """Give a thread another name."""
        user, found = self._thread(person, thread)
        self.threads.change(found, user.id, {"name": name})

    def archive_thread(self, person: Id, thread: Id, *, archived: bool = True, locked: bool = False) -> None:
        """Close a thread, or open it again."""
        user, found = self._thread(person, thread)
        self.threads.change(found, user.id, {"archived": archived, "locked": locked})

    def delete_thread(self, person: Id, thread: Id) -> None:
        """Delete a thread with all its messages."""
        self.threads.delete(self._thread(person, thread)[1])

    def block(self, person: Id) -> None:
        """Take no more messages from the bot."""
        self._person(person).accepts_messages = False

    def unblock(self, person: Id) -> None:
        """Take messages again."""
        self._person(person).accepts_messages = True

    # Using commands and components

    def command(self, person: Id, channel: Id, name: str, options: Mapping[str, Any] | None = None) -> int:
        """Use a slash command: "name", or "name sub" for a subcommand. A file among the options is an `Attached`."""
        user, found = self._where(person, channel)
        first, *path = name.split()
        command = self.commands.find(first, CHAT_INPUT, found, by=user.id)
        files: list[Attachment] = []
        given = dict(options or {})
        for key, value in given.items():
            if isinstance(value, Attached):
                files.append(self._kept(found, value))
                given[key] = str(files[-1].id)
        data = command_data(self.payloads, command, path, given, files)
        return self.interactions.begin(kinds.COMMAND, user.id, found, data).id

    def complete(
        self, person: Id, channel: Id, name: str, option: str, typed: str, options: Mapping[str, Any] | None = None
    ) -> int:
        """Type in an option that completes itself; `options` are those filled before."""
        user, found = self._where(person, channel)
        first, *path = name.split()
        command = self.commands.find(first, CHAT_INPUT, found, by=user.id)
        given = {**(options or {}), option: typed}
        data = command_data(self.payloads, command, path, given, focused=option)
        return self.interactions.begin(kinds.AUTOCOMPLETE, user.id, found, data).id

    def menu(self, person: Id, channel: Id, name: str, *, message: Id | None = None, target: Id | None = None) -> int:
        """Use an entry of the context menu, on a message or on a person."""
        user, found = self._where(person, channel)
        if message is not None:
            command = self.commands.find(name, MESSAGE_MENU, found, by=user.id)
            chosen = self._message(user, found, message)
            resolved: Json = {"messages": {str(chosen.id): self.payloads.message(chosen)}}
            chosen_id = chosen.id
        else:
            command = self.commands.find(name, USER_MENU, found)
            chosen_id = self._person(target or 0).id
            resolved = {"users": {str(chosen_id): self.payloads.user(chosen_id)}}
        data: Json = {"id": command["id"], "name": name, "type": command["type"]}
        data |= {"target_id": str(chosen_id), "resolved": resolved}
        return self.interactions.begin(kinds.COMMAND, user.id, found, data).id

    def press(self, person: Id, channel: Id, message: Id, button: str) -> int:
        """Press a button, by its `custom_id` or its label."""
        return self._use(person, channel, message, button, None)

    def forge(self, person: Id, channel: Id, message: Id, data: str) -> int:
        """Press what stands on no message: what a tampered client could send, if the platform let it."""
        user, found = self._where(person, channel)
        shown = self._message(user, found, message)
        pressed = {"custom_id": data, "component_type": 2, "id": 1}
        return self.interactions.begin(kinds.COMPONENT, user.id, found, pressed, shown).id

    def choose(self, person: Id, channel: Id, message: Id, select: str, values: Sequence[str]) -> int:
        """Choose from a select, by its `custom_id`."""
        return self._use(person, channel, message, select, values)

    def _use(self, person: Id, channel: Id, message: Id, name: str, values: Sequence[str] | None) -> int:
        user, found = self._where(person, channel)
        shown = self._message(user, found, message)
        if MessageFlag.LOADING in shown.flags:
            raise CannotDo(f"Message {message} is still empty.")
        data = component_data(self.payloads, shown, name, values)
        return self.interactions.begin(kinds.COMPONENT, user.id, found, data, shown).id

    def submit(self, person: Id, interaction: Id, answers: Mapping[str, Any]) -> int:
        """Fill the form that the bot opened in answer to `interaction`; `answers` go by `custom_id`. Once only."""
        shown = self.interactions.get(int(interaction))
        user, found = self._where(person, shown.channel_id)
        if shown.modal is None or shown.user_id != user.id:
            raise CannotDo(f"Interaction {interaction} has no open form.")
        data = modal_data(shown.modal, answers)
        shown.modal = None
        return self.interactions.begin(kinds.MODAL_SUBMIT, user.id, found, data, shown.message).id
