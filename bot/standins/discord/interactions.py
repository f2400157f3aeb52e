"""Interactions: a person acts, the bot has three seconds to answer and fifteen minutes to follow up."""

import asyncio
import itertools
from dataclasses import dataclass, replace
from typing import Any

from bot.standins.discord.commands import context_of
from bot.standins.discord.components import check_modal
from bot.standins.discord.errors import ApiError, Form, Json
from bot.standins.discord.forms import Draft, MessageForm, Upload
from bot.standins.discord.gateway import Gateway
from bot.standins.discord.messages import Messages
from bot.standins.discord.model import Cause, Channel, Message, MessageFlag, MessageType
from bot.standins.discord.payloads import EVERYTHING, Payloads, is_loading
from bot.standins.discord.sessions import Intent
from bot.standins.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
# What the bot may answer, by Discord's numbers.
MESSAGE, DEFER_MESSAGE, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
MOST_FOLLOWING = 5
"""Messages after the answer where only its user has brought the application along."""
ANSWERS: dict[int, tuple[int, ...]] = {
    COMMAND: (MESSAGE, DEFER_MESSAGE, MODAL),
    COMPONENT: (MESSAGE, DEFER_MESSAGE, DEFER_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (MESSAGE, DEFER_MESSAGE, DEFER_UPDATE, UPDATE),
}


@dataclass(slots=True)
class Interaction:
    """One act of a person. `failed` is what their client shows as "the application did not respond"."""

    id: int
    token: str
    type: int
    user_id: int
    channel_id: int
    created_ms: int
    data: Json
    message: Message | None = None
    """The message with the component, also for a modal that came from one."""
    answered: int | None = None
    """The type of the bot's answer."""
    followed: int = 0
    """How many messages have followed the answer."""
    original: Message | None = None
    """The message that the answer made or, for updates, the one with the component."""
    choices: list[Json] | None = None
    modal: Json | None = None
    failed: bool = False


class Interactions:
    """All interactions and what the bot does with them."""

    def __init__(self, world: World, payloads: Payloads, gateway: Gateway, messages: Messages) -> None:
        self._world = world
        self._payloads = payloads
        self._gateway = gateway
        self._messages = messages
        self._by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}
        self._timers: dict[int, asyncio.Task[None]] = {}

    def all(self) -> list[Interaction]:
        """Every interaction, the oldest first."""
        return list(self._by_id.values())

    def get(self, interaction_id: int) -> Interaction:
        """Raises 10062."""
        try:
            return self._by_id[interaction_id]
        except KeyError:
            raise ApiError(10062) from None

    def begin(
        self, kind: int, user_id: int, channel: Channel, data: Json, message: Message | None = None
    ) -> Interaction:
        """A person acts: the bot is told, and its three seconds run."""
        self._forget_old()
        interaction = Interaction(
            id=self._world.ids.next(),
            token=f"aW50ZXJhY3Rpb246{self._world.rng.getrandbits(512):0128x}",
            type=kind,
            user_id=user_id,
            channel_id=channel.id,
            created_ms=self._world.clock.now(),
            data=data,
            message=message,
        )
        self._by_id[interaction.id] = self._by_token[interaction.token] = interaction
        self._timers[interaction.id] = asyncio.create_task(self._expire(interaction))
        self._gateway.dispatch("INTERACTION_CREATE", self._payload(interaction, channel), Intent(0))
        return interaction

    def _forget_old(self) -> None:
        oldest = self._world.clock.now() - int(self._world.limits.interaction_token_s * 1000)
        for interaction in list(itertools.takewhile(lambda one: one.created_ms < oldest, self._by_id.values())):
            del self._by_id[interaction.id], self._by_token[interaction.token]

    async def _expire(self, interaction: Interaction) -> None:
        await self._world.clock.sleep(self._world.limits.interaction_answer_s)
        if interaction.answered is None:
            interaction.failed = True
            self._world.changes.ring()
        self._timers.pop(interaction.id, None)

    async def stop(self) -> None:
        """Release every timer."""
        timers = list(self._timers.values())
        for timer in timers:
            timer.cancel()
        await asyncio.gather(*timers, return_exceptions=True)

    def _payload(self, interaction: Interaction, channel: Channel) -> Json:
        data: Json = {
            "id": str(interaction.id),
            "application_id": str(self._world.application_id),
            "type": interaction.type,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": str(channel.id),
            "channel": {**self._payloads.channel(channel), "permissions": EVERYTHING},
            "locale": self._world.users[interaction.user_id].locale,
            "app_permissions": str(int(self._world.bot_permissions(channel)) & int(EVERYTHING)),
            "entitlements": [],
            "attachment_size_limit": self._world.limits.file_bytes,
        }
        if channel.guild_id is None:
            owners = {"1": str(interaction.user_id)}
            data["user"] = self._payloads.user(interaction.user_id)
        else:
            guild = self._world.guilds[channel.guild_id]
            owners = {"0": str(guild.id)} if self._world.is_home(channel) else {}
            if interaction.user_id in self._world.added_by:
                owners["1"] = str(interaction.user_id)
            rights = self._payloads.permissions(guild, interaction.user_id)
            member = {**self._payloads.member_with_user(guild, interaction.user_id), "permissions": rights}
            part = {"id": str(guild.id), "locale": "en-US", "features": []}
            data |= {"guild_id": str(guild.id), "guild": part, "guild_locale": "en-US", "member": member}
        data["context"] = context_of(channel)
        data["authorizing_integration_owners"] = owners
        if interaction.message is not None:
            data["message"] = self._payloads.message(interaction.message)
        return data

    # The first answer

    def answer(self, interaction: Interaction, token: str, body: Json, uploads: tuple[Upload, ...]) -> None:
        """The callback. Raises 10062 after three seconds, 40060 for the second answer, 50035 for a wrong one."""
        if interaction.token != token:
            raise ApiError(10062)
        if interaction.answered is not None:
            raise ApiError(40060)
        now = self._world.clock.now()
        if now - interaction.created_ms >= self._world.limits.interaction_answer_s * 1000:
            raise ApiError(10062)
        kind = body.get("type")
        allowed = ANSWERS[interaction.type]
        if interaction.type == MODAL_SUBMIT and interaction.message is None:
            allowed = (MESSAGE, DEFER_MESSAGE)
        form = Form()
        form.one_of("type", kind, allowed)
        form.check()
        self._do(interaction, int(kind or 0), body.get("data") or {}, uploads)
        interaction.answered = kind
        if timer := self._timers.pop(interaction.id, None):
            timer.cancel()
        self._world.changes.ring()

    def _do(self, interaction: Interaction, kind: int, data: Json, uploads: tuple[Upload, ...]) -> None:
        match kind:
            case 4:
                draft = self._form(interaction).new(data, uploads)
                interaction.original = self._post(interaction, draft)
            case 5:
                flags = MessageFlag.LOADING | MessageFlag(int(data.get("flags") or 0)) & MessageFlag.EPHEMERAL
                interaction.original = self._post(interaction, Draft(flags=flags))
            case 6:
                interaction.original = interaction.message
            case 7 if interaction.message is not None:
                changed = self._form(interaction).changed(interaction.message, data, uploads)
                interaction.original = self._messages.edit(interaction.message, changed)
            case 8:
                interaction.choices = _checked_choices(data.get("choices") or [], self._world.limits.choices)
            case 9:
                form = Form()
                interaction.modal = check_modal(form, data, self._world.limits)
                form.check()

    def _form(self, interaction: Interaction) -> MessageForm:
        return MessageForm(self._world, self._world.channel(interaction.channel_id), ephemeral=True)

    def _post(self, interaction: Interaction, draft: Draft, *, first: bool = True) -> Message:
        channel = self._world.channel(interaction.channel_id)
        name = str(interaction.data.get("name", ""))
        cause = Cause(interaction.id, interaction.type, interaction.user_id, name)
        kind = None
        if first and interaction.type == COMMAND:
            menu = interaction.data.get("type", 1) != 1
            kind = MessageType.CONTEXT_MENU_COMMAND if menu else MessageType.CHAT_INPUT_COMMAND
        guild = self._world.guilds.get(channel.guild_id or 0)
        if guild is not None and not guild.external_apps and not self._world.is_home(channel):
            draft = replace(draft, flags=draft.flags | MessageFlag.EPHEMERAL)
        visible_to = interaction.user_id if MessageFlag.EPHEMERAL in draft.flags else None
        return self._messages.post(channel, self._world.bot.id, draft, type=kind, cause=cause, visible_to=visible_to)

    def callback_payload(self, interaction: Interaction) -> Json:
        """What `with_response=true` gives."""
        told: Json = {"id": str(interaction.id), "type": interaction.type}
        data: Json = {"interaction": told}
        if interaction.original is not None:
            told["response_message_id"] = str(interaction.original.id)
            told["response_message_loading"] = is_loading(interaction.original)
            told["response_message_ephemeral"] = interaction.original.visible_to is not None
            message = self._payloads.message(interaction.original)
            data["resource"] = {"type": interaction.answered, "message": message}
        return data

    # What follows

    def by_token(self, application_id: int, token: str) -> Interaction:
        """The interaction behind a webhook's address. Raises 50027 for a token that is wrong or 15 minutes old."""
        interaction = self._by_token.get(token)
        if interaction is None or application_id != self._world.application_id:
            raise ApiError(50027)
        if self._world.clock.now() - interaction.created_ms >= self._world.limits.interaction_token_s * 1000:
            raise ApiError(50027)
        if interaction.answered is None:
            raise ApiError(10015)
        return interaction

    def follow_up(self, interaction: Interaction, body: Json, uploads: tuple[Upload, ...]) -> Message:
        """Another message. The first one after a deferral takes the place of "thinking", and its visibility."""
        draft = self._form(interaction).new(body, uploads)
        original = interaction.original
        stands = original is not None and original.id in self._world.channel(interaction.channel_id).messages
        if original is not None and stands and interaction.answered == DEFER_MESSAGE and is_loading(original):
            return self._messages.fill(original, draft)
        if not self._world.is_home(self._world.channel(interaction.channel_id)):
            if interaction.followed == MOST_FOLLOWING:
                raise ApiError(40094)
            interaction.followed += 1
        return self._post(interaction, draft, first=False)

    def message(self, interaction: Interaction, which: str) -> Message:
        """`@original`, or a follow-up by its id. Raises 10008."""
        original = interaction.original
        channel = self._world.channel(interaction.channel_id)
        found = original if which == "@original" else channel.messages.get(int(which))
        if found is None or found.id not in channel.messages:
            raise ApiError(10008)
        own = found is original or (found.cause is not None and found.cause.id == interaction.id)
        if not own:
            raise ApiError(10008)
        return found

    def edit(self, interaction: Interaction, which: str, body: Json, uploads: tuple[Upload, ...]) -> Message:
        """Change one of its messages; a deferred answer becomes a real one."""
        message = self.message(interaction, which)
        draft = self._form(interaction).changed(message, body, uploads)
        if is_loading(message):
            return self._messages.fill(message, replace(draft, flags=draft.flags & ~MessageFlag.LOADING))
        return self._messages.edit(message, draft)

    def delete(self, interaction: Interaction, which: str) -> None:
        """Take one of its messages away."""
        self._messages.delete(self.message(interaction, which))


def _checked_choices(choices: list[Any], most: int) -> list[Json]:
    form = Form()
    form.longest("data.choices", choices, most)
    for index, choice in enumerate(choices):
        form.between(f"data.choices.{index}.name", choice.get("name"), 1, 100)
        form.longest(f"data.choices.{index}.value", choice.get("value"), 100)
    names = [choice.get("name") for choice in choices]
    if len(set(names)) < len(names):
        form.wrong("data.choices", "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_EXISTS", "Option choice names are unique.")
    form.check()
    return choices
