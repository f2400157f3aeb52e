"""A server that is reached over HTTP: only at public addresses, if it has to be, and no longer than we can hear."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.client import Transport
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client

from bot.domain.addresses import NotPublic, is_public

MOST_BYTES = 8_000_000
"""Of one response."""
CONNECT_S = 15.0


def over_http(url: str, token: str, refused: asyncio.Event, *, only_public: bool) -> Transport:
    """The way to the server at this address. `refused` is set when it wants another login than this token, or one."""
    return _http(url, token, refused, only_public=only_public)


@asynccontextmanager
async def _http(
    url: str, token: str, refused: asyncio.Event, *, only_public: bool
) -> AsyncGenerator[TransportStreams, None]:
    async with (
        client_to(only_public=only_public, token=token, refused=refused) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


def client_to(*, only_public: bool, token: str = "", refused: asyncio.Event | None = None) -> httpx2.AsyncClient:
    """A client whose every request is looked at before it is sent. How long one may take is for the gateway to say: it
    ends this process.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": "Parley"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    timeout = httpx2.Timeout(None, connect=CONNECT_S)
    transport = Guarded(httpx2.AsyncHTTPTransport(trust_env=False), refused, only_public=only_public)
    return httpx2.AsyncClient(transport=transport, headers=headers, timeout=timeout, trust_env=False)


class Guarded(httpx2.AsyncBaseTransport):
    """Sends each request, also one that follows a redirect, to an address that was looked at."""

    def __init__(
        self, below: httpx2.AsyncBaseTransport, refused: asyncio.Event | None = None, *, only_public: bool
    ) -> None:
        self._below = below
        self._refused = refused
        self._only_public = only_public

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """As the transport below. Raises `httpx2.ConnectError` where the address is not public."""
        response = await self._below.handle_async_request(
            await self._guarded(request) if self._only_public else request
        )
        if response.headers.get("content-encoding", "identity") != "identity":
            # It was not asked for; a few packed bytes can be gigabytes.
            await response.aclose()
            raise httpx2.DecodingError("The answer is packed.", request=request)
        if response.status_code == httpx2.codes.UNAUTHORIZED and self._refused is not None:
            self._refused.set()
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(response, request),
            extensions=response.extensions,
        )

    async def _guarded(self, request: httpx2.Request) -> httpx2.Request:
        """The same request to an address itself: what a name means cannot change between the look and the call."""
        host, port = request.url.host, request.url.port or 443
        try:
            address = await _public_address(host, port)
        except OSError as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        if request.url.scheme != "https":
            raise httpx2.ConnectError("The address has to begin with https://.", request=request)
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )

    async def aclose(self) -> None:
        """Release every connection."""
        await self._below.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, below: httpx2.Response, request: httpx2.Request) -> None:
        self._below = below
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_BYTES
        async for data in self._below.aiter_raw():
            left -= len(data)
            if left < 0:
                raise httpx2.ReadError("The answer is too long.", request=self._request)
            yield data

    async def aclose(self) -> None:
        await self._below.aclose()


async def _public_address(host: str, port: int) -> str:
    """An address of a host all of whose addresses are public. Raises OSError, also `NotPublic`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(where[0]) for *_, where in found]
    if not all(map(is_public, addresses)):
        raise NotPublic(f"{host!r} leads to an address that is not public.")
    return addresses[0]
