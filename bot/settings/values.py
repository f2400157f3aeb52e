"""The types of values that a setting can hold, each validated when it is read."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from bot.contracts.platform_kind import PlatformKind
from bot.contracts.provider import Price
from bot.contracts.setting_values import WrongValue, shortened
from bot.domain.quiet_hours import QuietHours
from bot.domain.refill import Refill
from bot.platforms import PLATFORMS
from bot.settings.prices import price
from bot.texts import zones


@dataclass(frozen=True, slots=True)
class Listed:
    """A person or place named by the platform's own id, written `platform:kind:id`."""

    platform: str
    kind: str
    id: str

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.platform}:{self.kind}:{self.id}"


_ENTRY = re.compile(r"(?P<platform>[a-z]+):(?P<kind>[a-z]+):(?P<id>\S+)")


def _entry(text: str) -> Listed:
    match = _ENTRY.fullmatch(text.strip().strip("'\"").lower())
    if match is None:
        raise names_no_one(text, PLATFORMS)
    return Listed(match["platform"], match["kind"], match["id"])


def names_no_one(text: str, platforms: Sequence[PlatformKind[Any]]) -> WrongValue:
    """What is wrong with an entry that cannot be listed on these platforms."""
    forms = "; ".join(f"{one.name}:{' or '.join(one.listed)}:123456" for one in platforms)
    return WrongValue(f"holds {shortened(text)!r}, which names no one.", f"Write platform:kind:id: {forms}.")


def check_listed(entries: Sequence[Listed], platforms: Sequence[PlatformKind[Any]], name: str) -> None:
    """Check that every entry is of a kind that its platform can list. Raises WrongValue."""
    known = {(one.name, kind): one.listed_id for one in platforms for kind in one.listed}
    for entry in entries:
        id_form = known.get((entry.platform, entry.kind))
        if id_form is None or not re.fullmatch(id_form, entry.id):
            wrong = names_no_one(str(entry), platforms)
            raise WrongValue(wrong.what, wrong.cure, name=name)


def entries(value: str | list[object]) -> list[object]:
    """The entries of a list, or of a text that holds one."""
    if isinstance(value, str):
        # JSON arrays are accepted too: other programs write lists in the environment that way.
        return [entry for entry in re.split(r"[\s,;]+", value.strip().strip("[]")) if entry]
    return value


def _each(read: Callable[[str], object]) -> Callable[[object], object]:
    """Reads every entry of a list, or of a text that holds one."""

    def read_all(value: object) -> object:
        if isinstance(value, str | list):
            return tuple(read(entry) if isinstance(entry, str) else entry for entry in entries(value))
        return value

    return read_all


def _users_only(entries: tuple[Listed, ...]) -> tuple[Listed, ...]:
    if any(entry.kind != "user" for entry in entries):
        raise WrongValue(
            "names something that is not a user.", f"Write platform:user:id, such as {PLATFORMS[0].name}:user:123456."
        )
    return entries


def _zone(name: str) -> str:
    try:
        zones.zone(name)
    except LookupError:
        alike = ", ".join(zones.near(name)) or "Europe/Berlin"
        raise WrongValue(f"is {shortened(name)!r}, which is not a time zone.", f"Write it like {alike}.") from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone)]
"""A time zone as the IANA names it; "": UTC."""


def _price(text: str) -> Price:
    try:
        return price(text.strip().strip("'\""))
    except ValueError:
        raise WrongValue(
            f"holds {shortened(text)!r}, which is not a price.",
            "Write provider/model=in/out in dollars per million tokens, such as mistral/mistral-small-latest=0.1/0.3; "
            "behind that +cached=0.01 or +above200k=in/out.",
        ) from None


def _refill(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return Refill.parse(value)
    except ValueError:
        raise WrongValue(
            f"is {shortened(value)!r}, which is not a refill.",
            "Write none, weekly:N or monthly:N, such as monthly:4000.",
        ) from None


def _quiet(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return QuietHours.parse(value)
    except ValueError:
        raise WrongValue(
            f"is {shortened(value)!r}, which are not hours of a day.", "Write them like 22:00-07:00, or none."
        ) from None


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise WrongValue(
            f"holds {shortened(text)!r}, which is no address or network.", "Write it like 127.0.0.1 or 10.0.0.0/8."
        ) from None


Quiet = Annotated[QuietHours, BeforeValidator(_quiet)]
"""Hours of a day, as "22:00-07:00"; "none"."""
Refilled = Annotated[Refill, BeforeValidator(_refill)]
Entries = Annotated[tuple[Listed, ...], BeforeValidator(_each(_entry))]
Prices = Annotated[tuple[Price, ...], BeforeValidator(_each(_price))]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_each(_network))]
Users = Annotated[Entries, AfterValidator(_users_only)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_each(lambda text: text.strip("'\"")))]
"""Names of models, in which "*" stands for anything; behind "!", those that are not meant."""
Models = Annotated[tuple[str, ...], BeforeValidator(_each(str))]
"""Names of models, the first choice first."""
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
