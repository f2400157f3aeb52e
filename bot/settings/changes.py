"""What admins have changed on the page, which counts before everything else that is read.

The operator's own files are never written. This holds what differs from them and no more: fields of modes, modes of the
admins' own, the default mode, prices. Without it all is as the operator says, which is why that has to make sense by
itself. It is kept in the database, as one text, so that every process has the same.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pydantic import ValidationError

from bot.domain.errors import SettingsError
from bot.settings.explain import listed, sentences
from bot.settings.models import ModeTable
from bot.settings.settings import Settings

FIELDS = (
    "description",
    "chain",
    "system_prompt",
    "temperature",
    "effort",
    "max_output_tokens",
    "role",
    "allow",
    "enabled",
)
"""What of a mode can be changed."""

_OF_MODELS = ("temperature", "effort", "max_output_tokens")
"""Those that are the model's own where they are empty."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed. Values are as they were written: only settings that are read with them say whether they fit."""

    default_mode: str = ""
    """ "": not changed."""
    modes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The changed fields of a mode, by its name; of one that there is not otherwise, all that differ from `regular`."""
    prices: Mapping[str, str] = field(default_factory=dict)
    """What stands behind the "=" in PRICES, by the model in front of it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """What such a text holds. Raises SettingsError: it is not one that the page would write."""
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"It could not be parsed: {error}.") from error
        if (wrong := next(_misplaced(content), None)) is not None:
            raise SettingsError(f"It holds {wrong!r}, which is not changed there.")
        return cls(**content)

    def written(self) -> str:
        """As it is kept; "" where nothing is changed."""
        lines = list[str]()
        if self.default_mode:
            lines.append(f"default_mode = {_toml(self.default_mode)}\n")
        if self.prices:
            lines += ["[prices]", *(f"{_toml(model)} = {_toml(price)}" for model, price in self.prices.items()), ""]
        for mode, fields in self.modes.items():
            lines += [f"[modes.{_toml(mode)}]", *(f"{name} = {_toml(value)}" for name, value in fields.items()), ""]
        return "\n".join(lines)

    def names(self) -> Iterator[str]:
        """What is changed, each by where it would stand in `parley.toml`."""
        if self.default_mode:
            yield "default_mode"
        yield from (f"modes.{mode}.{name}" for mode, fields in self.modes.items() for name in fields)
        yield from (f"prices.{model}" for model in self.prices)

    def of_mode(self, mode: str, fields: Mapping[str, object]) -> Self:
        """The same, with these changed fields of a mode and no others."""
        others = {name: changed for name, changed in self.modes.items() if name != mode}
        return replace(self, modes={**others, mode: fields} if fields else others)

    def of_price(self, model: str, price: str) -> Self:
        """The same, with this price of a model; "": that which it has otherwise."""
        others = {name: said for name, said in self.prices.items() if name != model}
        return replace(self, prices={model: price, **others} if price else others)


def over(settings: Settings, changes: Changes) -> Settings:
    """The settings with what admins have changed. Raises SettingsError: that does not fit."""
    values = {name: getattr(settings, name) for name in settings.model_fields_set - {"origin"}}
    tables = {name: _said(table) for name, table in settings.mode_tables.items()}
    changed = {mode: _laid_over(tables.get(mode, {}), fields) for mode, fields in changes.modes.items()}
    values["mode_tables"] = {**tables, **changed}
    values["prices"] = [*(f"{model}={price}" for model, price in changes.prices.items()), *settings.prices]
    if changes.default_mode:
        values["default_mode"] = changes.default_mode
    origin = replace(settings.origin, changed=tuple(changes.names()))
    return made(values).model_copy(update={"origin": origin})


def made(values: Mapping[str, Any], wrong: Sequence[str] = ()) -> Settings:
    """Settings of these values. Raises SettingsError: that which is `wrong` already, and what they do not allow."""
    try:
        return Settings(**values)
    except ValidationError as error:
        each = [*wrong, *sentences(error, Settings)]
        # Not chained: the cause would hold the values.
        raise SettingsError(listed(each), each=each) from None


def _said(table: ModeTable) -> dict[str, object]:
    return {name: getattr(table, name) for name in table.model_fields_set}


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
    return {name: value for name, value in laid.items() if value != "" or name not in _OF_MODELS}


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
