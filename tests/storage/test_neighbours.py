"""What the storage does for somebody is the same whoever else is there: every condition that says whose, held at once.

Each function of `storage` is asked with what one person has, once in a database in which they are alone and once among
neighbours who have the same of everything. It must give the same and change the same, and nothing of theirs. What
is of everybody is named here.
"""

import importlib
import inspect
import itertools
import pkgutil
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

import storage
from bot.domain.blocks import Page, plain_page
from bot.domain.calls import CallPart, ResultPart
from bot.domain.efforts import Effort
from bot.domain.errors import StorageError
from bot.domain.ids import (
    AttachmentId,
    DocumentId,
    FactId,
    FolderId,
    MessageId,
    PersonId,
    SessionId,
    SummaryId,
    TurnId,
    UnixMs,
)
from bot.domain.incoming import Unreadable
from bot.domain.messages import FileKind, FilePart, Message, Part, TextPart
from bot.domain.model_names import ModelName
from bot.domain.people import Identity, Previews, ReadAloud, RichUse, Role, RoleRules, Steering, ToolsShown
from bot.domain.places import Customs, Place, PlaceKind
from bot.domain.sessions import Elsewhere, Reach, TitleBy
from bot.domain.summaries import Summary
from bot.domain.turns import FinishReason, TurnState, Usage
from storage import attachments, messages, outbox, programs, summaries, tool_calls
from storage.acts import ActKind
from storage.attachments import Attachment, Problem
from storage.documents import DocumentPage
from storage.drivers.sqlite.connection import run
from storage.given_up import Reason
from storage.outbox import OutboxPage, Target
from storage.page_keys import KeyKind
from storage.pieces import Piece
from storage.programs import Program, T
from storage.tool_calls import KeptCall
from storage.turns import NewTurn
from tests.storage.neighbours import (
    ABSENT,
    ANSWER,
    AT,
    AT_HAND,
    BARE,
    IN_OTHER_SESSIONS,
    IN_THE_SESSION,
    MOODS,
    SELF,
    STRANGERS,
    Neighbour,
    Rows,
    contents,
    furnished,
    touched,
)

_LATER = UnixMs(AT + 100_000)
_HERE = Place(f"platform {SELF}", f"bot {SELF}", f"chat {SELF}", f"thread {SELF}", PlaceKind.GROUP)

_FILE = FilePart("7", "a.pdf", "application/pdf")
_PAGE = plain_page("words")

_BY_TYPE: dict[object, Sequence[object]] = {
    PersonId: [SELF],
    SessionId: [SELF],
    MessageId: [SELF, SELF + ANSWER],
    Sequence[MessageId]: [[SELF, SELF + ANSWER]],
    TurnId: [SELF],
    FolderId: [SELF],
    FactId: [SELF],
    AttachmentId: [SELF],
    DocumentId: [SELF],
    SummaryId: [SELF],
    Reach: [Reach(owner=PersonId(SELF)), Reach(place=SELF)],
    Elsewhere: [Elsewhere(PersonId(SELF)), Elsewhere(PersonId(SELF), SELF)],
    Identity: [Identity(f"platform {SELF}", f"user_id {SELF}", "Alice")],
    Place: [_HERE],
    tuple[Part, ...]: [(TextPart("words"),)],
    bool: [True],
    float: [0.5],
    Effort: [Effort.LOW],
    Previews: [Previews.EDITS],
    RichUse: [RichUse.ALWAYS],
    Role: [Role.MEMBER],
    Steering: [Steering.WAIT],
    TitleBy: [TitleBy.WORDS],
    TurnState: [TurnState.FAILED],
    FinishReason: [FinishReason.COMPLETE],
    FileKind: [FileKind.PDF],
    FilePart: [_FILE],
    Sequence[FilePart]: [[_FILE]],
    Sequence[str]: [[f"sha256 {SELF}"]],
    Problem: [Problem("no")],
    Page: [_PAGE],
    Sequence[Page]: [[_PAGE, _PAGE]],
    Sequence[DocumentPage]: [[DocumentPage(1, "words", "text", None)]],
    DocumentPage: [DocumentPage(9, "words", "text", None)],
    Sequence[DocumentId]: [[DocumentId(SELF)]],
    Sequence[Piece]: [[Piece("7", (TextPart("words"),))]],
    Callable[[str], str]: [str.upper],
    tuple[str, ...]: [("words",)],
    Mapping[str, str | None]: [{f"name {SELF}": "new", "other": "new"}, {f"name {SELF}": None}],
    Unreadable: [Unreadable(f"event_key {SELF}", f"platform {SELF}", f"bot {SELF}", "raw", "why")],
    Sequence[tuple[Place, str]]: [[(_HERE, "sealed")]],
    NewTurn: [NewTurn(SessionId(SELF), SELF, PersonId(SELF), MessageId(SELF), 3, "tip")],
    Sequence[KeptCall]: [[KeptCall(9, 9, "", CallPart("c", "t", "{}"), True)]],
    ResultPart: [ResultPart("c", "done")],
    ActKind: [ActKind.GIVE],
    Reason: [Reason.UNREACHABLE],
    KeyKind: [KeyKind.LINK],
    ReadAloud: [ReadAloud.ALWAYS],
    ToolsShown: [ToolsShown.ALL],
    Usage: [Usage(1, 1)],
    Target: [Target(SELF, _HERE)],
    RoleRules: [RoleRules()],
    Customs: [Customs("mode")],
}
"""What of a type they have, or what serves as well as any other."""

