"""What differs between two settings, in what admins can change, as they write it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.settings.prices import written
from bot.settings.settings import Settings

DEFAULT_MODE = "default_mode"
PRICE = "price"
ENABLED = "true"
"""The value of a mode's field `enabled` where it is not closed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not the same in both."""

    of: str
    """The mode or the model; "" for what stands alone."""
    field: str
    """As in `bot.settings.changes.FIELDS`, DEFAULT_MODE or PRICE."""
    old: str
    new: str


def modes_of(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """What can be changed of each mode, by its name; each entry of a list is a line. Closed ones are among them."""
    closed = settings.closed_modes()
    return {
        name: {
            "description": mode.description,
            "chain": "\n".join(mode.chain),
            "system_prompt": mode.system_prompt,
            "temperature": "" if mode.temperature is None else f"{mode.temperature:g}",
            "effort": mode.effort or "",
            "max_output_tokens": "" if mode.max_output_tokens is None else str(mode.max_output_tokens),
            "role": mode.role.value,
            "allow": "\n".join(sorted(mode.allow)),
            "enabled": "" if name in closed else ENABLED,
        }
        for name, mode in settings.every_mode().items()
    }


def prices_of(settings: Settings) -> Mapping[str, str]:
    """The operator's prices by their models, the first of each: it is the one that counts."""
    return {price.models: written(price) for price in reversed(settings.prices)}


def differences(old: Settings, new: Settings) -> Iterator[Difference]:
    """What differs. What only one of them has is "" in the other."""
    before, after = dict(_values(old)), dict(_values(new))
    for of, field in before | after:
        was, becomes = before.get((of, field), ""), after.get((of, field), "")
        if was != becomes:
            yield Difference(of, field, was, becomes)


def _values(settings: Settings) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("", DEFAULT_MODE), settings.default_mode
    for name, fields in modes_of(settings).items():
        yield from (((name, field), value) for field, value in fields.items())
    yield from (((models, PRICE), price) for models, price in prices_of(settings).items())
