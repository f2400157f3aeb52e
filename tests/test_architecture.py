"""The rules of the house: who may import which rooms and libraries; where platforms and SQL may be named."""

import ast
import dataclasses
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.contracts.platform import Capabilities
from bot.domain.model_names import ModelName
from bot.operations.rooms import FLOORS

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "storage", "providers")

DOMAIN = ("bot.domain",)
WORDS = (*DOMAIN, "bot.contracts", "bot.texts")
KEEPING = (*WORDS, "bot.vault", "bot.pacing", "bot.shares", "storage")
SERVING = (*KEEPING, "bot.telemetry", "bot.rendering", "bot.people")
TURNS = (*SERVING, "bot.llm", "bot.delivery", "bot.files", "bot.tools")
COMING_IN = (
    *TURNS,
    "bot.archive",
    "bot.charts",
    "bot.voices",
    "bot.web",
    "bot.page.links",
    "bot.watching",
    "bot.turns",
    "bot.schedules",
)
EVERYTHING = (
    *COMING_IN,
    "bot.page",
    "bot.platforms",
    "bot.retention",
    "bot.settings",
    "bot.incoming",
    "bot.gateway",
    "bot.operations",
    "bot.outside",
    "bot.supervisor",
    "handlers",
    "providers",
)

# Which rooms each room may import, beside itself. Names are prefixes; the longest one that fits counts.
ROOMS: Mapping[str, tuple[str, ...]] = {
    "bot.domain": (),
    "bot.contracts": DOMAIN,
    "bot.texts": DOMAIN,
    "bot.vault": DOMAIN,
    "bot.pacing": DOMAIN,
    "storage": DOMAIN,
    "bot.telemetry": KEEPING,
    "bot.rendering": WORDS,
    "bot.people": (*KEEPING, "bot.rendering"),
    # Wire formats know neither what is kept nor what the operator set.
    "providers": (*DOMAIN, "bot.contracts"),
    "bot.llm": SERVING,
    "bot.delivery": SERVING,
    "bot.archive": (*SERVING, "bot.files"),
    "bot.web": SERVING,
    "bot.page": (*SERVING, "bot.tools"),
    "bot.watching": SERVING,
    "bot.shares": DOMAIN,
    "bot.beside": (),
    # It draws in a process of its own, and knows of numbers and words only.
    "bot.charts": ("bot.beside",),
    # It encodes in a process of its own, and knows of sound only.
    "bot.voices": ("bot.beside",),
    # The reader runs in a process of its own, which holds nothing that could be stolen.
    "bot.files.reader": DOMAIN,
    "bot.files": (
        *SERVING,
        "bot.beside",
        "bot.llm",
        "bot.delivery",
        *(f"bot.files.reader.{each}" for each in ("signatures", "trouble", "wide")),
    ),
    "bot.tools": (*SERVING, "bot.beside"),
    # A process of its own holds each connection with a server of tools: nothing that could be stolen.
    "bot.tools.host": DOMAIN,
    "bot.retention": (*DOMAIN, "bot.files", "storage"),
    "bot.turns": (*TURNS, "bot.voices"),
    "bot.schedules": (*TURNS, "bot.turns"),
    "bot.incoming": COMING_IN,
    "bot.gateway": (*COMING_IN, "bot.incoming", "bot.retention"),
    # A platform's folder knows its own library and what it is asked for, not what is kept or how turns run.
    "handlers.telegram": (*WORDS, "bot.rendering", "bot.pacing"),
    "handlers.discord": (*WORDS, "bot.rendering", "bot.pacing"),
    "bot.platforms": ("bot.contracts", "handlers.discord", "handlers.telegram"),
    "bot.settings": (*WORDS, "bot.platforms"),
    "handlers.commands": (*COMING_IN, "bot.incoming"),
    # What connects to the outside, made from the settings.
    "bot.outside": (*COMING_IN, "bot.settings", "handlers.commands", "providers"),
    "bot.operations": (*EVERYTHING,),
    "bot.supervisor": (*KEEPING, "bot.gateway", "bot.watching"),
    "bot.app": (*EVERYTHING,),
    # Stand-ins share with the product only what no test would compare, so that both do not share a mistake.
    "bot.standins": ("bot.domain.clock", "bot.domain.ids", "bot.domain.turns"),
    "bot.playground": (*EVERYTHING, "bot.app", "bot.standins"),
    "bot.__main__": (*EVERYTHING, "bot.app", "bot.playground"),
}

