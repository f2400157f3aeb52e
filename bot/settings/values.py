"""The kinds of values a setting can hold, each checked where it is read."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bot.contracts.provider import Price
from bot.domain.refill import Refill
from bot.settings.prices import price
from bot.texts import zones


class WrongValue(ValueError):
    """A value is wrong. `what` continues a sentence that begins with the setting's name; `cure` is the next one.

    Neither repeats a value that could be a secret. `name` is given only where the check spans several settings.
    """

    def __init__(self, what: str, cure: str, *, name: str = "") -> None:
        super().__init__(f"{what} {cure}")
        self.what = what
        self.cure = cure
        self.name = name


class WrongValues(ValueError):
    """Several checks that span several settings have failed."""

    def __init__(self, each: Sequence[WrongValue]) -> None:
        super().__init__(" ".join(map(str, each)))
        self.each = tuple(each)


Kind = Literal["user", "chat", "guild", "role"]


@dataclass(frozen=True, slots=True)
class Listed:
    """Someone or some place that the operator names by the platform's own id, written `platform:kind:id`."""

    platform: str
    kind: Kind
    id: str

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.platform}:{self.kind}:{self.id}"


_KINDS: dict[str, tuple[Kind, ...]] = {"telegram": ("user", "chat"), "discord": get_args(Kind)}
_FORMS = "; ".join(f"{platform}:{' or '.join(kinds)}:123456" for platform, kinds in _KINDS.items())
_ENTRY = re.compile(r"(?P<platform>[a-z]+):(?P<kind>[a-z]+):(?P<id>-?[0-9]+)")


def _entry(text: str) -> Listed:
    match = _ENTRY.fullmatch(text.strip().strip("'\"").lower())
    kinds = _KINDS.get(match["platform"], ()) if match else ()
    if match is None or match["kind"] not in kinds:
        raise WrongValue(f"holds {shortened(text)!r}, which names no one.", f"Write platform:kind:id: {_FORMS}.")
    kind = next(kind for kind in kinds if kind == match["kind"])
    return Listed(match["platform"], kind, match["id"])


def _each(read: Callable[[str], object]) -> Callable[[object], object]:
    """Reads every entry of a list, or of a text that holds one."""

    def read_all(value: object) -> object:
        if isinstance(value, str):
            # JSON's brackets are taken as well: other programs write lists in the environment that way.
            value = [entry for entry in re.split(r"[\s,;]+", value.strip().strip("[]")) if entry]
        if isinstance(value, list):
            return tuple(read(entry) if isinstance(entry, str) else entry for entry in value)
        return value

    return read_all


def _users_only(entries: tuple[Listed, ...]) -> tuple[Listed, ...]:
    if any(entry.kind != "user" for entry in entries):
        raise WrongValue("names something that is not a user.", "Write platform:user:id, such as telegram:user:123456.")
    return entries


def _key(secret: SecretStr) -> SecretStr:
    # It travels in a header or an address: anything else than plain signs would break the request much later.
    if not re.fullmatch(r"[\x21-\x7e]+", secret.get_secret_value()):
        raise WrongValue("contains a space or a character that no key has.", "Copy just the key, all of it.")
    return secret


def _bot_token(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", secret.get_secret_value()):
        raise WrongValue("is not a bot's token (digits, a colon, letters).", "Copy it again from @BotFather.")
    return secret


def _root(address: str) -> str:
    # The address is not repeated: people paste keys into the wrong line.
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or re.search(r"\s", address):
        raise WrongValue(
            "is not a complete address: it must begin with http:// or https:// and name a host.",
            "Write it like https://api.example.com/v1.",
        )
    return address.rstrip("/")


PROXY_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})
NO_PROXY_WORDS = frozenset({"none", "direct", "off", "no"})


def proxy_address(text: str) -> str | None:
    """A proxy's address in full; None for a word that means none, whatever the environment names.

    Raises:
        ValueError: it is no address of a proxy. The text is not repeated: it may hold a password.
    """
    text = text.strip()
    if text.lower() in NO_PROXY_WORDS:
        return None
    if "://" not in text:
        text = f"http://{text}"
    text = re.sub(r"^socks://", "socks5://", text, flags=re.IGNORECASE)
    parts = urlsplit(text)
    if parts.scheme not in PROXY_SCHEMES or not parts.hostname or parts.port == 0 or re.search(r"\s|[?#]", text):
        raise ValueError("not the address of a proxy")
    return text.rstrip("/")


def _proxy(secret: SecretStr) -> SecretStr:
    try:
        proxy_address(secret.get_secret_value())
    except ValueError:
        raise WrongValue(
            "is not the address of a proxy.",
            "Write it like http://proxy.example.org:3128 or socks5://127.0.0.1:1080, or none.",
        ) from None
    return secret


def _zone(name: str) -> str:
    try:
        zones.zone(name)
    except LookupError:
        alike = ", ".join(zones.near(name)) or "Europe/Berlin"
        raise WrongValue(f"is {shortened(name)!r}, which is not a time zone.", f"Write it like {alike}.") from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone)]
"""A time zone as the IANA names it; "": UTC."""


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def shortened(value: object) -> object:
    """The value as an error can repeat it: a long text is cut."""
    return f"{value[:40]}…" if isinstance(value, str) and len(value) > 41 else value


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


Refilled = Annotated[Refill, BeforeValidator(_refill)]
LowerCase = BeforeValidator(_lower)
Key = Annotated[SecretStr, AfterValidator(_key)]
BotToken = Annotated[SecretStr, AfterValidator(_bot_token)]
ProxyAddress = Annotated[SecretStr, AfterValidator(_proxy)]
"""It may hold a password."""
Root = Annotated[str, AfterValidator(_root)]
"""The root of an API, without a final slash."""
Entries = Annotated[tuple[Listed, ...], BeforeValidator(_each(_entry))]
Prices = Annotated[tuple[Price, ...], BeforeValidator(_each(_price))]
Users = Annotated[Entries, AfterValidator(_users_only)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
