"""Reading back in a session."""

from collections.abc import Sequence
from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button
from bot.domain.calls import tools_in
from bot.domain.errors import PersonError
from bot.domain.ids import MessageId
from bot.domain.messages import Author, Message
from bot.domain.sources import suggested_in
from bot.domain.summaries import Summary
from bot.incoming.call import Call
from bot.people.reaching import reachable_message
from bot.rendering import markup
from bot.rendering.pages import escaped
from bot.texts import moments
from bot.turns import source_line
from bot.turns.tool_line import listed
from handlers.commands.compact import quoted
from handlers.commands.reach import current, excerpt, number_of, zone
from storage import messages, summaries
from storage.programs import Program

_PER_PAGE = 8
_LONGEST_READ = 1_001
"""An answer and the most messages that a model reads for one."""


@command("history", "Read this session's history")
async def history(call: Call, page: Annotated[int, "Page, 1 is the newest"] = 1) -> View:
    session = await current(call)
    page = max(1, page)
    if session.tip is None:
        return View(call.say("This session has no messages yet."))
    found, read, summed_up = await call.database.read(_page(session.tip, page))
    if not found:
        return View(call.say("There is nothing before that."))
    entries = []
    for message in reversed(found[:_PER_PAGE]):
        entries.append(_entry(call, message, read))
        if message.id in summed_up:
            entries.append(_summary(call, summed_up[message.id]))
    older = Button(call.say("‹ Older"), "history", (str(page + 1),))
    newer = Button(call.say("Newer ›"), "history", (str(page - 1),))
    row = tuple(b for b, wanted in ((older, len(found) > _PER_PAGE), (newer, page > 1)) if wanted)
    whole = Button(call.say("All of it, as a file"), "export", ("markdown", "session"))
    head = f"**{escaped(session.title)}** · {session.mode}"
    return View("\n\n".join((head, *entries)), (row, (whole,)) if row else ((whole,),))


def _page(tip: MessageId, page: int) -> Program[tuple[list[Message], list[Message], dict[MessageId, Summary]]]:
    """The messages of a page, the newest first, with one more where there is more; what was read of their files; the
    summaries that hang at them.
    """
    found = yield from messages.page_of_path(tip, (page - 1) * _PER_PAGE, _PER_PAGE + 1)
    with_files = [message.id for message in found if message.files]
    read = (yield from messages.notes_below(with_files)) if with_files else []
    return found, read, (yield from summaries.at([message.id for message in found])) if found else {}


def _summary(call: Call, summary: Summary) -> str:
    """What is read in the place of all above it, the beginning of it."""
    head = call.say("Summary of what comes before")
    return f"📝 **{head}** · {escaped(summary.model)} · {moments.shown(summary.created_at, zone(call))}\n" + (
        f"> {excerpt(markup.as_read(summary.text))}"
    )


def _entry(call: Call, message: Message, read: Sequence[Message]) -> str:
    """Who, when, with what model and files, the beginning of the words and of what was read of each file."""
    match message.author:
        case Author.USER:
            who = message.speaker or call.say("You")
        case Author.ASSISTANT:
            who = message.model or call.say("Answer")
        case Author.SYSTEM:
            who = call.say("Note")
    files = "".join(f" · 📎 {escaped(file.name)}" for file in message.files)
    head = f"**{escaped(who)}** · {moments.shown(message.created_at, zone(call))}{files}"
    # A long file was read in several parts.
    parts = {note.speaker: note.text for note in reversed(read) if note.parent == message.id}
    below = (f"📄 {escaped(name)}: {excerpt(parts[name])}" for name in reversed(parts))
    # Whoever has searched for an answer may want these shown wherever it is.
    searches = source_line.offered(suggested_in(message.parts), call.say)
    said = (head, excerpt(_readable(call, message)), searches, _used(call, message), *below)
    return "\n".join(filter(None, said))


def _used(call: Call, message: Message) -> str:
    """What an answer had done on its way, in a line."""
    used = tools_in(message.parts)
    return call.say("🔧 Used: {tools}", tools=listed(used, call.say)) if used else ""


def _readable(call: Call, message: Message) -> str:
    """The words as they are read in the chat: no characters of Markdown, and `/continue` by its own name."""
    if message.author is Author.USER:
        return call.say("Continue") if message.goes_on else message.text
    return markup.as_read(message.text)


@command("still_read", "What of a session a model read for an answer", listed=False)
async def still_read(call: Call, answer: Annotated[str, "Which answer"]) -> View:
    found, summary = await call.database.read(_read_for(call, MessageId(number_of(answer))))
    if not found:
        raise PersonError("That answer is no longer here.")
    say = call.say
    before = (
        ()
        if summary is None
        else (say("Before those, I read this summary of the earlier conversation:"), quoted(summary))
    )
    lines = (
        say("Messages I read for that answer: {count}, beginning with this one:", count=len(found)),
        _entry(call, found[0], ()),
        *before,
        say("To continue from an older message, reply to it. How many messages I read is set in `/settings`."),
    )
    return View("\n\n".join(lines), ((Button(say("History"), "history"),),), private=True)


def _read_for(call: Call, answer: MessageId) -> Program[tuple[list[Message], Summary | None]]:
    """The messages that a model read for an answer, the oldest first, and what has been summed up of those before
    them; none if that cannot be seen here.
    """
    found = yield from reachable_message(call.caller, answer)
    if found is None or found[1].read_from is None:
        return [], None
    path = (yield from messages.path(answer, _LONGEST_READ))[:-1]
    read = path[next((number for number, message in enumerate(path) if message.id == found[1].read_from), len(path)) :]
    above = read[0].parent if read else None
    return read, (yield from summaries.above(above)) if above is not None else None


COMMANDS = (history, still_read)
