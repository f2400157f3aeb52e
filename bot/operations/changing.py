"""What admins have changed on the page, for an operator at a terminal: shown, or undone where a start refuses it."""

from bot.domain.errors import DataDirError
from bot.settings import Settings
from storage import changed
from storage.database import open_database
from storage.datadir import DATABASE_FILE
from storage.programs import Program


async def changes(settings: Settings, *, undo: bool) -> str:
    """What is changed, as it would stand in `parley.toml`; "" if nothing is. `undo`: from now on nothing is.

    Raises:
        DataDirError: a gateway is running on this data directory, or none ever was.
    """
    url = settings.database_address()
    if not url and not (settings.data_dir / DATABASE_FILE).exists():
        raise DataDirError(
            f"DATA_DIR {str(settings.data_dir)!r} holds no database: nothing has been changed. "
            "Name the right one: `parley --data-dir DIRECTORY changes`."
        )

    def looked() -> Program[str]:
        text = yield from changed.content()
        if undo:
            yield from changed.put("", text)
        return text

    async with await open_database(settings.data_dir, url=url) as database:
        return await database.write(looked())
