"""Answering commands in Discord's own way: within three seconds, then through the command's token for 15 minutes.

Whoever comes first answers: the gateway with a message, a form, or its word that nothing follows; or the clock, which
defers. Who may read the answer is known from the start, so that no slowness makes it public. A receipt holds the
command's token: what a restart makes us forget of a command can still be answered with it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from discord.utils import snowflake_time

from bot.domain.blocks import OutFile
from bot.domain.clock import Clock
from bot.domain.errors import MessageGone, PlatformError
from bot.domain.messages import Part
from bot.texts import say_in

Request = Callable[..., Awaitable[Any]]
"""`request(method, path, json=…, file=…, **ids)` of the bot's client; raises `PlatformError`."""

DEFER_AFTER_S = 2.0
"""Discord gives three seconds."""
TOKEN_S = 14 * 60
"""Discord gives 15 minutes."""

_MESSAGE, _DEFERRED_MESSAGE, _DEFERRED_UPDATE, _UPDATE, _CHOICES, _MODAL = 4, 5, 6, 7, 8, 9
_EPHEMERAL = 64
_COMMAND, _PRESS = "c", "p"

_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_CALLBACK = "/interactions/{webhook_id}/{webhook_token}/callback?with_response=true"


class _State(Enum):
    """How far a command is answered."""

    OPEN = "open"
    DEFERRED = "deferred"
    """A message is awaited where the command was given."""
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class About:
    """What a command was given on: Discord does not tell it again when a form is filled that the command opened."""

    user: int
    message: str
    parts: tuple[Part, ...]


@dataclass(slots=True)
class _Command:
    """One command that was given, while its token lives."""

    id: str
    token: str
    pressed: bool
    born: float
    private: bool = False
    """Whether its answer is for the person alone."""
    language: str = ""
    about: About | None = None
    state: _State = _State.OPEN
    deferred_publicly: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    timer: asyncio.Task[None] | None = None


