"""Programs that run beside the gateway: what is heard of one, however early it ends, and behind whom it runs."""

import asyncio
import os
from typing import Any

import pytest

from bot import beside


async def _made(start: str, *, niceness: int = 0) -> bytes:
    return await beside.made(b"told", start, environment=beside.environment(), longest_s=20, niceness=niceness)


@pytest.mark.parametrize("niceness", [0, 5])
async def test_one_that_ends_at_once_says_how_it_ended(niceness: int, monkeypatch: pytest.MonkeyPatch) -> None:
    started = asyncio.create_subprocess_exec

    async def ended(*command: str, **options: Any) -> asyncio.subprocess.Process:
        process = await started(*command, **options)
        await process.wait()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", ended)
    with pytest.raises(beside.NothingMade, match=r"ended with 3\."):
        await _made("import sys; sys.exit(3)", niceness=niceness)


async def test_it_runs_behind_those_who_wait() -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    told = await _made("import os; print(os.getpriority(os.PRIO_PROCESS, 0))", niceness=5)
    assert int(told) == min(ours + 5, 19)
