"""`parley move sqlite-to-postgres`: a gateway's data go on in another kind of database."""

from bot.domain.errors import DataDirError, SettingsError
from bot.settings import Settings
from storage.database import open_database
from storage.datadir import DATABASE_FILE, lock_data_dir
from storage.drivers.sqlite.looking import find_trouble


async def move_to_postgres(settings: Settings) -> dict[str, int]:
    """Take everything over into the empty database of DATABASE_URL; says how many rows each table has.

    SQLite's file stays as it is, and so do the files beside it, which both need.

    Raises:
        SettingsError: no DATABASE_URL says where to.
        DataDirError: a gateway is running, there is nothing to take over, or it cannot be.
    """
    url = settings.database_address()
    if not url:
        raise SettingsError("DATABASE_URL is not set. Set it to an empty database on a PostgreSQL server.")
    source = settings.data_dir / DATABASE_FILE
    if not source.exists():
        raise DataDirError(f"DATA_DIR {str(settings.data_dir)!r} holds no database: there is nothing to take over.")
    # Brings an earlier schema up to date, and keeps a running gateway's data alone.
    async with await open_database(settings.data_dir):
        pass
    with lock_data_dir(settings.data_dir):
        if (trouble := find_trouble(source)) is not None:
            raise DataDirError(f"{trouble.what} {trouble.cure}")
        from storage.drivers.postgres.taking import take_over

        return await take_over(source, url)
