"""The manual of the settings, generated from the class: `.env.example` and the tables of `docs/settings.md`."""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from enum import Enum

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.settings.settings import Settings

_GROUPS = {
    next(iter(Settings.model_fields)): "Which platforms, and how are they reached?",
    "access": "Who may talk to it?",
    "tokens_start": "What does an answer cost, and how much may be used?",
    "default_mode": "How does it answer?",
    "max_file_mb": "Which files are read, and how long are they kept?",
    "public_url": "What does it serve over HTTP?",
    "undo_minutes": "Where are the data, and how does it run?",
    "mistral_api_key": "Which models answer?",
    "smtp_host": "How do people verify an e-mail address?",
    "endpoint_addresses": "How are people's own endpoints and keys protected?",
    "model_first_byte_s": "How long is a model waited for?",
}
"""The first setting of each group, and the question that the group answers."""

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
    """The settings as Markdown: for each question a table of names, defaults and meanings."""
    lines = []
    for name, field in _fields():
        if name in _GROUPS:
            lines += ["", f"## {_GROUPS[name]}", "", "| setting | default | meaning |", "| --- | --- | --- |"]
        default = _written(field.default)
        lines.append(f"| `{name.upper()}` | {f'`{default}`' if default else ''} | {field.description} |")
    return "\n".join(lines) + "\n"


def table_fields(table: type[BaseModel]) -> str:
    """The fields of a table of `parley.toml` as Markdown: name, kind of value, default, and the docstring below it."""
    lines = ["| field | holds | default | meaning |", "| --- | --- | --- | --- |"]
    meanings = _docstrings(table)
    for name, field in table.model_fields.items():
        default = "" if field.is_required() else _toml(field.default)
        lines.append(f"| `{name}` | {_holds(field)} | {f'`{default}`' if default else ''} | {meanings[name]} |")
    return "\n".join(lines) + "\n"


def _docstrings(table: type) -> dict[str, str]:
    found = {}
    for part in (one for one in table.__mro__ if issubclass(one, BaseModel) and one is not BaseModel):
        source = ast.parse(textwrap.dedent(inspect.getsource(part)))
        (body,) = (node.body for node in source.body if isinstance(node, ast.ClassDef))
        for field, below in itertools.pairwise(body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = " ".join(text.split())  # a table's row ends with its line
    return found


def _holds(field: FieldInfo) -> str:
    words = {
        "bool": "true or false",
        "float": "a number",
        "int": "a whole number",
        "tuple": "a list of texts",
        "dict": "a table",
    }
    annotation = str(field.annotation)
    return next((said for kind, said in words.items() if kind in annotation), "text")


def _toml(value: object) -> str:
    match value:
        case None | () | {}:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}"
        case _:
            return f'"{value}"'


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