_KEPT: dict[object, Callable[[], Generator[Any, Any, object]]] = {
    Attachment: lambda: attachments.get(AttachmentId(SELF)),
    Message: lambda: messages.get(MessageId(SELF)),
    Summary: lambda: summaries.get(SummaryId(SELF)),
    KeptCall: lambda: _first(tool_calls.of_turn(TurnId(SELF))),
    OutboxPage: lambda: _first(outbox.of_bot(_HERE.platform, _HERE.bot, f"process {SELF}")),
    Sequence[OutboxPage]: lambda: outbox.of_bot(_HERE.platform, _HERE.bot, f"process {SELF}"),
}
"""What they have of a type that is read whole."""

_EARLY = {"since", "start", "moment", "not_before"}
_NUMBERS = {"place": SELF, "thread": SELF, "place_row": SELF, "number": SELF, "endpoint": SELF}

_OF_EVERYBODY = {
    "bots.reencrypt",
    "broadcasts.begin",
    "endpoints.reencrypt",
    "keepers.give_to_others",
    "open_turns.wanted_of",
    "people.counts",
    "people.find_some",
    "people.page",
    "places.may_tell_of",
    "private_chats.of_admins",
    "spending.hold",
    "waiting.reencrypt",
}
"""What says or changes something of everybody, though it is asked with a name. What is asked with moments and numbers
alone does so anyway."""

_LEFT_OUT = {
    "brought.bring": "tests/archive",
    "documents.find": "tests/storage/test_search.py",
    "documents.neighbours": "tests/storage/test_search.py",
    "approvals.ask": "tests/turns",
    "documents.erase": "tests/storage/test_search.py",
    "endpoints.reencrypt": "tests/storage/test_vault.py",
    "search.find": "tests/storage/test_search.py",
    "server_tools.of_server": "tests/tools",
    "server_tools.trust": "tests/tools",
    "waiting.hold": "tests/scenario/test_processes.py",
    "words.add": "tests/storage/test_search.py",
    "words.merge": "tests/storage/test_search.py",
    "words.messages_with": "tests/storage/test_search.py",
    "words.passages_with": "tests/storage/test_search.py",
    "words.remove": "tests/storage/test_search.py",
}
"""What cannot be asked like this, and which test asks it."""

_WHOLE = {PersonId, Reach, Elsewhere, Identity, Place}
Neighbours = tuple[Neighbour, ...]
_OF_OTHER_BOTS = tuple(one for one in STRANGERS if one.differs is None or one.differs & {"platform", "bot"})
_OF_OTHER_CHATS = tuple(one for one in STRANGERS if one.differs is None or one.differs & {"platform", "bot", "chat"})
_OF_OTHER_THREADS = tuple(
    one for one in STRANGERS if one.differs is None or one.differs & {"platform", "bot", "thread"}
)
_BESIDE: dict[str, Sequence[Neighbours]] = {
    "attachments.remove": [STRANGERS, STRANGERS + IN_OTHER_SESSIONS],
    "bookmarks.all_of": [_OF_OTHER_BOTS],
    "claims.sessions_with_queued": [_OF_OTHER_BOTS],
    "facts.erase_all": [STRANGERS],
    "linking.part": [_OF_OTHER_CHATS],
    "outbox.of_bot": [_OF_OTHER_BOTS],
    "overheard.forget_unheard": [_OF_OTHER_CHATS],
    "places.heard": [_OF_OTHER_BOTS],
    "places.of_thread": [_OF_OTHER_THREADS],
    "places.renumber": [_OF_OTHER_CHATS],
    "speech.wanted": [_OF_OTHER_BOTS],
    "summaries.complete": [STRANGERS, STRANGERS + IN_OTHER_SESSIONS + IN_THE_SESSION],
    "tree.siblings": [STRANGERS, STRANGERS + IN_OTHER_SESSIONS],
    "turns.count_in_chat": [_OF_OTHER_CHATS],
    "waiting.any_left": [_OF_OTHER_BOTS],
    "waiting.take_over": [_OF_OTHER_BOTS],
}
"""Who is a neighbour to what is of a whole bot, chat or session."""

