"""Hearing what other processes tell this one: LISTEN on a separate connection, made again whenever it is lost."""

import asyncio
from collections.abc import Callable

import psycopg
import structlog

from storage.drivers.postgres.connection import connect
from storage.drivers.postgres.keepers import CHANNEL

log = structlog.get_logger(__name__)

_AGAIN_S = 1.0


async def listen(url: str, process: str, heard: Callable[[str], None]) -> None:
    """Hand on what is told, until cancelled; "" where something may have been missed."""
    while True:
        try:
            connection = await connect(url)
            async with connection:
                await connection.execute(f"LISTEN {CHANNEL}{process}".encode())
                heard("")
                async for told in connection.notifies():
                    heard(told.payload)
        except psycopg.Error as error:
            log.warning("not_listening", error=type(error).__name__)
        await asyncio.sleep(_AGAIN_S)
