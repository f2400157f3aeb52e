"""Killed around a call to a real server, which counts what it is asked: no effect comes twice by itself."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.settings.servers import ServerTable
from bot.standins.dialects import Called
from bot.standins.model import Reply
from storage import server_tools
from tests.crash.scene import ANSWER, Scene
from tests.crash.victim import KillAt
from tests.support import tool_server
from tests.support.sides import Room, Shown
from tests.support.tool_servers import HttpServer, served


class Clock:
    """A server of tools outside the gateway, which outlives it or is started anew with it."""

    def __init__(self, table: ServerTable, called: Callable[[], list[str]]) -> None:
        self.table = table
        self.called = called
        """The tools that it was asked for until now, across all kills."""


@pytest.fixture(params=["stdio", "http"])
async def clock(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Clock]:
    asks = ("waits_for_ever",)  # An effect here: the gateway can be killed while it runs.
    if request.param == "stdio":
        calls = tmp_path / "calls"
        calls.touch()
        command = (sys.executable, "-S", tool_server.__file__, "--calls", str(calls))
        yield Clock(ServerTable(command=command, asks=asks), lambda: calls.read_text().split())
        return
    async with HttpServer().running() as server:
        yield Clock(ServerTable(url=server.url, asks=asks), lambda: server.called)


async def meet(scene: Scene, clock: Clock) -> Room:
    """A private chat of Alice's with a gateway that knows what the server has."""
    scene.settings["server_tables"] = {"clock": clock.table}
    async with await scene.open_database() as database:
        await database.write(server_tools.note("clock", served()))
    return scene.private


def calls(tool: str) -> Callable[[Mapping[str, Any]], Reply]:
    """A model that calls this tool, and then answers."""

    def reply(body: Mapping[str, Any]) -> Reply:
        has_called = any(message["role"] == "tool" for message in body["messages"])
        return Reply(ANSWER) if has_called else Reply("", calls=(Called(f"clock_{tool}", "{}"),))

    return reply


async def answered(scene: Scene, room: Room) -> None:
    """Wait for the answer, and for the end of all that there is to do."""
    await scene.until(lambda: any("end." in shown.text for shown in scene.answers(room)))
    await scene.nothing_left()
    await scene.ends()


async def presses(scene: Scene, room: Room, label: str) -> None:
    def card() -> Shown | None:
        return next((shown for shown in scene.answers(room) if label in shown.labels), None)

    shown = await scene.until(card)
    assert shown is not None
    scene.side.press(scene.alice, room, shown, label)


@pytest.mark.parametrize("clock", ["stdio"], indirect=True)
@pytest.mark.parametrize("scene", ["telegram"], indirect=True)
async def test_a_tool_that_reads_is_run_again_where_its_result_was_not_kept(scene: Scene, clock: Clock) -> None:
    room = await meet(scene, clock)
    scene.model.reply = calls("now")
    await scene.start(KillAt("before", 1, "end_call"))
    scene.say(room, "what time is it?")
    await scene.dies()
    assert clock.called() == ["now"]
    await scene.start()
    await answered(scene, room)
    assert clock.called() == ["now", "now"]


# Where it is killed, what is pressed then, and how often the tool has been called by the end.
AT_AN_EFFECT = [
    (KillAt("after", 1, "set_state"), "Leave it", 0),
    (KillAt("before", 1, "end_call"), "Leave it", 1),
    (KillAt("after", 1, "end_call"), "", 1),
]


@pytest.mark.parametrize("clock", ["http"], indirect=True)
@pytest.mark.parametrize("scene", ["discord"], indirect=True)
@pytest.mark.parametrize(("point", "press", "times"), AT_AN_EFFECT, ids=str)
async def test_killed_around_a_tool_with_an_effect(
    scene: Scene, clock: Clock, point: KillAt, press: str, times: int
) -> None:
    """It is not done again by itself, and who asked is told where nobody knows whether it was done."""
    room = await meet(scene, clock)
    scene.model.reply = calls("books")
    await scene.start(point)
    scene.say(room, "book a table")
    await presses(scene, room, "Allow once")
    await scene.dies()
    assert len(clock.called()) == times
    await scene.start()
    if press:
        await presses(scene, room, press)
    await answered(scene, room)
    assert clock.called() == ["books"] * times


@pytest.mark.parametrize("clock", ["stdio"], indirect=True)
@pytest.mark.parametrize("scene", ["telegram"], indirect=True)
async def test_killed_while_a_tool_with_an_effect_runs(scene: Scene, clock: Clock) -> None:
    room = await meet(scene, clock)
    scene.model.reply = calls("waits_for_ever")
    await scene.start()
    scene.say(room, "book a table")
    await presses(scene, room, "Allow once")
    await scene.until(clock.called)
    scene.kill()
    await scene.start()
    await presses(scene, room, "Leave it")
    await answered(scene, room)
    assert clock.called() == ["waits_for_ever"]
    assert "may or may not" in str(scene.model.requests[-1].body["messages"])
