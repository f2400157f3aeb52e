"""Which proxy a connection uses: decided here, once, for every client of this program.

What the settings name counts (a platform's own before everybody's), else what the environment does, in either case of
its names. NO_PROXY makes exceptions from all of them: names and what lies below them, addresses, networks in CIDR form,
each with or without a port, and `*`. A proxy is reached by HTTP (CONNECT) or SOCKS, and looks up names itself.

People's own endpoints take none: what guards their addresses has to see where a connection goes.
"""

import ipaddress
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from bot.contracts.setting_values import proxy_address
from bot.domain.errors import SettingsError

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""Variables that libraries read from the environment, each in its own way."""

_PORTS = {"https": 443, "wss": 443}


def without_password(proxy: str) -> str:
    """The address of a proxy, safe to show."""
    parts = urlsplit(proxy)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What NO_PROXY says."""

    entries: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "Exceptions":
        """As it is written: separated by commas or blanks."""
        return cls(tuple(entry.lower() for entry in re.split(r"[\s,;]+", text) if entry))

    def hold(self, url: str) -> bool:
        """Whether `url` is reached without a proxy."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or _PORTS.get(parts.scheme, 80)
        return any(_is_meant(entry.rpartition("://")[2], host, port) for entry in self.entries)


def _is_meant(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name, entry_port = _split(entry)
    if entry_port is not None and entry_port != port:
        return False
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        with suppress(ValueError):
            return address in ipaddress.ip_network(name, strict=False)
        return False
    name = name.removeprefix("*").removeprefix(".").rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split(entry: str) -> tuple[str, int | None]:
    """The name, address or network of an entry, and its port."""
    if match := re.fullmatch(r"\[([0-9a-f:.%]+)\](/\d+)?(?::(\d+))?", entry):
        return match[1] + (match[2] or ""), int(match[3]) if match[3] else None
    name, colon, port = entry.rpartition(":")
    # More than one colon is an IPv6 address without brackets.
    return (name, int(port)) if colon and port.isdecimal() and ":" not in name else (entry, None)


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies for one kind of client. `by_scheme` has an address for "http", "https" and "all", or lacks it."""

    by_scheme: Mapping[str, str]
    exceptions: Exceptions = Exceptions()

    @classmethod
    def chosen(cls, named: tuple[str | None, ...], environ: Mapping[str, str]) -> "Proxies":
        """The first setting of `named` that is set, otherwise the environment.

        Raises:
            SettingsError: an environment variable is not a proxy address.
        """
        exceptions = Exceptions.of(_variable(environ, "no_proxy") or "")
        for setting in named:
            if setting is not None:
                proxy = proxy_address(setting)
                return cls({"all": proxy} if proxy is not None else {}, exceptions)
        found = {scheme: _of_environment(environ, f"{scheme}_proxy") for scheme in ("http", "https", "all")}
        return cls({scheme: proxy for scheme, proxy in found.items() if proxy is not None}, exceptions)

    def for_url(self, url: str) -> str | None:
        """The proxy for an address; None for none."""
        if not self.by_scheme or self.exceptions.hold(url):
            return None
        scheme = urlsplit(url).scheme
        plain = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        return self.by_scheme.get(plain) or self.by_scheme.get("all")

    def connector(self, **options: Any) -> aiohttp.TCPConnector:
        """A new connector that uses them; without any it is aiohttp's own, at no cost."""
        options = {"limit": 0} | options
        return RoutedConnector(self, **options) if self.by_scheme else aiohttp.TCPConnector(**options)

    @property
    def secrets(self) -> list[str]:
        """Passwords in them, which must not be logged."""
        return [unquote(word) for proxy in self.by_scheme.values() if (word := urlsplit(proxy).password)]


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    # A CGI server puts a client's "Proxy:" header into HTTP_PROXY; nothing here runs under one.
    return environ.get(name) or environ.get(name.upper()) or None


def _of_environment(environ: Mapping[str, str], name: str) -> str | None:
    if (value := _variable(environ, name)) is None:
        return None
    try:
        return proxy_address(value)
    except ValueError:
        raise SettingsError(
            f"{name.upper()} in the environment is not the address of a proxy. "
            "Write it like http://proxy.example.org:3128 or socks5://127.0.0.1:1080, or unset it."
        ) from None


class RoutedConnector(aiohttp.TCPConnector):
    """Connects each request through the proxy for its address, WebSockets included."""

    def __init__(self, proxies: Proxies, **options: Any) -> None:
        super().__init__(**options)
        self._proxies = proxies
        self._options = options
        self._by_socks: dict[str, aiohttp.TCPConnector] = {}

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> Connection:
        """A connection for `req`, from the pool or new."""
        proxy = self._proxies.for_url(str(req.url))
        if proxy is None:
            return await super().connect(req, traces, timeout)
        if proxy.startswith("socks"):
            return await self._connect_by_socks(proxy, req, traces, timeout)
        url = URL(proxy)
        login = None if url.user is None else aiohttp.encode_basic_auth(url.user, url.password or "")
        if login is not None and not req.is_ssl():
            req.headers["Proxy-Authorization"] = login
        in_tunnel = {"Proxy-Authorization": login} if login is not None and req.is_ssl() else None
        req.update_proxy(url.with_user(None), None, in_tunnel)
        return await super().connect(req, traces, timeout)

    async def _connect_by_socks(
        self, proxy: str, req: aiohttp.ClientRequest, traces: list[Any], limits: aiohttp.ClientTimeout
    ) -> Connection:
        # Imported only if a proxy is set: few have one, and it takes memory.
        from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError

        if proxy not in self._by_socks:
            known = re.sub(r"^(socks[45])[ah]://", r"\1://", proxy)
            self._by_socks[proxy] = ProxyConnector.from_url(known, rdns=True, **self._options)
        try:
            return await self._by_socks[proxy].connect(req, traces, limits)
        except (ProxyError, ProxyConnectionError, ProxyTimeoutError) as error:
            refused = OSError(f"The proxy {without_password(proxy)} did not connect: {error}")
            raise aiohttp.ClientProxyConnectionError(req.connection_key, refused) from error

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close all connections, including those through proxies."""
        for connector in self._by_socks.values():
            await connector.close(abort_ssl=abort_ssl)
        await super().close(abort_ssl=abort_ssl)
