"""`parley migrate`: the schema of today before a gateway starts, or what that would take."""

from bot.settings import Settings
from storage.database import open_database
from storage.datadir import DATABASE_FILE
from storage.drivers.sqlite import inspection
from storage.steps import Outlook


async def migrate(settings: Settings) -> Outlook:
    """Bring the database up to date, made if it is not there; gives what it lacked before.

    Raises:
        DataDirError: it cannot be used, or a gateway is using it; nothing was done.
    """
    before = await outlook(settings)
    async with await open_database(settings.data_dir, url=settings.database_address()):
        return before


async def outlook(settings: Settings) -> Outlook:
    """What the database lacks; nothing is done. Raises DataDirError if it cannot be used."""
    if not (url := settings.database_address()):
        return inspection.outlook(settings.data_dir / DATABASE_FILE)
    from storage.drivers.postgres import inspection as server_inspection

    return await server_inspection.outlook(url)
