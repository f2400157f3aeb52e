"""The world as Discord writes it in JSON. Snowflakes are strings on the wire."""

from bot.standins.discord.cdn import Cdn
from bot.standins.discord.errors import Json
from bot.standins.discord.model import (
    NO_PERMISSION,
    Attachment,
    Cause,
    Channel,
    ChannelType,
    Guild,
    Message,
    MessageFlag,
    MessageType,
    Permission,
    Role,
)
from bot.standins.discord.snowflakes import created_ms, iso
from bot.standins.discord.world import World

EVERYTHING = str((1 << 53) - 1)
"""The permissions of who owns a server."""
MODERATING = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 13 | 1 << 34
"""ADMINISTRATOR, MANAGE_CHANNELS, MANAGE_GUILD, MANAGE_MESSAGES and MANAGE_THREADS: what other members lack."""


class Payloads:
    """Renders users, guilds, channels and messages."""

    def __init__(self, world: World, cdn: Cdn) -> None:
        self._world = world
        self._cdn = cdn

    def user(self, user_id: int) -> Json:
        """A user object."""
        user = self._world.users[user_id]
        data: Json = {
            "id": str(user.id),
            "username": user.name,
            "global_name": None if user.bot else user.name,
            "discriminator": "0",
            "avatar": None,
            "avatar_decoration_data": None,
            "public_flags": 0,
            "primary_guild": None,
        }
        if user.bot:
            data["bot"] = True
        return data

    def myself(self) -> Json:
        """The bot's own user object, with what only it may see."""
        own = {"verified": True, "mfa_enabled": False, "locale": "en-US", "email": None, "flags": 0, "premium_type": 0}
        return {**self.user(self._world.bot.id), **own}

    def permissions(self, guild: Guild, user_id: int) -> str:
        """What a person may do in a server, as a decimal bit set; more than that is not played of people's rights."""
        moderates = user_id == guild.owner_id or user_id in guild.moderators
        return EVERYTHING if moderates else str(int(EVERYTHING) & ~MODERATING)

    def member(self, guild: Guild, user_id: int) -> Json:
        """A member object without its user."""
        return {
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [str(role.id) for role in guild.roles.values() if user_id in role.members],
            "joined_at": iso(guild.members.get(user_id, created_ms(guild.id))),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
            "communication_disabled_until": None,
        }

    def member_with_user(self, guild: Guild, user_id: int) -> Json:
        """A whole member object."""
        return {**self.member(guild, user_id), "user": self.user(user_id)}

    def roles(self, guild: Guild) -> list[Json]:
        """@everyone, whose id is the guild's, the bot's own role, and the others."""
        everyone = _role(guild.id, "@everyone", 0, Permission.USE_APPLICATION_COMMANDS)
        return [everyone, *(self.role(guild, role) for role in guild.roles.values())]

    def role(self, guild: Guild, role: Role) -> Json:
        """A role object. Only the bot's own carries rights that mean something here."""
        position = 1 + list(guild.roles).index(role.id)
        if position > 1:
            return _role(role.id, role.name, position, NO_PERMISSION)
        own = _role(role.id, role.name, position, guild.bot_permissions)
        return {**own, "managed": True, "tags": {"bot_id": str(self._world.bot.id)}}

    def guild(self, guild: Guild) -> Json:
        """A guild object as REST gives it."""
        return {
            "id": str(guild.id),
            "name": guild.name,
            "owner_id": str(guild.owner_id),
            "roles": self.roles(guild),
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "features": [],
            "emojis": [],
            "stickers": [],
            "region": "us-west",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "safety_alerts_channel_id": None,
            "widget_enabled": False,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": "en-US",
            "vanity_url_code": None,
            "max_members": 500000,
            "max_presences": None,
            "max_video_channel_users": 25,
        }

    def guild_create(self, guild: Guild, *, all_members: bool) -> Json:
        """The GUILD_CREATE event. Without the members intent only the bot itself is listed."""
        members = guild.members if all_members else [self._world.bot.id]
        threads = [
            thread for thread in self._world.threads_of(guild.id) if thread.thread and not thread.thread.archived
        ]
        return {
            **self.guild(guild),
            "joined_at": iso(created_ms(guild.id)),
            "large": False,
            "unavailable": False,
            "member_count": len(guild.members),
            "members": [self.member_with_user(guild, user_id) for user_id in members],
            "channels": [self.channel(self._world.channels[channel_id]) for channel_id in guild.channel_ids],
            "threads": [self.channel(thread) for thread in threads],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def channel(self, channel: Channel) -> Json:
        """A channel, thread or DM object."""
        if channel.guild_id is None:
            return self._dm(channel)
        if channel.thread is not None:
            return self._thread(channel)
        guild_id = channel.guild_id or 0
        data: Json = {
            "id": str(channel.id),
            "type": int(channel.type),
            "guild_id": str(guild_id),
            "name": channel.name,
            "topic": channel.topic or None,
            "position": self._world.guilds[guild_id].channel_ids.index(channel.id),
            "nsfw": channel.nsfw,
            "parent_id": None,
            "permission_overwrites": self._overwrites(channel),
            "rate_limit_per_user": 0,
            "last_message_id": _text(channel.last_message_id),
            "flags": 0,
        }
        if channel.type is ChannelType.FORUM:
            nothing = {"default_reaction_emoji": None, "default_sort_order": None, "default_forum_layout": 0}
            data |= {"available_tags": [], **nothing}
        return data

    def _dm(self, channel: Channel) -> Json:
        return {
            "id": str(channel.id),
            "type": int(channel.type),
            "last_message_id": _text(channel.last_message_id),
            "recipients": [self.user(one) for one in sorted(channel.between) or (channel.recipient_id or 0,)],
            "flags": 0,
        }

    def _overwrites(self, channel: Channel) -> list[Json]:
        if not channel.denied:
            return []
        return [{"id": str(self._world.bot.id), "type": 1, "allow": "0", "deny": str(int(channel.denied))}]

    def _thread(self, channel: Channel) -> Json:
        state = channel.thread_state
        data: Json = {
            "id": str(channel.id),
            "type": int(channel.type),
            "guild_id": str(channel.guild_id),
            "parent_id": str(channel.parent_id),
            "owner_id": str(state.owner_id),
            "name": channel.name,
            "last_message_id": _text(channel.last_message_id),
            "message_count": state.sent,
            "total_message_sent": state.sent,
            "member_count": min(50, len(state.members)),
            "rate_limit_per_user": 0,
            "applied_tags": [str(tag) for tag in state.tags],
            "flags": 0,
            "thread_metadata": {
                "archived": state.archived,
                "locked": state.locked,
                "auto_archive_duration": state.auto_archive_minutes,
                "archive_timestamp": iso(state.archived_ms),
                "create_timestamp": iso(state.created_ms),
            },
        }
        if channel.type is ChannelType.PRIVATE_THREAD:
            data["thread_metadata"]["invitable"] = state.invitable
        if self._world.bot.id in state.members:
            data["member"] = self.thread_member(channel, self._world.bot.id)
        return data

    def thread_member(self, channel: Channel, user_id: int) -> Json:
        """A thread member object."""
        joined = iso(channel.thread_state.members[user_id])
        return {"id": str(channel.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}

    def attachment(self, attachment: Attachment) -> Json:
        """An attachment object with a link signed now."""
        url = self._cdn.url(attachment)
        data: Json = {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": len(attachment.data),
            "url": url,
            "proxy_url": url,
            "content_type": attachment.media_type,
        }
        if attachment.voice_s is not None:
            data |= {"duration_secs": attachment.voice_s, "waveform": attachment.wave}
        if attachment.description:
            data["description"] = attachment.description
        return data

    def message(self, message: Message, *, depth: int = 1) -> Json:
        """A message object as REST gives it; `depth` 0 leaves out the message it refers to."""
        data: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "author": self.user(message.author_id),
            "content": message.content,
            "timestamp": iso(created_ms(message.id)),
            "edited_timestamp": None if message.edited_ms is None else iso(message.edited_ms),
            "tts": False,
            "mention_everyone": message.mentions.everyone,
            "mentions": [self.user(user_id) for user_id in message.mentions.users],
            "mention_roles": [str(role_id) for role_id in message.mentions.roles],
            "attachments": [self.attachment(attachment) for attachment in message.attachments],
            "embeds": message.embeds,
            "components": message.components,
            "pinned": False,
            "type": int(message.type),
            "flags": int(message.flags),
        }
        if message.reactions:
            data["reactions"] = [self._reaction(emoji, users) for emoji, users in message.reactions.items()]
        if message.thread_id in self._world.channels:
            data["thread"] = self.channel(self._world.channels[message.thread_id])
        if message.reference is not None:
            self._add_reference(data, message, message.reference, depth)
        if message.cause is not None:
            self._add_cause(data, message, message.cause)
        return data | message.extra

    def created(self, message: Message) -> Json:
        """A message object as its sender gets it back: only then, and with its event, is there a nonce."""
        data = self.message(message)
        return data if message.nonce is None else {**data, "nonce": message.nonce}

    def message_event(self, message: Message, *, with_nonce: bool) -> Json:
        """A message object as the gateway gives it: with the guild and the author's membership."""
        data = self.created(message) if with_nonce else self.message(message)
        channel = self._world.channels[message.channel_id]
        # An ephemeral message arrives without its guild, as if it were a direct one:
        # https://github.com/discord/discord-api-docs/issues/4557
        if channel.guild_id is not None and message.visible_to is None:
            guild = self._world.guilds[channel.guild_id]
            data["guild_id"] = str(guild.id)
            data["member"] = self.member(guild, message.author_id)
            for mention in data["mentions"]:
                mention["member"] = self.member(guild, int(mention["id"]))
        data["channel_type"] = int(channel.type)
        return data

    def _reaction(self, emoji: str, users: list[int]) -> Json:
        return {
            "emoji": {"id": None, "name": emoji},
            "count": len(users),
            "count_details": {"burst": 0, "normal": len(users)},
            "burst_colors": [],
            "me": self._world.bot.id in users,
            "me_burst": False,
        }

    def _add_reference(self, data: Json, message: Message, target: tuple[int, int], depth: int) -> None:
        channel_id, message_id = target
        reference: Json = {"type": 0, "channel_id": str(channel_id)}
        channel = self._world.channels.get(channel_id)
        if channel is not None and channel.guild_id is not None:
            reference["guild_id"] = str(channel.guild_id)
        if message.type is not MessageType.THREAD_CREATED:
            reference["message_id"] = str(message_id)
            if depth:
                found = channel.messages.get(message_id) if channel else None
                data["referenced_message"] = self.message(found, depth=depth - 1) if found else None
        data["message_reference"] = reference

    def _add_cause(self, data: Json, message: Message, cause: Cause) -> None:
        user = self.user(cause.user_id)
        owners = {"0": str(self._world.channels[message.channel_id].guild_id or 0)}
        data["application_id"] = data["webhook_id"] = str(self._world.application_id)
        data["interaction_metadata"] = {
            "id": str(cause.id),
            "type": cause.type,
            "user": user,
            "authorizing_integration_owners": owners,
        }
        if cause.type == 2:
            data["interaction"] = {"id": str(cause.id), "type": 2, "name": cause.name, "user": user}

    def sealed(self, message: Message) -> bool:
        """Whether the content intent is needed to read it: not in DMs, nor own messages, nor where the bot is named."""
        channel = self._world.channels[message.channel_id]
        own = message.author_id == self._world.bot.id or self._world.bot.id in message.mentions.users
        return channel.guild_id is not None and not own


def seal(data: Json) -> Json:
    """A message object as those see it who may not read its content."""
    sealed = {**data, "content": "", "embeds": [], "attachments": [], "components": []}
    sealed.pop("poll", None)
    if isinstance(referenced := data.get("referenced_message"), dict):
        sealed["referenced_message"] = {**referenced, "content": "", "embeds": [], "attachments": [], "components": []}
    return sealed


def is_loading(message: Message) -> bool:
    """Whether it is a deferred answer that nobody has filled yet."""
    return MessageFlag.LOADING in message.flags


def _role(role_id: int, name: str, position: int, permissions: Permission) -> Json:
    return {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": position,
        "permissions": str(int(permissions)),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def _text(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)
