"""The database of a command at a terminal, which acts on what is there and makes nothing."""

from bot.domain.errors import DataDirError
from bot.settings import Settings
from storage.database import Database, open_database
from storage.datadir import DATABASE_FILE
from storage.drivers.sqlite import inspection
from storage.programs import Program, T


async def open_kept(settings: Settings, command: str, nothing: str) -> Database:
    """The database that these settings name. `nothing`: what follows, as a whole sentence, from there being none.

    Raises:
        DataDirError: a gateway is running on this data directory, or none ever was.
    """
    must_be_there(settings, command, nothing)
    return await open_database(settings.data_dir, url=settings.database_address())


def must_be_there(settings: Settings, command: str, nothing: str) -> None:
    """Raises DataDirError where no gateway ever was; the rest as in `open_kept`."""
    if not settings.database_address() and not (settings.data_dir / DATABASE_FILE).exists():
        raise DataDirError(
            f"DATA_DIR {str(settings.data_dir)!r} holds no database: {nothing} "
            f"Name the right one: `parley --data-dir DIRECTORY {command}`."
        )


async def read_beside(settings: Settings, program: Program[T]) -> T | None:
    """What a program reads, beside a gateway that may be running; None where there is nothing yet to read it from.

    Raises:
        DataDirError: the database cannot be read.
    """
    if url := settings.database_address():
        from storage.drivers.postgres import inspection as server

        return await server.read_beside(url, program)
    path = settings.data_dir / DATABASE_FILE
    if not path.exists():
        return None
    inspection.outlook(path)
    return inspection.read_beside(path, program)
