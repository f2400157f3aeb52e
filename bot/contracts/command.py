"""A command, declared once: menus, help, autocomplete and handlers of every platform derive from it.

    @command("rename", "Give this session another title")
    async def rename(call: Call, title: Annotated[str, "The new title"]) -> View: ...

`command()` returns a frozen `Command` and registers nothing; `handlers/commands/__init__.py` holds the tuple of all.
A parameter is text, a whole number or a number, by its annotation; with `Choices` it is one of a list. A default makes
it optional. The first parameter of the function is the call itself (`bot.incoming.call.Call`); behind a `*` stands
what the command acts on, each by its type, and the gateway hands it in:

    async def stop(call: Call, *, under_way: Turns) -> View: ...
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bot.domain.blocks import ButtonRows, OutFile
from bot.domain.ids import MessageId, TurnId
from bot.domain.needs import Need
from bot.domain.people import Role


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: `value` is what the command receives, `label` what the person reads."""

    value: str
    label: str


ChoiceSource = Callable[[Any, str], Awaitable[Sequence[Choice]]]
"""Returns the choices: takes the call and what has been typed so far ("" for everything), best match first."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Marks a parameter as one of a list: `Annotated[str, "Which mode", Choices(modes_for)]`."""

    source: ChoiceSource
    searched: bool = False
    """Whether the command takes words that several choices hold, and shows those."""
    above: Callable[[Any], Awaitable[str]] | None = None
    """Takes the call and says what holds now, in Markdown: it stands above the choices where they are a menu."""


class ParamKind(StrEnum):
    """What a parameter holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a command."""

    name: str
    kind: ParamKind
    description: str
    required: bool
    choices: ChoiceSource | None = None
    searched: bool = False
    above: Callable[[Any], Awaitable[str]] | None = None
    """Both as in `Choices`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    param: str
    label: str
    value: str = ""
    """Its initial value."""
    long: bool = False
    required: bool = True
    """Whether the platform's own form insists on an answer."""


@dataclass(frozen=True, slots=True)
class Form:
    """Questions whose answers become the arguments of a command, after `args`, in the order of `fields`."""

    title: str
    command: str
    fields: tuple[Field, ...]
    args: tuple[str, ...] = ()
    wants_file: bool = False
    """The answer is a message with a file, so a platform's own forms cannot be used."""


@dataclass(frozen=True, slots=True)
class Menu:
    """A question that is answered by one of the choices of a command's next parameter, the one after `args`."""

    command: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """A message of ours that another has taken over from: what is left in it, a sentence of ours, without buttons."""

    remote_id: str
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """What a command answers. `text` is Markdown; a handler returns it and never sends anything."""

    text: str
    buttons: ButtonRows = ()
    form: Form | None = None
    menu: Menu | None = None
    """What the buttons choose from; typing a choice instead of pressing its button works too."""
    private: bool = False
    """Only for the person who asked: shown to nobody else, if need be in their private chat."""
    personal: bool = False
    """It concerns the person who asked alone: shown to nobody else where the platform can do that, else openly."""
    replace: bool = True
    """Whether this replaces the message whose button was pressed."""
    closes: Closed | None = None
    """The message in the same chat that this takes over from."""
    files: tuple[OutFile, ...] = ()
    """Sent after the text, each as a separate message."""
    follows: bool = False
    """The answer is a queued turn or a form; the command itself shows nothing."""
    answer: MessageId | None = None
    """The answer in the session's tree that this shows; a reply to it branches from there."""
    plain: bool = False
    """It is shown in the platform's plain form, whatever the person likes otherwise."""
    card_of: TurnId | None = None
    """The turn that waits for what this asks."""
    is_over: bool = False
    """It takes the place of a card that asks no longer, for everybody to see; where that is gone, nothing does."""


Handler = Callable[..., Awaitable[View]]


class Scope(StrEnum):
    """Where a command can be used."""

    ANYWHERE = "anywhere"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Command:
    """A declared command."""

    name: str
    description: str
    params: tuple[Param, ...]
    handler: Handler
    role: Role = Role.MEMBER
    """The lowest role that may use it: STRANGER, MEMBER or ADMIN."""
    scope: Scope = Scope.ANYWHERE
    listed: bool = True
    """Whether menus and the help list it; buttons can call it either way."""
    takes_secret: bool = False
    """The last answer of its form is a secret: the message that holds it is deleted at once."""
    by_steps: bool = False
    """If the form's answers come one at a time, the command is called with each and returns the form of the
    remaining questions, so a wrong answer is reported before the next question."""
    private: bool = False
    """Its answer is shown only to the caller, in any chat. Known before the arguments are read."""
    on_message: str = ""
    """Its label in a message's context menu, on platforms that have those; "" for no entry."""

    guests: bool = False
    """It can also be given where the bot is not a member; what buttons below an answer call, can be anyway."""
    aliases: tuple[str, ...] = ()
    """Other names under which people look for it: understood where they are typed, and in no menu."""
    decides: bool = False
    """Its buttons stand in a card that asks about one thing: once that is `Over`, or `NoLonger` for the only one who
    reads them, a press takes them away."""
    acts_on: tuple[tuple[str, type[Any]], ...] = ()
    """What its handler is given besides its arguments: the names, and the type that finds the thing."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it is understood by, its own first."""
        return (self.name, *self.aliases)

    @property
    def need(self) -> Need:
        """What a caller needs to use it."""
        return Need(self.role, private=self.scope is Scope.PRIVATE, guests=self.guests or not self.listed)


