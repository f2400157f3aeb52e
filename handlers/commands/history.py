"""Reading back in a session."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button
from bot.domain.messages import Author, Message
from bot.incoming.commands import Call
from bot.rendering import markup
from bot.rendering.pages import escaped
from bot.texts import moments
from handlers.commands.reach import current, excerpt, zone
from storage import messages

_PER_PAGE = 8


@command("history", "Read back in this session")
async def history(call: Call, page: Annotated[int, "Page, 1 is the newest"] = 1) -> View:
    session = await current(call)
    page = max(1, page)
    if session.tip is None:
        return View(call.say("This session has no messages yet."))
    program = messages.page_of_path(session.tip, (page - 1) * _PER_PAGE, _PER_PAGE + 1)
    found = await call.services.database.read(program)
    if not found:
        return View(call.say("There is nothing further back."))
    entries = [_entry(call, message) for message in reversed(found[:_PER_PAGE])]
    older = Button(call.say("‹ Older"), "history", (str(page + 1),))
    newer = Button(call.say("Newer ›"), "history", (str(page - 1),))
    row = tuple(b for b, wanted in ((older, len(found) > _PER_PAGE), (newer, page > 1)) if wanted)
    head = f"**{escaped(session.title)}** · {session.mode}"
    return View("\n\n".join((head, *entries)), (row,) if row else ())


def _entry(call: Call, message: Message) -> str:
    """Who, when, with what model and files, and the beginning of the words."""
    match message.author:
        case Author.USER:
            who = message.speaker or call.say("You")
        case Author.ASSISTANT:
            who = message.model or call.say("Answer")
        case Author.SYSTEM:
            who = call.say("Note")
    files = "".join(f" · 📎 {escaped(file.name)}" for file in message.files)
    head = f"**{escaped(who)}** · {moments.shown(message.created_at, zone(call))}{files}"
    return f"{head}\n{excerpt(_readable(call, message))}".strip()


def _readable(call: Call, message: Message) -> str:
    """The words as they are read in the chat: no signs of Markdown, and `/continue` by its own name."""
    if message.author is Author.USER:
        return call.say("Continue") if message.goes_on else message.text
    return markup.as_read(message.text)


COMMANDS = (history,)
