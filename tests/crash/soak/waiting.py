"""Waiting for what is to come of something, for as long as anything comes any further."""

import asyncio
import time
from collections.abc import Callable

PATIENCE_S = 90.0
"""How long nothing may come any further before it counts as stuck, however much there is still to do."""


async def until(look: Callable[[], object], come: Callable[[], object] = lambda: None) -> None:
    """Wait until `look` finds it so, for as long as `come`, how far all has come, goes on changing.

    Raises:
        TimeoutError: it no longer changes.
    """
    before, ends = come(), time.monotonic() + PATIENCE_S
    while not look():
        if time.monotonic() > ends:
            if (now := come()) == before:
                raise TimeoutError
            before, ends = now, time.monotonic() + PATIENCE_S
        await asyncio.sleep(0.05)
