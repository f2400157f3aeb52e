"""What admins have changed on the page, for an operator at a terminal: shown, or undone where a start refuses it."""

from bot.operations.opening import open_kept
from bot.settings import Settings
from storage import changed
from storage.programs import Program


async def changes(settings: Settings, *, undo: bool) -> str:
    """What is changed, as it would stand in `parley.toml`; "" if nothing is. `undo`: from now on nothing is.

    Raises DataDirError as `open_kept`.
    """

    def looked() -> Program[str]:
        text = yield from changed.content()
        if undo:
            yield from changed.put("", text)
        return text

    async with await open_kept(settings, "changes", "nothing has been changed.") as database:
        return await database.write(looked())
