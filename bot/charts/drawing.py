"""Has cards drawn: a process for each, one at a time, behind the people who wait for answers."""

import asyncio
import json
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
        told = json.dumps(asdict(chart)).encode()
        async with self._turn:
            try:
                return await beside.made(
                    told, _START, environment=beside.environment(), longest_s=_LONGEST_S, niceness=_NICENESS
                )
            except beside.NothingMade as error:
                raise NotDrawn(str(error)) from error
