"""Importing sessions one after the other, each whole or not at all.

A crash in between costs nothing: importing the same files again adds only what is missing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from bot.archive.bundle import Bundle
from bot.archive.losses import FILES, FULL, LARGE, QUOTA, Losses
from bot.archive.rounds import parts_of
from bot.archive.values import ArchivedFact, ArchivedFile, ArchivedMessage, ArchivedSession, ImportFault
from bot.domain.ids import FolderId, PersonId, UnixMs
from bot.domain.messages import FileKind, FilePart, Part
from bot.domain.policy import FileRules
from bot.files.kinds import kind_of
from bot.files.store import FileStore
from bot.rendering.titles import cut_title
from storage import brought, facts, folders, kept_bytes
from storage.brought import Came, KeptFile, NewNode, NewSession, NewSummary
from storage.database import Database
from storage.facts import Kept
from storage.programs import Program

_TITLE_LIMIT = 100
_NAME_LIMIT = 100
_TEXT_TYPE = "text/plain"
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all sessions."""

    sessions: int = 0
    messages: int = 0
    grown: int = 0
    """Sessions that existed and have more messages now."""
    unchanged: int = 0
    remembered: int = 0
    """What they had remembered elsewhere, and is new here."""
    instructed: bool = False
    """Whether a new session has its owner's instructions."""


class Importer:
    """Imports sessions for one person. `folder_name` turns a name into a valid folder name."""

    def __init__(
        self,
        database: Database,
        store: FileStore,
        rules: FileRules,
        owner: PersonId,
        place: int,
        now: UnixMs,
        folder_name: Callable[[str], str],
    ) -> None:
        self._database = database
        self._store = store
        self._rules = rules
        self._owner = owner
        self._place = place
        self._now = now
        self._folder_name = folder_name
        self._room = 0

    async def add(self, sessions: Sequence[ArchivedSession], bundle: Bundle, losses: Losses) -> Outcome:
        """Import all of them, the most recently used last, so that it gets the highest number.

        Raises:
            StorageError: those before are in; importing the same again continues from there.
        """
        # Files that are here already count against the quota first: an import never pushes them out.
        kept = await self._database.read(kept_bytes.of_person(self._owner))
        self._room = self._rules.quota_bytes - kept
        outcome = Outcome()
        for session in sessions[::-1]:
            known = await self._database.read(brought.keys_of(self._owner, session.origin))
            files = await self._files(session, known or set(), bundle, losses)
            came = await self._database.write(self._write(session, files))
            outcome = _added(outcome, came, session)
        return outcome

    async def remember(self, found: Sequence[ArchivedFact], losses: Losses) -> int:
        """What they had remembered elsewhere; says how much of it is new here. What is here already stays as it is."""

        def program() -> Program[Counter[Kept]]:
            kept = Counter[Kept]()
            for fact in found:
                kept[(yield from facts.add(self._owner, fact.text, self._now, pinned=fact.pinned))] += 1
            return kept

        kept = await self._database.write(program()) if found else Counter[Kept]()
        losses.add(FULL, kept[Kept.FULL])
        return kept[Kept.NEW]

    def _write(self, session: ArchivedSession, files: Mapping[str, tuple[KeptFile, ...]]) -> Program[Came]:
        name = self._folder_name(session.folder)
        folder = (yield from folders.add(self._owner, name, self._now)) if name else None
        return (yield from brought.bring(self._owner, self._place, _new(session, folder, files), self._now))

    async def _files(
        self, session: ArchivedSession, known: set[str], bundle: Bundle, losses: Losses
    ) -> dict[str, tuple[KeptFile, ...]]:
        """Keep the bytes of files whose messages are not here yet."""
        found: dict[str, tuple[KeptFile, ...]] = {}
        for message in session.messages:
            if message.files and brought.short(message.key) not in known:
                kept = [await self._kept(number, file, bundle, losses) for number, file in enumerate(message.files)]
                found[message.key] = tuple(each for each in kept if each is not None)
        return found

    async def _kept(self, number: int, file: ArchivedFile, bundle: Bundle, losses: Losses) -> KeptFile | None:
        if file.data is None and not file.entry:
            return None
        try:
            data = (
                file.data
                if file.data is not None
                else await asyncio.to_thread(bundle.read, file.entry, self._rules.largest_bytes)
            )
        except ImportFault:
            losses.add(LARGE)
            return None
        kind = FileKind.TEXT if file.is_text else kind_of(data)
        if kind is None or not data:
            losses.add(FILES)
            return None
        if len(data) > self._room:
            losses.add(QUOTA)
            return None
        self._room -= len(data)
        sha256 = await self._store.add(data)
        return KeptFile(number, replace(_part(file), size_bytes=len(data)), kind, sha256)


def _added(outcome: Outcome, came: Came, session: ArchivedSession) -> Outcome:
    return Outcome(
        outcome.sessions + came.is_new,
        outcome.messages + came.messages,
        outcome.grown + (not came.is_new and came.messages > 0),
        outcome.unchanged + (not came.is_new and not came.messages),
        outcome.remembered,
        outcome.instructed or (came.is_new and bool(session.instructions)),
    )


def _new(session: ArchivedSession, folder: FolderId | None, files: Mapping[str, tuple[KeptFile, ...]]) -> NewSession:
    order = {message.key: number for number, message in enumerate(session.messages)}
    return NewSession(
        origin=session.origin,
        title=cut_title(session.title, _TITLE_LIMIT) or "…",
        mode=session.mode,
        model=session.model,
        system_prompt=session.system_prompt,
        temperature=session.temperature,
        effort=session.effort,
        folder=folder,
        created_at=session.created_at,
        updated_at=session.updated_at,
        tip=order[session.tip] if session.tip is not None else None,
        nodes=[_node(message, order, files.get(message.key, ())) for message in session.messages],
        instructions=session.instructions,
    )


def _node(message: ArchivedMessage, order: Mapping[str, int], files: tuple[KeptFile, ...]) -> NewNode:
    return NewNode(
        key=message.key,
        parent=order[message.parent] if message.parent is not None else None,
        author=message.author,
        parts=tuple(_parts(message)),
        model=message.model,
        finish=message.finish,
        speaker=message.speaker,
        created_at=message.created_at,
        files=files,
        summary=NewSummary(**asdict(message.summary)) if message.summary is not None else None,
    )


def _parts(message: ArchivedMessage) -> Iterator[Part]:
    yield from parts_of(message)
    yield from map(_part, message.files)


def _part(file: ArchivedFile) -> FilePart:
    # No platform has it: either its bytes are here, or only its name.
    return FilePart("", file.name[:_NAME_LIMIT], _TEXT_TYPE if file.is_text else _UNKNOWN_TYPE)
