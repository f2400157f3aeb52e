"""Proxies for tests: they look up the names of an imagined world themselves, and remember who was asked for."""

import asyncio
import contextlib
import struct
from types import TracebackType

HERE = "127.0.0.1"
_HEAD_S = 10


class LocalProxy:
    """Listens on the loopback. Every name leads to this machine."""

    scheme = ""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.asked: list[str] = []
        """The hosts and ports that were to be reached, as "host:port"."""
        self._user, self._password = user, password
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Its address, with what it wants to be told."""
        login = f"{self._user}:{self._password}@" if self._user else ""
        return f"{self.scheme}://{login}{HERE}:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> "LocalProxy":
        self._server = await asyncio.start_server(self._take, HERE, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    async def _pipe(
        self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes = b""
    ) -> None:
        to_reader, to_writer = await asyncio.open_connection(HERE, port)
        to_writer.write(first)
        try:
            there, back = _copy(reader, to_writer), _copy(to_reader, writer)
            await asyncio.gather(there, back)
        finally:
            to_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


class HttpProxy(LocalProxy):
    """Tunnels by CONNECT, and passes plain requests on."""

    scheme = "http"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        if self._user and b"proxy-authorization: basic" not in head.lower():
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        authority = target if method == "CONNECT" else target.partition("://")[2].partition("/")[0]
        host, _, port = authority.rpartition(":")
        self.asked.append(authority)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            head = b""
        await self._pipe(host, int(port), reader, writer, head)


class SocksProxy(LocalProxy):
    """SOCKS 5, with names."""

    scheme = "socks5"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x02" if self._user else b"\x05\x00")
        if self._user:
            _, length = await reader.readexactly(2)
            user = await reader.readexactly(length)
            password = await reader.readexactly((await reader.readexactly(1))[0])
            right = (user.decode(), password.decode()) == (self._user, self._password)
            writer.write(b"\x01\x00" if right else b"\x01\x01")
            if not right:
                return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = ".".join(map(str, await reader.readexactly(4)))
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self.asked.append(f"{host}:{port}")
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await self._pipe(host, port, reader, writer)
