"""What a method gets to work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.model import Chat
from bot.standins.telegram.params import Params
from bot.standins.telegram.world import World


@dataclass(frozen=True, slots=True)
class Context:
    """One call: who calls, with what."""

    world: World
    bot: BotAccount
    params: Params

    def chat(self) -> Chat:
        """The chat in `chat_id`; raises ApiError as `World.chat_for` does."""
        return self.world.chat_for(self.bot, self.params.text("chat_id"))


Method = Callable[[Context], Any]
AsyncMethod = Callable[[Context], Awaitable[Any]]
