"""A person's setting that is one of a few values: its menu, what it takes, and the command behind both."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from bot.contracts.command import Choice, Choices, Command, View, command
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId
from bot.domain.policy import Policy
from bot.incoming.call import Call
from handlers.commands.modes import DEFAULT
from storage.programs import Program

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Generic[T]):
    """What there is to say of such a setting."""

    name: str
    """The command's."""
    description: str
    question: str
    """Above the choices."""
    values: Mapping[str, T]
    """By what a button carries, in the order of the menu."""
    words: Mapping[T, str]
    """What each is called."""
    keep: Callable[[PersonId, T], Program[None]]
    operators: Callable[[Policy], T] | None = None
    """What holds for people who leave it to the operator; None if nobody can."""

    def declared(self, change: Callable[[Call, Program[None]], Awaitable[View]]) -> Command:
        """The command; `change` makes a change and shows what holds then."""

        @command(self.name, self.description, private=True, listed=False)
        async def set_one(call: Call, wanted: Annotated[str, self.question, Choices(self._choices)]) -> View:
            if wanted not in self.values:
                raise PersonError("Choose one of {known}.", known=", ".join(self.values))
            return await change(call, self.keep(call.caller.person.id, self.values[wanted]))

        return set_one

    async def _choices(self, call: Call, _typed: str) -> Sequence[Choice]:
        offered = [Choice(typed, call.say(self.words[kept])) for typed, kept in self.values.items() if typed != DEFAULT]
        if self.operators is None:
            return offered
        theirs = call.say(self.words[self.operators(call.policy)])
        return [Choice(DEFAULT, call.say("{choice} · as the operator set it", choice=theirs)), *offered]
