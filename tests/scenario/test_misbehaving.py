"""A server that misbehaves in every way that it knows: each call gets its result, and the person their answer."""

import sys

from bot.settings.servers import ServerTable
from bot.standins.dialects import Called
from bot.standins.model import Reply
from storage import server_tools
from tests.scenario.test_servers import results
from tests.support import tool_server
from tests.support.tool_server import FORMS, TOOLS
from tests.support.tool_servers import served
from tests.support.world import House, Someone
from tests.tools.test_connection import SAYS

DEADLY = ("dies", "floods")
ELSEWHERE = {*FORMS, *DEADLY, "waits_for_ever", "redirects", "drips", "forks", "has_two_faces"}
"""What ends the connection, has no end, or is for another test."""
WAYS = [name for name in dict.fromkeys(TOOLS) if name not in ELSEWHERE]


def calls(*tools: str) -> Reply:
    return Reply("", calls=tuple(Called(f"clock_{tool}", '{"zone": "Rome"}') for tool in tools))


async def test_a_server_that_misbehaves_is_no_trouble_to_anybody(house: House, alice: Someone) -> None:
    command = (sys.executable, "-S", tool_server.__file__)
    await house.start()
    await house.stop()
    await house.write(server_tools.note("clock", served()))
    house.model.reply = "Hello."
    house.model.replies.append(calls(*WAYS))
    await house.start(server_tables={"clock": ServerTable(command=command, reads=("*",))}, tool_calls=len(WAYS))
    alice.says("do it all")
    await alice.sees("Hello.")
    told = dict(zip(WAYS, results(house), strict=True))
    for name, result in told.items():
        said = SAYS.get(name, "").removeprefix("failed: ")
        assert said in result, name
    # Whatever ends its process ends the call, and the next one has another.
    for number, name in enumerate(DEADLY, start=2):
        house.model.replies.append(calls(name))
        alice.says(name)
        await alice.sees("Hello.", times=number)
        assert results(house)[-1] == "Its server has ended."
    house.model.replies.append(calls("now"))
    alice.says("and now?")
    await alice.sees("Hello.", times=len(DEADLY) + 2)
    assert results(house)[-1] == SAYS["now"]