_OF_ENDPOINTS = {"endpoints.find", "endpoints.find_model", "endpoints.remove", "endpoints.remove_model"}

_CLEARS = {"codes.add_code", "page_keys.add"}
"""What does away with what is too old, whose ever it is."""

Function = Callable[..., Generator[Any, Any, object]]


def functions() -> Iterator[tuple[str, Function]]:
    """Every program that `storage` offers, by its module and name."""
    for module in pkgutil.iter_modules(storage.__path__):
        loaded = importlib.import_module(f"storage.{module.name}")
        if loaded is programs:
            continue  # It says what a program is, and has none.
        for name, function in inspect.getmembers(loaded, inspect.isgeneratorfunction):
            given = get_origin(get_type_hints(function)["return"])
            if function.__module__ == loaded.__name__ and not name.startswith("_") and given is Generator:
                yield f"{module.name}.{name}", function


FUNCTIONS = dict(functions())


def _first(program: Program[list[T]]) -> Program[T]:
    return (yield from program)[0]


def values(raw: sqlite3.Connection, name: str, wanted: object) -> list[object] | None:
    """What to give for a parameter; None if that is not known."""
    if wanted in _BY_TYPE:
        return list(_BY_TYPE[wanted])
    if wanted in _KEPT:
        return [run(raw, _KEPT[wanted]())]
    if wanted is int:
        return [0 if name == "offset" else _NUMBERS.get(name, 100)]
    if wanted is ModelName:
        return [ModelName(f"{name} {SELF}")]
    return [f"{name} {SELF}"] if wanted is str else None


def _without_none(hint: object) -> object:
    if isinstance(hint, UnionType) or get_origin(hint) is Union:
        return next(one for one in get_args(hint) if one is not NoneType)
    return hint


def calls(raw: sqlite3.Connection, function: Function, *, late: bool) -> Iterator[dict[str, object]] | None:
    """What to call it with; None if one of its parameters is not known."""
    hints = {name: _without_none(hint) for name, hint in get_type_hints(function).items() if name != "return"}
    given: dict[str, list[object]] = {}
    usual: dict[str, object] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if hints[name] == UnixMs:
            continue
        known = values(raw, name, hints[name])
        if known is not None:
            given[name] = known
        elif parameter.default is inspect.Parameter.empty:
            return None
        if parameter.default is not inspect.Parameter.empty:
            usual[name] = parameter.default
    for name, hint in hints.items():
        of_person = hint in {FactId, FolderId} or name == "number"
        if (of_person and PersonId in hints.values()) or (
            hint is SessionId and {Reach, Elsewhere} & set(hints.values())
        ):
            # What is another's is asked for as well: it must be as if it was not there.
            given[name] = [SELF, STRANGERS[0].number]
    times = [name for name, hint in hints.items() if hint == UnixMs]
    moments = [dict.fromkeys(times, AT - 1)]
    if late and times:
        moments.append({name: 0 if name in _EARLY else _LATER for name in times})
    chosen = [dict(zip(given, each, strict=True)) for each in itertools.product(*given.values())]
    if usual:
        chosen += [each | usual for each in chosen]
    return (each | when for each in chosen for when in moments)


def neighbours_for(name: str, function: Function) -> Sequence[Neighbours]:
    """Who may be beside them without mattering, the farthest first."""
    if name in _BESIDE:
        return _BESIDE[name]
    hints = get_type_hints(function)
    asked = {_without_none(hint) for name, hint in hints.items() if name != "return"}
    if asked & {FactId, FolderId} or name in _OF_ENDPOINTS:
        return [STRANGERS, STRANGERS + AT_HAND]
    if asked & _WHOLE or hints.keys() & {"platform", "place", "thread", "place_row"}:
        return [STRANGERS]
    if SessionId in asked:
        return [STRANGERS, STRANGERS + IN_OTHER_SESSIONS]
    near = IN_OTHER_SESSIONS + IN_THE_SESSION
    # Of a message or a turn there may be several; what is asked for by its own number is one of them.
    return [
        STRANGERS,
        STRANGERS + near + (() if asked & {MessageId, Message, Sequence[MessageId], TurnId} else AT_HAND),
    ]


@cache
def database(mood: int, neighbours: Neighbours) -> sqlite3.Connection:
    """They, with these neighbours."""
    return furnished(mood, neighbours)


