"""What people say on Discord, as the engine takes it in. No I/O."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.contracts.command import Command, call_from_data
from bot.domain.ids import UnixMs
from bot.domain.incoming import Inbound, Invocation
from bot.domain.messages import Part, own_words
from bot.domain.people import Identity
from bot.domain.places import NO_CUSTOMS, Customs, Place, PlaceKind, Replies, nothing_chosen
from handlers.discord.content import own_roles, replied_to, said, unread
from handlers.discord.fields import QUIET

PLATFORM = "discord"
MESSAGE_MENU = 3
"""Discord's type of a command in the menu of a message."""
FORM = "form"
"""Begins the `custom_id` of a form. Behind it stand the command that it was opened by, if that was given on a message,
and the call: `form|call`, `form@123|call`."""
AGAIN = "+"
"""Stands before the call in the `custom_id` of a button, behind a number, where others of its message carry it too."""
_IS_AGAIN = re.compile(rf"^\d+{re.escape(AGAIN)}")


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself."""

    id: int
    threads: bool = True
    """Whether a mention in a channel opens a thread, where nothing else was chosen."""
    customs: Callable[[Place], Customs] = nothing_chosen
    """Who is answered where, beside those who name it."""


def read(message: discord.Message, me: Me, *, edited: bool = False) -> Inbound | None:
    """A message that is for the bot; None for any other. An edit that does not name it may be of one that did."""
    if not is_said(message):
        return None
    addressed = message.guild is None or mentions(message, me) or _is_ours(message.channel, me)
    chosen = NO_CUSTOMS if addressed or edited else me.customs(_here(message, me))
    by_custom = chosen != NO_CUSTOMS and chosen.calls(own_words(said(message, me.id)))
    if not (addressed or edited or by_custom):
        return replace(inbound(message, _here(message, me), me), addressed=False) if chosen.listens else None
    place = place_of(message, me)
    opens = place.thread == str(message.id) and not isinstance(message.channel, discord.Thread)
    said_there = inbound(message, place, me, edited=edited)
    aside = _channel_of(message, me) if opens else None
    amid = bool(said_there.named) and addressed and not edited
    return replace(said_there, addressed=addressed or by_custom, by_custom=by_custom, aside=aside, amid=amid)


def is_said(message: discord.Message) -> bool:
    """Whether a person has said it. Bots that answer each other would never end; a webhook is nobody."""
    return not message.author.bot and message.webhook_id is None and message.type.name not in QUIET


def inbound(message: discord.Message, place: Place, me: Me, *, edited: bool = False) -> Inbound:
    """What a message says, at a place that is known already."""
    key = str(message.id)
    if edited:
        key = f"{message.id}/{message.edited_at.timestamp() if message.edited_at else 0}"
    reply = reply_of(message)
    parts = said(message, me.id)
    return Inbound(
        event_key=key,
        place=place,
        sender=_identity(message.author),
        remote_id=str(message.id),
        parts=parts,
        sent_at=UnixMs(int(message.created_at.timestamp() * 1000)),
        reply_to=str(reply.message_id) if reply is not None and reply.message_id is not None else None,
        edited=edited,
        place_title=getattr(message.channel, "name", None) or "",
        adults_only=_is_for_adults(message.channel),
        named=_named(message.channel, me),
        pointed=replied_to(reply.resolved, me.id, message.author.id) if reply is not None else (),
        above=_above(reply.resolved) if reply is not None and message.guild is not None else "",
        unread="" if parts else unread(message),
    )


def reply_of(message: discord.Message) -> discord.MessageReference | None:
    """What it answers; a forward refers to a message as well."""
    reference = message.reference
    return reference if reference is not None and reference.type is discord.MessageReferenceType.default else None


def _above(resolved: object) -> str:
    """What the message answers itself that is replied to."""
    higher = reply_of(resolved) if isinstance(resolved, discord.Message) else None
    return str(higher.message_id) if higher is not None and higher.message_id is not None else ""


def mentions(message: discord.Message, me: Me) -> bool:
    """Whether a message names the bot, or the role that is the bot's own, or replies to it."""
    if any(user.id == me.id for user in message.mentions) or own_roles(message, me.id):
        return True
    reply = reply_of(message)
    resolved = reply.resolved if reply is not None else None
    return isinstance(resolved, discord.Message) and resolved.author.id == me.id


def _is_for_adults(channel: object) -> bool:
    """Whether Discord lets only adults in. A thread is as its channel; one whose channel is not known is not."""
    return isinstance(channel, discord.abc.GuildChannel | discord.Thread) and bool(getattr(channel, "is_nsfw", bool)())


def _named(channel: object, me: Me) -> str:
    """What a person has called this thread, or forum post."""
    return channel.name if isinstance(channel, discord.Thread) and channel.owner_id not in (None, me.id) else ""


def _is_ours(channel: object, me: Me) -> bool:
    """Whether everything in this thread is for the bot: those that it has opened."""
    return isinstance(channel, discord.Thread) and channel.owner_id == me.id


def place_of(message: discord.Message, me: Me) -> Place:
    """Where a message stands. A mention in a channel opens a thread, which will have the message's own number."""
    channel = message.channel
    if message.guild is None:
        return Place(PLATFORM, str(me.id), str(channel.id), kind=PlaceKind.PRIVATE)
    where = _here(message, me)
    replies = me.customs(where).replies
    opens = me.threads if replies is None else replies is Replies.THREADS
    if opens and isinstance(channel, discord.TextChannel) and reply_of(message) is None:
        return thread_place(me, channel.id, message.id)
    return where


