"""A server that is a program of our own group of processes, spoken with over its standard input and output.

The library's own way puts the program into its own session, where it outlives us when we are killed, and reads a
line of any length.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
from mcp.client import Transport
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

LINE_BYTES = 8_000_000
"""Of one message."""
LAST_WORDS_S = 0.3
"""How long what a program said last is still read once it has ended."""
GRACE_S = 1.0
"""How long a program may take to end once its input has."""


def over_pipes(
    command: Sequence[str], environment: Mapping[str, str], ended: asyncio.Event, begun: Callable[[], None]
) -> Transport:
    """The way to such a program. `begun` is called once it runs; `ended` is set when it says nothing more."""
    return _pipes(command, environment, ended, begun)


@asynccontextmanager
async def _pipes(
    command: Sequence[str], environment: Mapping[str, str], ended: asyncio.Event, begun: Callable[[], None]
) -> AsyncGenerator[TransportStreams, None]:
    loop = asyncio.get_running_loop()
    transport, program = await loop.subprocess_exec(
        lambda: _Program(ended),
        *command,
        env={**_usual(), **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # What it complains of goes where ours goes: to the gateway, which keeps the end of it.
        stderr=sys.stderr,
    )
    process = asyncio.subprocess.Process(transport, program, loop)
    begun()
    if process.stdin is None or process.stdout is None:
        raise ValueError("The program has to be spoken with.")
    heard_to, heard = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    said, said_from = anyio.create_memory_object_stream[SessionMessage](0)
    stdin, stdout = process.stdin, process.stdout

    async def hear() -> None:
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, ValueError):
            # ValueError: a line without end.
            async with heard_to:
                while line := await stdout.readline():
                    await heard_to.send(_message(line))
        ended.set()

    async def say() -> None:
        with contextlib.suppress(ConnectionError):
            async for message in said_from:
                stdin.write(message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
                await stdin.drain()

    hearing, saying = asyncio.create_task(hear()), asyncio.create_task(say())
    try:
        yield heard, said
    finally:
        saying.cancel()
        hearing.cancel()
        stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await process.wait()
        for stream in (heard_to, heard, said, said_from):
            stream.close()


class _Program(asyncio.subprocess.SubprocessStreamProtocol):
    """Tells of the program's end also where something that it has started still holds its output open."""

    def __init__(self, ended: asyncio.Event) -> None:
        super().__init__(limit=LINE_BYTES, loop=asyncio.get_running_loop())
        self._ended = ended

    def process_exited(self) -> None:
        super().process_exited()
        asyncio.get_running_loop().call_later(LAST_WORDS_S, self._ended.set)


def _message(line: bytes) -> SessionMessage | Exception:
    """A line as the library wants to have it: what is no message is an error among messages."""
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        return error


def _usual() -> dict[str, str]:
    """What any program needs to find its files; nothing of ours."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
