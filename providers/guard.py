"""Only public addresses: what a person names must not lead into the operator's own network.

Names are looked up once, every address is checked, and the connection goes to the very addresses that were checked, so
that a name cannot mean one thing to the check and another to the connection. Redirects are not followed.
"""

import re
import socket
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot.domain.addresses import NotPublic, is_literal, is_public
from bot.domain.errors import PersonError

_PATHS = re.compile(
    r"/(?:(?:chat/)?completions|responses|embeddings|models|messages|(?:audio|images)/[a-z]+"
    r"|api/(?:chat|generate|tags))/*$",
    re.IGNORECASE,
)
"""What follows the root in the addresses that people copy from examples."""

_AROUND = re.compile(r"""^[\s<"'`“(\u200b-\u200f\u2060\ufeff]+|[\s>"'`”).,;\u200b-\u200f\u2060\ufeff]+$""")
"""What addresses are quoted with."""
_BARE = re.compile(r"^(?:[a-z0-9-]+\.)+[a-z]{2,}(?=[:/]|$)", re.IGNORECASE)
"""The name of a host, where the scheme was left out."""


class GuardedResolver(AbstractResolver):
    """Looks names up and lets only public addresses pass. Raises `NotPublic` where one of them is not."""

    def __init__(self, below: AbstractResolver | None = None) -> None:
        self._below = below if below is not None else ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name."""
        found = await self._below.resolve(host, port, family)
        if not all(is_public(result["host"]) for result in found):
            raise NotPublic(f"{host!r} leads to an address that is not public.")
        return found

    async def close(self) -> None:
        """Release what is below."""
        await self._below.close()


def guarded_connector() -> aiohttp.TCPConnector:
    """A connector that reaches public addresses only, whatever a name is changed to meanwhile."""
    return aiohttp.TCPConnector(limit=0, resolver=GuardedResolver(), use_dns_cache=False)


def check_address(url: str, *, only_public: bool) -> str:
    """The root of an API as a person gave it, tidied. Raises PersonError as `check_url`."""
    return check_url(_PATHS.sub("", _plain(url).rstrip("/")).rstrip("/"), only_public=only_public)


def check_url(url: str, *, only_public: bool) -> str:
    """An address as a person gave it, without what it was quoted with.

    Raises:
        PersonError: it is none, or may not be reached; the sentence says why.
    """
    url = _plain(url)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("https", "http") or parts.query or parts.fragment or len(url) > 300:
        raise PersonError("“{url}” is not an address such as https://api.example.com/v1.", url=url[:80])
    if parts.username is not None or parts.password is not None:
        raise PersonError("Leave the user name and password out of the address. I ask for the key separately.")
    if only_public and parts.scheme != "https":
        raise PersonError("The address has to begin with https://.")
    if only_public and is_literal(host) and not is_public(host):
        raise PersonError("That address is not public, so I may not connect to it.")
    return url


def _plain(url: str) -> str:
    return _BARE.sub(r"https://\g<0>", _AROUND.sub("", url))
