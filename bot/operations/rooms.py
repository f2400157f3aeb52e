"""The map of the house, for `docs/architecture.md`: the rooms by floors, each with the first words of its docstring.

A room knows rooms below it only; `tests/test_architecture.py` says which, and holds these floors against that.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

FLOORS: tuple[tuple[str, ...], ...] = (
    ("bot.domain", "bot.beside"),
    (
        "bot.contracts",
        "bot.texts",
        "bot.vault",
        "bot.pacing",
        "bot.shares",
        "bot.warm",
        "storage",
        "bot.charts",
        "bot.voices",
        "bot.files.reader",
        "bot.tools.host",
    ),
    ("bot.telemetry", "bot.rendering", "providers"),
    ("bot.people", "handlers.telegram", "handlers.discord"),
    ("bot.platforms", "bot.llm", "bot.delivery", "bot.web", "bot.watching", "bot.roster"),
    ("bot.settings", "bot.files", "bot.tools", "bot.broadcasts"),
    ("bot.turns", "bot.archive", "bot.in_force", "bot.retention"),
    ("bot.schedules", "bot.page"),
    ("bot.incoming", "bot.parts"),
    ("handlers.commands", "bot.gateway"),
    ("bot.outside", "bot.supervisor"),
    ("bot.operations",),
    ("bot.served", "bot.alongside"),
    ("bot.app",),
    ("bot.standins", "bot.playground"),
    ("bot.__main__",),
)
"""The lowest floor first."""


def rooms_table() -> str:
    """The rooms as a Markdown table: floor, place, purpose."""
    rows = [
        f"| {floor} | {_place(room)} | {_purpose(room)} |" for floor, rooms in enumerate(FLOORS, 1) for room in rooms
    ]
    return "\n".join(("| floor | room | what lives there |", "| ---: | --- | --- |", *rows))


def _file(room: str) -> Path:
    path = ROOT / room.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _place(room: str) -> str:
    file = _file(room).relative_to(ROOT)
    return f"`{file.parent}/`" if file.name == "__init__.py" else f"`{file}`"


def _purpose(room: str) -> str:
    text = ast.get_docstring(ast.parse(_file(room).read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())
