"""The rules of the house: who may import whom, where platforms, vendors and SQL may be named."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "storage", "providers")

# The innermost level first. A module may import from lower levels and from its own room, never upwards.
# Names are prefixes; the longest one that fits counts.
LEVELS: dict[str, int] = {
    "bot.ids": 0,
    "bot.clock": 0,
    "bot.types": 0,
    "bot.blocks": 0,
    "bot.events": 0,
    "bot.files.kinds": 1,
    "bot.files.reader": 1,
    "bot.passages": 1,
    "bot.errors": 0,
    "bot.settings": 1,
    "bot.platform": 1,
    "bot.provider": 1,
    "bot.command": 1,
    "bot.markup": 1,
    "bot.layout": 1,
    "bot.pacing": 1,
    "bot.texts": 1,
    "bot.zones": 1,
    "storage": 1,
    "providers": 1,
    "bot": 2,
    "handlers.commands": 3,
    "handlers.telegram": 3,
    "handlers.discord": 3,
    "bot.app": 4,
    "bot.__main__": 4,
    "bot.started": 4,
    "bot.demo": 4,
    "bot.manual": 4,
    "bot.playground": 4,
}

# Rooms of one level that do not know each other.
APART = ("storage", "providers", "handlers.commands", "handlers.telegram", "handlers.discord")

# Which libraries may be imported where. Everything not named here may be imported nowhere.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "aiogram": ("handlers.telegram",),
    "discord": ("handlers.discord",),
    "aiohttp": ("handlers", "providers", "bot.playground", "bot.app", "bot.proxies", "bot.web"),
    "aiohttp_socks": ("bot.proxies",),
    "aiosqlite": ("storage",),
    "apscheduler": ("bot.housekeeping",),
    "charset_normalizer": ("bot.files.reader",),
    "cryptography": ("bot.vault", "bot.sealing"),
    "defusedxml": ("bot.files.reader",),
    "litellm": ("providers",),
    "google": ("providers",),
    "PIL": ("bot.files.reader",),
    "pypdfium2": ("bot.files.reader",),
    "rapidocr": ("bot.files.reader",),
    "pydantic": ("bot.settings", "bot.archive", "handlers.telegram"),
    "pydantic_settings": ("bot.settings",),
    "markdown_it": ("bot.markup",),
    "numpy": ("bot.files.reader",),
    "openpyxl": ("bot.files.reader",),
    "orjson": ("storage", "providers", "handlers", "bot.playground"),
    "regex": ("bot.layout", "bot.markup"),
    "structlog": PACKAGES,
    "prometheus_client": ("bot.metrics",),
    "tzlocal": ("bot.zones",),
    "yarl": ("handlers.discord", "bot.playground", "bot.proxies", "providers"),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text(encoding="utf-8"))


MODULES = dict(modules())


def fits(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def level_of(name: str) -> int:
    prefixes = [prefix for prefix in LEVELS if fits(name, prefix)]
    return LEVELS[max(prefixes, key=len)] if prefixes else 0


def imports_of(name: str) -> Iterator[str]:
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively; write the whole name."
            assert node.module is not None
            yield from (
                whole if (whole := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names
            )


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name: str) -> None:
    for imported in imports_of(name):
        if not any(fits(imported, package) for package in PACKAGES):
            continue
        assert level_of(imported) <= level_of(name), f"{name} (level {level_of(name)}) must not import {imported}."
        for room in APART:
            if level_of(name) < 4 and fits(imported, room) and level_of(imported) == level_of(name):
                assert fits(name, room), f"{name} must not know the neighbouring room {imported}."


@pytest.mark.parametrize("name", MODULES)
def test_libraries_stay_in_their_rooms(name: str) -> None:
    for imported in imports_of(name):
        top = imported.split(".")[0]
        if top in sys.stdlib_module_names or top in PACKAGES:
            continue
        assert top in LIBRARIES, f"{name} imports {top!r}, which LIBRARIES does not name."
        assert any(fits(name, room) for room in LIBRARIES[top]), f"{top!r} has no business in {name}."
        assert level_of(name) > 0, f"{name} is innermost: standard library only."


DISTRIBUTIONS = {
    "PIL": "pillow",
    "discord": "discord.py",
    "google": "google-genai",
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


def test_every_time_zone_comes_from_one_place() -> None:
    """Python's own search asks the system first, whose rules are as old as it is."""
    own = [name for name in MODULES if any("zoneinfo" in imported for imported in imports_of(name))]
    assert own == ["bot.zones"]


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


PLATFORM_FREE = [name for name in MODULES if level_of(name) <= 2 and not fits(name, "bot.settings")]


@pytest.mark.parametrize("name", PLATFORM_FREE)
def test_the_engine_names_no_platform(name: str) -> None:
    for word in code_words(MODULES[name]):
        assert not re.search(r"telegram|discord|aiogram", word, re.IGNORECASE), f"{name} says {word!r}."


SQL = re.compile(r"^\s*(SELECT|INSERT INTO|INSERT OR|UPDATE \w+ SET|DELETE FROM|CREATE TABLE|WITH \w+ AS|PRAGMA)\b")


@pytest.mark.parametrize("name", [name for name in MODULES if not fits(name, "storage")])
def test_sql_stands_in_storage_only(name: str) -> None:
    for word in code_words(MODULES[name]):
        assert not SQL.match(word), f"{name} holds SQL: {word[:60]!r}."