def _here(message: discord.Message, me: Me) -> Place:
    """The channel or thread of a server in which a message is."""
    channel = message.channel
    return (
        thread_place(me, channel.parent_id, channel.id)
        if isinstance(channel, discord.Thread)
        else _channel_of(message, me)
    )


def _channel_of(message: discord.Message, me: Me) -> Place:
    """A server's channel itself."""
    return Place(PLATFORM, str(me.id), str(message.channel.id), kind=PlaceKind.GROUP)


def thread_place(me: Me, channel: int, thread: int) -> Place:
    """A thread of a channel."""
    return Place(PLATFORM, str(me.id), str(channel), str(thread), PlaceKind.GROUP_THREAD)


def _identity(user: discord.User | discord.Member, language: str = "") -> Identity:
    groups: tuple[str, ...] = ()
    if isinstance(user, discord.Member):
        groups = (f"guild:{user.guild.id}", *(f"role:{role.id}" for role in user.roles))
    return Identity(PLATFORM, str(user.id), user.display_name, language, groups)


# Commands, buttons, forms


def read_interaction(
    interaction: discord.Interaction[Any], me: Me, commands: Mapping[str, Command]
) -> Invocation | None:
    """A command that was chosen, pressed or filled in, without its receipt; None for what no present command makes."""
    data: Mapping[str, Any] = interaction.data or {}
    call = _call(interaction.type, data, commands)
    if call is None:
        return None
    name, args = call
    pressed = interaction.type is discord.InteractionType.component
    return Invocation(
        event_key=f"i{interaction.id}",
        place=_place_of_interaction(interaction, me),
        sender=_identity(interaction.user, interaction.locale.value),
        command=name,
        args=args,
        origin="button" if pressed else "native",
        remote_id=str(interaction.message.id) if interaction.message is not None else str(interaction.id),
        reply_to=str(target) if (target := data.get("target_id")) is not None else None,
        adults_only=_is_for_adults(interaction.channel),
        named=_named(interaction.channel, me),
        moderates=interaction.permissions.manage_messages or interaction.permissions.manage_threads,
        private=interaction.message is not None and interaction.message.flags.ephemeral,
        pointed=_pointed(interaction, data, me),
    )


def opened_by(interaction: discord.Interaction[Any]) -> str:
    """The command, given on a message, by which a form was opened that is filled now; "" if there is none."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return ""
    data: Mapping[str, Any] = interaction.data or {}
    return str(data["custom_id"]).partition("|")[0].removeprefix(FORM).removeprefix("@")


def _pointed(interaction: discord.Interaction[Any], data: Mapping[str, Any], me: Me) -> tuple[Part, ...]:
    """What the message holds in whose menu a command was chosen: where the bot is not, nothing else tells of it."""
    told = data.get("resolved", {}).get("messages", {}).get(str(data.get("target_id")))
    if told is None:
        return ()
    channel = interaction.client.get_partial_messageable(int(told["channel_id"]), guild_id=interaction.guild_id)
    # The library makes it so for its own menus: discord/app_commands/namespace.py.
    message = discord.Message(state=interaction._state, channel=channel, data=told)
    return replied_to(message, me.id, interaction.user.id)


def _call(
    kind: discord.InteractionType, data: Mapping[str, Any], commands: Mapping[str, Command]
) -> tuple[str, tuple[str, ...]] | None:
    match kind:
        case discord.InteractionType.application_command | discord.InteractionType.autocomplete:
            declared = _declared(data, commands)
            return (declared.name, _arguments(declared, data.get("options", ()))) if declared else None
        case discord.InteractionType.component:
            return read_button(data["custom_id"])
        case discord.InteractionType.modal_submit:
            begun = call_from_data(str(data["custom_id"]).partition("|")[2])
            return (begun[0], (*begun[1], *_answers(data["components"]))) if begun else None
        case _:
            return None


def read_button(custom_id: str) -> tuple[str, tuple[str, ...]] | None:
    """The command that a button carries, and its arguments; None for anything that no button of ours does."""
    return call_from_data(_IS_AGAIN.sub("", custom_id))


def _declared(data: Mapping[str, Any], commands: Mapping[str, Command]) -> Command | None:
    """The command of that name, or the one whose entry in the menu of a message is called so."""
    if data.get("type") == MESSAGE_MENU:
        return next((command for command in commands.values() if command.on_message == data["name"]), None)
    return commands.get(data["name"])


def _arguments(declared: Command, options: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    given = {option["name"]: str(option["value"]) for option in options}
    args = [given.get(param.name, "") for param in declared.params]
    while args and args[-1] == "":
        args.pop()
    return tuple(args)


def _answers(components: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    fields: list[Mapping[str, Any]] = [row.get("component") or row["components"][0] for row in components]
    return tuple(str(field.get("value", "")) for field in fields)


def _place_of_interaction(interaction: discord.Interaction[Any], me: Me) -> Place:
    channel = interaction.channel
    if _is_guest(interaction):
        return Place(PLATFORM, str(me.id), f"guest:{interaction.channel_id}", kind=PlaceKind.GUEST)
    if interaction.guild_id is None:
        return Place(PLATFORM, str(me.id), str(interaction.channel_id), kind=PlaceKind.PRIVATE)
    if isinstance(channel, discord.Thread):
        return thread_place(me, channel.parent_id, channel.id)
    return Place(PLATFORM, str(me.id), str(interaction.channel_id), kind=PlaceKind.GROUP)


def _is_guest(interaction: discord.Interaction[Any]) -> bool:
    """Whether only its user has brought the bot along: into a server that it is not in, or between people."""
    if interaction.guild_id is None:
        return interaction.context.private_channel
    return interaction.is_user_integration() and not interaction.is_guild_integration()
