"""Exporting sessions to a file, and importing them from one."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from bot import archive
from bot.archive import Archive, ArchivedFile, ArchivedMessage, ArchivedSession, Bundle, ImportFault
from bot.archive.importer import Importer
from bot.archive.rounds import archived
from bot.archive.summary import summary
from bot.archive.values import ArchivedSummary
from bot.contracts.command import Choice, Choices, Field, Form, Scope, View, command
from bot.domain.blocks import Button, OutFile
from bot.domain.errors import NoLonger, PersonError, PlatformError
from bot.domain.ids import FolderId, MessageId, SessionId, UnixMs
from bot.domain.messages import FilePart, text_of
from bot.domain.needs import Need
from bot.domain.sessions import Session
from bot.domain.summaries import Summary
from bot.files.store import FileStore
from bot.incoming.call import Call, FileAccess
from bot.people.admission import may
from bot.people.reaching import reachable
from bot.rendering.pages import escaped
from bot.texts import moments, said_later
from bot.web.upload_links import UploadLinks
from handlers.commands.admission import admission_of
from handlers.commands.folders import folder_name
from handlers.commands.reach import current
from storage import archive as kept
from storage import belongings, folders, people, summaries
from storage import sessions as stored
from storage.archive import Node
from storage.brought import follow_instructions, instructions_of
from storage.programs import Program

_WRITERS: Mapping[str, tuple[Callable[[Archive], bytes], str, str]] = {
    "markdown": (archive.to_markdown, "md", "text/markdown"),
    "json": (archive.to_json, "json", "application/json"),
    "html": (archive.to_html, "html", "text/html"),
    "openwebui": (archive.to_openwebui, "json", "application/json"),
    "librechat": (archive.to_librechat, "json", "application/json"),
}
_LABELS = {
    "markdown": said_later("Markdown, to read"),
    "json": said_later("JSON, for Parley"),
    "html": said_later("HTML, to read and print"),
    "openwebui": said_later("JSON, for Open WebUI"),
    "librechat": said_later("JSON, for LibreChat"),
}
_ALL = "all"
_TOLD_SHOWN = 300
"""Characters of what somebody told another product."""


# out


async def format_choices(call: Call, typed: str) -> Sequence[Choice]:
    """What a file can be."""
    return [Choice(name, call.say(label)) for name, label in _LABELS.items() if name.startswith(typed.lower())]


async def scope_choices(call: Call, typed: str) -> Sequence[Choice]:
    """This session, or everything."""
    offered = [Choice("session", call.say("This session")), Choice(_ALL, call.say("All sessions"))]
    return [choice for choice in offered if choice.value.startswith(typed.lower())]


@command("export", "Export this session, or all, as a file")
async def export(
    call: Call,
    format: Annotated[str, "What kind of file", Choices(format_choices)],  # noqa: A002
    scope: Annotated[str, "This session, or all", Choices(scope_choices)] = "session",
) -> View:
    if format not in _WRITERS:
        raise PersonError("I can write {formats}, not “{given}”.", formats=", ".join(_WRITERS), given=format[:20])
    write, ending, media_type = _WRITERS[format]
    ids = await _chosen(call, scope)
    found = await call.database.read(_archive(call, ids))
    if scope == _ALL and format == "json":
        write = partial(archive.to_json, account=await call.database.read(belongings.remembered(call.caller.person.id)))
    # Rendering thousands of messages would hold up everybody else.
    data = await asyncio.to_thread(write, found)
    name = "parley" if scope == _ALL else _file_name(found.sessions[0].title)
    if data.startswith(b"PK"):
        ending, media_type = "zip", "application/zip"
    return _handed(call, OutFile(f"{name}.{ending}", media_type, data), len(found.sessions))


@command("take_all", "Download everything", scope=Scope.PRIVATE, listed=False)
async def take_all(call: Call) -> View:
    person = call.caller.person.id

    def program() -> Program[tuple[Archive, Mapping[str, belongings.Rows]]]:
        sessions = yield from _archive(call, (yield from stored.ids_within(call.caller.reach)))
        return sessions, (yield from belongings.of_person(person))

    found, account = await call.database.read(program())
    data = await asyncio.to_thread(archive.to_json, found, account)
    return _handed(call, OutFile("parley.json", "application/json", data), len(found.sessions))


def _handed(call: Call, file: OutFile, sessions: int) -> View:
    size = len(file.data)
    limit = call.platform.capabilities(call.invocation.place).upload_limit_bytes
    if size > limit:
        raise PersonError(
            "The file would be {size} MB; the limit here is {limit} MB. Export the sessions one by one.",
            size=size // 1_000_000 + 1,
            limit=limit // 1_000_000,
        )
    text = call.say("Here it is. Sessions: {count}", count=sessions)
    return View(text, files=(file,), replace=False)


async def _chosen(call: Call, scope: str) -> list[SessionId]:
    if scope != _ALL:
        return [(await current(call)).id]
    if not may(call.caller, Need(private=True)):
        raise PersonError("All sessions can be exported in a private chat with me.")
    ids = await call.database.read(stored.ids_within(call.caller.reach))
    if not ids:
        raise PersonError("There is nothing to export yet.")
    return ids


def _file_name(title: str) -> str:
    words = "".join(sign if sign.isalnum() else " " for sign in title).split()
    return "-".join(words)[:60] or "session"


def _archive(call: Call, ids: Sequence[SessionId]) -> Program[Archive]:
    names = {f.id: f.name for f in (yield from folders.of_owner(call.caller.person.id))}
    found = []
    for number in ids:
        session = yield from reachable(call.caller, number)
        if session is not None:
            nodes = yield from kept.tree_of(number)
            told = yield from summaries.of_session(number)
            found.append(_archived(session, nodes, told, names.get(session.folder or FolderId(0), "")))
    return Archive(tuple(found))


def _archived(
    session: Session, nodes: Sequence[Node], told: Mapping[MessageId, Summary], folder: str
) -> ArchivedSession:
    return ArchivedSession(
        title=session.title,
        messages=tuple(
            ArchivedMessage(
                key=str(node.id),
                parent=str(node.parent) if node.parent is not None else None,
                author=node.author,
                text=text_of(node.parts),
                files=tuple(ArchivedFile(part.name) for part in node.parts if isinstance(part, FilePart)),
                model=node.model,
                finish=node.finish,
                speaker=node.speaker,
                created_at=node.created_at,
                rounds=archived(node.parts),
                summary=_summed_up(told.get(node.id)),
            )
            for node in nodes
        ),
        tip=str(session.tip) if session.tip is not None else None,
        mode=session.mode,
        model=session.model,
        system_prompt=session.system_prompt,
        temperature=session.temperature,
        effort=session.effort,
        folder=folder,
        created_at=session.created_at,
        updated_at=session.updated_at,
    )


def _summed_up(made: Summary | None) -> ArchivedSummary | None:
    if made is None:
        return None
    return ArchivedSummary(made.text, made.asked, made.wish, made.model, made.created_at)


# in


@command("import", "Import sessions from Parley, ChatGPT and others", scope=Scope.PRIVATE)
async def import_command(call: Call, *, file_access: FileAccess) -> View:
    if call.invocation.files:
        return await _import(call, file_access, call.invocation.files)
    if call.invocation.origin == "native" and call.invocation.args:
        raise PersonError("That was not a file. `/import` starts again.")
    label = call.say("Send me the file now: an export from Parley, ChatGPT or another product, as it came")
    form = Form(call.say("Import sessions"), "import", (Field("file", label),), wants_file=True)
    return View("", form=form, replace=False)


async def _import(call: Call, file_access: FileAccess, files: Sequence[FilePart]) -> View:
    too_large = await _too_large(call, file_access.uploads, files)
    if too_large is not None:
        return too_large
    try:
        with contextlib.closing(
            Bundle([(file.name, await _loaded(call, file_access.uploads, file)) for file in files])
        ) as bundle:
            view = await _brought(call, file_access.store, bundle)
    except ImportFault:
        await _let_go(file_access.uploads, files)
        raise
    await _let_go(file_access.uploads, files)
    return view


async def _let_go(uploads: UploadLinks | None, files: Sequence[FilePart]) -> None:
    """Remove what came by a page of ours. Where the database has failed it stays: the command is done again."""
    if uploads is not None:
        for file in files:
            await uploads.remove(file)


async def _brought(call: Call, store: FileStore, bundle: Bundle) -> View:
    person = call.caller.person
    brought = await asyncio.to_thread(archive.read, bundle, person.name, moments.zone_of(person.time_zone))
    admission = await admission_of(call)
    closed = set[str]().union(*map(admission.left_out, brought.sessions))
    caller, now = call.caller, call.now
    importer = Importer(
        call.database,
        store,
        call.policy.files,
        caller.person.id,
        caller.place_row,
        now,
        folder_name,
    )
    admitted = list(map(admission.admitted, brought.sessions))
    outcome = await importer.add(admitted, bundle, brought.losses)
    outcome = replace(outcome, remembered=await importer.remember(brought.facts, brought.losses))
    text = summary(call.say, brought, outcome, closed)
    return await _asking(call, text, now) if outcome.instructed else View(text)


async def _asking(call: Call, text: str, at: UnixMs) -> View:
    """The summary, with the question whether what somebody told another product is to hold here."""
    found = await call.database.read(instructions_of(call.caller.person.id, at))
    if not found:
        return View(text)
    told = found[0][1]
    shown = told if len(told) <= _TOLD_SHOWN else told[:_TOLD_SHOWN] + "…"
    quoted = "\n".join(f"> {escaped(line)}" for line in shown.splitlines())
    asked = call.say("You told that product some things about yourself. Should I use them here too?")
    buttons = (
        (Button(call.say("In what was imported"), "import_told", ("here", str(at))),),
        (Button(call.say("Everywhere, as my system prompt"), "import_told", ("everywhere", str(at))),),
        (Button(call.say("No"), "keep"),),
    )
    return View(f"{text}\n\n{asked}\n\n{quoted}", buttons)


@command("import_told", "Use what another product was told", scope=Scope.PRIVATE, listed=False, decides=True)
async def import_told(
    call: Call, where: Annotated[str, "here or everywhere"], at: Annotated[int, "Which import"]
) -> View:
    person, database = call.caller.person.id, call.database
    found = await database.read(instructions_of(person, UnixMs(at)))
    if not found:
        raise NoLonger("That is no longer there. `/settings` has your system prompt.")
    if where == "everywhere":
        await database.write(people.set_system_prompt(person, found[0][1]))
        return View(call.say("It is your system prompt now. `/settings` shows it."))
    count = await database.write(follow_instructions(person, UnixMs(at)))
    return View(call.say("Imported sessions that use it now: {count}", count=count))


async def _too_large(call: Call, uploads: UploadLinks | None, files: Sequence[FilePart]) -> View | None:
    """What to do instead about a file that is more than the platform hands out."""
    limit = call.platform.capabilities(call.invocation.place).download_limit_bytes
    largest = max((file.size_bytes or 0 for file in files if _here(uploads, file) is None), default=0)
    if largest <= limit:
        return None
    text = call.say(
        "The file is {size} MB; I can load up to {limit} MB here. Take the {name} out of the .zip and send that "
        "alone; if there are several, one after the other.",
        size=largest // 1_000_000 + 1,
        limit=limit // 1_000_000,
        name="conversations.json",
    )
    if uploads is None:
        return View(text)
    link = await uploads.make(call.invocation, call.caller.person.id)
    handed = call.say("Or [hand it over on a page]({link}): for you alone, one file, within an hour.", link=link)
    return View(f"{text}\n\n{handed}")


def _here(uploads: UploadLinks | None, file: FilePart) -> Path | None:
    """Where a file lies that came by a page of ours."""
    return uploads.path_of(file) if uploads is not None else None


async def _loaded(call: Call, uploads: UploadLinks | None, file: FilePart) -> bytes | Path:
    path = _here(uploads, file)
    if path is not None:
        if not await asyncio.to_thread(path.exists):
            raise ImportFault("The file could not be loaded. Send it again.")
        return path
    try:
        return await call.platform.fetch(file)
    except PlatformError as error:
        raise ImportFault("The file could not be loaded. Send it again.") from error


COMMANDS = (export, take_all, import_command, import_told)
