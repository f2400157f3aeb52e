"""An admin who tells everybody something, again and again, by the bot's own buttons, whatever falls on it meanwhile."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

from bot.standins.discord.errors import CannotDo as DiscordCannot
from bot.standins.telegram.rooms import CannotDo as TelegramCannot
from tests.crash.soak.crowd import Actor
from tests.crash.soak.kept import AWAY, Kept
from tests.crash.soak.waiting import until
from tests.support.sides import Shown, Side

_TRIES_AGAIN_S = 5.0
"""After this long without an effect, they press again what they had pressed."""
_BETWEEN_S = 0.2
_LABEL = "What to tell people"


class Announcer:
    """Somebody in a private chat who may do that."""

    def __init__(self, side: Side, kept: Kept, rng: random.Random) -> None:
        self.actor = Actor(side, *side.newcomer("Operator"), mention=False)
        self._kept = kept
        self._rng = rng
        self._numbers: Iterator[int] = itertools.count(1)
        self._done = False

    def settings(self) -> dict[str, Any]:
        """What the gateway is told of them."""
        return {"admins": f"{self.actor.side.name}:user:{self.actor.person}"}

    async def play(self) -> None:
        """Tell one thing after another, until `finish`. Raises TimeoutError: one does not get out, or has no end."""
        while not self._done:
            await asyncio.sleep(self._rng.uniform(0.2, 2.0))
            await self._tell(f"broadcast B{next(self._numbers)}.")

    def finish(self) -> None:
        """What is being told is the last of it."""
        self._done = True

    async def _tell(self, text: str) -> None:
        state = ""

        def is_out() -> bool:
            nonlocal state
            # While the database is away, it is as it was.
            with contextlib.suppress(*AWAY):
                state = self._kept.state_of_broadcast(text)
            return state not in {"", "draft"}

        pressing = asyncio.create_task(self._press_on(text, lambda: state))
        try:
            await until(is_out, self._how_far)
        finally:
            pressing.cancel()
            await asyncio.gather(pressing, return_exceptions=True)
        await until(lambda: is_out() and state == "done", self._how_far)

    def _how_far(self) -> object:
        try:
            return self._kept.come()
        except AWAY:
            return None

    async def _press_on(self, text: str, state: Callable[[], str]) -> None:
        """Do whatever is next, and the same again where nothing comes of it."""
        while True:
            with contextlib.suppress(DiscordCannot, TelegramCannot, TimeoutError):
                async with asyncio.timeout(_TRIES_AGAIN_S):
                    if state() == "draft":
                        await self._presses("Send it to", lambda shown: text in shown.text)
                        await asyncio.sleep(_TRIES_AGAIN_S)
                    else:
                        await self._writes(text, state)
            await asyncio.sleep(_BETWEEN_S)

    async def _writes(self, text: str, state: Callable[[], str]) -> None:
        actor = self.actor
        newest = max((shown.id for shown in actor.seen()), default=0)
        actor.side.command(actor.person, actor.room, "admin", ("broadcast",))
        await self._presses("Write a broadcast", lambda shown: shown.id > newest)
        await until(lambda: actor.side.fill(actor.person, actor.room, _LABEL, text))
        await until(lambda: state() == "draft")

    async def _presses(self, label: str, on: Callable[[Shown], bool]) -> None:
        """Wait for such a message with a button, and press it on the last one."""
        actor = self.actor

        def found() -> list[tuple[Shown, str]]:
            there = filter(on, actor.seen())
            return [(shown, whole) for shown in there for whole in shown.labels if whole.startswith(label)]

        await until(found)
        shown, whole = found()[-1]
        actor.side.press(actor.person, actor.room, shown, whole)
