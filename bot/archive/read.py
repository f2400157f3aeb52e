"""Recognising and reading the files of an import: by their content, never by their names.

A fault in one conversation affects only that one: it is left out and named, or imported as far as it can be read.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Any

from bot.archive import parley
from bot.archive.bundle import Bundle, Document
from bot.archive.fields import MOST_TEXT, line, mapping
from bot.archive.formats import FORMATS, Format, Source, note_names
from bot.archive.losses import CUT, EMPTY, Losses
from bot.archive.opened import opened
from bot.archive.values import MOST_MESSAGES, MOST_SESSIONS, ArchivedFact, ArchivedSession, Broken, Brought, ImportFault


def read(bundle: Bundle, person: str = "", zone: tzinfo = UTC) -> Brought:
    """Read all files of an import, for this person and time zone.

    Raises:
        ImportFault: nothing can be imported; the sentence says what is wrong and where.
    """
    reader = _Reader(Source(bundle, person or "the user", zone))
    for document in bundle.documents():
        reader.take(document)
    return reader.brought()


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    source: Source
    sessions: list[ArchivedSession] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    notes: dict[str, None] = field(default_factory=dict)
    facts: list[ArchivedFact] = field(default_factory=list)
    known: bool = False
    """Whether anything was of a known kind."""

    def take(self, document: Document) -> None:
        """Read a document; one that is broken as a whole is left out."""
        try:
            data = opened(self.source.bundle.bytes_of(document))
            self.facts += parley.facts_of(data, self.losses)
            kind, conversations = self._told_apart(data)
        except ImportFault as fault:
            self.broken.append(Broken(line(document.name, 60), fault))
            return
        if kind is None:
            note_names(data, self.source.names)
            return
        self.known = True
        if kind.note:
            self.notes[kind.note] = None
        for number, each in enumerate(conversations, 1):
            self._take_one(kind, each, number)

    def _told_apart(self, data: Any) -> tuple[Format | None, list[Any]]:
        for kind in FORMATS:
            if found := kind.conversations(data, self.source, self.losses):
                return kind, list(found)
        return None, []

    def _take_one(self, kind: Format, data: Any, number: int) -> None:
        title, losses = line(mapping(data).get(kind.title), 60) or f"{number}", Losses()
        try:
            session = kind.session_of(data, self.source, losses)
            session = _cut(session, losses)
            if losses.damaged and not (session.messages or session.system_prompt):
                raise ImportFault("Nothing in it can be read.")
        except ImportFault as fault:
            self.broken.append(Broken(title, fault))
            return
        self.losses.merge(losses)
        if losses.damaged:
            self.damaged.append(title)
        if session.messages or kind.keeps_empty:
            self.sessions.append(_identified(session, kind.name))
        else:
            self.losses.add(EMPTY)

    def brought(self) -> Brought:
        """The result. Raises ImportFault if there is none."""
        if not self.sessions and not self.facts:
            if self.broken:
                raise self.broken[0].fault
            if self.known:
                raise ImportFault("There are no sessions in this file.")
            raise ImportFault(
                "I do not recognise this export. I can read exports from {known}.",
                known="Parley, ChatGPT, Claude, Gemini, Open WebUI, LibreChat, SillyTavern",
            )
        _check_size(self.sessions)
        # A stable sort: sessions without a time, or from Parley, keep their order.
        ordered = sorted(self.sessions, key=lambda session: -session.updated_at)
        return Brought(
            tuple(ordered), tuple(self.broken), tuple(self.damaged), self.losses, tuple(self.notes), tuple(self.facts)
        )


def _cut(session: ArchivedSession, losses: Losses) -> ArchivedSession:
    """Without the ends of messages that are too long; what was cut before it came here is exactly as long as may be."""
    long = [message for message in session.messages if len(message.text) >= MOST_TEXT]
    if not long:
        return session
    losses.add(CUT, len(long))
    messages = (replace(message, text=message.text[:MOST_TEXT]) for message in session.messages)
    return replace(session, messages=tuple(messages))


def _identified(session: ArchivedSession, kind: str) -> ArchivedSession:
    """The session with an origin that stays the same in later exports, even if the conversation has grown."""
    own = session.origin
    if not own or len(own) > 100:
        first = session.messages[0] if session.messages else None
        said = (first.author.value, first.text, first.created_at) if first is not None else session.title
        own = hashlib.sha256(repr((session.origin, session.created_at, said)).encode()).hexdigest()[:32]
    return replace(session, origin=f"{kind}/{own}")


def _check_size(sessions: list[ArchivedSession]) -> None:
    messages = sum(len(session.messages) for session in sessions)
    if len(sessions) > MOST_SESSIONS or messages > MOST_MESSAGES:
        raise ImportFault(
            "The file contains {sessions} sessions with {messages} messages; at most {most_sessions} and "
            "{most_messages} can be imported at once. Split it.",
            sessions=len(sessions),
            messages=messages,
            most_sessions=MOST_SESSIONS,
            most_messages=MOST_MESSAGES,
        )