# Which libraries may be imported in which rooms. What is not named here may be imported nowhere.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "aiogram": ("handlers.telegram",),
    "aiohttp": (
        "bot.operations.examination",
        "bot.page",
        "bot.playground",
        "bot.standins",
        "bot.web",
        "handlers.discord",
        "handlers.telegram",
        "providers",
    ),
    "aiohttp_socks": ("bot.web.proxies",),
    "aiosqlite": ("storage.drivers.sqlite",),
    "anyio": ("bot.tools.host",),
    "apscheduler": ("bot.schedules.times", "bot.supervisor.housekeeping"),
    "chardet": ("bot.files.reader",),
    "cryptography": ("bot.operations.sealing", "bot.vault"),
    "discord": ("handlers.discord",),
    "fontpkg_roboto": ("bot.charts",),
    "google": ("providers",),
    "httpx2": ("bot.tools.host",),
    "jinja2": ("bot.page.frame",),
    "litellm": ("providers",),
    "markdown_it": ("bot.rendering.markup",),
    "mcp": ("bot.tools.host",),
    "mcp_types": ("bot.tools.host",),
    "numpy": ("bot.files.reader",),
    "orjson": (
        "bot.playground",
        "bot.standins",
        "bot.tools",
        "handlers.discord",
        "handlers.telegram",
        "providers",
        "storage",
    ),
    "obstore": ("storage.blobs.bucket",),
    "office_oxide": ("bot.files.reader",),
    "olefile": ("bot.files.reader",),
    "PIL": ("bot.files.reader",),
    "prometheus_client": ("bot.telemetry.metrics",),
    "psycopg": ("storage.drivers.postgres",),
    "pydantic": (
        "bot.archive",
        "bot.contracts.setting_values",
        "bot.settings",
        "handlers.discord.settings",
        "handlers.telegram",
    ),
    "pydantic_settings": ("bot.settings",),
    "pi_heif": ("bot.files.reader",),
    "pygal": ("bot.charts",),
    "pypdfium2": ("bot.files.reader",),
    "resvg_py": ("bot.charts",),
    "selectolax": ("bot.files.reader",),
    "rapidocr": ("bot.files.reader",),
    "xlrd": ("bot.files.reader",),
    "regex": ("bot.rendering",),
    "soundfile": ("bot.voices",),
    "structlog": (
        "bot.app",
        "bot.delivery",
        "bot.files",
        "bot.gateway",
        "bot.incoming",
        "bot.llm",
        "bot.operations",
        "bot.page",
        "bot.rendering",
        "bot.retention",
        "bot.schedules",
        "bot.supervisor",
        "bot.telemetry",
        "bot.tools",
        "bot.turns",
        "bot.watching",
        "bot.web",
        "handlers",
        "providers",
        "storage",
    ),
    "tzlocal": ("bot.texts.zones",),
    "yarl": ("bot.playground", "bot.standins", "bot.web.proxies", "handlers.discord", "providers"),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text(encoding="utf-8"))


MODULES = dict(modules())


