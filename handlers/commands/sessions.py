"""Opening, finding, naming and deleting sessions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from bot import access
from bot.access import Standing
from bot.blocks import Button, ButtonRows
from bot.command import Choice, Choices, View, command
from bot.dispatch import Call
from bot.errors import PersonError
from bot.ids import SessionId, TurnId, UnixMs
from bot.pages import escaped
from bot.types import Author, Message, Mode, Session, TitleBy, TurnState
from storage import messages, people, places, sessions, turns
from storage.database import Program

_PER_PAGE = 8
_TITLE_LIMIT = 100
_EXCERPT = 300
_NEW_TITLE = "New session"


# reading


def _list(standing: Standing, words: str, offset: int, limit: int) -> Program[list[Session]]:
    if standing.place.kind.private:
        return (yield from sessions.page_of_owner(standing.person.id, words, offset, limit))
    return (yield from sessions.page_of_place(standing.place_row, words, offset, limit))


async def reach(call: Call, session: str | SessionId) -> Session:
    """The session of that number, if this person may see it here."""
    try:
        number = SessionId(int(session))
    except ValueError as error:
        raise PersonError("There is no such session. `/sessions` lists yours.") from error
    found = await call.services.database.read(access.reach(call.standing, number))
    if found is None:
        raise PersonError("That session is not here (any more). `/sessions` lists yours.")
    return found


async def current(call: Call) -> Session:
    """The session that is open here."""
    if call.standing.session is None:
        raise PersonError("No session is open here yet. Just write something, or send `/new`.")
    return await reach(call, call.standing.session)


async def session_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The sessions one can switch to, last used first."""
    found = await call.services.database.read(_list(call.standing, typed, 0, 25))
    return [Choice(str(session.id), session.title) for session in found]


