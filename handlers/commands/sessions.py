"""Opening, finding, naming and deleting sessions."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import structlog

from bot.contracts.abilities import Threads, ThreadsListed
from bot.contracts.command import Choices, View, command
from bot.delivery.outbox import Delivery
from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import PersonError, PlatformError
from bot.domain.ids import FolderId, SessionId
from bot.domain.messages import Message
from bot.domain.people import Role
from bot.domain.places import Place
from bot.domain.sessions import Session, TitleBy
from bot.incoming.call import Call
from bot.people import sessions as people_sessions
from bot.people.admission import NOT_BEGUN
from bot.people.reaching import Lies, found_elsewhere, listed
from bot.people.sessions import clean_title, new_session, new_session_in, usable_default
from bot.rendering.pages import escaped, notice
from bot.texts import moments
from bot.turns.titles import Titles
from bot.turns.turns import Turns
from handlers.commands.modes import consent_needed, mode_choices, usable_mode
from handlers.commands.once import begins, once
from handlers.commands.reach import (
    NEW_TITLE,
    answers_alone,
    current,
    excerpt,
    labels,
    link_to,
    lying_elsewhere,
    number_of,
    own_choices,
    reach,
    session_choices,
    zone,
)
from handlers.commands.theirs import caller_for
from storage import folders, messages, outbox, places, sessions
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

_PER_PAGE = 8
_THREAD_S = 5.0
_QUERY_IN_BUTTON = 24
"""Bytes of the query that travel in the buttons of the list, cut to what the smallest platform takes."""


# opening one


@command("new", "Open a new session", aliases=("reset", "clear"))
async def new(
    call: Call,
    title: Annotated[str, "Its title"] = "",
    mode: Annotated[str, "Its mode", Choices(mode_choices)] = "",
    *,
    delivery: Delivery,
) -> View:
    wanted = usable_mode(call, mode) if mode else None
    if wanted is not None and (question := await consent_needed(call, wanted)) is not None:
        return question
    name = wanted.name if wanted else usable_default(call.caller, call.policy)
    given = clean_title(title)
    shown = given or call.say(NEW_TITLE)
    by = TitleBy.PERSON if given else TitleBy.WORDS
    thread = await _open_thread(call, shown)
    if thread is None:
        now = call.now
        await call.database.write(once(call, new_session(call.caller, name, shown, by, now)))
        return View(call.say("A new session is open in the mode `{mode}`. Your next message starts it.", mode=name))
    delivery.deliver(await call.database.write(once(call, _begin_in(call, thread, name, shown, by))))
    return View(call.say("**{title}** is open in its own thread.", title=escaped(shown)))


async def _open_thread(call: Call, title: str) -> Place | None:
    """A thread for a new session, where the platform and its rights allow one. Raises PersonError, as `begins`."""
    place, member = call.invocation.place, call.invocation.sender.user_id
    if not isinstance(call.platform, Threads) or not call.platform.capabilities(place).creates_threads:
        return None
    is_new = await call.database.write(begins(call))
    try:
        # Others wait behind this: what the platform holds back for longer is done without.
        async with asyncio.timeout(_THREAD_S):
            left = None if is_new else await _left_thread(call, title)
            return left or await call.platform.open_thread(place, title, member)
    except (PlatformError, TimeoutError) as error:
        log.info("thread_not_opened", place=call.caller.place_row, error=type(error).__name__, detail=error)
        return None


async def _left_thread(call: Call, title: str) -> Place | None:
    """The thread that this command had opened before the crash after which it came again, with the caller in it.

    No other command of the chat runs meanwhile, so it is the one that belongs to no session.
    """
    if not isinstance(call.platform, ThreadsListed):
        return None
    for thread in await call.platform.empty_threads(call.invocation.place, title):
        if not await call.database.read(places.is_known(thread)):
            await call.platform.let_in(thread, call.invocation.sender.user_id)
            return thread
    return None


def _begin_in(call: Call, thread: Place, mode: str, title: str, by: TitleBy) -> Program[list[OutboxPage]]:
    """A new session in its new thread, and the first words there."""
    now = call.now
    row = yield from new_session_in(call.caller, thread, mode, title, by, now)
    welcome = notice(call.say("A new session in the mode `{mode}`. Write here and I will answer.", mode=mode))
    return [(yield from outbox.add(Target(row, thread), welcome, now))]


# finding one


@command("sessions", "List your sessions")
async def list_sessions(call: Call, query: Annotated[str, "Words in the title"] = "") -> View:
    return await page_of(call, query.strip(), 0)


@command("sessions_page", "Another page of the list", listed=False)
async def sessions_page(
    call: Call,
    page: Annotated[int, "Page"],
    query: Annotated[str, "Words"] = "",
    folder: Annotated[int, "Folder"] = 0,
) -> View:
    return await page_of(call, query, max(0, page), FolderId(folder) if folder else None)


async def page_of(call: Call, query: str, page: int, folder: FolderId | None = None) -> View:
    """One page of the list, grouped by day; `page` counts from 0."""
    program = listed(call.caller, query, page * _PER_PAGE, _PER_PAGE + 1, folder, alone=answers_alone(call))
    found = await call.database.read(program)
    shown = found[:_PER_PAGE]
    if not shown:
        empty = call.say("No session has “{words}” in its title.", words=escaped(query)) if query else None
        return View(empty or call.say("There is nothing here yet."))
    names = {f.id: f.name for f in await call.database.read(folders.of_owner(call.caller.person.id))}
    far = await call.database.read(lying_elsewhere(call, [session.id for session in shown]))
    lines = _lines(call, shown, page * _PER_PAGE + 1, names, far)
    buttons = _list_buttons(call, shown, query, page, folder, far, more=len(found) > _PER_PAGE)
    return View("\n".join(lines), buttons, private=bool(far) and answers_alone(call))


def _lines(
    call: Call,
    shown: Sequence[Session],
    first: int,
    folder_names: dict[FolderId, str],
    far: Mapping[SessionId, Lies],
) -> list[str]:
    now, local = call.now, zone(call)
    lines: list[str] = []
    group = ""
    for number, session in enumerate(shown, first):
        if (day := moments.group_of(session.updated_at, now, local)) != group:
            group = day
            lines.append(f"\n**{call.say(group)}**\n")
        folder = f" · 📁 {escaped(folder_names[session.folder])}" if session.folder in folder_names else ""
        here = f" ← {call.say('open')}" if session.id == call.caller.session else ""
        when = moments.shown_in_list(session.updated_at, now, local)
        there = f" ↗ {escaped(far[session.id].named)}".rstrip() if session.id in far else ""
        lines.append(f"{number}. {escaped(session.title)} · {session.mode} · {when}{folder}{here}{there}")
    return lines


def _list_buttons(
    call: Call,
    shown: Sequence[Session],
    query: str,
    page: int,
    folder: FolderId | None,
    far: Mapping[SessionId, Lies],
    *,
    more: bool,
) -> ButtonRows:
    rows = [
        (Button(label, "open", (str(one.id),), url=link_to(call, far[one.id]) if one.id in far else ""),)
        for one, label in zip(shown, labels(call, shown), strict=True)
    ]
    args = (_beginning(query), str(folder or 0)) if query or folder else ()
    turns_of_page = []
    if page > 0:
        turns_of_page.append(Button("‹", "sessions_page", (str(page - 1), *args)))
    if more:
        turns_of_page.append(Button("›", "sessions_page", (str(page + 1), *args)))
    return (*rows, tuple(turns_of_page)) if turns_of_page else tuple(rows)


def _beginning(query: str) -> str:
    return query.encode()[:_QUERY_IN_BUTTON].decode(errors="ignore")


@command("switch", "Switch to another session")
async def switch(call: Call, session: Annotated[str, "Which session", Choices(session_choices)]) -> View:
    if not session.isdecimal():
        found = await call.database.read(listed(call.caller, session, 0, 1, alone=answers_alone(call)))
        if not found:
            raise PersonError("No session has “{words}” in its title. `/sessions` lists yours.", words=session[:40])
        session = str(found[0].id)
    return await open_session(call, session)


@command("open", "Open a session of the list", listed=False)
async def open_command(call: Call, session: Annotated[str, "Which session"]) -> View:
    return await open_session(call, session)


async def open_session(call: Call, number: str, at: Message | None = None) -> View:
    """Make a session the open one here and show what can be done with it; of what was said, `at` or the last."""
    program = found_elsewhere(call.caller, SessionId(number_of(number)), alone=answers_alone(call))
    if (found := await call.database.read(program)) is not None:
        return _jump(call, *found)
    session = await reach(call, number)
    await call.database.write(places.show_session(call.caller.place_row, session.id, session.mode))
    head = call.say("**{title}** is open, in the mode `{mode}`.", title=escaped(session.title), mode=session.mode)
    said = at or await _last_said(call, session)
    quote = f"\n\n> {excerpt(said.text)}" if said is not None and said.text else ""
    return View(head + quote, _card_buttons(call, session))


def _jump(call: Call, session: Session, lies: Lies) -> View:
    """The way to a session that goes on where it was begun, and nowhere else."""
    title = escaped(session.title)
    if link := link_to(call, lies):
        text = call.say("**{title}** continues where it was started.", title=title)
        return View(text, ((Button(call.say("Go there"), url=link),),), private=answers_alone(call), replace=False)
    text = call.say("**{title}** continues where it was started: {place}.", title=title, place=escaped(lies.named))
    return View(text, private=answers_alone(call), replace=False)


def _card_buttons(call: Call, session: Session) -> ButtonRows:
    say, number = call.say, (str(session.id),)
    first = [Button(say("Rename"), "rename_session", number), Button(say("History"), "history")]
    if call.caller.place.kind.private:
        first.append(Button(say("Move"), "move", number))
    return (
        tuple(first),
        (Button(say("Delete"), "delete", number, "danger"), Button(say("All sessions"), "sessions")),
    )


async def _last_said(call: Call, session: Session) -> Message | None:
    return await call.database.read(messages.get(session.tip)) if session.tip is not None else None


# naming


@command("rename", "Give this session another title")
async def rename(call: Call, title: Annotated[str, "The new title"], *, titles: Titles) -> View:
    return await _rename(call, titles, await current(call), title)


@command("rename_session", "Give a session another title", listed=False)
async def rename_session(
    call: Call, session: Annotated[str, "Which session"], title: Annotated[str, "The new title"], *, titles: Titles
) -> View:
    return await _rename(call, titles, await reach(call, session), title)


async def _rename(call: Call, titles: Titles, session: Session, title: str) -> View:
    caller = await caller_for(call, session.begun_by, NOT_BEGUN)
    clean = await call.database.write(people_sessions.rename(caller, session.id, title))
    titles.show(session.id)
    return View(call.say("This session is now called **{title}**.", title=escaped(clean)))


@command("retitle", "Have the model write a new title")
async def retitle(call: Call, *, titles: Titles) -> View:
    session = await current(call)
    await caller_for(call, session.begun_by, NOT_BEGUN)
    if session.tip is None:
        raise PersonError("There is nothing to make a title from yet. Write something first.")
    # Whoever asks for another title gives up their own; it stays until the new one is there.
    await call.database.write(sessions.give_up_title(session.id))
    # What a person has called their thread stays, whatever the session in it is called.
    titles.retitle(session.id, not call.caller.named)
    return View(call.say("A new title is on its way; `/sessions` will show it."))


# deleting


@command("delete", "Delete this session")
async def delete(call: Call, session: Annotated[str, "Which session", Choices(own_choices)] = "") -> View:
    found = await reach(call, session) if session else await current(call)
    await caller_for(call, found.begun_by, NOT_BEGUN)
    yes = Button(call.say("Delete"), "delete_now", (str(found.id),), "danger")
    buttons = ((yes, Button(call.say("Keep"), "keep")),)
    return View(call.say("Delete **{title}** with all its messages?", title=escaped(found.title)), buttons)


@command("keep", "Leave it as it is", role=Role.STRANGER, listed=False)
async def keep(call: Call) -> View:
    return View(call.say("Nothing was changed."))


@command("delete_now", "Delete for good after the undo time", listed=False, decides=True)
async def delete_now(call: Call, session: Annotated[str, "Which session"], *, under_way: Turns, titles: Titles) -> View:
    found = await reach(call, session)
    caller = await caller_for(call, found.begun_by, NOT_BEGUN)
    gone = await call.database.write(people_sessions.delete(caller, found.id, call.now))
    under_way.stop(*gone.running)
    for thread in gone.threads:
        titles.close_thread(thread, True)
    undo = Button(call.say("Undo"), "undelete", (str(found.id),))
    text = call.say(
        "**{title}** is deleted. You can undo this for {minutes} minutes.",
        title=escaped(found.title),
        minutes=call.policy.undo_minutes,
    )
    return View(text, ((undo,),))


@command("undelete", "Bring a deleted session back", listed=False, decides=True)
async def undelete(call: Call, session: Annotated[str, "Which session"], *, titles: Titles) -> View:
    return await brought_back(call, titles, SessionId(number_of(session)))


async def brought_back(call: Call, titles: Titles, session: SessionId) -> View:
    """Undo a deletion, and open what comes back."""
    restored = await call.database.write(once(call, people_sessions.bring_back(call.caller, session)))
    if call.caller.place.thread:
        titles.close_thread(call.caller.place, False)
    return View(call.say("**{title}** is back and open.", title=escaped(restored.title)))


COMMANDS = (
    new, list_sessions, sessions_page, switch, open_command, rename, rename_session, retitle,
    delete, keep, delete_now, undelete,
)  # fmt: skip
