"""The parts of `docs/` and the example of `.env` that are made from the code.

`python -m bot.operations.manual` writes them.

A part is between `<!-- NAME -->` and `<!-- /NAME -->`. A test checks that the committed pages are up to date.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from bot.contracts.command import Command, Scope
from bot.operations.command_line import command_line
from bot.operations.rooms import rooms_table
from bot.platforms import PLATFORMS
from bot.settings.bots import BotTable
from bot.settings.manual import env_example, settings_table, table_fields
from bot.settings.models import EndpointTable, ModeTable
from bot.settings.servers import ServerTable
from bot.telemetry.metrics import Metrics
from handlers.commands import COMMANDS
from handlers.commands.account import in_sections

ROOT = Path(__file__).parent.parent.parent


def commands_table() -> str:
    """The listed commands as Markdown: a table under each heading of the help."""
    sections = in_sections(command for command in COMMANDS if command.listed)
    return "\n\n".join(f"## {heading}\n\n{_table(commands)}" for heading, commands in sections.items())


def _table(commands: list[Command]) -> str:
    rows = [f"| {_names(c)} | {c.description} | {_where(c)} |" for c in commands]
    return "\n".join(("| command | does | where |", "| --- | --- | --- |", *rows))


def _names(command: Command) -> str:
    also = ", ".join(f"`/{alias}`" for alias in command.aliases)
    return f"`/{command.name}{_usage(command)}`" + (f", also {also}" if also else "")


def _usage(command: Command) -> str:
    return "".join(f" {p.name.upper()}" if p.required else f" [{p.name}]" for p in command.params)


def _where(command: Command) -> str:
    where = "private chats" if command.scope is Scope.PRIVATE else "anywhere"
    return f"{where}, for admins" if command.need.for_admins else where


def metrics_table() -> str:
    """The figures under `/metrics` as a Markdown table."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in Metrics().described()]
    return "\n".join(("| figure | counts |", "| --- | --- |", *rows))


def cli_table() -> str:
    """The command line as a Markdown table: each command with its arguments, and what it does."""
    rows = [f"| `{line}` | {does} |" for line, does in _commands(command_line())]
    return "\n".join(("| command | does |", "| --- | --- |", *rows))


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str | None]]:
    """How each command is typed and what it does; one with subcommands stands for those."""
    for inner in parser._actions:
        if not isinstance(inner, argparse._SubParsersAction):
            continue
        for listed in inner._choices_actions:
            below = list(_commands(inner.choices[listed.dest]))
            yield from below or [(_line(inner.choices[listed.dest]), listed.help)]


def _line(command: argparse.ArgumentParser) -> str:
    """How a command is typed, without the options that all of them have."""
    own = [one for one in command._actions if one.help != argparse.SUPPRESS and one.dest not in _OF_ALL]
    return " ".join((command.prog, *map(_argument, own)))


_OF_ALL = {"help", "env_file", "data_dir"}


def _argument(one: argparse.Action) -> str:
    words = [*one.option_strings[:1], *((one.metavar or one.dest.upper(),) if one.nargs != 0 else ())]
    shown = " ".join(map(str, words))
    return shown if one.required else f"[{shown}]"


PARTS: Mapping[str, Callable[[], str]] = {
    "commands": commands_table,
    "settings": settings_table,
    "metrics": metrics_table,
    "rooms": rooms_table,
    "cli": cli_table,
    "mode_fields": partial(table_fields, ModeTable),
    "endpoint_fields": partial(table_fields, EndpointTable),
    "server_fields": partial(table_fields, ServerTable),
    "bot_fields": partial(table_fields, BotTable),
    **{name: make for platform in PLATFORMS for name, make in platform.manual.items()},
}
"""The generator of each part."""


def pages() -> list[Path]:
    """The pages of this checkout: the README, and those in `docs/`."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def with_parts(text: str) -> str:
    """A page with its parts regenerated."""
    for name, make in PARTS.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if begin in text:
            before, _, rest = text.partition(begin)
            text = f"{before}{begin}\n{make().strip()}\n\n{end}{rest.partition(end)[2]}"
    return text


def main() -> None:
    """Write the parts into the files of this checkout."""
    for page in pages():
        page.write_text(with_parts(page.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / ".env.example").write_text(env_example(), encoding="utf-8")


if __name__ == "__main__":
    main()
