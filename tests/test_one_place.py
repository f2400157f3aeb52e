"""What is decided, named or taken apart in one place stands in no other."""

import ast
import dataclasses
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.platform import Capabilities
from bot.domain.model_names import ModelName
from tests.support.modules import MODULES, ROOT, code_words, fits, imports_of


def test_every_step_of_the_schema_has_a_twin() -> None:
    ours = [path.name for path in sorted((ROOT / "storage/migrations").glob("*.sql"))]
    theirs = [path.name for path in sorted((ROOT / "storage/drivers/postgres/migrations").glob("*.sql"))]
    # The first is the whole schema up to its number.
    assert theirs[1:] == [name for name in ours if name[:4] > theirs[0][:4]]


def test_every_time_zone_comes_from_one_place() -> None:
    """Python's own search asks the system first, whose rules are as old as it is."""
    own = [name for name, tree in MODULES.items() if any("zoneinfo" in imported for imported in imports_of(tree))]
    assert own == ["bot.texts.zones"]


READING = ("bot.delivery", "bot.files", "bot.incoming", "bot.rendering", "bot.turns", "handlers.commands")


@pytest.mark.parametrize("capability", [field.name for field in dataclasses.fields(Capabilities)])
def test_every_capability_is_read_where_its_limit_matters(capability: str) -> None:
    # What nobody reads is a limit that a front-end enforces by itself, and that the next platform will miss.
    engine = [tree for name, tree in MODULES.items() if any(fits(name, room) for room in READING)]
    assert any(
        isinstance(node, ast.Attribute) and node.attr == capability for tree in engine for node in ast.walk(tree)
    )


# Where platforms are wired or played, or named to the operator.
NAMING = (
    "bot.operations.command_line",
    "bot.operations.rooms",
    "bot.playground",
    "bot.platforms",
    "bot.settings.gateway_settings",
    "bot.standins",
)
PLATFORM_FREE = [
    name for name in MODULES if not fits(name, "handlers") and not any(fits(name, room) for room in NAMING)
]


def test_the_engine_names_no_platform() -> None:
    named = re.compile(r"telegram|discord|aiogram", re.IGNORECASE)
    assert [(name, word) for name in PLATFORM_FREE for word in code_words(MODULES[name]) if named.search(word)] == []


def decisions(tree: ast.Module) -> Iterator[str]:
    """Where a module decides by itself whether somebody may: it compares roles, or looks them up in a list."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                sides = [inner for side in (node.left, *node.comparators) for inner in ast.walk(side)]
            case ast.MatchValue() | ast.MatchClass():
                sides = list(ast.walk(node))
            case ast.Call(func=ast.Name(id="has_role" | "stands_in") | ast.Attribute(attr="has_role" | "stands_in")):
                yield ast.unparse(node)
                continue
            case _:
                continue
        for inner in sides:
            match inner:
                case ast.Attribute(attr="role" | "allow" | "private_only") | ast.Attribute(value=ast.Name(id="Role")):
                    yield ast.unparse(node)


def test_who_may_is_decided_in_one_room() -> None:
    # The domain says what roles are, the settings whether a list of them makes sense; the platforms played have others.
    beside = ("bot.people", "bot.domain", "bot.settings", "bot.standins")
    found = {
        name: sorted(decisions(tree)) for name, tree in MODULES.items() if not any(fits(name, room) for room in beside)
    }
    assert {name: each for name, each in found.items() if each} == {}, "Ask `bot.people.admission`."


def test_what_somebody_can_reach_is_said_in_one_room() -> None:
    makers = {
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("Reach", "Elsewhere")
    }
    assert makers == {"bot.people.callers"}


def test_commands_reach_things_through_their_session_alone() -> None:
    """A session, a turn, a file by its bare id is anybody's: `bot.people.sessions` asks first whose it is."""
    bare = re.compile(r"(sessions|turns|attachments)\.(get|find)")
    found = {
        name: sorted(
            ast.unparse(node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and bare.fullmatch(ast.unparse(node.func))
        )
        for name, tree in MODULES.items()
        if fits(name, "handlers.commands")
    }
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "decides",
    [
        "if person.role is Role.ADMIN: pass",
        "if caller.person.role in (Role.MEMBER, Role.ADMIN): pass",
        "if whose != me and not Role.ADMIN == person.role: pass",
        "match person.role:\n    case Role.ADMIN: pass",
        "if stands_in(mode.allow, identity, place): pass",
        "may = has_role(person, least)",
        "if people.has_role(person, least): pass",
    ],
)
def test_a_decision_is_known_for_one(decides: str) -> None:
    assert list(decisions(ast.parse(decides)))


