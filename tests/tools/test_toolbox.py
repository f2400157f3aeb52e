"""The steps of a turn that was cut off: what only reads is run again, anything else never by itself."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.contracts.provider import ToolOffer
from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.ids import SessionId, UnixMs
from bot.domain.messages import TextPart
from bot.domain.people import Identity, Person, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import ToolRules
from bot.domain.sessions import Session, TitleBy
from bot.domain.turns import Turn, Usage
from bot.tools.forms import Answers, Wanted, Way
from bot.tools.tool import Asker, FormGone, Tool, ToolAsks, ToolFailed
from bot.tools.toolbox import Toolbox, Tools
from bot.turns.endings import Endings
from storage import approvals, messages, people, sessions, tool_calls, turns
from storage.database import Database
from storage.programs import Program
from storage.tool_calls import NOTHING, CallState, KeptCall, Used
from storage.turns import NewTurn
from tests.support.clock import FakeClock
from tests.support.new_data import open_new
from tests.support.tool_servers import no_servers

NOW = UnixMs(1_000)
LOOK, SEND = CallPart("a", "look", "{}"), CallPart("b", "send", '{"to": "Eve"}')


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_new(tmp_path) as database:
        yield database


def asked() -> Program[Asker]:
    alice: Person = yield from people.add(Identity("p", "alice", "Alice"), Role.MEMBER, NOW)
    yield ("INSERT INTO place (platform, bot, chat, thread, kind) VALUES ('p', 'b', 'c', '', 'private')", ())
    session: Session = yield from sessions.add(alice.id, 1, "regular", "Title", TitleBy.PERSON, alice.id, NOW)
    question = yield from messages.add_question(session.id, (TextPart("Do it."),), "", NOW)
    number, _ = yield from turns.add(NewTurn(session.id, 1, alice.id, question, 0, "tip"), NOW)
    place = Place("p", "b", "c", "", PlaceKind.PRIVATE)
    turn = Turn(number, session.id, place, alice.id, question, 1, 0, None, False, None, None, has_calls=True)
    return Asker(turn, session, alice, has_files=False)


def heard_of(tools: frozenset[str] | None) -> Program[frozenset[str] | None]:
    """Nobody but the asker and these tools has said anything; None: somebody else has as well."""
    yield from ()
    return tools


theirs = partial(heard_of, frozenset())
not_theirs = partial(heard_of, None)


class World:
    """What the tools have done."""

    def __init__(self, database: Database, asker: Asker) -> None:
        self.database = database
        self.asker = asker
        self.done: list[str] = []
        self.stuck = asyncio.Event()
        self.hangs = False

    def tool(self, name: str, *, reads: bool, repeatable: bool = False) -> Tool:
        async def call(_: Asker, arguments: Mapping[str, Any]) -> str:
            self.done.append(name)
            if self.hangs:
                self.stuck.set()
                await asyncio.Event().wait()
            if arguments.get("fails"):
                raise ToolFailed("It is closed.")
            return f"{name} is done."

        offer = ToolOffer(name, "", {"type": "object", "properties": {}})
        return Tool(offer, reads=reads, suits=lambda _: True, call=call, repeatable=repeatable)

    async def toolbox(self, **rules: Any) -> Toolbox:
        tools = (
            self.tool("look", reads=True),
            self.tool("send", reads=False),
            self.tool("put", reads=False, repeatable=True),
        )
        clock = FakeClock()
        none = no_servers(self.database)
        found = await Tools(self.database, ToolRules(**rules), clock, none, tools).of(self.asker)
        assert found is not None
        return found

    async def cut_off(self, *calls: CallPart) -> None:
        """Calls that had begun when the process died."""
        kept = [KeptCall(0, at, "", call, repeatable=call is not SEND) for at, call in enumerate(calls)]
        await self.database.write(tool_calls.add_calls(self.asker.turn.id, kept, NOW))

    async def allow(self, toolbox: Toolbox) -> None:
        for kept in toolbox.undecided:
            allowed = replace(kept, state=CallState.ALLOWED)
            await self.database.write(tool_calls.set_state(self.asker.turn.id, allowed, NOW))


@pytest.fixture
async def world(database: Database) -> World:
    return World(database, await database.write(asked()))


async def test_what_has_an_effect_waits_and_what_reads_runs(world: World) -> None:
    toolbox = await world.toolbox()
    await toolbox.run("First.", [LOOK, SEND], NOTHING, theirs)
    assert world.done == ["look"]
    (asked,) = toolbox.undecided
    assert (asked.call, asked.state, asked.wary) == (SEND, CallState.ASKED, False)
    # However often it is started, it waits.
    again = await world.toolbox()
    await again.resume()
    assert again.undecided == (asked,)
    assert world.done == ["look"]
    await world.allow(again)
    last = await world.toolbox()
    await last.resume()
    assert world.done == ["look", "send"]
    assert not last.undecided
    assert last.has_done
    (made,) = last.rounds
    assert (made.said, [result.outcome for result in made.results]) == ((TextPart("First."),), [Outcome.DONE] * 2)
    # The next round does not write over these.
    await last.run("", [LOOK], NOTHING, theirs)
    kept = await world.database.read(tool_calls.of_turn(world.asker.turn.id))
    assert [(each.round, each.number) for each in kept] == [(0, 0), (0, 1), (1, 0)]


async def test_what_was_cut_off_is_run_again_only_if_that_has_no_other_effect(world: World) -> None:
    await world.cut_off(LOOK, SEND, CallPart("c", "put", "{}"))
    again = await world.toolbox()
    await again.resume()
    assert sorted(world.done) == ["look", "put"], "What may have had its effect is not run again by itself."
    (unknown,) = again.undecided
    assert (unknown.call, unknown.state) == (SEND, CallState.UNKNOWN)
    assert [result.outcome for result in again.rounds[0].results] == [Outcome.DONE, Outcome.UNKNOWN, Outcome.DONE]
    # Killed once more, it is as it was. Who wants it done again has it done.
    await (await world.toolbox()).resume()
    assert len(world.done) == 2
    await world.allow(again)
    await (await world.toolbox()).resume()
    assert sorted(world.done) == ["look", "put", "send"]


async def test_what_is_allowed_for_longer_runs_unasked_only_by_the_askers_own_words_and_its_own(world: World) -> None:
    tool, person = world.tool("send", reads=False), world.asker.person.id
    await world.database.write(approvals.allow(person, world.asker.session.id, "send", tool.version, NOW))
    clean = await world.toolbox()
    await clean.run("", [SEND], NOTHING, theirs)
    assert (world.done, clean.undecided) == (["send"], ())
    # What it has brought itself can have nothing done but itself again; what another has is somebody else's word.
    await clean.run("", [SEND], NOTHING, partial(heard_of, frozenset(("send",))))
    assert (world.done, clean.undecided) == (["send"] * 2, ())
    await clean.run("", [LOOK], NOTHING, theirs)
    await clean.run("", [SEND], NOTHING, theirs)
    assert (world.done, [kept.wary for kept in clean.undecided]) == (["send", "send", "look"], [True])


async def test_words_of_others_make_every_effect_ask(world: World) -> None:
    tool, person = world.tool("send", reads=False), world.asker.person.id
    await world.database.write(approvals.allow(person, None, "send", tool.version, NOW))
    wary = await world.toolbox()
    await wary.run("", [SEND], NOTHING, not_theirs)
    assert (world.done, [kept.wary for kept in wary.undecided]) == ([], [True])


async def test_a_consent_ends_with_what_it_was_given_to(world: World) -> None:
    person, other = world.asker.person.id, SessionId(world.asker.session.id + 1)
    tool = world.tool("send", reads=False)
    await world.database.write(approvals.allow(person, None, "send", "other words", NOW))
    toolbox = await world.toolbox()
    await toolbox.run("", [SEND], NOTHING, theirs)
    assert len(toolbox.undecided) == 1
    await world.database.write(approvals.allow(person, world.asker.session.id, "send", tool.version, NOW))
    allowed = await world.database.read(approvals.allowed(person, other))
    assert allowed == {("send", "other words")}
    # What was allowed once is not run as another tool of that name.
    await world.allow(toolbox)
    changed = replace(tool, offer=replace(tool.offer, description="Sends it to everybody."))
    none = no_servers(world.database)
    last = await Tools(world.database, ToolRules(), FakeClock(), none, (changed,)).of(world.asker)
    assert last is not None
    await last.resume()
    assert (world.done, [kept.version for kept in last.undecided]) == ([], [changed.version])


async def test_what_was_allowed_holds_whichever_of_its_names_a_tool_goes_by(world: World) -> None:
    person = world.asker.person.id
    tool = replace(world.tool("git_push", reads=False), whole_name="git_git_push")
    kept = replace(tool, offer=replace(tool.offer, name="git_git_push")).version
    await world.database.write(approvals.allow(person, None, "git_git_push", kept, NOW))
    none = no_servers(world.database)
    toolbox = await Tools(world.database, ToolRules(), FakeClock(), none, (tool,)).of(world.asker)
    assert toolbox is not None
    assert [offer.name for offer in toolbox.offers] == ["git_push"]
    # A model that has read of it by its other name calls it so, and what that said is no other tool's word.
    await toolbox.run("", [CallPart("a", "git_push", "{}")], NOTHING, theirs)
    await toolbox.run("", [CallPart("b", "git_git_push", "{}")], NOTHING, theirs)
    await toolbox.run("", [CallPart("c", "git_push", "{}")], NOTHING, theirs)
    assert (world.done, toolbox.undecided) == (["git_push"] * 3, ())
    # Where another tool has the name, what was allowed under it is not that one's.
    await world.database.write(tool_calls.erase(world.asker.turn.id))
    other = replace(tool, whole_name="", offer=replace(tool.offer, description="Another."))
    toolbox = await Tools(world.database, ToolRules(), FakeClock(), none, (other,)).of(world.asker)
    assert toolbox is not None
    await toolbox.run("", [CallPart("d", "git_push", "{}")], NOTHING, theirs)
    assert len(toolbox.undecided) == 1


async def test_what_cannot_be_called_so_is_nobodys_to_decide(world: World) -> None:
    toolbox = await world.toolbox()
    await toolbox.run("", [CallPart("a", "send", "to Eve"), CallPart("b", "fly", "{}")], NOTHING, theirs)
    assert not toolbox.undecided
    assert [result.outcome for result in toolbox.rounds[0].results] == [Outcome.FAILED] * 2


def test_a_tools_version_changes_with_what_is_told_of_it(world: World) -> None:
    tool = world.tool("send", reads=False)
    others = [
        replace(tool, offer=replace(tool.offer, name="mail")),
        replace(tool, offer=replace(tool.offer, description="Sends.")),
        replace(tool, offer=replace(tool.offer, schema={"type": "object"})),
        replace(tool, reads=True),
        replace(tool, login="Bob's"),
    ]
    assert len({each.version for each in (tool, *others)}) == 1 + len(others)
    assert world.tool("send", reads=False).version == tool.version


async def test_a_stop_leaves_no_doubt_of_what_has_done_nothing(world: World) -> None:
    toolbox = await world.toolbox()
    await toolbox.run("", [LOOK, SEND], NOTHING, theirs)
    assert [result.outcome for result in toolbox.rounds[0].results] == [Outcome.DONE, Outcome.STOPPED]
    await world.allow(toolbox)
    world.hangs = True
    stopped = await world.toolbox()
    runs = asyncio.create_task(stopped.resume())
    await world.stuck.wait()
    runs.cancel()
    await asyncio.gather(runs, return_exceptions=True)
    assert [result.outcome for result in stopped.rounds[0].results] == [Outcome.DONE, Outcome.UNKNOWN]


async def test_each_call_is_written_before_it_runs(world: World) -> None:
    world.hangs = True
    runs = asyncio.create_task((await world.toolbox()).run("", [LOOK], NOTHING, theirs))
    await world.stuck.wait()
    (kept,) = await world.database.read(tool_calls.of_turn(world.asker.turn.id))
    assert (kept.call, kept.repeatable, kept.state, kept.result) == (LOOK, True, CallState.BEGUN, None)
    runs.cancel()
    await asyncio.gather(runs, return_exceptions=True)


async def test_a_tool_fails_its_own_call_alone_and_limits_hold(world: World) -> None:
    toolbox = await world.toolbox(most_calls=3, most_characters=8)
    calls = [
        CallPart("1", "look", '{"fails": true}'),
        CallPart("2", "look", "[1, 2"),
        CallPart("3", "look", ""),
        CallPart("4", "look", "{}"),
    ]
    await toolbox.run("", calls, NOTHING, theirs)
    ((results),) = [made.results for made in toolbox.rounds]
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.FAILED, Outcome.FAILED, Outcome.DENIED]
    assert "It is cl" in results[0].text
    assert [result.call for result in results] == ["1", "2", "3", "4"]
    assert world.done == ["look"]
    assert not toolbox.may_call


@pytest.mark.parametrize(
    ("used", "may_call"),
    [
        (Used(Usage(600, 300), 999_999), True),
        (Used(Usage(600, 400), 0), False),
        (Used(Usage(0, 0), 1_000_000), False),
    ],
)
async def test_tokens_and_dollars_of_a_turn_are_limited_also_after_a_restart(
    world: World, used: Used, may_call: bool
) -> None:
    rules = {"most_tokens": 1_000, "most_usd": 1.0}
    toolbox = await world.toolbox(**rules)
    await toolbox.run("", [LOOK, LOOK], used, theirs)
    again = await world.toolbox(**rules)
    await again.resume()
    assert (toolbox.may_call, again.may_call) == (may_call, may_call)
    assert again.used == used


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (KeptCall(0, 0, "", SEND, repeatable=False), True),
        (KeptCall(0, 0, "", SEND, repeatable=False, result=ResultPart("b", "It went.")), True),
        (KeptCall(0, 0, "", SEND, repeatable=False, state=CallState.UNKNOWN), True),
        (KeptCall(0, 0, "", SEND, repeatable=False, state=CallState.ASKED), False),
        (KeptCall(0, 0, "", SEND, repeatable=False, state=CallState.ALLOWED), False),
        (KeptCall(0, 0, "", SEND, repeatable=False, result=ResultPart("b", "No.", Outcome.DENIED)), False),
        (KeptCall(0, 0, "", SEND, repeatable=True), False),
    ],
)
async def test_a_turn_that_is_given_up_tells_what_it_may_have_done(
    database: Database, kept: KeptCall, told: bool
) -> None:
    asker = await database.write(asked())
    await database.write(tool_calls.add_calls(asker.turn.id, [kept], NOW))
    if kept.result is not None:
        await database.write(tool_calls.end_call(asker.turn.id, kept, kept.result))
    endings = Endings(database, FakeClock(), random.Random(1), lambda _: None)
    (page,) = await database.write(endings.give_up(asker.turn))
    assert ("What was done before that may stay: send." in page.page.text) == told


FORM = Wanted(Way.ROUNDS, {"form": {"mode": "form", "message": "Really?", "requestedSchema": {}}}, "state")
YES = Answers((True,))


class Asking:
    """A tool whose server wants to know something first."""

    def __init__(self, world: World, *, reads: bool) -> None:
        self._world = world
        self._reads = reads
        self.done: list[str] = []
        self.is_gone = False

    async def toolbox(self) -> Toolbox:
        async def call(_: Asker, arguments: Mapping[str, Any]) -> str:
            self.done.append("asks")
            raise ToolAsks(FORM)

        async def go_on(_: Asker, arguments: Mapping[str, Any], wanted: Wanted, answers: Answers) -> str:
            if self.is_gone:
                raise FormGone
            self.done.append(f"is told {answers.values[0]}")
            return str(wanted.state)

        offer = ToolOffer("ask", "", {"type": "object", "properties": {}})
        tool = Tool(offer, reads=self._reads, suits=lambda _: True, call=call, go_on=go_on)
        database = self._world.database
        tools = Tools(database, ToolRules(), FakeClock(), no_servers(database), [tool])
        found = await tools.of(self._world.asker)
        assert found is not None
        await found.resume()
        return found

    async def keeps(self, toolbox: Toolbox, state: CallState, answers: str = "") -> None:
        (kept,) = toolbox.undecided
        changed = replace(kept, state=state, answers=answers)
        await self._world.database.write(tool_calls.set_state(self._world.asker.turn.id, changed, NOW))

    async def asked(self) -> Toolbox:
        """It, as far as a call of it asks the person."""
        toolbox = await self.toolbox()
        await toolbox.run("", [CallPart("a", "ask", "{}")], NOTHING, theirs)
        if not self._reads:
            await self.keeps(toolbox, CallState.ALLOWED)
            toolbox = await self.toolbox()
        return toolbox


@pytest.mark.parametrize("reads", [True, False])
async def test_a_call_whose_server_asks_waits_for_the_answer_and_goes_on_with_it(world: World, reads: bool) -> None:
    asking = Asking(world, reads=reads)
    (kept,) = (await asking.asked()).undecided
    assert (kept.state, Wanted.of(kept.form), kept.may_have_acted) == (CallState.WANTS, FORM, not reads)
    # However often it is started, it waits.
    waiting = await asking.toolbox()
    assert (waiting.undecided, asking.done) == ((kept,), ["asks"])
    await asking.keeps(waiting, CallState.ANSWERED, YES.kept)
    last = await asking.toolbox()
    assert (last.undecided, asking.done) == ((), ["asks", "is told True"])
    assert [(result.text, result.outcome) for result in last.rounds[0].results] == [("state", Outcome.DONE)]


@pytest.mark.parametrize("reads", [True, False])
async def test_what_its_server_no_longer_waits_for_is_asked_again_only_if_it_reads(world: World, reads: bool) -> None:
    asking = Asking(world, reads=reads)
    await asking.keeps(await asking.asked(), CallState.ANSWERED, YES.kept)
    asking.is_gone = True
    (kept,) = (await asking.toolbox()).undecided
    assert (kept.state, kept.answers) == (CallState.WANTS if reads else CallState.UNKNOWN, "")
    assert bool(kept.form) == reads
    assert asking.done == ["asks"] * (2 if reads else 1)


@pytest.mark.parametrize("reads", [True, False])
async def test_what_was_cut_off_while_it_went_on_is_run_again_only_if_it_reads(world: World, reads: bool) -> None:
    asking = Asking(world, reads=reads)
    await asking.keeps(await asking.asked(), CallState.BEGUN, YES.kept)
    last = await asking.toolbox()
    assert asking.done == ["asks", "is told True"] if reads else ["asks"]
    assert [kept.state for kept in last.undecided] == ([] if reads else [CallState.UNKNOWN])
