"""Doing what is wanted as soon as it changes, in whichever process that was."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from bot.domain.errors import StorageError

log = structlog.get_logger(__name__)

_LOOK_S = 5.0
"""How often it is looked where another process may have been told, or the database was away."""


async def follow(look: Callable[[], Awaitable[None]], changed: asyncio.Event, *, alone: bool) -> None:
    """Look now, whenever `changed` is set, and now and then besides unless this process is `alone`; until cancelled."""
    while True:
        changed.clear()
        wait_s = None if alone else _LOOK_S
        try:
            await look()
        except StorageError as error:
            log.warning("wishes_not_seen", error=type(error).__name__)
            wait_s = _LOOK_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await changed.wait()
