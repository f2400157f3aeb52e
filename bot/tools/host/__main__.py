"""The program: one connection with one server, until the standard input ends. `bot.warm` keeps warm what it imports."""

import asyncio
import importlib
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mcp import Client, MCPError
from mcp.client import ClientRequestContext, Transport
from mcp_types import (
    CONNECTION_CLOSED,
    URL_ELICITATION_REQUIRED,
    CallToolResult,
    ElicitRequest,
    ElicitRequestParams,
    ElicitResult,
    Implementation,
    InputRequiredResult,
)

from bot.tools.host import login
from bot.tools.host.http import client_to, over_http
from bot.tools.host.said import form_said, pages_said, said, tool_said
from bot.tools.host.stdio import over_pipes

ENDS_WITH_INPUT = True
"""See `bot.warm.zygote.Program`."""
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
"""How often a server may have itself called again without asking anything."""
AGAIN_S = 0.1
"""How long it is left alone before that."""
LONGEST_STATE = 100_000
"""Characters of what a server wants to have back with an answer."""
LINE_BYTES = 8_000_000


def tell(**words: object) -> None:
    """Say something to the gateway, however long it takes to listen."""
    left = memoryview(json.dumps(words).encode() + b"\n")
    while left:
        try:
            left = left[os.write(sys.stdout.fileno(), left) :]
        except BlockingIOError:
            # What comes in and what goes out is one socket, and that is read without waiting.
            select.select([], [sys.stdout], [])


class Refused(Exception):
    """A server asked for what nobody gives here; its words are for the model."""


class Host:
    """One connection and its calls."""

    def __init__(self, transport: Transport, refused: asyncio.Event) -> None:
        info = Implementation(name="parley", version="1")
        self.client = Client(transport, client_info=info, elicitation_callback=self._elicit, cache=None)
        self._refused = refused
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        """The calls during which a server of 2025 waits for the answers of a person."""

    async def tools(self) -> list[dict[str, Any]]:
        """What the server has, as far as it is read."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self.client.list_tools(cursor=cursor)
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
        if "answer" in order:
            self._answer(order["answer"], order["responses"])
            return
        number: int = order["call"]
        task = asyncio.create_task(self._call(number, order))
        self._calls[number] = task
        task.add_done_callback(lambda _: self._over(number))

    def _over(self, number: int) -> None:
        self._calls.pop(number, None)
        self._answer(number, {"0": {"action": "cancel"}})

    def _answer(self, number: int, responses: dict[str, Any]) -> None:
        """Let a server that waits for it have this, if there is one."""
        if (answered := self._waiting.pop(number, None)) is not None:
            answered.set_result(responses)

    async def _call(self, number: int, order: Mapping[str, Any]) -> None:
        try:
            result = await self._result(order)
            asks = _requests(result) if isinstance(result, InputRequiredResult) else None
        except Refused as error:
            tell(call=number, text=str(error), failed=True)
        except MCPError as error:
            if error.code == URL_ELICITATION_REQUIRED and (requests := pages_said(error.data)):
                tell(call=number, way="again", asks=requests)
                return
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
            if isinstance(result, InputRequiredResult):
                tell(call=number, way="rounds", asks=asks, state=result.request_state)
                return
            tell(call=number, text=said(result), failed=bool(result.is_error))

    async def _result(self, order: Mapping[str, Any]) -> CallToolResult | InputRequiredResult:
        """What a call gives, or what its server has to be told first. Raises Refused, or an error of the library."""
        responses = {name: ElicitResult(**words) for name, words in (order.get("responses") or {}).items()}
        state: str | None = order.get("state")
        for _ in range(MOST_ROUNDS):
            result = await self.client.session.call_tool(
                order["tool"],
                order["arguments"],
                input_responses=dict(responses) or None,
                request_state=state,
                allow_input_required=True,
            )
            if not isinstance(result, InputRequiredResult):
                return result
            if result.input_requests:
                return result
            responses, state = {}, result.request_state
            await asyncio.sleep(AGAIN_S)
        raise Refused("It put off its answer again and again.")

    async def _elicit(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """A server of 2025 asks while it works on a call, and does not say on which: on the only one, if there is one.

        Somebody else's form must not come to the wrong person: among several it is told that nobody answers.
        """
        at_work = [number for number in self._calls if number not in self._waiting]
        if len(at_work) != 1:
            return ElicitResult(action="cancel")
        (number,) = at_work
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        tell(call=number, way="waits", asks={"0": form_said(params)})
        return ElicitResult(**(await answered)["0"])


def _requests(result: InputRequiredResult) -> dict[str, dict[str, Any]]:
    """What a server of 2026 asks, by its names. Raises Refused if that is for no person to answer, or too much."""
    if len(result.request_state or "") > LONGEST_STATE:
        raise Refused("It wants to have more kept than there is room for.")
    forms = {}
    for name, request in (result.input_requests or {}).items():
        if not isinstance(request, ElicitRequest):
            raise Refused("It asked for what is not given to servers here.")
        forms[name] = form_said(request.params)
    return forms


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
    refused = asyncio.Event()
    host = Host(_transport(wanted, ended, refused), refused)
    try:
        async with host.client:
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


async def _talk() -> None:
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


def prepare(arguments: Sequence[str]) -> None:
    """Import what a connection needs besides: anyio looks for it when something is first waited for."""
    importlib.import_module("anyio._backends._asyncio")


def main(arguments: Sequence[str]) -> int:
    """Speak with one server; then end, with all that its program has started."""
    try:
        asyncio.run(_talk())
    finally:
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
