"""Has cards drawn: a process for each, one at a time, behind the people who wait for answers."""

import asyncio
import json
import os
from dataclasses import asdict

from bot import beside
from bot.charts.chart import Chart

_START = "import sys; from bot.charts.__main__ import main; sys.exit(main())"
_NICENESS = 10
_LONGEST_S = 30.0


class NotDrawn(Exception):
    """There is no picture; the words stand alone."""


class Drawing:
    """Draws one card after the other."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def draw(self, chart: Chart) -> bytes:
        """The card as a PNG. Raises `NotDrawn`."""
        async with self._turn:
            try:
                async with asyncio.timeout(_LONGEST_S):
                    return await _drawn(json.dumps(asdict(chart)).encode())
            except (TimeoutError, OSError) as error:
                raise NotDrawn(type(error).__name__) from error


async def _drawn(told: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *beside.command(_START),
        env=beside.environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        picture, _ = await process.communicate(told)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not picture:
        raise NotDrawn(f"The process ended with {process.returncode}.")
    return picture
