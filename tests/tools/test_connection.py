"""Connections with servers that misbehave: each call has an end, and what was started ends with its connection."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.contracts.news import NOBODY
from bot.domain.servers import ServerRules
from bot.tools.connection import Connection, Hosts, Refused, Unreachable
from bot.tools.forms import MOST_FORMS, Answers, Wanted, Way
from bot.tools.servers import Servers
from bot.tools.tool import FormGone, ToolAsks, ToolFailed, ToolLost
from tests.support import tool_server
from tests.support.clock import FakeClock
from tests.support.new_data import open_new
from tests.support.tool_server import TOOLS
from tests.support.tool_servers import HttpServer, no_servers, served
from tests.warm.test_zygote import limit_of, opened_by, proc, running, started_by

SERVER = (sys.executable, "-S", tool_server.__file__)
DEADLY = ("dies", "floods")


def rules(*arguments: str) -> ServerRules:
    return ServerRules(name="clock", command=(*SERVER, *arguments))


@asynccontextmanager
async def connected(given: ServerRules) -> AsyncIterator[Connection]:
    async with hosting() as hosts:
        connection = await hosts.connect(given)
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def hosting() -> AsyncIterator[Hosts]:
    hosts = Hosts()
    try:
        yield hosts
    finally:
        hosts.close()


async def outcome(connection: Connection, tool: str) -> str:
    try:
        return await connection.call(tool, {"zone": "Rome"})
    except ToolFailed as error:
        return f"failed: {error}"
    except ToolAsks as asks:
        return f"asks: {asks.wanted.message}"
    except ToolLost:
        return "lost"


SAYS = {
    "now": "It is twelve in Rome.",
    "fails": "failed: The clock has stopped.",
    "refuses": "failed: I do not do that.",
    "shows_a_picture": "(image: it cannot be shown here.)",
    "says_nothing": "",
    "answers_for_others": "This is mine.",
    "answers_twice": "Twice.",
    "speaks_in_tongues": "At last.",
    "lies_about_its_form": "failed: Its answer does not follow the protocol (RuntimeError).",
    "answers_nonsense": "failed: Its answer does not follow the protocol (ValidationError).",
    "asks_for_input": "asks: Log in.",
    "asks_for_ever": "failed: It put off its answer again and again.",
    "raises_a_storm": "It is calm.",
    "has_two_faces": "It was me.",
    "has_a_huge_form": "It is small.",
    "answers_with_a_list": "failed: Its answer does not follow the protocol (ValidationError).",
    "answers_in_other_words": "failed: Its answer does not follow the protocol (ValidationError).",
}


async def test_a_server_that_misbehaves_fails_its_own_calls_alone(tmp_path: Path) -> None:
    async with connected(rules("--pids", str(tmp_path / "pids"))) as connection:
        assert [tool.name for tool in connection.tools] == list(TOOLS)
        assert {tool.name for tool in connection.tools if not tool.says_it_reads} == tool_server.WRITES
        waiting = asyncio.create_task(connection.call("waits_for_ever", {}))
        told = dict(zip(SAYS, await asyncio.gather(*(outcome(connection, tool) for tool in SAYS)), strict=True))
        assert told == SAYS
        assert 0 < len(await outcome(connection, "says_megabytes")) < 1_000_000
        # One that is given up ends; the others go on.
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert await outcome(connection, "now") == SAYS["now"]
        await outcome(connection, "forks")
        # One that dies takes along what is under way, and says so.
        waiting = asyncio.create_task(connection.call("waits_for_ever", {}))
        assert await outcome(connection, "dies") == "lost"
        with pytest.raises(ToolLost):
            await waiting
        await until(lambda: not connection.is_open)
        assert await outcome(connection, "now") == "lost"
    await are_gone((tmp_path / "pids").read_text().split())


async def test_what_is_heard_has_an_end() -> None:
    async with connected(rules("--as", "old")) as connection:
        assert len(connection.tools) == 128
        assert await outcome(connection, "now") == SAYS["now"], "The era before 2026 is spoken, too."
        assert await outcome(connection, "floods") == "lost"


async def test_connections_share_what_is_loaded_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4711:secret")
    before, (first, second) = started_by(os.getpid()), (tmp_path / "first", tmp_path / "second")
    async with hosting() as hosts:
        one, two = [await hosts.connect(rules("--pids", str(pids))) for pids in (first, second)]
        (warm,) = started_by(os.getpid()) - before
        assert "Threads:\t1\n" in proc(warm, "status")
        for connection in (one, two):
            await outcome(connection, "forks")
        program, child = second.read_text().split()
        host = running()[int(program)]
        assert running()[host] == warm
        assert {0, 1, 2} < opened_by(host) < set(range(20))
        assert not any("4711:secret" in proc(pid, "environ") for pid in (warm, host, int(program)))
        assert limit_of(host, "Max address space").split()[0] == "1000000000"
        for name in ("Max open files", "Max address space"):
            assert limit_of(int(program), name) == limit_of(os.getpid(), name)
        # One that is killed takes along what it has started, and nothing else.
        os.kill(host, signal.SIGKILL)
        assert await outcome(two, "now") == "lost"
        await are_gone([program, child])
        assert await outcome(one, "now") == SAYS["now"]
        await two.close()
        # Where what is loaded has gone, connections go on without it, and end as ever.
        os.kill(warm, signal.SIGKILL)
        await until(lambda: warm not in running())
        assert await outcome(one, "now") == SAYS["now"]
        await one.close()
        await are_gone(first.read_text().split())
        # The next one has it loaded again. A server that does not start says why to the operator.
        with pytest.raises(Unreachable, match="I have no licence"):
            await hosts.connect(rules("--as", "dead"))
        # One that says nothing ends when nobody waits any more.
        second.unlink()
        connecting = asyncio.create_task(hosts.connect(rules("--as", "silent", "--pids", str(second))))
        await until(lambda: second.exists() and bool(second.read_text()))
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await are_gone(second.read_text().split())
    await until(lambda: started_by(os.getpid()) <= before)


async def test_nothing_that_a_server_has_started_outlives_a_killed_gateway(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    gateway = await asyncio.create_subprocess_exec(sys.executable, "-c", _GATEWAY, *SERVER, "--pids", str(pids))
    await until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    gateway.send_signal(signal.SIGKILL)
    await gateway.wait()
    await are_gone(pids.read_text().split())


_GATEWAY = """
import asyncio, sys
from bot.domain.servers import ServerRules
from bot.tools.connection import Hosts

