"""Folders: drawers for a person's own sessions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from bot.contracts.command import Choice, Choices, Menu, Scope, View, command
from bot.domain.blocks import Button
from bot.domain.errors import NoLonger, PersonError
from bot.domain.ids import FolderId
from bot.incoming.call import Call
from bot.rendering.pages import escaped
from bot.rendering.titles import cut_title
from handlers.commands.reach import current, number_of, reach
from handlers.commands.sessions import page_of
from storage import folders, sessions
from storage.folders import Folder
from storage.programs import Program

_NAME_LIMIT = 60
_MOST = 50


async def folder_choices(call: Call, typed: str) -> Sequence[Choice]:
    """A person's folders whose names hold what is typed."""
    found = await _all(call)
    return [Choice(folder.name, folder.name) for folder in found if typed.lower() in folder.name.lower()]


async def _numbers(call: Call, typed: str) -> Sequence[Choice]:
    """The same folders, by their numbers."""
    found = await _all(call)
    return [Choice(str(folder.id), folder.name) for folder in found if typed.lower() in folder.name.lower()]


async def _targets(call: Call, typed: str) -> Sequence[Choice]:
    """Where a session can be put: into a folder, or into none."""
    none = Choice("0", call.say("No folder"))
    return [*(await _numbers(call, typed)), *([none] if typed.lower() in none.label.lower() else ())]


async def _all(call: Call) -> list[Folder]:
    return await call.database.read(folders.of_owner(call.caller.person.id))


async def _find(call: Call, folder: str) -> Folder:
    number = FolderId(number_of(folder))
    found = await call.database.read(folders.find(call.caller.person.id, number))
    if found is None:
        raise NoLonger("That folder does not exist or has been deleted. `/folder` lists yours.")
    return found


def folder_name(name: str) -> str:
    """A folder's name as it is kept; "" where nothing is left of it."""
    return cut_title(name, _NAME_LIMIT)


def _name(name: str) -> str:
    clean = folder_name(name)
    if not clean:
        raise PersonError("A folder needs a name of at least one letter.")
    return clean


@command("folder", "Show folders, or move this session into one", scope=Scope.PRIVATE)
async def folder(call: Call, name: Annotated[str, "Move this session there", Choices(folder_choices)] = "") -> View:
    if not name.strip():
        return await _overview(call)
    session = await current(call)
    return await _move(call, str(session.id), await _made(call, name))


async def _overview(call: Call) -> View:
    found = await _all(call)
    rows = [(Button(f"📁 {f.name} ({f.sessions})", "folder_page", (str(f.id),)),) for f in found]
    text = call.say("Your folders:") if found else call.say("You have no folders yet.")
    return View(text, (*rows, (Button(call.say("New folder"), "new_folder"),)), menu=Menu("folder_page"))


@command("new_folder", "Make a folder", scope=Scope.PRIVATE, listed=False)
async def new_folder(call: Call, name: Annotated[str, "The folder's name"]) -> View:
    await _made(call, name)
    return replace(await _overview(call), replace=False)


async def _made(call: Call, name: str) -> FolderId:
    """The folder of that name; made where there is none."""
    person, clean = call.caller.person.id, _name(name)

    def make() -> Program[FolderId | None]:
        present = yield from folders.of_owner(person)
        if len(present) >= _MOST and clean not in {folder.name for folder in present}:
            return None
        return (yield from folders.add(person, clean, call.now))

    made = await call.database.write(make())
    if made is None:
        raise PersonError("You already have {count} folders, the maximum. Delete one first: `/folder`.", count=_MOST)
    return made


@command("folder_page", "The sessions in a folder", scope=Scope.PRIVATE, listed=False)
async def folder_page(call: Call, folder: Annotated[str, "Which folder", Choices(_numbers)]) -> View:
    found = await _find(call, folder)
    page = await page_of(call, "", 0, found.id)
    acts = (
        Button(call.say("Rename folder"), "rename_folder", (str(found.id),)),
        Button(call.say("Delete folder"), "delete_folder", (str(found.id),), "danger"),
    )
    back = (Button(call.say("All folders"), "folder"),)
    return View(f"📁 **{escaped(found.name)}**\n\n{page.text}", (*page.buttons, acts, back))


@command("rename_folder", "Give a folder another name", scope=Scope.PRIVATE, listed=False)
async def rename_folder(
    call: Call, folder: Annotated[str, "Which folder"], name: Annotated[str, "The new name"]
) -> View:
    found, clean = await _find(call, folder), _name(name)
    if not await call.database.write(folders.rename(call.caller.person.id, found.id, clean)):
        raise PersonError("You already have a folder with that name. Choose another name.")
    return replace(await _overview(call), replace=False)


@command("delete_folder", "Take a folder away, not its sessions", scope=Scope.PRIVATE, listed=False, decides=True)
async def delete_folder(call: Call, folder: Annotated[str, "Which folder"]) -> View:
    found = await _find(call, folder)
    await call.database.write(folders.delete(call.caller.person.id, found.id))
    return View(
        call.say("The folder **{name}** is deleted; its sessions are all still there.", name=escaped(found.name))
    )


@command("move", "Put a session into a folder", scope=Scope.PRIVATE, listed=False)
async def move(
    call: Call,
    session: Annotated[str, "Which session"],
    folder: Annotated[str, "Which folder, 0: none", Choices(_targets)] = "",
) -> View:
    found = await reach(call, session)
    if folder:
        return await _move(call, session, (await _find(call, folder)).id if folder != "0" else None)
    number = str(found.id)
    rows = [(Button(f"📁 {f.name}", "move", (number, str(f.id))),) for f in await _all(call)]
    rows.append((Button(call.say("No folder"), "move", (number, "0")),))
    rows.append((Button(call.say("New folder"), "move_new", (number,)),))
    text = call.say("Which folder should **{title}** go into?", title=escaped(found.title))
    return View(text, tuple(rows), menu=Menu("move", (number,)))


@command("move_new", "Put a session into a new folder", scope=Scope.PRIVATE, listed=False)
async def move_new(
    call: Call, session: Annotated[str, "Which session"], name: Annotated[str, "The folder's name"]
) -> View:
    found = await reach(call, session)
    return await _move(call, str(found.id), await _made(call, name))


async def _move(call: Call, session: str, folder: FolderId | None) -> View:
    found = await reach(call, session)
    await call.database.write(sessions.set_folder(found.id, folder))
    title = escaped(found.title)
    if folder is None:
        return View(call.say("**{title}** is no longer in a folder.", title=title))
    name = escaped((await _find(call, str(folder))).name)
    return View(call.say("**{title}** is now in 📁 **{name}**.", title=title, name=name))


COMMANDS = (folder, new_folder, folder_page, rename_folder, delete_folder, move, move_new)
