"""The gateway's end of a connection with a server of tools, which a separate process holds: `bot.tools.host`."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

import orjson

from bot import beside
from bot.domain.servers import ServedTool, ServerRules
from bot.tools.forms import Wanted, Way
from bot.tools.tool import FormGone, LoginNeeded, ToolAsks, ToolFailed, ToolLost

LINE_BYTES = 16_000_000
MOST_PARKED = 16
"""Calls of one connection whose server waits for the answers of people; then the oldest is given up."""
GRACE_S = 3.0
"""How long the process may take to end by itself."""
_LAST_BYTES = 4_096
_START = "import runpy; runpy.run_module('bot.tools.host', run_name='__main__')"


class Unreachable(Exception):
    """No connection came about; `str` says why, for the operator."""


class Refused(Unreachable):
    """The server wants a login, or another one."""


class Connection:
    """One server, connected. It ends by itself when the server does: `is_open`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Made by `connect` alone."""
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("The process has to be spoken with.")
        self._process = process
        self._heard, self._told, self._complains = process.stdin, process.stdout, process.stderr
        self._calls: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._parked: dict[str, int] = {}
        """The calls whose server waits for answers, by the names that they have got for that."""
        self._late: dict[int, dict[str, Any]] = {}
        """What came of those before there was an answer."""
        self._cancelling: set[asyncio.Task[None]] = set()
        self._number = 0
        self._complaints = b""
        self._complaining = asyncio.create_task(self._keep_complaints())
        self._hearing: asyncio.Task[None] | None = None
        self.tools: tuple[ServedTool, ...] = ()
        """What the server said it has when it was connected."""

    @classmethod
    async def connect(cls, rules: ServerRules) -> "Connection":
        """Connect with a server, and hear what it has.

        Raises:
            Unreachable: it cannot be, or took too long; `Refused` if it wants a login.
        """
        connection = cls(await _started())
        try:
            async with asyncio.timeout(rules.seconds):
                await connection._greet(rules)
        except TimeoutError:
            raise Unreachable(f"It did not say what it has within {rules.seconds:g} s.") from None
        finally:
            if connection._hearing is None:
                await connection.close()
        return connection

    @property
    def is_open(self) -> bool:
        """Whether anything can still be called."""
        return self._hearing is not None and not self._hearing.done()

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self._calls)

    @property
    def is_awaited(self) -> bool:
        """Whether its server waits for answers of people."""
        return self.is_open and bool(self._parked)

    async def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        wanted: Wanted | None = None,
        responses: Mapping[str, Any] | None = None,
    ) -> str:
        """What a tool returns.

        `wanted` is what its server has asked for when it was called before, `responses` what it gets.

        Raises:
            ToolFailed: it, or the server, says that it failed; `LoginNeeded` if the server wants another login.
            ToolLost: the server, or its answer, has ended meanwhile; `FormGone` if it no longer waits for this one.
            ToolAsks: it wants to know something first.
        """
        if wanted is not None and wanted.way is Way.WAITS:
            if not self.is_open or wanted.parked not in self._parked:
                raise FormGone
            number = self._parked.pop(wanted.parked)
            words: dict[str, object] = {"answer": number, "responses": responses}
        else:
            self._number += 1
            number = self._number
            words = {"call": number, "tool": tool, "arguments": dict(arguments)}
            if wanted is not None and wanted.way is Way.ROUNDS:
                words |= {"responses": responses, "state": wanted.state}
        answer = self._late.pop(number, None) or await self._answer(number, words)
        if answer.get("lost"):
            raise ToolLost
        if "asks" in answer:
            asked = self._wanted(number, answer, 1 + (wanted.number if wanted is not None else 0))
            raise ToolAsks(asked, partial(self.forget, asked.parked) if asked.parked else None)
        if answer["failed"] and answer.get("login"):
            raise LoginNeeded("Its server no longer takes the login it was given.")
        if answer["failed"]:
            raise ToolFailed(answer["text"] or "It failed without a word.")
        return str(answer["text"])

    async def _answer(self, number: int, words: Mapping[str, object]) -> dict[str, Any]:
        """What the process answers to these words about a call. Raises ToolLost if it has ended."""
        answered = self._calls[number] = asyncio.get_running_loop().create_future()
        try:
            await self._say(**words)
            answer: dict[str, Any] = await asyncio.shield(answered)
        except ConnectionError:
            raise ToolLost from None
        except asyncio.CancelledError:
            self._cancelled(number, answered)
            raise
        else:
            self._calls.pop(number, None)
            return answer

    def _wanted(self, number: int, answer: Mapping[str, Any], count: int) -> Wanted:
        """What its server asks during a call; where it waits for that, the call is kept."""
        parked = ""
        if (way := Way(answer["way"])) is Way.WAITS:
            parked = uuid4().hex
            if len(self._parked) >= MOST_PARKED:
                self.forget(next(iter(self._parked)))
            self._parked[parked] = number
        return Wanted(way, answer["asks"], answer.get("state"), parked, count)

    def forget(self, parked: str) -> None:
        """Have a call given up whose server waits for answers: there will be none."""
        if (number := self._parked.pop(parked, None)) is not None:
            self._late.pop(number, None)
            self._cancelled(number, asyncio.get_running_loop().create_future())

    async def close(self) -> None:
        """End the connection, and everything that the server has started."""
        self._heard.close()
        try:
            async with asyncio.timeout(GRACE_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                # Also where the process itself has ended before what it had started.
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        for task in (self._hearing, self._complaining):
            if task is not None:
                task.cancel()

    def _cancelled(self, number: int, answered: asyncio.Future[dict[str, Any]]) -> None:
        self._calls[number] = answered
        self._cancelling.add(task := asyncio.create_task(self._cancel(number, answered)))
        task.add_done_callback(self._cancelling.discard)

    async def _cancel(self, number: int, answered: asyncio.Future[dict[str, Any]]) -> None:
        """Have a call ended; what does not even answer that is ended whole."""
        try:
            async with asyncio.timeout(GRACE_S):
                await self._say(cancel=number)
                await answered
        except TimeoutError:
            await self.close()
        except ConnectionError:
            pass
        finally:
            self._calls.pop(number, None)

    async def _greet(self, rules: ServerRules) -> None:
        with contextlib.suppress(ConnectionError):
            await self._say(
                command=rules.command,
                environment=dict(rules.environment),
                url=rules.url,
                token=rules.token,
                only_public=rules.only_public,
            )
        told = await self._next()
        if told is None or "tools" not in told:
            await self._complaining
            last = self._complaints.decode(errors="replace").strip().rpartition("\n")[2][:200]
            reason = told.get("failed", "") if told is not None else "It ended."
            kind = Refused if told is not None and told.get("login") else Unreachable
            raise kind(f"{reason} {last}".strip())
        self.tools = tuple(ServedTool(**each) for each in told["tools"])
        self._hearing = asyncio.create_task(self._hear())

    async def _say(self, **words: object) -> None:
        self._heard.write(orjson.dumps(words) + b"\n")
        await self._heard.drain()

    async def _next(self) -> dict[str, Any] | None:
        line = await self._told.readline()
        return orjson.loads(line) if line else None

    async def _hear(self) -> None:
        try:
            while (told := await self._next()) is not None and "call" in told:
                answered = self._calls.get(told["call"])
                if answered is not None and not answered.done():
                    answered.set_result(told)
                elif told["call"] in self._parked.values():
                    self._late[told["call"]] = told
        finally:
            for answered in self._calls.values():
                if not answered.done():
                    answered.set_exception(ConnectionResetError())

    async def _keep_complaints(self) -> None:
        while more := await self._complains.read(65_536):
            self._complaints = (self._complaints + more)[-_LAST_BYTES:]


async def ask_once(seconds: float, **words: object) -> dict[str, Any]:
    """What the process answers to one question, for which it is started.

    Raises:
        Unreachable: it could not do what it was asked, or took too long.
    """
    connection = Connection(await _started())
    try:
        async with asyncio.timeout(seconds):
            with contextlib.suppress(ConnectionError):
                await connection._say(**words)
            told = await connection._next()
    except TimeoutError:
        raise Unreachable(f"It did not answer within {seconds:g} s.") from None
    finally:
        await connection.close()
    if told is None or "failed" in told:
        raise Unreachable(told["failed"] if told is not None else "It ended.")
    return told


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *beside.command(_START),
        env=beside.environment("HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
        start_new_session=True,
    )
