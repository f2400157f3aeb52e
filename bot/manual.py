"""The parts of the README and the example of `.env` that are made from the code: `python -m bot.manual` writes them.

A part stands between `<!-- NAME -->` and `<!-- /NAME -->`. A test holds that what is committed is what this makes.
"""

from pathlib import Path

from bot.command import Command
from bot.settings.manual import env_example, settings_table
from bot.types import Role
from handlers.commands import COMMANDS

ROOT = Path(__file__).parent.parent


def commands_table() -> str:
    """The listed commands as a Markdown table: how they are typed, what they do."""
    rows = [f"| `/{c.name}{_usage(c)}` | {c.description}{_for_whom(c)} |" for c in COMMANDS if c.listed]
    return "\n".join(("| command | does |", "| --- | --- |", *rows))


def _usage(command: Command) -> str:
    return "".join(f" {p.name.upper()}" if p.required else f" [{p.name}]" for p in command.params)


def _for_whom(command: Command) -> str:
    return " (admins)" if command.role is Role.ADMIN else ""


def with_parts(text: str) -> str:
    """A README with its made parts made anew."""
    for name, part in (("commands", commands_table()), ("settings", settings_table())):
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise LookupError(f"README.md needs the part {name!r} just once.")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{part.strip()}\n{end}{rest.partition(end)[2]}"
    return text


def main() -> None:
    """Write the parts into the files of this checkout."""
    readme = ROOT / "README.md"
    readme.write_text(with_parts(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / ".env.example").write_text(env_example(), encoding="utf-8")


if __name__ == "__main__":
    main()