CHANGING = {
    "handlers.telegram.library": "aiogram's types, while it is imported, and guarded there",
    "bot.files.reader.pictures": "in the reader's own process, which lives for one file",
}
"""Who may change something of a library's, and why."""


def changed_of_others(tree: ast.Module) -> Iterator[str]:
    """What a module sets in modules and classes that it has imported: it would count for the whole process."""
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        match node:
            case ast.Assign():
                targets = node.targets
            case ast.AugAssign() | ast.AnnAssign() if isinstance(node.target, ast.expr):
                targets = [node.target]
            case ast.Call(func=ast.Name(id="setattr"), args=[target, *_]):
                targets = [ast.Attribute(target, "…")]
        for target in targets:
            root: ast.expr = target
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(target, ast.Attribute) and isinstance(root, ast.Name) and root.id in imported:
                yield ast.unparse(target)


def test_nothing_of_a_library_is_changed() -> None:
    # Two bots in one process share its classes: what one sets, the other has.
    changed = {name: list(changed_of_others(tree)) for name, tree in MODULES.items() if name not in CHANGING}
    assert {name: found for name, found in changed.items() if found} == {}


@pytest.mark.parametrize("source", ["from lib import Route\nRoute.BASE = 1", "import lib.a\nlib.a.B.c = 2"])
def test_a_change_of_a_library_is_seen(source: str) -> None:
    assert len(list(changed_of_others(ast.parse(source)))) == 1


SLASHES = {
    "bot.archive.canvas": "a kind of document",
    "bot.archive.markdown": "an address",
    "bot.domain.model_names": "a model",
    "bot.operations.backup_archive": "a path",
    "bot.texts.zones": "a time zone",
    "bot.tools.schemas": "a reference",
    "bot.turns.answer_store": "a type of files",
    "handlers.telegram.whispers": "a message and who reads it",
}
"""Who takes something apart at its first slash, and what."""


def names_taken_apart(tree: ast.Module) -> Iterator[str]:
    """Where a module cuts at a first slash, or builds or compares the name of a model by hand."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="partition" | "split"), args=[ast.Constant(value="/"), *_]):
                yield ast.unparse(node)
            case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="OWN" | "OFFLINE")), *_]):
                yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(attr="startswith"), args=[ast.Constant(value="own/" | "offline/")]):
                yield ast.unparse(node)


def test_the_name_of_a_model_is_taken_apart_in_one_place() -> None:
    names = [name for name in MODULES if not fits(name, "bot.standins") and name not in SLASHES]
    assert [(name, found) for name in names for found in names_taken_apart(MODULES[name])] == []


@given(provider=st.text(alphabet="abc-9"), model=st.text(min_size=1))
def test_the_name_of_a_model_is_what_was_written(provider: str, model: str) -> None:
    name = ModelName.joined(provider, model)
    assert (name.provider, name.model) == (provider, model)
    assert ModelName(str(name)) == name


SQL = re.compile(r"^\s*(SELECT|INSERT INTO|INSERT OR|UPDATE \w+ SET|DELETE FROM|CREATE TABLE|WITH \w+ AS|PRAGMA)\b")


def test_sql_is_in_storage_only() -> None:
    names = [name for name in MODULES if not fits(name, "storage")]
    assert [(name, word[:60]) for name in names for word in code_words(MODULES[name]) if SQL.match(word)] == []


LEVELS = ("debug", "info", "warning", "error", "critical", "exception")


def test_log_events_are_names() -> None:
    # They are searched for and counted: one word in one form, whatever the values beside it.
    odd = []
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            match node:
                case ast.Call(ast.Attribute(ast.Name("log"), level), [ast.Constant(value=str() as event), *_]):
                    if level in LEVELS and not re.fullmatch(r"[a-z]+(_[a-z]+)*", event):
                        odd.append((name, event))
    assert odd == []
