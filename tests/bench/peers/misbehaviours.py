"""A server of tools that misbehaves, peer by peer: who is answered, who waits, and what is done twice.

Left out of `tests/support/tool_server.py` is what has no end (`floods`), what is for HTTP alone, and what only Parley's
own tests look at.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.standins.dialects import Called
from bot.standins.model import Reply
from tests.bench.peers.answers import mark, opening, question
from tests.bench.peers.peer import Peer
from tests.bench.peers.scenarios import Cells
from tests.bench.peers.scene import NotAtWork, Scene, scene
from tests.support import tool_server

WELL_BEHAVED = "now"
AT_CALLS = {
    WELL_BEHAVED: "answers as it should",
    "fails": "says that it has failed",
    "redirects": "does not know its own tool",
    "shows_a_picture": "answers with a damaged picture",
    "says_megabytes": "answers 3 MB",
    "says_nothing": "answers nothing",
    "lies_about_its_form": "answers in another form than announced",
    "answers_for_others": "answers a call that nobody has made",
    "answers_twice": "answers twice",
    "speaks_in_tongues": "writes what is no protocol in between",
    "answers_nonsense": "answers text where a list belongs",
    "answers_with_a_list": "answers lists where blocks belong",
    "answers_in_other_words": "answers with a block of an unknown type",
    "raises_a_storm": "sends 200 messages in between",
    "asks_for_input": "asks for a password",
    "asks_for_ever": "asks for the same again and again",
    "dies": "dies in the call, its effect done",
    "waits_for_ever": "never answers",
}
"""Tools, each of a server of its own, and what it does when it is called."""
AT_STARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "is dead at the start": ("dead", ()),
    "never says anything from its start on": ("silent", ()),
    "has 300 tools on a list without an end": ("old", ("--only", "now")),
    "describes a tool with 1 MB": ("", ("--only", "has_a_huge_form")),
    "has two tools of one name": ("", ("--only", "has_two_faces")),
}
"""What it does from the start on: the way that it is told, and more arguments."""
ROWS = (*AT_CALLS.values(), *AT_STARTS)

CALLED_S = 30.0
OFFERED_S = 120.0
LONGEST_S = 150.0
"""Some give a call two minutes."""
MORE_THAN_MODELS_TAKE = 900_000
"""Characters; the stand-in takes as many."""
SLOW_S = 60.0
"""Longer than a turn takes on a busy machine: nothing but waiting takes it."""


async def misbehaving(peer: Peer, root: Path, directory: Path) -> Cells:
    """Every misbehaviour, those of calls in one process of the peer's."""
    cells: Cells = {}
    calls = directory / "calls"
    calls.mkdir(parents=True)
    servers = {f"s{number}": _command("", calls / tool, "--only", tool) for number, tool in enumerate(AT_CALLS)}
    try:
        async with scene(peer, root, directory / "calling", servers) as at_work:
            await _all_offered(at_work)
            for tool, what in AT_CALLS.items():
                cells[what] = await _called(at_work, tool, calls / tool)
                sys.stderr.write(f"{peer.title}: {what}: {cells[what]}\n")
    except NotAtWork as error:
        sys.stderr.write(f"{peer.title}, with servers: {error}\n")
    for number, (what, (way, more)) in enumerate(AT_STARTS.items()):
        cells[what] = await _started(peer, root, directory / f"start{number}", {"s": _command(way, calls / "x", *more)})
        sys.stderr.write(f"{peer.title}: {what}: {cells[what]}\n")
    return cells


def _command(way: str, calls: Path, *more: str) -> tuple[str, ...]:
    calls.touch()
    told = ("--as", way) if way else ()
    pids = ("--pids", f"{calls}.pids")
    return (sys.executable, "-S", tool_server.__file__, *told, *pids, "--calls", str(calls), *more)


async def _started(peer: Peer, root: Path, home: Path, servers: Mapping[str, tuple[str, ...]]) -> str:
    try:
        async with scene(peer, root, home, servers) as at_work:
            largest = max(len(json.dumps(request.body)) for request in at_work.model.requests)
            asked = f", asking the model with {largest / 1e6:.1f} MB" if largest > MORE_THAN_MODELS_TAKE else ""
            return "answers everybody" + asked
    except NotAtWork as error:
        sys.stderr.write(f"{peer.title}: {error}\n")
        return "**nobody is answered**"


async def _all_offered(scene: Scene) -> None:
    """Ask until a request offers every tool: some connect with a server once it could be needed."""
    seen: set[str] = set()

    def answer(marks: list[str], body: Mapping[str, Any]) -> str:
        seen.update(tool for tool in AT_CALLS if any(name.endswith(tool) for name in _offered(body)))
        return opening(marks)

    scene.answer = answer
    end = time.monotonic() + OFFERED_S
    while len(seen) < len(AT_CALLS) and time.monotonic() < end:
        person, number = scene.newcomer(), scene.ask_number()
        scene.say(person, question(number))
        await scene.until(lambda asked=(person, number): scene.answers(*asked), CALLED_S)  # type: ignore[misc]
        await asyncio.sleep(1)


async def _called(scene: Scene, tool: str, calls: Path) -> str:
    """Somebody's turn calls the tool; meanwhile somebody else asks something."""
    person, other = scene.newcomer(), scene.newcomer()
    number, meanwhile = scene.ask_number(), scene.ask_number()
    offered = False

    def answer(marks: list[str], body: Mapping[str, Any]) -> str | Reply:
        nonlocal offered
        name = next((n for n in _offered(body) if n.endswith(tool)), None)
        # Behind a result some show its picture as if the person had sent it.
        is_called = any(message["role"] == "tool" for message in body["messages"])
        if mark(number) not in marks or is_called or name is None:
            return opening(marks)
        offered = True
        return Reply("", calls=(Called(name, "{}"),))

    scene.answer = answer
    began = time.monotonic()
    scene.say(person, question(number))
    await scene.until(lambda: _times(calls, tool) or scene.answers(person, number), CALLED_S)
    asked = time.monotonic()
    scene.say(other, question(meanwhile))
    is_other_answered = await scene.until(lambda: scene.answers(other, meanwhile), LONGEST_S)
    waited_s = time.monotonic() - asked
    is_answered = await scene.until(lambda: scene.answers(person, number), LONGEST_S)
    took_s = time.monotonic() - began
    if not offered:
        return "its tool is not offered"
    said = "answered" if is_answered else f"**no answer within {LONGEST_S:.0f} s**"
    if not is_answered and (texts := scene.texts(person)):
        said = f"no answer, but: “{' '.join(texts[-1].split())[:90]}”"
    if is_answered and took_s > SLOW_S:
        said += f" after {took_s:.0f} s"
    if (times := _times(calls, tool)) != 1:
        said += f", called {times} times"
    if not is_other_answered:
        said += "; **others get no answer**"
    elif waited_s > SLOW_S:
        said += f"; **others wait {waited_s:.0f} s**"
    return said


def _times(calls: Path, tool: str) -> int:
    return calls.read_text().split().count(tool)


def _offered(body: Mapping[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in body.get("tools") or ()]
