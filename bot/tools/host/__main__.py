"""The program: one connection with one server, until the standard input ends."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import Any

from mcp import Client, MCPError
from mcp.client import Transport
from mcp_types import CONNECTION_CLOSED, Implementation

from bot.tools.host import login
from bot.tools.host.http import client_to, over_http
from bot.tools.host.said import said, tool_said
from bot.tools.host.stdio import over_pipes

MEMORY_BYTES = 1_000_000_000
"""Of address space; Python and the library take a third of it."""
PROCESSOR_S = 300
"""Of a connection's whole life. It ends also what no signal of ours could: a pattern that is matched for ever."""
GRACE_S = 2.0
"""How long a server may take to end by itself."""
MOST_PAGES = 20
MOST_TOOLS = 128
"""The most that any vendor takes."""
MOST_ROUNDS = 3
"""How often a server may ask for more before it has to answer. Nobody is there to be asked: it hears a refusal."""
LINE_BYTES = 8_000_000


def tell(**words: object) -> None:
    """Say something to the gateway."""
    os.write(sys.stdout.fileno(), json.dumps(words).encode() + b"\n")


class Host:
    """One connection and its calls."""

    def __init__(self, client: Client, refused: asyncio.Event) -> None:
        self._client = client
        self._refused = refused
        self._calls: dict[int, asyncio.Task[None]] = {}

    async def tools(self) -> list[dict[str, Any]]:
        """What the server has, as far as it is read."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._client.list_tools(cursor=cursor)
            found += map(tool_said, page.tools)
            cursor = page.next_cursor
            if cursor is None or len(found) >= MOST_TOOLS:
                break
        return found[:MOST_TOOLS]

    def order(self, line: bytes) -> None:
        """Do what a line of the gateway's says."""
        order = json.loads(line)
        if "cancel" in order:
            if (task := self._calls.get(order["cancel"])) is not None:
                task.cancel()
            return
        number: int = order["call"]
        task = asyncio.create_task(self._call(number, order["tool"], order["arguments"]))
        self._calls[number] = task
        task.add_done_callback(lambda _: self._calls.pop(number, None))

    async def _call(self, number: int, tool: str, arguments: dict[str, Any]) -> None:
        try:
            result = await self._client.call_tool(tool, arguments)
        except MCPError as error:
            if error.code == CONNECTION_CLOSED:
                # Nobody knows what became of the call. Others may go on: over HTTP each has an answer of its own.
                tell(call=number, lost=True)
                return
            tell(call=number, text=error.message, failed=True, login=self._refused.is_set())
        except asyncio.CancelledError:
            # The gateway waits for it: what does not answer that is ended.
            tell(call=number, text="", failed=True)
            raise
        except Exception as error:  # noqa: BLE001 - the library's border: it raises many kinds, at whatever comes
            tell(call=number, text=f"Its answer does not follow the protocol ({type(error).__name__}).", failed=True)
        else:
            tell(call=number, text=said(result), failed=bool(result.is_error))


def _transport(wanted: Mapping[str, Any], ended: asyncio.Event, refused: asyncio.Event) -> Transport:
    if wanted.get("command"):
        return over_pipes(wanted["command"], wanted["environment"], ended, _limit)
    return over_http(wanted["url"], wanted["token"], refused, only_public=wanted["only_public"])


def _limit() -> None:
    """Keep this process small. A server's own program, which starts before, needs what it needs."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))


async def _serve(wanted: Mapping[str, Any], orders: asyncio.Queue[bytes], ended: asyncio.Event) -> None:
    """Connect, say what there is, and do what is ordered, until cancelled."""
    if not wanted.get("command"):
        _limit()
    if "login" in wanted:
        await _log_in(wanted)
        return
    info, refused = Implementation(name="parley", version="1"), asyncio.Event()
    client = Client(
        _transport(wanted, ended, refused), client_info=info, input_required_max_rounds=MOST_ROUNDS, cache=None
    )
    try:
        async with client:
            host = Host(client, refused)
            tell(tools=await host.tools())
            while True:
                host.order(await orders.get())
    except Exception as error:  # noqa: BLE001 - the library's border, as above; groups of errors among them
        tell(failed=_reason(error), login=refused.is_set())


async def _log_in(wanted: Mapping[str, Any]) -> None:
    """One step of a login, and say what came of it."""
    try:
        async with client_to(only_public=wanted["only_public"]) as client:
            match wanted["login"]:
                case "begin":
                    tell(**await login.begin(client, wanted["url"], wanted["redirect"], wanted["document"]))
                case "finish":
                    tell(**await login.finish(client, wanted["begun"], wanted["code"], wanted["issuer"]))
                case _:
                    tell(**await login.renew(client, wanted["renewal"], wanted["refresh"]))
    except Exception as error:  # noqa: BLE001 - the library's border, as above
        tell(failed=_reason(error))


def _reason(error: BaseException) -> str:
    """The first error of a group of errors of groups of errors, in its own words if it has some."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:300]


async def main() -> None:
    """Serve until the standard input ends, or the server does."""
    heard = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(heard), sys.stdin)
    first = await heard.readline()
    if not first:
        return
    orders: asyncio.Queue[bytes] = asyncio.Queue()
    ended = asyncio.Event()
    serving = asyncio.create_task(_serve(json.loads(first), orders, ended))
    any_end = {serving, asyncio.create_task(_hear(heard, orders)), asyncio.create_task(ended.wait())}
    await asyncio.wait(any_end, return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()
    await asyncio.wait({serving}, timeout=GRACE_S)


async def _hear(heard: asyncio.StreamReader, orders: asyncio.Queue[bytes]) -> None:
    while line := await heard.readline():
        orders.put_nowait(line)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    finally:
        if os.getpgrp() == os.getpid():
            # All that a server's program has started, and this process with it.
            os.killpg(0, signal.SIGKILL)