def fits(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def room_of(name: str) -> str | None:
    """The room that a module stands in; None for what is no room's: the packages themselves."""
    return max((room for room in ROOMS if fits(name, room)), key=len, default=None)


def why_not(name: str, imported: str) -> str | None:
    """Why a module must not import another, or a library; None where it may."""
    if any(fits(imported, package) for package in PACKAGES):
        return _why_not_room(name, imported)
    top = imported.split(".")[0]
    if top in sys.stdlib_module_names or any(fits(name, room) for room in LIBRARIES.get(top, ())):
        return None
    return f"{name} must not import {top!r}: LIBRARIES does not name it for that room."


def _why_not_room(name: str, imported: str) -> str | None:
    room, other = room_of(name), room_of(imported)
    if other is None or room == other:
        return None
    if room is not None and any(fits(imported, allowed) for allowed in ROOMS[room]):
        return None
    return f"{name} must not import {imported}: ROOMS does not let {room} know {other}."


def imports_of(tree: ast.Module, *, at_start: bool = False) -> Iterator[str]:
    """What a module imports; `at_start` leaves out what is imported only when a function runs."""
    for node in tree.body if at_start else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module is not None, "Imports are written whole, not relative."
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


# Rules of every module are one test each: a test per module and rule takes longer than the rules.


def test_a_room_imports_only_what_it_may() -> None:
    reasons = [why_not(name, imported) for name, tree in MODULES.items() for imported in imports_of(tree)]
    assert not any(reasons), "\n".join(filter(None, reasons))


def test_every_module_is_in_a_room() -> None:
    packages = {"bot", "handlers", "storage", "providers"}
    assert [name for name in MODULES if room_of(name) is None and name not in packages] == []


@pytest.mark.parametrize(
    ("name", "imported"),
    [
        # Each of these was possible once, and no test saw it.
        ("bot.turns.engine", "providers.guard"),
        ("bot.people.admission", "bot.turns.worker"),
        ("handlers.commands.tree", "aiohttp"),
        ("handlers.telegram.platform", "storage.turns"),
        ("handlers.telegram.platform", "handlers.discord.render"),
        ("bot.rendering.pages", "storage.database"),
        ("bot.standins.model", "providers.openai_compatible"),
        ("bot.domain.people", "regex"),
        ("bot.delivery.outbox", "bot.llm.chain"),
    ],
)
def test_the_rules_refuse_what_once_went_unseen(name: str, imported: str) -> None:
    assert why_not(name, imported) is not None


def test_no_circle_between_modules() -> None:
    graph = {
        name: {imported for imported in imports_of(tree, at_start=True) if imported in MODULES and imported != name}
        for name, tree in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_circle_between_rooms() -> None:
    known = {room: {other for other in ROOMS for allowed in ROOMS[room] if fits(other, allowed)} for room in ROOMS}
    try:
        TopologicalSorter({room: others - {room} for room, others in known.items()}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_map_shows_every_room_above_those_that_it_knows() -> None:
    floor_of = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    assert floor_of.keys() == ROOMS.keys()
    for room, allowed in ROOMS.items():
        known = {other for other in ROOMS if other != room and any(fits(other, one) for one in allowed)}
        beside = {other for other in known if floor_of[other] >= floor_of[room]}
        # The stand-ins share a floor with the page that shows them, and know nothing but the domain.
        assert beside <= {"bot.standins"}, (room, beside)


DISTRIBUTIONS = {
    "PIL": "pillow",
    "discord": "discord.py",
    "google": "google-genai",
    # A part of it, released with it.
    "mcp_types": "mcp",
    "markdown_it": "markdown-it-py",
}
"""What a library is called where it is installed from, where that is not its own name."""


def declared() -> set[str]:
    """Every distribution that pyproject.toml asks for, the local engine's among them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["ocr"]]
    return {canonicalize_name(Requirement(each).name) for each in wanted}


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_imported_is_declared(library: str) -> None:
    # A library that only another one brings is gone the day that one no longer needs it.
    assert canonicalize_name(DISTRIBUTIONS.get(library, library)) in declared(), f"pyproject.toml lacks {library}."


LOADED = ("bot.app", "handlers.telegram.platform", "handlers.discord.platform", "providers.openai_compatible")
"""What a gateway has imported before anybody writes to it; the rest follows from these."""
LOADED_LIBRARIES = {
    "aiogram",
    "aiohttp",
    "aiosqlite",
    "apscheduler",
    "discord",
    "markdown_it",
    "orjson",
    "prometheus_client",
    "pydantic",
    "pydantic_settings",
    "regex",
    "structlog",
    "tzlocal",
    "yarl",
}


def test_an_idle_gateway_keeps_no_library_in_memory_that_only_some_need() -> None:
    waiting, libraries, seen = list(LOADED), set[str](), set(LOADED)
    while waiting:
        name = waiting.pop()
        imported = set(imports_of(MODULES[name], at_start=True))
        # A package runs before what is in it.
        imported |= {name[:at] for at, sign in enumerate(name) if sign == "."}
        libraries |= {each.split(".")[0] for each in imported - MODULES.keys()}
        found = imported & MODULES.keys() - seen
        seen |= found
        waiting += found
    assert libraries - sys.stdlib_module_names - {*PACKAGES} == LOADED_LIBRARIES


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


def code_words(tree: ast.Module) -> Iterator[str]:
    """Names and strings of a module, without its docstrings."""
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) not in docstrings:
                yield text
            case ast.Name(id=text) | ast.Attribute(attr=text):
                yield text


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
