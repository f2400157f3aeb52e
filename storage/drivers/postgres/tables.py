"""The tables that both kinds of database have, as PostgreSQL's catalogue lists them."""

from dataclasses import dataclass

from storage.drivers.postgres.connection import Connection

OF_EVERY_DATABASE = ("life", "salt")
"""Each begins with its own row, which that of the copied database replaces."""

_TABLES = """
    SELECT table_name::text, array_agg(column_name::text ORDER BY ordinal_position),
        array_agg(data_type = 'boolean' ORDER BY ordinal_position)
    FROM information_schema.columns
    WHERE table_schema = current_schema()
      AND table_name NOT IN ('migration', 'index_size', 'word', 'passage_word')
    GROUP BY table_name
    ORDER BY table_name
    """

_NUMBERED = """
    SELECT table_name::text
    FROM information_schema.columns
    WHERE identity_generation IS NOT NULL
      AND table_schema = current_schema()
    """


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[str, ...]
    truths: tuple[bool, ...]
    """Which columns are numbers to SQLite and truths here."""

    @property
    def listed(self) -> str:
        return ", ".join(self.columns)


async def tables_of(connection: Connection) -> list[Table]:
    """Every table of ours but the full-text indexes, which each kind of database has in its own way."""
    rows = await (await connection.execute(_TABLES.encode())).fetchall()
    return [Table(name, tuple(columns), tuple(truths)) for name, columns, truths in rows]


async def numbered_tables(connection: Connection) -> list[str]:
    """The names of those whose rows get numbers, in the column `id`."""
    return [name for (name,) in await (await connection.execute(_NUMBERED.encode())).fetchall()]
