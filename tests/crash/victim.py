"""A gateway process that kills itself, hard, at a chosen transaction.

Everything that a turn does is separated by its transactions, so that killing right before and right after each of
them covers every point: before a commit nothing of it is kept, after it all of it is, and what lies between two
commits (a call to the platform, to the model) is covered by "before the next".
"""

import asyncio
import functools
import itertools
import multiprocessing
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.domain.errors import DatabaseAway
from tests.support.acting import Post
from tests.support.rights import lay_down
from tests.support.writes import set_around

_ROOT = Path(__file__).parent.parent.parent

_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class KillAt:
    """The `number`-th transaction (1 is the first) of those whose program is called `program` ("" for any)."""

    moment: Literal["before", "after"]
    number: int
    program: str = ""
    behind: str = ""
    """Another program, beside it; it is held up until one of that has been written."""

    def __post_init__(self) -> None:
        # Where a program has got another name nothing would die, and every test of this point would wait in vain.
        for program in (self.program, self.behind):
            owner, _, name = program.rpartition(".")
            if not re.search(rf"def {name}\w*\(", _code()) or (owner and f"class {owner}:" not in _code()):
                raise LookupError(f"There is no program {program!r}.")


@functools.cache
def _code() -> str:
    """All that a gateway runs."""
    files = (file for room in ("bot", "handlers", "storage") for file in (_ROOT / room).rglob("*.py"))
    return "".join(file.read_text(encoding="utf-8") for file in files)


def start(
    settings: dict[str, Any],
    kill: KillAt | None = None,
    letters: Path | None = None,
    *,
    again: bool = False,
    only_one: bool = False,
) -> "multiprocessing.process.BaseProcess":
    """Start a gateway with these settings. Libraries are loaded once, in a server that each gateway is forked from.

    `letters`: it has a post office, which writes there to whom it has sent one. `again`: as an operator's systemd does,
    it is started once more where the database was away at its start. `only_one`: none but this one lives until it has
    ended, so that it need not wait as long to be certain that a silent one is dead.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.preloaded"])
    process = context.Process(target=_gateway, args=(settings, kill, letters, again, only_one), daemon=True)
    process.start()
    return process


def _gateway(values: dict[str, Any], kill: KillAt | None, letters: Path | None, again: bool, only_one: bool) -> None:
    from bot import app
    from bot.settings import Settings

    lay_down()
    if letters is not None:
        Post(letters).open(pytest.MonkeyPatch())
    if only_one:
        _expect_no_other()
    if kill is not None:
        _arm(kill)
    while True:
        try:
            return asyncio.run(app.main(Settings(**values)))
        except DatabaseAway:
            if not again:
                raise
        time.sleep(_AGAIN_S)


def _expect_no_other() -> None:
    """Look ten times as often after other processes, and think them dead ten times as soon.

    How long this one may rely on being thought alive stays as it is: a busy machine must not take its leases.
    """
    from bot.supervisor import leases, membership

    patch = pytest.MonkeyPatch()
    for room, name, seconds in (
        (membership, "DEAD_S", membership.DEAD_S),
        (membership, "LOOK_S", membership.LOOK_S),
        (leases, "LOOK_S", membership.LOOK_S),
    ):
        patch.setattr(room, name, seconds / 10)


def _arm(kill: KillAt) -> None:
    count = itertools.count(1)
    written = asyncio.Event()

    async def deadly(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        chosen = kill.program in program and next(count) == kill.number
        if chosen and kill.behind:
            await written.wait()
        if chosen and kill.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await write()
        if kill.behind and kill.behind in program:
            written.set()
        if chosen:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    set_around(deadly)
