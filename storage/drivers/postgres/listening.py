"""Hearing what other processes tell this one: LISTEN on a separate connection, made again whenever it is lost."""

import asyncio
from collections.abc import Callable

import psycopg
import structlog

from storage.drivers.postgres.connection import Connection, connect
from storage.drivers.postgres.keepers import CHANNEL

log = structlog.get_logger(__name__)

_AGAIN_S = 1.0


async def listen(url: str, process: str, heard: Callable[[str], None]) -> None:
    """Hand on what is told, until cancelled; "" where something may have been missed."""
    while True:
        try:
            async with await connect(url) as connection:
                await connection.execute(f"LISTEN {CHANNEL}{process}".encode())
                heard("")
                await _hear(connection, heard)
        except psycopg.Error as error:
            log.warning("not_listening", error=type(error).__name__)
        await asyncio.sleep(_AGAIN_S)


async def _hear(connection: Connection, heard: Callable[[str], None]) -> None:
    """Hand on what comes until the connection is lost. Raises psycopg.Error.

    psycopg's own way wakes ten times a second, whether anything has come or not: more than all else that a process does
    while nobody speaks.
    """
    server, loop = connection.pgconn, asyncio.get_running_loop()
    socket, lost = server.socket, loop.create_future()

    def come() -> None:
        try:
            server.consume_input()
        except psycopg.OperationalError as error:
            loop.remove_reader(socket)
            lost.set_exception(error)
        while (told := server.notifies()) is not None:
            heard(told.extra.decode())

    loop.add_reader(socket, come)
    try:
        await lost
    finally:
        loop.remove_reader(socket)
