"""A server that misbehaves in every way that it knows: each call gets its result, and the person their answer."""

import sys

from bot.settings.servers import ServerTable
from bot.standins.dialects import Called
from bot.standins.model import Reply
from storage import server_tools
from tests.scenario.test_servers import results
from tests.support import tool_server
from tests.support.tool_server import FORMS, TOOLS
from tests.support.tool_servers import HttpServer, served
from tests.support.world import House, Someone
from tests.tools.test_connection import SAYS

DEADLY = ("dies", "floods")
ELSEWHERE = {*FORMS, *DEADLY, "waits_for_ever", "redirects", "drips", "forks", "has_two_faces"}
"""What ends the connection, has no end, or is for another test."""
WAYS = [name for name in dict.fromkeys(TOOLS) if name not in ELSEWHERE]


SERVERS = ("clock", "remote")
"""The same one as a program, and over HTTP."""
OVER_HTTP = SAYS | {
    # There an answer is what comes as one: its number forges nothing but itself.
    "answers_for_others": "Forged.",
    "speaks_in_tongues": "",
    "redirects": "not followed",
}


def calls(*tools: tuple[str, str]) -> Reply:
    return Reply("", calls=tuple(Called(f"{server}_{tool}", '{"zone": "Rome"}') for server, tool in tools))


async def test_a_server_that_misbehaves_is_no_trouble_to_anybody(house: House, alice: Someone) -> None:
    command = (sys.executable, "-S", tool_server.__file__)
    async with HttpServer().running() as elsewhere, HttpServer().running() as remote:
        remote.elsewhere = elsewhere.root
        await house.start()
        await house.stop()
        for server in SERVERS:
            await house.write(server_tools.note(server, served()))
        tables = {
            "clock": ServerTable(command=command, reads=("*",)),
            "remote": ServerTable(url=remote.url, reads=("*",)),
        }
        ways = [*((SERVERS[0], way) for way in WAYS), *((SERVERS[1], way) for way in (*WAYS, "redirects"))]
        house.model.reply = "Hello."
        house.model.replies.append(calls(*ways))
        await house.start(server_tables=tables, tool_calls=len(ways))
        alice.says("do it all")
        await alice.sees("Hello.")
        for (server, way), result in zip(ways, results(house), strict=True):
            said = (SAYS if server == "clock" else OVER_HTTP).get(way, "").removeprefix("failed: ")
            assert said in result, (server, way)
        assert not elsewhere.heard, "What was given for one server goes to no other."
        # Whatever ends its process, or its answer, ends the call, and the next one has another.
        for number, way in enumerate(DEADLY, start=2):
            house.model.replies.append(calls(*((server, way) for server in SERVERS)))
            alice.says(way)
            await alice.sees("Hello.", times=number)
            assert results(house)[-2:] == ["Its server has ended."] * 2, way
        house.model.replies.append(calls(*((server, "now") for server in SERVERS)))
        alice.says("and now?")
        await alice.sees("Hello.", times=len(DEADLY) + 2)
        assert results(house)[-2:] == [SAYS["now"]] * 2
