"""What tools cost: a turn that uses one which reads here, turns that are offered many and use none, and connections
with a server of them.

    python -m tests.bench.tools [--turns 300] [--rounds 3]

Status 1 where a limit is missed.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bot.domain.servers import ServerRules
from bot.standins.dialects import Called
from bot.standins.model import Reply
from bot.standins.model.values import Received
from bot.tools.connection import Hosts
from tests.bench.figures import limited_table
from tests.bench.loads import Crowd
from tests.bench.stage import Stage, environ, stage
from tests.bench.subject import GATEWAY, running
from tests.support import tool_server

USED_LIMIT_MS = 60.0
"""From the model's last byte that calls the tool to its next request: the tool's own time is within it."""
CPU_LIMIT = 1.05
MEMORY_LIMIT = 1.02
"""No more memory is asked for: what differs from one start to the next is a percent or two."""
PEOPLE = 10
MANY = 20
"""Tools that are offered once the server was heard."""
CLOCK = ServerRules(name="clock", command=(sys.executable, "-S", tool_server.__file__), seconds=120)
CONNECTED = 4
"""Servers at a time."""
CALL = Called("search_sessions", '{"words": "turn"}')
SERVERS = """
[servers.clock]
command = ["{python}", "-S", "{program}"]
"""


class Caller:
    """A model that calls a tool in each turn, with a stopwatch from there to its next request."""

    def __init__(self, ready: Stage) -> None:
        self.gaps_s: list[float] = []
        self._ready = ready
        self._answer = ready.model.reply
        self._called: list[tuple[Received, asyncio.Task[float]]] = []
        ready.model.reply = self.reply

    def reply(self, body: Mapping[str, Any]) -> Reply:
        """Call, or answer once that has been done."""
        now, messages = time.monotonic(), body["messages"]
        if messages[-1]["role"] != "tool":
            received = self._ready.model.requests[-1]
            self._called.append((received, asyncio.create_task(_end_of(received))))
            return Reply("", calls=(CALL,))
        _, ended = self._called.pop()
        self.gaps_s.append(now - ended.result())
        question = next(message for message in reversed(messages) if message["role"] == "user")
        assert callable(self._answer)
        answered = self._answer({"messages": [question]})
        return answered if isinstance(answered, Reply) else Reply(str(answered))


async def _end_of(received: Received) -> float:
    await received.ended.wait()
    return time.monotonic()


async def used(turns: int) -> list[float]:
    """How long each of so many turns of one person takes from a call to the model's next request, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with stage("telegram", 1) as ready:
            around = environ(ready, str(Path(directory) / "data")) | {"TOOLS": "reading"}
            async with running(GATEWAY, around, Path(directory)) as bot:
                await ready.arrived
                caller, crowd = Caller(ready), Crowd(ready, bot, seed=1)
                await crowd.talk(10)  # opens connections and accounts
                caller.gaps_s.clear()
                await crowd.talk(turns)
                await bot.stop()
    return sorted(1000 * gap_s for gap_s in caller.gaps_s)


async def unused(turns: int, *, offered: bool) -> tuple[float, float]:
    """CPU of a turn in milliseconds, and memory in the end in megabytes; with tools that nobody uses, or without."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        home = Path(directory)
        if offered:
            (home / "parley.toml").write_text(SERVERS.format(python=sys.executable, program=tool_server.__file__))
        async with stage("telegram", PEOPLE) as ready:
            # Not what is read of earlier turns is to be compared.
            around = environ(ready, str(home / "data")) | {
                "CONTEXT_MESSAGES": "2",
                "TOOLS": "reading" if offered else "",
            }
            around = {name: value for name, value in around.items() if value}
            # What the server has is known from its first connection on, which is not measured.
            async with running(GATEWAY, around, home) as bot:
                await ready.arrived
                crowd = Crowd(ready, bot, seed=1)
                await crowd.talk(1)
                while offered and len(ready.model.requests[-1].body["tools"]) < MANY:
                    await crowd.talk(1, people=1)
                await bot.stop()
            async with running(GATEWAY, around, home) as bot:
                crowd = Crowd(ready, bot, seed=2, first=100_000)
                await crowd.talk(3)
                load = await crowd.talk(max(1, turns // PEOPLE))
                memory = bot.memory().now / 1e6
                await bot.stop()
    return load.cpu_ms_per_turn, memory


class Connecting(NamedTuple):
    """What it costs to connect with a server that is a program, ask it once, and leave it, its own start included."""

    waited_s: float
    """Until it has said what it has."""
    cpu_s: float
    """Of all processes."""


async def connecting(further: int) -> tuple[Connecting, Connecting, float]:
    """The first connection, a further one, and the megabytes that `CONNECTED` at a time take, without the servers'."""
    (waited_s,), cpu_s = await _connected(1)
    waits_s, all_s = await _connected(1 + further)
    hosts = Hosts()
    connections = [await hosts.connect(CLOCK) for _ in range(CONNECTED)]
    memory = sum(map(_share_of, _ours()))
    for connection in connections:
        await connection.close()
    hosts.close()
    later = Connecting(statistics.median(waits_s[1:]), (all_s - cpu_s) / further)
    return Connecting(waited_s, cpu_s), later, memory


async def _connected(times: int) -> tuple[list[float], float]:
    """How long each of so many connections, one after the other, was waited for, and the CPU of all."""
    hosts, before_s, waits_s = Hosts(), _children_s(), []
    for _ in range(times):
        began = time.monotonic()
        connection = await hosts.connect(CLOCK)
        waits_s.append(time.monotonic() - began)
        await connection.call("now", {"zone": "Rome"})
        await connection.close()
    hosts.close()
    return waits_s, _children_s() - before_s


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ours() -> list[Path]:
    """The processes that speak with servers, and the one that they are forked from."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if b"bot.warm.zygote" in (path / "cmdline").read_bytes():
                found.append(path)
        except OSError:
            continue
    return found


def _share_of(process: Path) -> float:
    """Its memory, of what it shares its share, in megabytes."""
    lines = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
    return int(lines["Pss"].split()[0]) / 1000


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tools", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    first, later, held = asyncio.run(connecting(10 * options.rounds))
    gaps = asyncio.run(used(options.turns))
    figures: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for number in range(options.rounds):
        for offered in (False, True) if number % 2 == 0 else (True, False):
            figures[offered].append(asyncio.run(unused(options.turns, offered=offered)))
    (cpu, memory), (cpu_offered, memory_offered) = (
        map(statistics.median, zip(*figures[offered], strict=True)) for offered in (False, True)
    )
    rows = (
        ("first connection with a server: waited, s", first.waited_s, None),
        ("the same: CPU, s", first.cpu_s, None),
        ("each further one: waited, median, s", later.waited_s, None),
        ("the same: CPU, s", later.cpu_s, None),
        (f"memory of {CONNECTED} connections at a time, MB", held, None),
        ("from a call of a local tool to the next request, median, ms", statistics.median(gaps), None),
        ("the same, p99, ms", gaps[len(gaps) * 99 // 100], USED_LIMIT_MS),
        ("CPU of a turn without tools, ms", cpu, None),
        ("with tools that nobody uses, ratio", cpu_offered / cpu, CPU_LIMIT),
        ("memory without tools, MB", memory, None),
        ("with tools that nobody uses, ratio", memory_offered / memory, MEMORY_LIMIT),
    )
    text, met = limited_table(rows)
    sys.stdout.write(f"tools: {os.cpu_count()} cores\n\n{text}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
