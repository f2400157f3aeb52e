"""The tools of one turn at work: each call is written before it runs, and its outcome after."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import structlog

from bot.contracts.provider import ToolOffer
from bot.domain.calls import LOST, CallPart, Outcome, ResultPart, Round
from bot.domain.clock import Clock
from bot.domain.messages import Part, TextPart
from bot.domain.policy import ToolRules
from bot.tools.reading import reading_tools
from bot.tools.servers import Servers
from bot.tools.tool import Asker, Tool, ToolFailed, ToolLost, Where
from storage import tool_calls
from storage.database import Database
from storage.tool_calls import KeptCall

log = structlog.get_logger(__name__)


class Tools:
    """All tools that there are."""

    def __init__(
        self,
        database: Database,
        rules: ToolRules,
        clock: Clock,
        servers: Servers,
        tools: Sequence[Tool] | None = None,
        web: Sequence[Tool] = (),
    ) -> None:
        """`tools`: None for those that are built in, as far as the operator has them on; `web`: what the web takes."""
        self.servers = servers
        self._database = database
        self._rules = rules
        self._clock = clock
        own = tools if tools is not None else reading_tools(database) if rules.reading else ()
        self._tools = (*own, *web)

    def built_in(self, where: Where) -> list[Tool]:
        """Those that need no server, as far as they are offered there."""
        return [tool for tool in self._tools if tool.suits(where)]

    async def of(self, asker: Asker) -> "Running | None":
        """Those for one turn; None if there are none."""
        tools = self.built_in(asker.where) + await self.servers.tools(asker.where)
        return Running(self._database, self._rules, self._clock, asker, tools) if tools else None


class Running:
    """The tools of one turn."""

    def __init__(self, database: Database, rules: ToolRules, clock: Clock, asker: Asker, tools: Sequence[Tool]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._asker = asker
        self._tools = {tool.offer.name: tool for tool in tools}
        self._rounds = 0
        self._calls = 0
        self._began_at = clock.monotonic()

    @property
    def offers(self) -> tuple[ToolOffer, ...]:
        """What the model is offered."""
        return tuple(tool.offer for tool in self._tools.values())

    @property
    def may_call(self) -> bool:
        """Whether the turn's limits leave room for another call."""
        return self._calls < self._rules.most_calls and self._left_s > 0

    @property
    def _left_s(self) -> float:
        return self._rules.most_seconds - (self._clock.monotonic() - self._began_at)

    async def resumed(self) -> list[Round[Part]]:
        """What an earlier run of this turn has had done before it was cut off, now with an outcome for each call."""
        kept = await self._database.read(tool_calls.of_turn(self._asker.turn.id))
        rounds: list[Round[Part]] = []
        for number in sorted({each.round for each in kept}):
            called = [each for each in kept if each.round == number]
            results = await asyncio.gather(*map(self._resumed, called))
            said = (TextPart(called[0].said),) if called[0].said else ()
            rounds.append(Round(said, tuple(each.call for each in called), tuple(results)))
            self._rounds = number + 1
            self._calls += len(called)
        return rounds

    async def run(self, said: str, calls: Sequence[CallPart]) -> list[ResultPart]:
        """Have all of these done at once; `said` is what the model said before. Their results, in the same order."""
        number, now = self._rounds, self._clock.now()
        room = self._rules.most_calls - self._calls
        self._rounds += 1
        self._calls += len(calls)
        kept = [KeptCall(number, place, said, call, self._may_run_again(call)) for place, call in enumerate(calls)]
        await self._database.write(tool_calls.begin_calls(self._asker.turn.id, kept, now))
        denied = (self._noted(each, _too_many(each.call)) for each in kept[max(0, room) :])
        return list(await asyncio.gather(*map(self._ended, kept[: max(0, room)]), *denied))

    def stopped(self, calls: Sequence[CallPart]) -> list[ResultPart]:
        """What is known of calls during which the person ended the answer: what reads has done nothing."""
        return [
            ResultPart(call.id, "The person ended the answer.", Outcome.STOPPED)
            if self._only_reads(call)
            else ResultPart(call.id, LOST, Outcome.UNKNOWN)
            for call in calls
        ]

    def _only_reads(self, call: CallPart) -> bool:
        tool = self._tools.get(call.tool)
        return tool is None or tool.reads

    def _may_run_again(self, call: CallPart) -> bool:
        tool = self._tools.get(call.tool)
        return tool is None or tool.may_run_again

    async def _resumed(self, kept: KeptCall) -> ResultPart:
        if kept.result is not None:
            return kept.result
        if kept.repeatable:
            return await self._ended(kept)
        log.warning("tool_outcome_unknown", turn=self._asker.turn.id, tool=kept.call.tool)
        return await self._noted(kept, ResultPart(kept.call.id, LOST, Outcome.UNKNOWN))

    async def _ended(self, kept: KeptCall) -> ResultPart:
        return await self._noted(kept, await self._result(kept))

    async def _noted(self, kept: KeptCall, result: ResultPart) -> ResultPart:
        await self._database.write(tool_calls.end_call(self._asker.turn.id, kept, result))
        return result

    async def _result(self, kept: KeptCall) -> ResultPart:
        """What comes of a call. Whatever its tool does, it is a result."""
        call, tool = kept.call, self._tools.get(kept.call.tool)
        if self._left_s <= 0:
            return _too_many(call)
        if tool is None:
            names = ", ".join(self._tools)
            return ResultPart(call.id, f"There is no tool of that name. There are: {names}.", Outcome.FAILED)
        arguments = _arguments(call.arguments)
        if arguments is None:
            return ResultPart(call.id, "The arguments were no JSON object. Call again.", Outcome.FAILED)
        began_at = self._clock.monotonic()
        outcome, text = await self._called(tool, arguments)
        log.info(
            "tool_called", turn=self._asker.turn.id, tool=call.tool, outcome=outcome.value,
            took_s=round(self._clock.monotonic() - began_at, 3),
        )  # fmt: skip
        return ResultPart(call.id, cut(text, self._rules.most_characters), outcome)

    async def _called(self, tool: Tool, arguments: dict[str, Any]) -> tuple[Outcome, str]:
        try:
            async with asyncio.timeout(self._left_s):
                return Outcome.DONE, await tool.call(self._asker, arguments)
        except TimeoutError:
            if tool.reads:
                return Outcome.FAILED, "It took too long."
            return Outcome.UNKNOWN, LOST
        except ToolFailed as error:
            return Outcome.FAILED, str(error)
        except ToolLost:
            return (Outcome.FAILED, "Its server has ended.") if tool.reads else (Outcome.UNKNOWN, LOST)


def _too_many(call: CallPart) -> ResultPart:
    return ResultPart(call.id, "No more calls are left for this answer. Answer now.", Outcome.DENIED)


def _arguments(text: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def cut(text: str, most: int) -> str:
    """A result as it is kept: without what no database takes, and not longer than a model should read."""
    plain = text.encode(errors="replace").decode().replace("\0", "")
    return plain if len(plain) <= most else f"{plain[:most]}\n(Cut here: {most:,} of {len(plain):,} characters.)"


def steps(rounds: Iterable[Round[Part]]) -> list[Part]:
    """Rounds as parts of an answer."""
    return [part for made in rounds for part in made.parts]
