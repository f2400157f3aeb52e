"""The tools of one turn at work: each call is written before it runs, and its outcome after."""

import asyncio
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import structlog

from bot.contracts.provider import ToolOffer
from bot.domain.calls import LOST, CallPart, Outcome, ResultPart, Round
from bot.domain.clock import Clock
from bot.domain.messages import FilePart, Part, TextPart
from bot.domain.places import PlaceKind
from bot.domain.policy import ToolRules
from bot.domain.sources import SEARCH
from bot.tools.forms import Answers, Wanted
from bot.tools.names import NamedTools
from bot.tools.reading import reading_tools
from bot.tools.servers import Servers
from bot.tools.tool import OWN_WORDS, Asker, FormGone, TakeIn, Tool, ToolAsks, ToolFailed, ToolLost, Where
from storage import approvals, tool_calls
from storage.database import Database
from storage.programs import Program
from storage.tool_calls import CallState, KeptCall, Used, used_by

log = structlog.get_logger(__name__)

Heard = Callable[[], Program[frozenset[str] | None]]
"""Whose words the model has read for a turn, beside what tools brought in it: the asker's own and those of these tools;
None: somebody else's as well.
"""

Ended = Callable[[str], None]
"""Is told the name of the tool when a call has ended."""


def _unheard(_: str) -> None:
    """Nobody wants to know."""


class Tools:
    """All tools that there are."""

    def __init__(
        self,
        database: Database,
        rules: ToolRules,
        clock: Clock,
        servers: Servers,
        tools: Sequence[Tool] | None = None,
        more: Sequence[Tool] = (),
        take_in: TakeIn | None = None,
    ) -> None:
        """`tools`: None for those that read what is kept, as far as the operator has them on; `more`: all others.

        `take_in` keeps what is too long for a model; None: nobody does.
        """
        self.servers = servers
        self._database = database
        self._rules = rules
        self._clock = clock
        self._take_in = take_in
        own = tools if tools is not None else reading_tools(database) if rules.reading else ()
        self._tools = (*own, *more)

    def built_in(self, where: Where) -> list[Tool]:
        """Those that need no server, as far as they are offered there."""
        return [tool for tool in self._tools if tool.suits(where)]

    def searched_by(self, where: Where) -> Sequence[str]:
        """Who searches the web there, in the order in which they are asked; nobody, if it is not searched."""
        return [by for tool in self.built_in(where) if tool.offer.name == SEARCH for by in tool.by()]

    async def of(self, asker: Asker) -> "Toolbox | None":
        """Those for one turn; None if there are none, and it has had nothing done either."""
        tools = self.built_in(asker.where) + await self.servers.tools(asker)
        if asker.turn.place.kind is PlaceKind.GUEST:
            # Nobody can be asked there whether they want something done.
            tools = [tool for tool in tools if tool.reads]
        # What a turn has had done is not forgotten with its tools.
        if not (tools or asker.turn.has_calls):
            return None
        return Toolbox(self._database, self._rules, self._clock, asker, tools, self._take_in)


