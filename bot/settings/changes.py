"""What admins have changed on the page: `parley.admin.toml`, which counts before everything else that is read.

`parley.toml` is the operator's and is never written. This file holds what differs from it and no more: fields of modes,
the default mode, prices. Without it all is as the operator says, which is why that has to make sense by itself. It lies
in the data directory: the one place that every gateway may write, and that a container keeps.
"""

import fcntl
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from bot.domain.errors import SettingsError
from bot.settings.values import entries

FILE = "parley.admin.toml"
FIELDS = ("chain", "system_prompt", "temperature", "role", "allow")
"""What of a mode can be changed."""

_HEAD = """\
# Written by the admin page, and read over everything else at the start. To undo a change, remove its line; to undo all,
# remove the file.
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed. Values are as they were written: only settings that are read with them say whether they fit."""

    default_mode: str = ""
    """ "": not changed."""
    modes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The changed fields of a mode, by its name. An empty `temperature` is the model's own."""
    prices: Mapping[str, str] = field(default_factory=dict)
    """What stands behind the "=" in PRICES, by the model in front of it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """What such a file holds. Raises SettingsError: it is not one that the page would write."""
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"It could not be parsed: {error}. Fix that line, or remove the file.") from error
        if (wrong := next(_misplaced(content), None)) is not None:
            raise SettingsError(f"It holds {wrong!r}, which is not changed there. Remove it, or move it elsewhere.")
        return cls(**content)

    def written(self) -> str:
        """As the file holds it."""
        lines = [_HEAD]
        if self.default_mode:
            lines.append(f"default_mode = {_toml(self.default_mode)}\n")
        if self.prices:
            lines += ["[prices]", *(f"{_toml(model)} = {_toml(price)}" for model, price in self.prices.items()), ""]
        for mode, fields in self.modes.items():
            lines += [f"[modes.{_toml(mode)}]", *(f"{name} = {_toml(value)}" for name, value in fields.items()), ""]
        return "\n".join(lines)

    def names(self) -> Iterator[str]:
        """What is changed, each by where it stands in the file."""
        if self.default_mode:
            yield "default_mode"
        yield from (f"modes.{mode}.{name}" for mode, fields in self.modes.items() for name in fields)
        yield from (f"prices.{model}" for model in self.prices)

    def over(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values from which settings are made, with these changes."""
        tables = values.get("mode_tables", {})
        changed = {mode: _laid_over(tables.get(mode, {}), fields) for mode, fields in self.modes.items()}
        prices = [f"{model}={price}" for model, price in self.prices.items()]
        found = {
            **values,
            "mode_tables": {**tables, **changed},
            "prices": [*prices, *entries(values.get("prices", ""))],
        }
        return found | ({"default_mode": self.default_mode} if self.default_mode else {})

    def of_mode(self, mode: str, fields: Mapping[str, object]) -> Self:
        """The same, with these changed fields of a mode and no others."""
        others = {name: changed for name, changed in self.modes.items() if name != mode}
        return replace(self, modes={**others, mode: fields} if fields else others)

    def of_price(self, model: str, price: str) -> Self:
        """The same, with this price of a model; "": that which it has otherwise."""
        others = {name: said for name, said in self.prices.items() if name != model}
        return replace(self, prices={model: price, **others} if price else others)


def read_changes(data_dir: Path) -> Changes:
    """What is kept there. Raises SettingsError: it cannot be read."""
    path = data_dir / FILE
    try:
        return Changes.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        return Changes()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({error}). Correct that, or remove the file.") from error
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def keep_changes(data_dir: Path, changes: Changes, seen: Changes) -> bool:
    """Have the next start read these. False: what is kept is not what was `seen`, and stays.

    Raises:
        SettingsError: the file cannot be written, or what is there cannot be read.
    """
    path = data_dir / FILE
    draft = path.with_suffix(".new")
    try:
        directory = os.open(data_dir, os.O_RDONLY)
        try:
            # Several processes may have this directory: each looks and writes while no other does.
            fcntl.flock(directory, fcntl.LOCK_EX)
            if read_changes(data_dir) != seen:
                return False
            draft.touch(mode=0o600)
            with draft.open("w", encoding="utf-8") as file:
                file.write(changes.written())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}). Let this user write it.") from error
    return True


def _misplaced(content: Mapping[str, object]) -> Iterator[str]:
    """What the page does not write, or not so."""
    for name, value in content.items():
        match name, value:
            case "default_mode", str():
                pass
            case "prices", dict():
                yield from (f"prices.{model}" for model, price in value.items() if not isinstance(price, str))
            case "modes", dict():
                yield from _misplaced_in(value)
            case _:
                yield name


def _misplaced_in(modes: Mapping[str, object]) -> Iterator[str]:
    for mode, fields in modes.items():
        if isinstance(fields, dict):
            yield from (f"modes.{mode}.{name}" for name in fields if name not in FIELDS)
        else:
            yield f"modes.{mode}"


def _laid_over(table: Mapping[str, object], fields: Mapping[str, object]) -> dict[str, object]:
    laid = {**table, **fields}
    if laid.get("temperature") == "":
        del laid["temperature"]
    return laid


def _toml(value: object) -> str:
    match value:
        case str():
            # A string of JSON is one of TOML, but for this one character.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool():
            return str(value).lower()
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return repr(value)
