"""Arguments: what was typed, chosen or pressed, as the values that a command declares."""

from bot.contracts.command import Command, Param, ParamKind, View
from bot.domain.errors import PersonError
from bot.incoming.call import Call
from bot.incoming.menus import ask_for
from bot.texts import Say

LARGEST_NUMBER = 2**63 - 1
"""What the database can hold."""


async def bind(call: Call, command: Command) -> dict[str, object] | View:
    """The arguments by name; or what to show because a required one is missing."""
    given = list(call.invocation.args)
    if call.invocation.origin == "typed" and given:
        given = await _split(call, command, given[0])
    bound: dict[str, object] = {}
    for param, value in zip(command.params, given, strict=False):
        if value != "" or param.required:
            bound[param.name] = _convert(call.say, param, value)
    for position, param in enumerate(command.params):
        if param.required and param.name not in bound:
            return await ask_for(call, command, position)
    return bound


async def _split(call: Call, command: Command, line: str) -> list[str]:
    """A typed line as arguments: words that are valid choices go to the last parameters, free text to the first.

    A line that has other words too is free text to its end: `/new documents` is a mode, and `/new My trip plan
    documents` a title, for nobody can see which of its words would be taken for something else.
    """
    head, tail = command.params[: _text_params(command)], command.params[_text_params(command) :]
    words = line.split()
    taken: list[str] = []
    for param in reversed(tail):
        if words and await _fits(call, param, words[-1]):
            taken.insert(0, words.pop())
        else:
            taken.insert(0, "")
    if not head:
        # Nothing takes free text: what was typed is for the first parameter, right or wrong.
        return [line] if words and tail else taken
    return ["", *taken] if not words else [line.strip(), *("" for _ in tail)]


def _text_params(command: Command) -> int:
    """1 where the first parameter takes free text, else 0."""
    first = command.params[0] if command.params else None
    return int(first is not None and first.kind is ParamKind.TEXT and first.choices is None)


async def _fits(call: Call, param: Param, word: str) -> bool:
    if param.choices is not None:
        return any(choice.value == word for choice in await param.choices(call, word))
    try:
        _convert(call.say, param, word)
    except PersonError:
        return False
    return True


def _convert(say: Say, param: Param, value: str) -> object:
    try:
        match param.kind:
            case ParamKind.TEXT:
                return value
            case ParamKind.INTEGER:
                return _within_limits(int(value))
            case ParamKind.NUMBER:
                return float(value.replace(",", "."))
    except ValueError as error:
        raise PersonError(
            "{what}: “{given}” is not a number. Send a number such as 1.", what=say(param.description), given=value[:40]
        ) from error


def _within_limits(number: int) -> int:
    """A number that the database can hold. Raises ValueError."""
    if abs(number) > LARGEST_NUMBER:
        raise ValueError(number)
    return number