class Toolbox:
    """The tools of one turn."""

    def __init__(
        self,
        database: Database,
        rules: ToolRules,
        clock: Clock,
        asker: Asker,
        tools: Sequence[Tool],
        take_in: TakeIn | None,
    ) -> None:
        self._database = database
        self._take_in = take_in
        self._rules = rules
        self._clock = clock
        self._asker = asker
        self._tools = NamedTools(tools)
        self._made: dict[tuple[int, int], KeptCall] = {}
        """All calls of the turn as they stand, by round and number."""
        self._began_at = clock.monotonic()

    @property
    def offers(self) -> tuple[ToolOffer, ...]:
        """What the model is offered."""
        return tuple(tool.offer for tool in self._tools.by_name.values())

    @property
    def may_call(self) -> bool:
        """Whether the turn's limits leave room for another call."""
        used, most_usd = self.used, self._rules.most_usd
        return (
            bool(self._tools.by_name)
            and len(self._made) < self._rules.most_calls
            and self._left_s > 0
            and used.usage.input_tokens + used.usage.output_tokens < self._rules.most_tokens
            and not (most_usd and used.microusd >= most_usd * 1_000_000)
        )

    @property
    def used(self) -> Used:
        """What the requests have used that led to calls."""
        return used_by(self._made.values())

    @property
    def undecided(self) -> tuple[KeptCall, ...]:
        """The calls about which somebody has to decide before the turn can go on."""
        return tuple(kept for kept in self._made.values() if kept.is_undecided)

    @property
    def rounds(self) -> list[Round[Part]]:
        """What was called, each with what came of it; if it has not ended, with what is known of it now."""
        return rounds_made(self._made.values(), self._cut_off)

    @property
    def has_done(self) -> bool:
        """Whether something has, or may have, taken effect."""
        return any(
            kept.result is not None and kept.result.outcome in (Outcome.DONE, Outcome.UNKNOWN) and self._may_do(kept)
            for kept in self._made.values()
        )

    def _may_do(self, kept: KeptCall) -> bool:
        tool = self._tools.get(kept.call.tool)
        return not (tool.reads if tool is not None else kept.repeatable)

    def _cut_off(self, kept: KeptCall) -> ResultPart:
        """What is known of a call during which the answer was ended: what reads, or has not begun, did nothing."""
        if kept.has_begun and self._may_do(kept):
            return ResultPart(kept.call.id, LOST, Outcome.UNKNOWN)
        return ResultPart(kept.call.id, "The person ended the answer; this was not done.", Outcome.STOPPED)

    @property
    def _left_s(self) -> float:
        return self._rules.most_seconds - (self._clock.monotonic() - self._began_at)

    async def resume(self) -> None:
        """Go on with what an earlier run of this turn had begun, or somebody has decided about since.

        What may have had its effect is not run again by itself: it becomes undecided.
        """
        if not self._asker.turn.has_calls:
            return
        kept = await self._database.read(tool_calls.of_turn(self._asker.turn.id))
        self._note(kept)
        await asyncio.gather(*(self._resumed(each) for each in kept if each.result is None))

    async def run(
        self, said: str, calls: Sequence[CallPart], used: Used, heard: Heard, ended: Ended = _unheard
    ) -> None:
        """Have all of these done at once, as far as nobody has to be asked.

        `said` is what the model said before, `used` what the request for that has used; `ended` gets the name of each
        tool when a call of it has ended.
        """
        number = 1 + max((round_ for round_, _ in self._made), default=-1)
        room = max(0, self._rules.most_calls - len(self._made))
        plain = [self._kept(KeptCall(number, place, said, call, True, used=used)) for place, call in enumerate(calls)]
        kept = await self._judged(plain[:room], heard) + plain[room:]
        await self._database.write(tool_calls.add_calls(self._asker.turn.id, kept, self._clock.now()))
        self._note(kept)
        runs = (self._heard(each, ended) for each in kept[:room] if each.state is CallState.BEGUN)
        await asyncio.gather(*runs, *(self._noted(each, _too_many(each.call)) for each in kept[room:]))

    def _kept(self, kept: KeptCall) -> KeptCall:
        """A call with what it is known to be now."""
        tool = self._tools.get(kept.call.tool)
        if tool is None:
            return kept
        version = tool.version_as(kept.call.tool)
        return replace(kept, repeatable=tool.may_run_again, version=version, login=tool.login)

    async def _judged(self, calls: Sequence[KeptCall], heard: Heard) -> list[KeptCall]:
        """Which of these somebody is asked about: what has an effect, unless it is allowed, and by nobody's words but
        the asker's and its own.
        """
        if not any(map(self._has_effect, calls)):
            return list(calls)
        asker = self._asker

        def look() -> Program[tuple[frozenset[str] | None, set[tuple[str, str]]]]:
            allowed = yield from approvals.allowed(asker.person.id, asker.session.id)
            return (yield from heard()), allowed

        tools, allowed = await self._database.read(look())
        here = {kept.call.tool for kept in self._made.values()} - OWN_WORDS

        def judged(kept: KeptCall) -> KeptCall:
            said = None if tools is None else {self._tools.name(tool) for tool in tools | here}
            is_wary = said is None or not said <= {self._tools.name(kept.call.tool)}
            if not is_wary and self._is_allowed(kept, allowed):
                return kept
            return replace(kept, state=CallState.ASKED, wary=is_wary)

        return [judged(kept) if self._has_effect(kept) else kept for kept in calls]

    def _is_allowed(self, kept: KeptCall, allowed: Set[tuple[str, str]]) -> bool:
        tool = self._tools.get(kept.call.tool)
        return kept.call.tool in OWN_WORDS or (tool is not None and not tool.consents.isdisjoint(allowed))

    def _has_effect(self, kept: KeptCall) -> bool:
        """Whether it would do something: there is such a tool, it does not only read, and it can be called so."""
        tool = self._tools.get(kept.call.tool)
        return tool is not None and not tool.reads and arguments_of(kept.call.arguments) is not None

    async def _resumed(self, kept: KeptCall) -> None:
        """Go on with one that has not ended."""
        now = self._kept(kept)
        match kept.state:
            case CallState.BEGUN if kept.repeatable:
                await self._ended(kept)
            case CallState.BEGUN:
                await self._lost(now)
            case CallState.ALLOWED | CallState.ANSWERED if now.seal == kept.seal:
                await self._set(replace(kept, state=CallState.BEGUN))
                await self._ended(kept)
            case CallState.ALLOWED:
                # The tool is described in other words than those that were allowed.
                await self._set(replace(now, state=CallState.ASKED))
            case CallState.ANSWERED:
                # The same, in the middle of the call: what it asked for is nothing to what it is now.
                await self._begun_anew(now)
            case CallState.ASKED | CallState.UNKNOWN | CallState.WANTS:
                pass

    async def _begun_anew(self, kept: KeptCall) -> None:
        """Run one again whose server no longer waits for what it has asked for, if that has no other effect."""
        if not kept.repeatable:
            await self._lost(kept)
            return
        await self._set(kept.without_form(CallState.BEGUN))
        await self._ended(kept.without_form(CallState.BEGUN))

    async def _lost(self, kept: KeptCall) -> None:
        """Nobody knows what came of one: the person is asked."""
        log.warning("tool_outcome_unknown", turn=self._asker.turn.id, tool=kept.call.tool)
        await self._set(kept.without_form(CallState.UNKNOWN))

    def _note(self, calls: Iterable[KeptCall]) -> None:
        self._made |= {(kept.round, kept.number): kept for kept in calls}

    async def _set(self, kept: KeptCall) -> None:
        await self._database.write(tool_calls.set_state(self._asker.turn.id, kept, self._clock.now()))
        self._note((kept,))

    async def _heard(self, kept: KeptCall, ended: Ended) -> None:
        await self._ended(kept)
        ended(kept.call.tool)

    async def _ended(self, kept: KeptCall) -> None:
        try:
            result = await self._result(kept)
        except ToolAsks as asks:
            await self._set(replace(kept, state=CallState.WANTS, form=asks.wanted.kept, answers=""))
        except FormGone:
            await self._begun_anew(kept)
        else:
            await self._noted(kept, result)

    async def _noted(self, kept: KeptCall, result: ResultPart) -> None:
        self._note((replace(kept, state=CallState.BEGUN, result=result),))
        await self._database.write(tool_calls.end_call(self._asker.turn.id, kept, result))

    async def _result(self, kept: KeptCall) -> ResultPart:
        """What comes of a call. Whatever its tool does, it is a result.

        Raises:
            ToolAsks: but for what its server asks the person first; `FormGone` if it no longer waits for that.
        """
        call = kept.call
        tool = self._tools.get(call.tool)
        if self._left_s <= 0:
            return _too_many(call)
        if tool is None:
            names = ", ".join(self._tools.by_name)
            return ResultPart(call.id, f"There is no tool of that name. There are: {names}.", Outcome.FAILED)
        arguments = arguments_of(call.arguments)
        if arguments is None:
            return ResultPart(call.id, "The arguments were no JSON object. Call again.", Outcome.FAILED)
        began_at = self._clock.monotonic()
        outcome, text = await self._called(tool, arguments, kept)
        log.info(
            "tool_called", turn=self._asker.turn.id, tool=call.tool, outcome=outcome.value,
            took_s=round(self._clock.monotonic() - began_at, 3),
        )  # fmt: skip
        return ResultPart(call.id, await self._fitted(tool, text), outcome)

    async def _fitted(self, tool: Tool, text: str) -> str:
        """A result as a model reads it: without what no database takes, and if it is too long its beginning, with the
        name of the document of the session that holds all of it.
        """
        plain, most = text.encode(errors="replace").decode().replace("\0", ""), self._rules.most_characters
        if len(plain) <= most:
            return plain
        data = plain.encode()
        name = f"{tool.offer.name}-{sha256(data).hexdigest()[:8]}.txt"
        where = "Cut here"
        if self._take_in is not None:
            file = FilePart("", name, "text/plain", len(data))
            if await self._take_in(self._asker.turn, file, data) is not None:
                where = f"Cut here; all of it is the document {name} of this conversation"
        return f"{plain[:most]}\n({where}: {most:,} of {len(plain):,} characters.)"

    async def _called(self, tool: Tool, arguments: dict[str, Any], kept: KeptCall) -> tuple[Outcome, str]:
        try:
            async with asyncio.timeout(self._left_s):
                if kept.form and tool.go_on is not None:
                    wanted, answers = Wanted.of(kept.form), Answers.of(kept.answers)
                    return Outcome.DONE, await tool.go_on(self._asker, arguments, wanted, answers)
                return Outcome.DONE, await tool.call(self._asker, arguments)
        except TimeoutError:
            if tool.reads:
                return Outcome.FAILED, "It took too long."
            return Outcome.UNKNOWN, LOST
        except ToolFailed as error:
            return Outcome.FAILED, str(error)
        except FormGone:
            raise
        except ToolLost:
            return (Outcome.FAILED, "Its server has ended.") if tool.reads else (Outcome.UNKNOWN, LOST)


def _too_many(call: CallPart) -> ResultPart:
    return ResultPart(call.id, "No more calls are left for this answer. Answer now.", Outcome.DENIED)


def arguments_of(text: str) -> dict[str, Any] | None:
    """The arguments that a model has written; None if they are no JSON object."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def rounds_made(calls: Iterable[KeptCall], unended: Callable[[KeptCall], ResultPart]) -> list[Round[Part]]:
    """Calls as rounds; `unended` says what is known of one that has no result."""
    of_round: dict[int, list[KeptCall]] = {}
    for kept in calls:
        of_round.setdefault(kept.round, []).append(kept)
    return [
        Round(
            (TextPart(called[0].said),) if called[0].said else (),
            tuple(kept.call for kept in called),
            tuple(kept.result or unended(kept) for kept in called),
        )
        for _, called in sorted(of_round.items())
    ]


def steps(rounds: Iterable[Round[Part]]) -> list[Part]:
    """Rounds as parts of an answer."""
    return [part for made in rounds for part in made.parts]
