"""A gate in front of something: whoever comes waits while it is shut."""

import asyncio


class Gate:
    """Open, until somebody shuts it."""

    def __init__(self) -> None:
        self.came = 0
        """How many have come since it was shut last."""
        self._open = asyncio.Event()
        self._open.set()

    def shut(self) -> None:
        """Let nobody through from now on."""
        self.came = 0
        self._open.clear()

    def open(self) -> None:
        """Let everybody through, those too who wait."""
        self._open.set()

    async def passed(self) -> None:
        """Go through it."""
        self.came += 1
        await self._open.wait()
