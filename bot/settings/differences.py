"""What differs between two settings, in what admins can change, as they write it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.sessions import Mode
from bot.settings.prices import written
from bot.settings.settings import Settings

DEFAULT_MODE = "default_mode"
PRICE = "price"


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not the same in both."""

    of: str
    """The mode or the model; "" for what stands alone."""
    field: str
    """As in `bot.settings.changes.FIELDS`, DEFAULT_MODE or PRICE."""
    old: str
    new: str


def fields_of(mode: Mode) -> Mapping[str, str]:
    """What of a mode can be changed; each entry of a list is a line."""
    return {
        "chain": "\n".join(mode.chain),
        "system_prompt": mode.system_prompt,
        "temperature": "" if mode.temperature is None else f"{mode.temperature:g}",
        "role": mode.role.value,
        "allow": "\n".join(sorted(mode.allow)),
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
    for name, mode in settings.modes_as_named().items():
        yield from (((name, field), value) for field, value in fields_of(mode).items())
    yield from (((models, PRICE), price) for models, price in prices_of(settings).items())
