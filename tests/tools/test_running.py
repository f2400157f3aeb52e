"""The steps of a turn that was cut off: what only reads is run again, anything else never by itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.contracts.provider import ToolOffer
from bot.domain.calls import CallPart, Outcome
from bot.domain.ids import UnixMs
from bot.domain.messages import TextPart
from bot.domain.people import Identity, Person, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import ToolRules
from bot.domain.sessions import Session, TitleBy
from bot.domain.turns import Turn
from bot.tools.running import Running, Tools
from bot.tools.servers import Servers
from bot.tools.tool import Asker, Tool, ToolFailed
from storage import messages, people, sessions, tool_calls, turns
from storage.database import Database
from storage.programs import Program
from storage.turns import NewTurn
from tests.support.clock import FakeClock
from tests.support.new_data import open_new

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
    number = yield from turns.add(NewTurn(session.id, 1, alice.id, question, 0, "tip"), NOW)
    place = Place("p", "b", "c", "", PlaceKind.PRIVATE)
    turn = Turn(number, session.id, place, alice.id, question, 1, 0, None, False, None, None)
    return Asker(turn, session, alice, has_files=False)


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

    async def running(self, **rules: Any) -> Running:
        tools = (
            self.tool("look", reads=True),
            self.tool("send", reads=False),
            self.tool("put", reads=False, repeatable=True),
        )
        clock = FakeClock()
        none = Servers((), self.database, clock, lambda *_: None)
        found = await Tools(self.database, ToolRules(**rules), clock, none, tools).of(self.asker)
        assert found is not None
        return found


@pytest.fixture
async def world(database: Database) -> World:
    return World(database, await database.write(asked()))


async def test_a_call_that_was_cut_off_runs_again_only_if_it_reads(world: World) -> None:
    first = await world.running()
    await first.run("First.", [LOOK])
    world.hangs = True
    cut_off = asyncio.create_task(first.run("Now both.", [LOOK, SEND]))
    await world.stuck.wait()
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    world.hangs = False
    assert world.done == ["look", "look", "send"]
    again = await world.running()
    rounds = await again.resumed()
    assert world.done == ["look", "look", "send", "look"], "What has an effect is never run again by itself."
    assert [made.said for made in rounds] == [(TextPart("First."),), (TextPart("Now both."),)]
    assert [[result.outcome for result in made.results] for made in rounds] == [
        [Outcome.DONE],
        [Outcome.DONE, Outcome.UNKNOWN],
    ]
    # Killed once more, it is as it was, and nothing runs.
    assert await (await world.running()).resumed() == rounds
    assert world.done == ["look", "look", "send", "look"]
    # The next round does not write over these.
    await again.run("", [SEND])
    kept = await world.database.read(tool_calls.of_turn(world.asker.turn.id))
    assert [(each.round, each.number) for each in kept] == [(0, 0), (1, 0), (1, 1), (2, 0)]


async def test_what_has_its_effect_once_is_run_again(world: World) -> None:
    world.hangs = True
    cut_off = asyncio.create_task((await world.running()).run("", [CallPart("a", "put", "{}")]))
    await world.stuck.wait()
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    world.hangs = False
    ((result,),) = [made.results for made in await (await world.running()).resumed()]
    assert result.outcome is Outcome.DONE
    assert world.done == ["put", "put"]


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


async def test_a_stop_leaves_no_doubt_of_what_only_reads(world: World) -> None:
    results = (await world.running()).stopped([LOOK, SEND])
    assert [(result.call, result.outcome) for result in results] == [("a", Outcome.STOPPED), ("b", Outcome.UNKNOWN)]


async def test_each_call_is_written_before_it_runs(world: World) -> None:
    world.hangs = True
    runs = asyncio.create_task((await world.running()).run("", [SEND]))
    await world.stuck.wait()
    (kept,) = await world.database.read(tool_calls.of_turn(world.asker.turn.id))
    assert (kept.call, kept.repeatable, kept.result) == (SEND, False, None)
    runs.cancel()
    await asyncio.gather(runs, return_exceptions=True)


async def test_a_tool_fails_its_own_call_alone_and_limits_hold(world: World) -> None:
    running = await world.running(most_calls=3, most_characters=8)
    calls = [
        CallPart("1", "look", '{"fails": true}'),
        CallPart("2", "look", "[1, 2"),
        CallPart("3", "look", ""),
        CallPart("4", "look", "{}"),
    ]
    results = await running.run("", calls)
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.FAILED, Outcome.FAILED, Outcome.DENIED]
    assert "It is cl" in results[0].text
    assert [result.call for result in results] == ["1", "2", "3", "4"]
    assert world.done == ["look"]
    assert not running.may_call
