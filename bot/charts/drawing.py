"""Has cards drawn: a process for each, one at a time, behind the people who wait for answers."""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from bot.charts.chart import Chart

_START = "import sys; from bot.charts.__main__ import main; sys.exit(main())"
"""As `python -m bot.charts`, without what `-m` imports to find it."""

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
    # -S: what packages ask to run at every start (.pth files) is not needed.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-S",
        "-c",
        _START,
        env=_environment(),
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


def _environment() -> dict[str, str]:
    """What a program needs to find its files; no key, no token."""
    root = Path(__file__).parent.parent.parent
    return {
        **{name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ},
        "PYTHONPATH": os.pathsep.join((str(root), *filter(None, sys.path))),
    }