async def main():
    connection = await Hosts().connect(ServerRules(name="clock", command=tuple(sys.argv[1:])))
    await connection.call("forks", {})
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_server_over_http_that_misbehaves_fails_its_own_calls_alone() -> None:
    async with HttpServer().running() as elsewhere, HttpServer().running() as server:
        server.elsewhere = elsewhere.root
        async with connected(ServerRules(name="clock", url=server.url)) as connection:
            assert [tool.name for tool in connection.tools] == list(TOOLS)
            drips = asyncio.create_task(connection.call("drips", {}))
            told = dict(zip(SAYS, await asyncio.gather(*(outcome(connection, tool) for tool in SAYS)), strict=True))
            # There an answer is what comes as one: its number forges nothing but itself.
            assert told.pop("answers_for_others") == "Forged."
            assert told.pop("speaks_in_tongues").startswith("failed: ")
            assert told.items() < SAYS.items()
            assert "failed" in await outcome(connection, "redirects")
            assert not elsewhere.heard, "What was given for one server goes to no other."
            # One that is given up ends, and so does one that is cut off; the others go on.
            drips.cancel()
            await asyncio.gather(drips, return_exceptions=True)
            assert (await outcome(connection, "dies")).startswith(("lost", "failed: "))
            assert await outcome(connection, "now") == SAYS["now"]


async def test_a_server_over_http_is_asked_with_its_token_and_at_public_addresses_alone() -> None:
    async with HttpServer().running() as server:
        server.key = "secret-token"
        one = ServerRules(name="clock", url=server.url, token="secret-token")
        async with connected(one) as connection:
            assert await outcome(connection, "now") == SAYS["now"]
            assert await outcome(connection, "floods") == "lost"
        assert set(server.heard) == {"Bearer secret-token"}
        server.heard.clear()
        guarded = ServerRules(name="clock", url=server.url, token="secret-token", only_public=True)
        async with hosting() as hosts:
            with pytest.raises(Unreachable, match="not public"):
                await hosts.connect(guarded)
            assert not server.heard, "Nothing is sent to an address that is not public."
            with pytest.raises(Refused):
                await hosts.connect(ServerRules(name="clock", url=server.url))


async def test_a_form_of_before_2026_comes_to_the_call_that_waits_for_it() -> None:
    """Such a server does not say for which call it asks: among several nobody is asked, who could be the wrong one."""
    async with connected(rules("--as", "old")) as connection:
        waiting = asyncio.create_task(connection.call("waits_for_ever", {}))
        await asyncio.sleep(0)
        assert await outcome(connection, "asks_twice") == 'I was told {"action": "cancel"}.'
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await until(lambda: not connection.is_busy)
        # Those that wait already have asked.
        first, second = [await asks(connection) for _ in range(2)]
        assert (first.way, first.message) == (Way.WAITS, "Really?")
        assert (connection.is_awaited, connection.is_busy) == (True, False)
        yes = {"0": {"action": "accept", "content": {"really": True}}}
        told = await connection.call("asks_twice", {}, first, yes)
        assert told == 'I was told {"action": "accept", "content": {"really": true}}.'
        connection.forget(second.parked)
        for gone in (first, second):
            with pytest.raises(FormGone):
                await connection.call("asks_twice", {}, gone, yes)
        assert not connection.is_awaited


async def asks(connection: Connection) -> Wanted:
    with pytest.raises(ToolAsks) as asked:
        await connection.call("asks_twice", {})
    return asked.value.wanted


async def test_a_server_that_asks_for_ever_gets_an_end(tmp_path: Path) -> None:
    async with await open_new(tmp_path / "data") as database:
        given = rules()
        servers = Servers((given,), no_servers(database).own, Hosts(), database, FakeClock(), NOBODY, lambda *_: None)
        (tool,) = (each for each in served() if each.name == "asks_on_and_on")
        with pytest.raises(ToolAsks) as asked:
            await servers.call(given, tool, {})
        wanted = asked.value.wanted
        assert (wanted.way, wanted.number, wanted.state) == (Way.ROUNDS, 1, "mine")
        with pytest.raises(ToolAsks) as asked:
            await servers.call(given, tool, {}, replace(wanted, number=MOST_FORMS - 1), Answers((True,)))
        assert asked.value.wanted.number == MOST_FORMS
        with pytest.raises(ToolFailed, match="more and more"):
            await servers.call(given, tool, {}, asked.value.wanted, Answers((True,)))
        await servers.close()


async def until(look: Callable[[], bool]) -> None:
    while not look():  # noqa: ASYNC110 - other processes set no event
        await asyncio.sleep(0.01)


async def are_gone(pids: list[str]) -> None:
    """Wait until these processes have ended; the test's own time is the limit."""
    assert pids
    await until(lambda: not any(map(is_there, pids)))


def is_there(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
