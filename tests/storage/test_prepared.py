"""PostgreSQL takes every statement of the programs: its words, its columns, and the types of both sides."""

import re

import psycopg
from psycopg import AsyncConnection

from storage.drivers.postgres.connection import numbered
from tests.storage.test_dialect import STATEMENTS

_OF_SEVERAL_TABLES = re.compile(r"\b(FROM|UPDATE|SET) \?")
"""Statements that are written for several tables, and run by the tests of what uses them."""


async def test_every_statement_can_be_prepared(postgres_url: str) -> None:
    refused = []
    async with await AsyncConnection.connect(postgres_url, autocommit=True) as connection:
        for name, text in (each for each in STATEMENTS if not _OF_SEVERAL_TABLES.search(each[1])):
            try:
                await connection.execute(f"PREPARE one AS {numbered(text)}".encode())
                await connection.execute("DEALLOCATE one")
            except psycopg.Error as error:
                refused.append(f"storage/{name}.py: {error}")
    assert not refused, "\n\n".join(refused)
