"""What people call on Discord: commands, presses and filled forms, and what they are typing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
import structlog

from bot.contracts.command import Choice, Command, Scope
from bot.domain.incoming import Invocation
from bot.texts import said_later
from handlers.discord.commands import offered
from handlers.discord.inbound import Me, opened_by, read_interaction
from handlers.discord.interactions import About, Interactions

log = structlog.get_logger(__name__)

_FORGOTTEN = said_later("I no longer know which message that is about. Choose this in its menu once more.")


class Invocations:
    """Puts what is called, with its receipt; what is typed gets its choices at once."""

    def __init__(
        self,
        choices: Callable[[Invocation, str, str], Awaitable[Sequence[Choice]]],
        interactions: Interactions,
        commands: Mapping[str, Command],
        put: Callable[[Invocation], None],
    ) -> None:
        self._choices = choices
        self._interactions = interactions
        self._commands = commands
        self._put = put
        self._begun: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Leave what nobody waits for."""
        begun = tuple(self._begun)
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)

    def take(self, interaction: discord.Interaction[Any], me: Me) -> None:
        """A command, a press, a filled form, or something being typed."""
        if interaction.type is discord.InteractionType.autocomplete:
            self._soon(self._complete(interaction, me))
            return
        invocation = read_interaction(interaction, me, self._commands)
        declared = self._commands.get(invocation.command) if invocation is not None else None
        receipt = self._interactions.begin(
            str(interaction.id),
            interaction.token,
            pressed=interaction.type is discord.InteractionType.component,
            private=invocation is not None and _is_for_one(invocation, declared),
            language=interaction.locale.value,
            about=_about(interaction, invocation),
        )
        if invocation is None:
            self._soon(self._interactions.acknowledge(receipt, answered=False, private=True))
        elif not (opened := opened_by(interaction)):
            self._put(replace(invocation, receipt=receipt))
        elif about := self._interactions.about(opened, interaction.user.id):
            self._put(replace(invocation, receipt=receipt, reply_to=about.message, pointed=about.parts))
        else:
            self._soon(self._interactions.refuse(receipt, _FORGOTTEN))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin what nothing has to wait for, and nobody asks for again."""
        task = asyncio.create_task(self._guarded(work))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("event_unreadable", kind="interaction")

    async def _complete(self, interaction: discord.Interaction[Any], me: Me) -> None:
        invocation = read_interaction(interaction, me, self._commands)
        data: Mapping[str, Any] = interaction.data or {}
        focused = next((option for option in data.get("options", ()) if option.get("focused")), None)
        found: Sequence[Choice] = ()
        if invocation is not None and focused is not None:
            found = await self._choices(invocation, focused["name"], str(focused["value"]))
        await self._interactions.choose(str(interaction.id), interaction.token, offered(found))


def _about(interaction: discord.Interaction[Any], invocation: Invocation | None) -> About | None:
    """The message in whose menu something was chosen."""
    if invocation is None or invocation.reply_to is None or not invocation.pointed:
        return None
    return About(interaction.user.id, invocation.reply_to, invocation.pointed)


def _is_for_one(invocation: Invocation, declared: Command | None) -> bool:
    """Whether the answer is for the person alone, as far as that is known before anything is read."""
    if invocation.private or (declared is not None and declared.private):
        return True
    # Among others such a command says only that it works in private.
    return declared is not None and declared.scope is Scope.PRIVATE and not invocation.place.kind.private