async def mode_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The modes that can be used here."""
    usable = [m for m in call.services.policy.modes.values() if access.why_not_mode(m, call.invocation.place) is None]
    return [Choice(mode.name, mode.name) for mode in usable if mode.name.startswith(typed.lower())]


def _day_group(updated_at: UnixMs, now: UnixMs) -> str:
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    day = datetime.fromtimestamp(updated_at / 1000, UTC).date()
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return "Previous 7 days" if day >= today - timedelta(days=7) else "Older"


def _when(moment: UnixMs) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M")


# commands


@command("new", "Open a new session")
async def new(
    call: Call,
    title: Annotated[str, "Its title"] = "",
    mode: Annotated[str, "Its mode", Choices(mode_choices)] = "",
) -> View:
    wanted = _mode(call, mode) if mode else None
    if wanted is not None and (question := await _consent_needed(call, wanted)) is not None:
        return question
    now = call.services.clock.now()
    name = wanted.name if wanted else access.usable_default(call.standing, call.services.policy)
    given = title.strip()[:_TITLE_LIMIT]
    by = TitleBy.PERSON if given else TitleBy.WORDS
    await call.services.database.write(access.new_session(call.standing, name, given or _NEW_TITLE, by, now))
    return View(f"A new session is open in the mode `{name}`. What you write next begins it.")


@command("sessions", "List your sessions")
async def list_sessions(call: Call, query: Annotated[str, "Words of the title"] = "") -> View:
    return await _page(call, query.strip(), 0)


@command("sessions_page", "Another page of the list", listed=False)
async def sessions_page(call: Call, page: Annotated[int, "Page"], query: Annotated[str, "Words"] = "") -> View:
    return await _page(call, query, max(0, page))


async def _page(call: Call, query: str, page: int) -> View:
    now = call.services.clock.now()
    found = await call.services.database.read(_list(call.standing, query, page * _PER_PAGE, _PER_PAGE + 1))
    shown, more = found[:_PER_PAGE], len(found) > _PER_PAGE
    if not shown:
        return View("There is nothing here yet." if not query else f"No session has {query!r} in its title.")
    lines: list[str] = []
    group = ""
    for number, session in enumerate(shown, page * _PER_PAGE + 1):
        if (day := _day_group(session.updated_at, now)) != group:
            group = day
            lines.append(f"**{group}**\n")
        here = " ← open" if session.id == call.standing.session else ""
        lines.append(f"{number}. {escaped(session.title)} · {session.mode} · {_when(session.updated_at)}{here}")
    return View("\n".join(lines), _list_buttons(shown, query, page, more=more))


def _list_buttons(shown: Sequence[Session], query: str, page: int, *, more: bool) -> ButtonRows:
    rows = [(Button(session.title, "open", (str(session.id),)),) for session in shown]
    # The query travels in the button; a long one is cut to what the smallest platform takes.
    args = (query[:16],) if query else ()
    turns_of_page = []
    if page > 0:
        turns_of_page.append(Button("‹", "sessions_page", (str(page - 1), *args)))
    if more:
        turns_of_page.append(Button("›", "sessions_page", (str(page + 1), *args)))
    return (*rows, tuple(turns_of_page)) if turns_of_page else tuple(rows)


@command("switch", "Go on with another session")
async def switch(call: Call, session: Annotated[str, "Which session", Choices(session_choices)]) -> View:
    if not session.isdecimal():
        found = await call.services.database.read(_list(call.standing, session, 0, 1))
        if not found:
            raise PersonError(f"No session has {session[:40]!r} in its title. `/sessions` lists yours.")
        session = str(found[0].id)
    return await open_session(call, session)


@command("open", "Open a session of the list", listed=False)
async def open_command(call: Call, session: Annotated[str, "Which session"]) -> View:
    return await open_session(call, session)


async def open_session(call: Call, number: str) -> View:
    """Make a session the open one here and show what can be done with it."""
    session = await reach(call, number)
    await call.services.database.write(places.show_session(call.standing.place_row, session.id, session.mode))
    last = await _last_words(call, session)
    buttons = (
        (Button("Rename", "rename_session", (str(session.id),)), Button("History", "history", ())),
        (Button("Delete", "delete", (str(session.id),), "danger"), Button("All sessions", "sessions", ())),
    )
    return View(f"**{escaped(session.title)}** is open, in the mode `{session.mode}`.{last}", buttons)


async def _last_words(call: Call, session: Session) -> str:
    if session.tip is None:
        return ""
    path = await call.services.database.read(messages.path(session.tip, 1))
    return f"\n\n> {_excerpt(path[-1].text)}" if path and path[-1].text else ""


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return escaped(flat[:_EXCERPT]) + ("…" if len(flat) > _EXCERPT else "")


@command("history", "Read back in this session")
async def history(call: Call, page: Annotated[int, "Page, 1 is the newest"] = 1) -> View:
    session = await current(call)
    page = max(1, page)
    if session.tip is None:
        return View("This session has no messages yet.")
    program = messages.page_of_path(session.tip, (page - 1) * _PER_PAGE, _PER_PAGE + 1)
    found = await call.services.database.read(program)
    if not found:
        return View("There is nothing further back.")
    entries = [_entry(message) for message in reversed(found[:_PER_PAGE])]
    older = Button("‹ Older", "history", (str(page + 1),))
    newer = Button("Newer ›", "history", (str(page - 1),))
    row = tuple(b for b, wanted in ((older, len(found) > _PER_PAGE), (newer, page > 1)) if wanted)
    return View(f"**{escaped(session.title)}** · {session.mode}\n\n" + "\n\n".join(entries), (row,) if row else ())


def _entry(message: Message) -> str:
    who = message.speaker or ("You" if message.author is Author.USER else message.model or "Answer")
    files = len(message.parts) - sum(1 for part in message.parts if hasattr(part, "text"))
    attached = f" · {files} attached" if files else ""
    return f"**{escaped(who)}** · {_when(message.created_at)}{attached}\n{_excerpt(message.text)}"


@command("rename", "Give this session another title")
async def rename(call: Call, title: Annotated[str, "The new title"]) -> View:
    return await _rename(call, await current(call), title)


@command("rename_session", "Give a session another title", listed=False)
async def rename_session(
    call: Call, session: Annotated[str, "Which session"], title: Annotated[str, "The new title"]
) -> View:
    return await _rename(call, await reach(call, session), title)


async def _rename(call: Call, session: Session, title: str) -> View:
    clean = " ".join(title.split())[:_TITLE_LIMIT]
    if not clean:
        raise PersonError("A title needs at least one letter. Send `/rename` and the title.")
    await call.services.database.write(sessions.set_title(session.id, clean, TitleBy.PERSON))
    call.services.renamed(session.id)
    return View(f"This session is now called **{escaped(clean)}**.")


@command("retitle", "Have the model write a new title")
async def retitle(call: Call) -> View:
    session = await current(call)
    if session.tip is None:
        raise PersonError("There is nothing to make a title from yet. Write something first.")
    if session.title_by is TitleBy.PERSON:
        raise PersonError("You gave this session its title yourself, so I leave it. `/rename` changes it.")
    call.services.retitle(session.id)
    return View("A new title is on its way; `/sessions` will show it.")


@command("delete", "Delete this session")
async def delete(call: Call, session: Annotated[str, "Which session"] = "") -> View:
    found = await reach(call, session) if session else await current(call)
    buttons = ((Button("Delete", "delete_now", (str(found.id),), "danger"), Button("Keep", "keep", ())),)
    return View(f"Delete **{escaped(found.title)}** with all its messages?", buttons)


@command("keep", "Do not delete", listed=False)
async def keep(call: Call) -> View:
    return View("It stays.")


@command("delete_now", "Delete for good after the undo time", listed=False)
async def delete_now(call: Call, session: Annotated[str, "Which session"]) -> View:
    found = await reach(call, session)
    running = await call.services.database.write(_delete(call, found))
    for turn in running:
        call.services.stop(turn)
    minutes = call.services.policy.undo_minutes
    undo = Button("Undo", "undelete", (str(found.id),))
    return View(f"**{escaped(found.title)}** is deleted. You can undo that for {minutes} minutes.", ((undo,),))


def _delete(call: Call, session: Session) -> Program[list[TurnId]]:
    now = call.services.clock.now()
    running = []
    for turn, state in (yield from turns.open_turns(session.id)):
        yield from turns.request_stop(turn)
        if state is TurnState.RUNNING:
            running.append(turn)
    yield from places.close_session(session.id)
    yield from sessions.delete(session.id, now)
    return running


@command("undelete", "Bring a deleted session back", listed=False)
async def undelete(call: Call, session: Annotated[int, "Which session"]) -> View:
    restored = await call.services.database.write(_restore(call.standing, SessionId(session)))
    if restored is None:
        raise PersonError("That session is gone for good; the time to undo has run out.")
    return View(f"**{escaped(restored.title)}** is back and open.")


def _restore(standing: Standing, session: SessionId) -> Program[Session | None]:
    restored = yield from sessions.restore(session, standing.person.id, standing.place_row, standing.place.kind.private)
    if restored is not None:
        yield from places.show_session(standing.place_row, restored.id, restored.mode)
    return restored


# modes


@command("mode", "Choose how the bot answers")
async def mode(call: Call, name: Annotated[str, "Which mode", Choices(mode_choices)]) -> View:
    wanted = _mode(call, name)
    question = await _consent_needed(call, wanted)
    return question if question is not None else await _go_to_mode(call, wanted)


@command("mode_yes", "Confirm a mode", listed=False)
async def mode_yes(call: Call, name: Annotated[str, "Which mode"]) -> View:
    wanted = _mode(call, name)
    await call.services.database.write(people.consent(call.standing.person.id, wanted.name, call.services.clock.now()))
    return await _go_to_mode(call, wanted)


def _mode(call: Call, name: str) -> Mode:
    wanted = call.services.policy.modes.get(name.strip().lower())
    if wanted is None:
        known = ", ".join(f"`{mode}`" for mode in call.services.policy.modes)
        raise PersonError(f"There is no mode {name[:40]!r}. Choose one of {known}.")
    if (refusal := access.why_not_mode(wanted, call.invocation.place)) is not None:
        raise PersonError(refusal)
    return wanted


async def _consent_needed(call: Call, wanted: Mode) -> View | None:
    """What to confirm before a mode that asks for it is used the first time."""
    person = call.standing.person.id
    if not wanted.needs_consent or await call.services.database.read(people.has_consented(person, wanted.name)):
        return None
    yes = Button("I am an adult and want this", "mode_yes", (wanted.name,), "danger")
    text = f"The mode `{wanted.name}` answers without the usual restraint. Its answers can be offensive or wrong."
    return View(text, ((yes,), (Button("No", "keep", ()),)))


async def _go_to_mode(call: Call, wanted: Mode) -> View:
    session = await call.services.database.write(_session_of_mode(call, wanted))
    return View(f"The mode is `{wanted.name}`: {wanted.description}\n\nOpen here: **{escaped(session.title)}**")


def _session_of_mode(call: Call, wanted: Mode) -> Program[Session]:
    """Each mode keeps its own history: the session last open in it here, or a new one. A thread stays one session."""
    standing = call.standing
    if standing.place.thread and standing.session is not None:
        yield from sessions.set_mode(standing.session, wanted.name)
        thread = yield from access.reach(standing, standing.session)
        if thread is not None:
            return thread
    last = yield from places.last_session_of_mode(standing.place_row, wanted.name)
    session = (yield from access.reach(standing, last)) if last is not None else None
    if session is None:
        now = call.services.clock.now()
        return (yield from access.new_session(standing, wanted.name, _NEW_TITLE, TitleBy.WORDS, now))
    yield from places.show_session(standing.place_row, session.id, session.mode)
    return session


COMMANDS = (
    new, list_sessions, sessions_page, switch, open_command, history, rename, rename_session, retitle,
    delete, keep, delete_now, undelete, mode, mode_yes,
)  # fmt: skip
