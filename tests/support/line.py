"""The line to a PostgreSQL server, which a test can cut at the moment that it chooses."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tests.support.proxy import HERE

_FIRST = b"SET lock_timeout"
"""In the first words of a connection that was let in."""
_WRITES = b"pg_current_xact_id"
"""In what begins a transaction that writes."""
_COMMIT = re.compile(rb"\0COMMIT\0")
"""In the message that has it parsed, behind the name under which it is kept, as PostgreSQL's protocol writes it."""
_NAMED = re.compile(rb"P....(s\d+)\0COMMIT\0", re.DOTALL)


class Line:
    """Stands between a gateway and its database. Give the gateway its `url`."""

    def __init__(self, url: str) -> None:
        self._target = url
        self.at_commits: Iterator[Literal["before", "after"] | None] = iter(())
        """Whether to cut the connection at each commit to come of what writes: before the server hears of it, or before
        it can answer."""
        self.is_down = False
        """Whether everybody is turned away."""
        self.turned_away = 0
        self.is_full = False
        """Whether it lets everybody in and answers nothing that they then ask for, as a pooler all of whose connections
        are in use."""
        self.instead: tuple[bytes, bytes] | None = None
        """What the server says, and what is heard of it, of the same length."""
        self.commits_cut = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address of the database by way of this."""
        there = urlsplit(self._target)
        port = self._server.sockets[0].getsockname()[1]
        user = there.netloc.rpartition("@")[0]
        return f"{there.scheme}://{user}@{HERE}:{port}{there.path}?sslmode=disable&gssencmode=disable"

    async def __aenter__(self) -> "Line":
        self._server = await asyncio.start_server(self._take, HERE, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Cut every connection that there is."""
        for writer in self._writers:
            writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if self.is_down:
                self.turned_away += 1
            else:
                await self._join(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await self._connect()
        self._writers.add(to_writer)
        try:
            await asyncio.gather(self._there(reader, to_writer, writer), self._back(to_reader, writer))
        finally:
            to_writer.close()
            self._writers.discard(to_writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        there = urlsplit(self._target)
        host = there.hostname or parse_qs(there.query)["host"][0]
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{there.port or 5432}")
        return await asyncio.open_connection(host, there.port or 5432)

    async def _there(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        writes, named, waits = False, None, False
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                waits |= self.is_full and _FIRST in data
                if waits:
                    continue
                writes |= _WRITES in data
                named = _NAMED.search(data) or named
                commits = _COMMIT.search(data) or (named is not None and b"\0" + named[1] + b"\0" in data)
                if writes and commits and (how := next(self.at_commits, None)):
                    self.commits_cut += 1
                    client.transport.abort()
                    if how == "before":
                        # The server goes on waiting for it: nobody has told it that the line is cut.
                        return
                server.write(data)
                await server.drain()
            server.write_eof()

    async def _back(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            try:
                while data := await reader.read(65_536):
                    client.write(data if self.instead is None else data.replace(*self.instead))
                    await client.drain()
            finally:
                # A server that is killed resets the line: whoever waits for its answer hears of that, too.
                client.write_eof()
