"""The manual of the settings, derived from the class: `.env.example` and the README's table."""

import textwrap
from collections.abc import Iterator
from enum import Enum

from pydantic.fields import FieldInfo

from bot.settings.settings import Settings

# The first setting of each group, and the group's heading.
_GROUPS = {
    "telegram_bot_token": "Platforms",
    "access": "People",
    "default_mode": "Conversations",
    "data_dir": "The gateway itself",
    "mistral_api_key": "Models: whoever has a key answers",
}

_HEAD = """\
# The settings of Parley. Copy this file to .env and fill in what you need; everything has a default.
# The environment counts before this file, this file before parley.toml (the same names in small letters, and
# tables for modes and endpoints of your own). Values may be quoted; empty ones count as unset.
# Written by `python -m bot.settings`.
"""


def env_example() -> str:
    """The text of `.env.example`: secrets open to fill in, the rest commented out with its default."""
    lines = [_HEAD]
    for name, field in _fields():
        if name in _GROUPS:
            lines += [f"# --- {_GROUPS[name]} ---", ""]
        sign = "" if _is_secret(field) else "#"
        lines += [*_wrapped(field.description or "", 117), f"{sign}{name.upper()}={_written(field.default)}", ""]
    return "\n".join(lines)


def settings_table() -> str:
    """The settings as a Markdown table: name, default, meaning."""
    lines = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, field in _fields():
        default = _written(field.default)
        lines.append(f"| `{name.upper()}` | {f'`{default}`' if default else ''} | {field.description} |")
    return "\n".join(lines) + "\n"


def _fields() -> Iterator[tuple[str, FieldInfo]]:
    return ((name, field) for name, field in Settings.model_fields.items() if field.description)


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _written(value: object) -> str:
    match value:
        case None | ():
            return ""
        case bool():
            return "on" if value else "off"
        case Enum():
            return str(value.value)
        case _:
            return str(value)


def _wrapped(text: str, width: int) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, width)]