@cache
def rows_of(mood: int, neighbours: Neighbours, table: str) -> Rows:
    return contents(database(mood, neighbours), table)


Outcome = tuple[str, dict[str, Rows]]


def outcome(raw: sqlite3.Connection, program: Program[object]) -> Outcome:
    """What a program gives, and the rows of the tables that it changes; nothing of it stays."""
    raw.execute("BEGIN")
    try:
        try:
            gives = repr(run(raw, program))
        except (sqlite3.IntegrityError, LookupError, StorageError) as error:
            gives = type(error).__name__
        return gives, {table: contents(raw, table) for table in touched(raw)}
    finally:
        raw.execute("ROLLBACK")


def mistakes(name: str, function: Function) -> Iterator[str]:
    """How neighbours make a difference to it, or it to them."""
    for mood in (*range(MOODS), BARE, ABSENT):
        asked = calls(database(mood % BARE if mood >= BARE else mood, ()), function, late=name not in _CLEARS)
        assert asked is not None, name
        for arguments in asked:
            beside = neighbours_for(name, function)
            for mistake in _mistakes_of(function, arguments, mood, beside[:1] if mood >= BARE else beside):
                yield f"{name}({arguments}) in mood {mood} {mistake}"


def _mistakes_of(
    function: Function, arguments: dict[str, object], mood: int, beside: Sequence[Neighbours]
) -> Iterator[str]:
    gives, left = outcome(database(mood, ()), function(**arguments))
    if gives == "IndexError" and mood < BARE:
        yield "does not find what is there"
    for number, neighbours in enumerate(beside, 1):
        gives_now, left_now = outcome(database(mood, neighbours), function(**arguments))
        if gives_now != gives:
            yield f"gives {gives_now[:500]} among neighbours {number}, else {gives[:500]}"
        for table in left | left_now:
            before = rows_of(mood, (), table)
            theirs = rows_of(mood, neighbours, table) - before
            now = left_now.get(table, before | theirs)
            if taken := theirs - now:
                yield f"changes {sorted(taken, key=repr)[:2]} in {table}, of neighbours {number}"
            if other := left.get(table, before) ^ (now - theirs):
                yield f"does something else in {table} among neighbours {number}: {sorted(other, key=repr)[:2]}"


def names_somebody(function: Function) -> bool:
    """Whether it is asked for something of somebody, with what can be given here."""
    hints = {name: _without_none(hint) for name, hint in get_type_hints(function).items() if name != "return"}
    return any(name in _NUMBERS if hint is int else hint not in {UnixMs, bool} for name, hint in hints.items())


ASKED = [
    name
    for name, function in FUNCTIONS.items()
    if name not in _OF_EVERYBODY | _LEFT_OUT.keys()
    and names_somebody(function)
    and calls(database(0, ()), function, late=False) is not None
]


def test_nearly_all_of_the_storage_is_asked() -> None:
    assert len(ASKED) > 0.8 * len(FUNCTIONS.keys() - _OF_EVERYBODY)


@pytest.mark.parametrize("module", sorted({name.split(".")[0] for name in ASKED}))
def test_neighbours_change_nothing_and_nothing_of_theirs_changes(module: str) -> None:
    asked = [name for name in ASKED if name.split(".")[0] == module]
    found = [mistake for name in asked for mistake in mistakes(name, FUNCTIONS[name])]
    assert not found, "\n".join(found[:40])


def test_what_is_named_here_is_still_there() -> None:
    assert _OF_EVERYBODY | _LEFT_OUT.keys() | _BESIDE.keys() | _CLEARS <= FUNCTIONS.keys()


def of_whoever(person: PersonId) -> Program[list[tuple[Any, ...]]]:
    """Facts, not the person's alone."""
    return (yield ("SELECT text FROM fact WHERE person >= ? ORDER BY id", (person,)))


def of_any_bot(platform: str, bot: str) -> Program[list[tuple[Any, ...]]]:
    return (yield ("SELECT text FROM bookmark WHERE platform = ? AND ? <> ''", (platform, bot)))


def erase_of_all(person: PersonId, fact: FactId) -> Program[None]:
    yield ("DELETE FROM fact WHERE person = ? AND ? > 0", (person, fact))


def rename_all(session: SessionId) -> Program[None]:
    yield ("UPDATE session SET title = 'x' WHERE ? > 0", (session,))


@pytest.mark.parametrize("careless", [of_whoever, of_any_bot, erase_of_all, rename_all])
def test_a_condition_that_is_missing_is_noticed(careless: Function) -> None:
    assert next(mistakes("careless", careless), None)