class Interactions:
    """The commands that can still be answered in Discord's way."""

    def __init__(self, request: Request, application: Callable[[], str], clock: Clock) -> None:
        self._request = request
        self._application = application
        self._clock = clock
        self._commands: dict[str, _Command] = {}

    def begin(
        self, interaction: str, token: str, *, pressed: bool, private: bool, language: str, about: About | None = None
    ) -> str:
        """A command has been given; returns its receipt, and makes sure that it is answered in time.

        `private`: its answer is for the person alone. `about`: the message that it was given on, if it was.
        """
        self._forget_old()
        receipt = f"{_PRESS if pressed else _COMMAND}{interaction}.{token}"
        if receipt in self._commands:
            return receipt  # Discord has told of it again.
        command = _Command(interaction, token, pressed, self._clock.monotonic(), private, language, about)
        self._commands[receipt] = command
        command.timer = asyncio.create_task(self._defer_in_time(command))
        return receipt

    def _forget_old(self) -> None:
        oldest = self._clock.monotonic() - TOKEN_S
        for key in [key for key, command in self._commands.items() if command.born < oldest]:
            del self._commands[key]

    def _find(self, receipt: str) -> _Command | None:
        """The command of a receipt, also of one that an earlier process was given; None once its time is over."""
        command = self._commands.get(receipt)
        if command is None:
            interaction, _, token = receipt[1:].partition(".")
            if not interaction.isdecimal() or not token:
                return None
            age_s = self._clock.now() / 1000 - snowflake_time(int(interaction)).timestamp()
            command = _Command(interaction, token, receipt[0] == _PRESS, self._clock.monotonic() - age_s)
            # It was deferred, or its message is there already: both are filled in the same way. For whom it was
            # deferred is no longer known; what is for one person must not be read by all.
            command.state = _State.ANSWERED if command.pressed else _State.DEFERRED
            command.deferred_publicly = not command.pressed
            self._commands[receipt] = command
        return command if self._clock.monotonic() - command.born <= TOKEN_S else None

    async def _defer_in_time(self, command: _Command) -> None:
        await self._clock.sleep(DEFER_AFTER_S)
        async with command.lock:
            if command.state is _State.OPEN:
                await self._defer(command, private=command.private)

    def awaits(self, receipt: str) -> bool:
        """Whether the place where the command was given shows that an answer is to come, and has none yet."""
        command = self._find(receipt) if receipt else None
        return command is not None and not command.pressed and command.state is not _State.ANSWERED

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool) -> None:
        """Say that the command was seen."""
        command = self._commands.get(receipt)
        if command is None:
            return
        async with command.lock:
            if command.state is not _State.OPEN:
                return
            if answered or command.pressed:
                await self._defer(command, private=private)
            else:
                command.state = _State.ANSWERED
                say = say_in(command.language)
                await self._answer(command, _MESSAGE, {"content": say("Done."), "flags": _EPHEMERAL})

    async def send(
        self, receipt: str, content: dict[str, Any], *, private: bool, file: OutFile | None = None
    ) -> str | None:
        """Send a message in answer to a command; None if that is no longer possible."""
        command = self._find(receipt)
        if command is None:
            return None
        flags = {"flags": _EPHEMERAL | content.get("flags", 0)} if private else {}
        async with command.lock:
            state, command.state = command.state, _State.ANSWERED
            if state is _State.OPEN and file is None:
                made = await self._answer(command, _MESSAGE, content | flags)
                return str(made["resource"]["message"]["id"])
            if state is _State.OPEN:
                await self._defer(command, private=private)
                state = _State.ANSWERED if command.pressed else _State.DEFERRED
                command.state = _State.ANSWERED
            ids = self._ids(command)
            if state is _State.DEFERRED and private and command.deferred_publicly:
                await self._take_back(command)
            elif state is _State.DEFERRED:
                made = await self._fill(command, content, file)
                return str(made["id"])
            made = await self._request("POST", f"{_WEBHOOK}?wait=true", json=content | flags, file=file, **ids)
            return str(made["id"])

    async def _take_back(self, command: _Command) -> None:
        """What everybody sees to be awaited cannot become what one person sees: nothing is awaited afterwards.

        While it stands, Discord puts the next message into its place, no matter whom that is for.
        """
        try:
            await self._request("DELETE", f"{_WEBHOOK}/messages/@original", **self._ids(command))
        except MessageGone:
            return
        except PlatformError:
            command.state = _State.DEFERRED
            raise

    async def _fill(self, command: _Command, content: dict[str, Any], file: OutFile | None) -> Any:
        try:
            return await self._request(
                "PATCH", f"{_WEBHOOK}/messages/@original", json=content, file=file, **self._ids(command)
            )
        except PlatformError:
            command.state = _State.DEFERRED  # It may be repeated, or come in another form.
            raise

    async def edit(self, receipt: str, remote_id: str, content: dict[str, Any], file: OutFile | None = None) -> bool:
        """Change the message that was pressed, or one that answers the command; False if it is too late for that."""
        command = self._find(receipt)
        if command is None:
            return False
        async with command.lock:
            state, command.state = command.state, _State.ANSWERED
            if state is _State.OPEN and command.pressed and file is None:
                await self._answer(command, _UPDATE, content)
                return True
            if state is _State.OPEN and command.pressed:
                await self._defer(command, private=False)
            path, ids = f"{_WEBHOOK}/messages/{{message_id}}", self._ids(command)
            await self._request("PATCH", path, json=content, file=file, message_id=remote_id, **ids)
        return True

    def _ids(self, command: _Command) -> dict[str, str]:
        return {"webhook_id": self._application(), "webhook_token": command.token}

    def opened_by(self, receipt: str) -> str:
        """What a form that this command opens is to tell when it is filled; "" if nothing."""
        command = self._commands.get(receipt)
        return command.id if command is not None and command.about is not None else ""

    def about(self, opened_by: str, user: int) -> About | None:
        """What somebody's command was given on, as their form tells; None if that is no longer known."""
        given = [command.about for command in self._commands.values() if command.id == opened_by]
        return next((about for about in given if about is not None and about.user == user), None)

    async def refuse(self, receipt: str, sentence: str) -> None:
        """Answer a command with a sentence of ours, for the person alone."""
        command = self._commands[receipt]
        async with command.lock:
            command.state = _State.ANSWERED
            said = say_in(command.language)(sentence)
            await self._answer(command, _MESSAGE, {"content": said, "flags": _EPHEMERAL})

    async def ask(self, receipt: str, modal: dict[str, Any]) -> bool:
        """Show a form; False if it is too late for one."""
        command = self._commands.get(receipt)
        if command is None:
            return False
        async with command.lock:
            if command.state is not _State.OPEN:
                return False
            command.state = _State.ANSWERED
            await self._answer(command, _MODAL, modal)
        return True

    async def choose(self, interaction: str, token: str, choices: list[dict[str, str]]) -> None:
        """Offer choices for what is being typed."""
        command = _Command(interaction, token, pressed=False, born=self._clock.monotonic())
        await self._answer(command, _CHOICES, {"choices": choices})

    async def close(self) -> None:
        """Drop every timer."""
        timers = [command.timer for command in self._commands.values() if command.timer is not None]
        for timer in timers:
            timer.cancel()
        await asyncio.gather(*timers, return_exceptions=True)

    async def _defer(self, command: _Command, *, private: bool) -> None:
        # A pressed button has its message already: nothing is awaited in its place.
        command.state = _State.ANSWERED if command.pressed else _State.DEFERRED
        command.deferred_publicly = not (private or command.pressed)
        kind = _DEFERRED_UPDATE if command.pressed else _DEFERRED_MESSAGE
        try:
            await self._answer(command, kind, {"flags": _EPHEMERAL} if private and not command.pressed else {})
        except PlatformError:
            command.born = -TOKEN_S * 2.0  # It was too late: what follows goes to the channel.

    async def _answer(self, command: _Command, kind: int, data: dict[str, Any]) -> Any:
        if command.timer is not None and command.timer is not asyncio.current_task():
            command.timer.cancel()
        body = {"type": kind, "data": data} if data else {"type": kind}
        return await self._request("POST", _CALLBACK, json=body, webhook_id=command.id, webhook_token=command.token)
