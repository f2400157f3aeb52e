"""What admins have changed on the page, for an operator at a terminal: shown, or undone where a start refuses it."""

from bot.operations.opening import must_be_there, open_kept, read_beside
from bot.settings import Settings
from storage import changed
from storage.programs import Program

_COMMAND, _NOTHING = "changes", "nothing has been changed."


async def changes(settings: Settings) -> str:
    """What is changed, as it would stand in `parley.toml`; "" if nothing is. A gateway may be running.

    Raises:
        DataDirError: there is no database, or it cannot be read.
    """
    must_be_there(settings, _COMMAND, _NOTHING)
    return await read_beside(settings, changed.content()) or ""


async def undo(settings: Settings) -> str:
    """From now on nothing is changed; what was, as `changes` tells it. Raises DataDirError as `open_kept`."""

    def undone() -> Program[str]:
        text = yield from changed.content()
        yield from changed.put("", text)
        return text

    async with await open_kept(settings, f"{_COMMAND} --undo", _NOTHING) as database:
        return await database.write(undone())