def by_name(commands: Iterable[Command]) -> dict[str, Command]:
    """The commands by every name that they are understood by."""
    return {name: command for command in commands for name in command.names}


def named(choices: Sequence[Choice], typed: str) -> Choice | None:
    """The choice that a typed text names, in full or by the beginning of a word.

    None if several choices match: the text is then treated as an ordinary message.
    """
    words = _plain(typed)
    names = [(_plain(choice.value), _plain(choice.label)) for choice in choices]
    heads = [(value, label, label.partition(" · ")[0]) for value, label in names]
    for form in range(3):
        for choice, head in zip(choices, heads, strict=True):
            if head[form] == words:
                return choice
    if len(words) < _SHORTEST_BEGINNING:
        return None
    begins = re.compile(rf"\b{re.escape(words)}")
    found = [choice for choice, plain in zip(choices, names, strict=True) if any(map(begins.search, plain))]
    return found[0] if len(found) == 1 else None


def searching(choices: Sequence[Choice], typed: str) -> bool:
    """Whether a text can be meant to search choices: each of its words begins a word of one and the same of them."""
    begins = [re.compile(rf"\b{re.escape(word)}") for word in _plain(typed).split()]
    found = any(all(beginning.search(_plain(choice.label)) for beginning in begins) for choice in choices)
    return len(_plain(typed)) >= _SHORTEST_BEGINNING and found


def _plain(text: str) -> str:
    """A text in the form used for comparing: `America/New_York` is found by "new york"."""
    return " ".join(text.casefold().replace("_", " ").split())


_SHORTEST_BEGINNING = 2
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_UNESCAPED = {"\\": "\\", "p": "|"}


def call_to_data(name: str, args: Sequence[str]) -> str:
    r"""A command with its arguments as a button carries it: `name|argument|…`.

    In an argument "\\" is a backslash and "\p" a bar.
    """
    return "|".join((name, *(arg.replace("\\", "\\\\").replace("|", "\\p") for arg in args)))


def call_from_data(data: str) -> tuple[str, tuple[str, ...]] | None:
    """The reverse of `call_to_data`; None for anything it never produces: a tampered app can send any data."""
    name, *args = data.split("|")
    if not _NAME.fullmatch(name):
        return None
    try:
        return name, tuple(_unescaped(arg) for arg in args)
    except KeyError:
        return None


def _unescaped(arg: str) -> str:
    return _ESCAPED.sub(lambda escape: _UNESCAPED[escape[1]], arg) if "\\" in arg else arg


def command(
    name: str,
    description: str,
    *,
    role: Role = Role.MEMBER,
    scope: Scope = Scope.ANYWHERE,
    listed: bool = True,
    takes_secret: bool = False,
    by_steps: bool = False,
    private: bool = False,
    on_message: str = "",
    guests: bool = False,
    aliases: tuple[str, ...] = (),
    decides: bool = False,
) -> Callable[[Handler], Command]:
    """Declare a command.

    `name` is 1 to 32 of a-z, 0-9 and _; `description` 1 to 100 characters, `on_message` at most 32:
    the limits that every platform accepts.
    """

    def declare(handler: Handler) -> Command:
        params = _params_of(handler)
        return Command(
            name,
            description,
            params,
            handler,
            role,
            scope,
            listed,
            takes_secret,
            by_steps,
            private,
            on_message,
            guests,
            aliases,
            decides,
            _acted_on(handler),
        )

    return declare


_KINDS = {str: ParamKind.TEXT, int: ParamKind.INTEGER, float: ParamKind.NUMBER}


def _params_of(handler: Handler) -> tuple[Param, ...]:
    hints = get_type_hints(handler, include_extras=True)
    _, *parameters = (one for one in inspect.signature(handler).parameters.values() if one.kind is not one.KEYWORD_ONLY)
    return tuple(_param_of(parameter, hints[parameter.name]) for parameter in parameters)


def _acted_on(handler: Handler) -> tuple[tuple[str, type[Any]], ...]:
    hints, parameters = get_type_hints(handler), inspect.signature(handler).parameters.values()
    return tuple((one.name, hints[one.name]) for one in parameters if one.kind is one.KEYWORD_ONLY)


def _param_of(parameter: inspect.Parameter, hint: object) -> Param:
    marks: tuple[object, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    description = next((mark for mark in marks if isinstance(mark, str)), parameter.name)
    marked = next((mark for mark in marks if isinstance(mark, Choices)), None)
    options = [kind for kind in (get_args(hint) or (hint,)) if kind in _KINDS]
    if len(options) != 1:
        raise TypeError(f"Parameter {parameter.name!r} is annotated with {hint!r}; use str, int or float.")
    required = parameter.default is inspect.Parameter.empty
    kind = _KINDS[options[0]]
    if marked is None:
        return Param(parameter.name, kind, description, required)
    return Param(parameter.name, kind, description, required, marked.source, marked.searched, marked.above)
