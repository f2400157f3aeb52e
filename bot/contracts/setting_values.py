"""The kinds of values that a platform's settings hold, each checked where it is read, and the error for a wrong one."""

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr


class WrongValue(ValueError):
    """A value is wrong. `what` continues a sentence that begins with the setting's name; `cure` is the next one.

    Neither repeats a value that could be a secret. `name` is set only if the check spans several settings.
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


def _key(secret: SecretStr) -> SecretStr:
    # It is sent in a header or URL: anything but plain characters would break the request much later.
    if not re.fullmatch(r"[\x21-\x7e]+", secret.get_secret_value()):
        raise WrongValue("contains a space or a character that no key has.", "Copy just the key, all of it.")
    return secret


def _each_token(value: object) -> object:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if not isinstance(value, str):
        return value
    tokens = [token for token in map(str.strip, value.split(",")) if token]
    if len(set(tokens)) < len(tokens):
        raise WrongValue("holds the same token twice.", "Write the token of each bot once.")
    return tuple(_key(SecretStr(token)) for token in tokens)


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
    """A proxy's address in full; None for a word that turns proxies off, overriding the environment.

    Raises:
        ValueError: it is not a proxy address. The text is not repeated: it may hold a password.
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


# A password that is not escaped is cut at such a character, and the rest is taken for a host, a database or an option.
_DATABASE = re.compile(r"postgres(?:ql)?://(?:[^\s@/?#]*@)?(?P<hosts>[^\s@/?#]*)/[^\s@?#]+(?:\?[^\s@#]*)?")
_NOT_ESCAPED = re.compile("%(?![0-9A-Fa-f]{2})")


def _database(secret: SecretStr) -> SecretStr:
    # It holds a password, so nothing of it is repeated.
    address = secret.get_secret_value()
    try:
        found = None if _NOT_ESCAPED.search(address) else _DATABASE.fullmatch(address)
        # One that has a standby is known by several hosts, each with its port.
        whole = found is not None and all(urlsplit(f"//{host}").port != 0 for host in found["hosts"].split(","))
    except ValueError:
        whole = False
    if not whole:
        raise WrongValue(
            "is not the address of a PostgreSQL database.",
            "Write it like postgresql://parley:password@db.example.org/parley, with the password's characters escaped "
            "(`@` as %40, `/` as %2F, `#` as %23), or leave it out for SQLite.",
        )
    return secret


_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[\w!.*'()-]+)*/?", re.ASCII)


def _bucket(address: str) -> str:
    if not _BUCKET.fullmatch(address):
        raise WrongValue(
            "is not the address of a bucket."
            # Some write a key into it.
            if "@" in address
            else f"is not the address of a bucket: {shortened(address)!r}.",
            "Write it like s3://bucket/prefix, or leave it out for files in DATA_DIR.",
        )
    return address.rstrip("/")


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def shortened(value: object) -> object:
    """The value as an error can repeat it: a long text is cut."""
    return f"{value[:40]}…" if isinstance(value, str) and len(value) > 41 else value


LowerCase = BeforeValidator(_lower)
Key = Annotated[SecretStr, AfterValidator(_key)]
BotTokens = Annotated[tuple[SecretStr, ...], BeforeValidator(_each_token)]
"""Tokens of bots, separated by commas."""
ProxyAddress = Annotated[SecretStr, AfterValidator(_proxy)]
"""It may hold a password."""
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database)]
"""It may hold a password."""
BucketUrl = Annotated[str, AfterValidator(_bucket)]
"""A bucket, and a prefix in it: `s3://bucket/prefix`."""
Root = Annotated[str, AfterValidator(_root)]
"""The root of an API, without a final slash."""
