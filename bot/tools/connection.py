"""The gateway's end of a connection with a server of tools, which a separate process holds: `bot.tools.host`."""

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

import orjson

from bot import beside
from bot.domain.servers import ServedTool, ServerRules
from bot.tools.forms import Wanted, Way
from bot.tools.tool import FormGone, LoginNeeded, ToolAsks, ToolFailed, ToolLost
from bot.warm.jobs import Job, Jobs, Lost

MOST_PARKED = 16
"""Calls of one connection whose server waits for the answers of people; then the oldest is given up."""
GRACE_S = 3.0
"""How long the process may take to end by itself."""
IDLE_S = 60.0
"""How long the library that speaks the protocol is kept in memory that no connection uses."""
START_S = 60.0
"""How long it may take to load that."""
LONGEST_WORDS = 200
"""Characters of what a program complained of."""


class Unreachable(Exception):
    """No connection came about; `str` says why, for the operator."""


class Refused(Unreachable):
    """The server wants a login, or another one."""


class Connection:
    """One server, connected. It ends by itself when the server does: `is_open`."""

    def __init__(self, host: Job) -> None:
        """Made by `Hosts` alone."""
        self._host = host
        self._calls: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._parked: dict[str, int] = {}
        """The calls whose server waits for answers, by the names that they have got for that."""
        self._late: dict[int, dict[str, Any]] = {}
        """What came of those before there was an answer."""
        self._cancelling: set[asyncio.Task[None]] = set()
        self._number = 0
        self._hearing: asyncio.Task[None] | None = None
        self.tools: tuple[ServedTool, ...] = ()
        """What the server said it has when it was connected."""

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
        with contextlib.suppress(OSError):
            self._host.heard.write_eof()
        try:
            async with asyncio.timeout(GRACE_S):
                await self._host.ended()
        except TimeoutError:
            pass
        finally:
            await self._host.end()
            if self._hearing is not None:
                self._hearing.cancel()

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

    async def greet(self, rules: ServerRules) -> None:
        """Connect with a server, and hear what it has. Raises Unreachable."""
        told = await self.ask(
            command=rules.command,
            environment=dict(rules.environment),
            url=rules.url,
            token=rules.token,
            only_public=rules.only_public,
        )
        if told is None or "tools" not in told:
            _, last = await self._host.ended()
            reason = told.get("failed", "") if told is not None else "It ended."
            kind = Refused if told is not None and told.get("login") else Unreachable
            raise kind(f"{reason} {last[:LONGEST_WORDS]}".strip())
        self.tools = tuple(ServedTool(**each) for each in told["tools"])
        self._hearing = asyncio.create_task(self._hear())

    async def ask(self, **words: object) -> dict[str, Any] | None:
        """What is answered to the first words; None if it ends."""
        with contextlib.suppress(ConnectionError):
            await self._say(**words)
        return await self._next()

    async def _say(self, **words: object) -> None:
        self._host.heard.write(orjson.dumps(words) + b"\n")
        await self._host.heard.drain()

    async def _next(self) -> dict[str, Any] | None:
        try:
            line = await self._host.told.readline()
        except ConnectionError:
            # It ended with words of ours unread.
            return None
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


class Hosts:
    """Opens connections; what each needs is loaded once."""

    def __init__(self) -> None:
        around = beside.environment("HOME", "SSL_CERT_FILE", "SSL_CERT_DIR")
        self._jobs = Jobs("bot.tools.host.__main__", around, idle_s=IDLE_S, niceness=0)

    async def connect(self, rules: ServerRules) -> Connection:
        """Connect with a server, and hear what it has.

        Raises:
            Unreachable: it cannot be, or took too long; `Refused` if it wants a login.
        """
        connection = await self._begun()
        try:
            async with asyncio.timeout(rules.seconds):
                await connection.greet(rules)
        except TimeoutError:
            raise Unreachable(f"It did not say what it has within {rules.seconds:g} s.") from None
        finally:
            if not connection.is_open:
                await connection.close()
        return connection

    async def ask(self, seconds: float, **words: object) -> dict[str, Any]:
        """What is answered to one question, which needs no connection.

        Raises:
            Unreachable: it could not be answered, or took too long.
        """
        connection = await self._begun()
        try:
            async with asyncio.timeout(seconds):
                told = await connection.ask(**words)
        except TimeoutError:
            raise Unreachable(f"It did not answer within {seconds:g} s.") from None
        finally:
            await connection.close()
        if told is None or "failed" in told:
            raise Unreachable(told["failed"] if told is not None else "It ended.")
        return told

    def close(self) -> None:
        """Give the memory back; who connects again has it loaded again."""
        self._jobs.close()

    async def _begun(self) -> Connection:
        try:
            async with asyncio.timeout(START_S):
                return Connection(await self._jobs.begin())
        except (TimeoutError, Lost):
            raise Unreachable("What speaks with it does not start.") from None
