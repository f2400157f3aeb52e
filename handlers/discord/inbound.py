"""What people say on Discord, as the engine takes it in. No I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.command import Command, call_from_data
from bot.ids import UnixMs
from bot.types import FilePart, Identity, Inbound, Invocation, Part, Place, PlaceKind, TextPart

PLATFORM = "discord"
MESSAGE_MENU = 3
"""Discord's type of a command in the menu of a message."""
FORM = "form|"
"""Stands before the call in a form's `custom_id`."""

_SPOKEN = (discord.MessageType.default, discord.MessageType.reply)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself. `threads`: whether a mention in a channel opens a thread."""

    id: int
    threads: bool = True


def read(message: discord.Message, me: Me, *, edited: bool = False) -> Inbound | None:
    """A message that is for the bot; None for any other."""
    if message.author.bot or message.webhook_id is not None or message.type not in _SPOKEN:
        return None
    channel = message.channel
    if not (message.guild is None or mentions(message, me) or _is_ours(channel, me)):
        return None
    place = place_of(message, me)
    return inbound(message, place, me, edited=edited)


def inbound(message: discord.Message, place: Place, me: Me, *, edited: bool = False) -> Inbound | None:
    """What a message says, at a place that is known already; None where it says nothing."""
    parts = _parts(message, me)
    if not parts:
        return None
    key = str(message.id)
    if edited:
        key = f"{message.id}/{message.edited_at.timestamp() if message.edited_at else 0}"
    reference = message.reference.message_id if message.reference is not None else None
    return Inbound(
        event_key=key,
        place=place,
        sender=_identity(message.author),
        remote_id=str(message.id),
        parts=parts,
        sent_at=UnixMs(int(message.created_at.timestamp() * 1000)),
        reply_to=str(reference) if reference is not None else None,
        edited=edited,
        place_title=getattr(message.channel, "name", None) or "",
        adults_only=_is_for_adults(message.channel),
    )


def mentions(message: discord.Message, me: Me) -> bool:
    """Whether a message names the bot, or replies to it."""
    if any(user.id == me.id for user in message.mentions):
        return True
    resolved = message.reference.resolved if message.reference is not None else None
    return isinstance(resolved, discord.Message) and resolved.author.id == me.id


def _is_for_adults(channel: object) -> bool:
    """Whether Discord lets only adults in. A thread is as its channel; one whose channel is not known is not."""
    return isinstance(channel, discord.abc.GuildChannel | discord.Thread) and bool(getattr(channel, "is_nsfw", bool)())


def _is_ours(channel: object, me: Me) -> bool:
    """Whether everything in this thread is for the bot: those that it has opened."""
    return isinstance(channel, discord.Thread) and channel.owner_id == me.id


def place_of(message: discord.Message, me: Me) -> Place:
    """Where a message stands. A mention in a channel opens a thread, which will have the message's own number."""
    channel = message.channel
    if message.guild is None:
        return Place(PLATFORM, str(me.id), str(channel.id), kind=PlaceKind.PRIVATE)
    if isinstance(channel, discord.Thread):
        return thread_place(me, channel.parent_id, channel.id)
    if me.threads and isinstance(channel, discord.TextChannel) and message.reference is None:
        return thread_place(me, channel.id, message.id)
    return Place(PLATFORM, str(me.id), str(channel.id), kind=PlaceKind.GROUP)


def thread_place(me: Me, channel: int, thread: int) -> Place:
    """A thread of a channel."""
    return Place(PLATFORM, str(me.id), str(channel), str(thread), PlaceKind.GROUP_THREAD)


def _identity(user: discord.User | discord.Member, language: str = "") -> Identity:
    groups: tuple[str, ...] = ()
    if isinstance(user, discord.Member):
        groups = (f"guild:{user.guild.id}", *(f"role:{role.id}" for role in user.roles))
    return Identity(PLATFORM, str(user.id), user.display_name, language, groups)


def _parts(message: discord.Message, me: Me) -> tuple[Part, ...]:
    words = re.sub(rf"^\s*<@!?{me.id}>\s*|\s*<@!?{me.id}>\s*$", "", message.content).strip()
    text: tuple[Part, ...] = (TextPart(words),) if words else ()
    files = tuple(
        FilePart(
            file.url,
            file.filename,
            file.content_type or "application/octet-stream",
            file.size,
            spoken=file.is_voice_message(),
        )
        for file in message.attachments
    )
    return (*text, *files)


# Commands, buttons, forms


def read_interaction(
    interaction: discord.Interaction[Any], me: Me, commands: Mapping[str, Command], receipt: str
) -> Invocation | None:
    """A command that was chosen, pressed or filled in; None for what no present command makes."""
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
        receipt=receipt,
        adults_only=_is_for_adults(interaction.channel),
    )


def _call(
    kind: discord.InteractionType, data: Mapping[str, Any], commands: Mapping[str, Command]
) -> tuple[str, tuple[str, ...]] | None:
    match kind:
        case discord.InteractionType.application_command | discord.InteractionType.autocomplete:
            declared = _declared(data, commands)
            return (declared.name, _arguments(declared, data.get("options", ()))) if declared else None
        case discord.InteractionType.component:
            return call_from_data(data["custom_id"])
        case discord.InteractionType.modal_submit:
            begun = call_from_data(str(data["custom_id"]).removeprefix(FORM))
            return (begun[0], (*begun[1], *_answers(data["components"]))) if begun else None
        case _:
            return None


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
    if interaction.guild_id is None:
        return Place(PLATFORM, str(me.id), str(interaction.channel_id), kind=PlaceKind.PRIVATE)
    if isinstance(channel, discord.Thread):
        return thread_place(me, channel.parent_id, channel.id)
    return Place(PLATFORM, str(me.id), str(interaction.channel_id), kind=PlaceKind.GROUP)
