"""Looking at a database that gateways of other processes may be using."""

import psycopg

from bot.domain.errors import DataDirError
from storage.drivers.postgres import fitness, schema
from storage.drivers.postgres.connection import connect, run
from storage.drivers.postgres.refusals import unusable
from storage.programs import Program, T
from storage.steps import Outlook


async def outlook(url: str) -> Outlook:
    """What the database has yet to go through. Raises DataDirError if it cannot be used."""
    try:
        async with await connect(url) as connection:
            await fitness.look(connection, url)
            return Outlook(await schema.version(connection), tuple(await schema.missing(connection)))
    except psycopg.Error as error:
        raise unusable(error, url) from error


async def find_trouble(url: str) -> str | None:
    """What is wrong with a database, and what helps; None if nothing is. An empty one is well: the gateway fills it."""
    try:
        await outlook(url)
    except DataDirError as error:
        return str(error)
    return None


async def read_beside(url: str, program: Program[T]) -> T:
    """What a program reads, beside the gateways that use the database. Raises DataDirError if it cannot be used."""
    try:
        async with await connect(url) as connection:
            return await run(connection, program)
    except psycopg.Error as error:
        raise unusable(error, url) from error
