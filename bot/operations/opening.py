"""The database of a command at a terminal, which acts on what is there and makes nothing."""

from bot.domain.errors import DataDirError
from bot.settings import Settings
from storage.database import Database, open_database
from storage.datadir import DATABASE_FILE


async def open_kept(settings: Settings, command: str, nothing: str) -> Database:
    """The database that these settings name. `nothing`: what follows, as a whole sentence, from there being none.

    Raises:
        DataDirError: a gateway is running on this data directory, or none ever was.
    """
    url = settings.database_address()
    if not url and not (settings.data_dir / DATABASE_FILE).exists():
        raise DataDirError(
            f"DATA_DIR {str(settings.data_dir)!r} holds no database: {nothing} "
            f"Name the right one: `parley --data-dir DIRECTORY {command}`."
        )
    return await open_database(settings.data_dir, url=url)
