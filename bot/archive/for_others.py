"""Sessions as files that Open WebUI and LibreChat can import.

What they cannot hold is left out: the bytes of files, and in LibreChat the files' text. The shapes are those that
`bot.archive.openwebui` and `bot.archive.librechat` read.
"""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.archive.librechat import NO_PARENT
from bot.archive.values import Archive, ArchivedMessage, ArchivedSession
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

_NAMES = uuid.UUID("7e2b1d5e-6f0c-4f7e-9b5e-3d3f0f6f6a10")
"""The namespace of ids: a session has the same id in every export."""


def to_openwebui(archive: Archive) -> bytes:
    """A list of chats, for Settings, Data controls, Import chats."""
    return _written([_chat(session) for session in archive.sessions])


def to_librechat(archive: Archive) -> bytes:
    """One conversation for Settings, Data controls, Import; several in a .zip, to be imported one by one."""
    if len(archive.sessions) == 1:
        return _written(_conversation(archive.sessions[0]))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, session in enumerate(archive.sessions, 1):
            packed.writestr(f"{number:04}.json", _written(_conversation(session)))
    return data.getvalue()


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _name(session: ArchivedSession, key: str = "") -> str:
    return str(uuid.uuid5(_NAMES, f"{session.title}\n{session.created_at}\n{key}"))


def _spoken(session: ArchivedSession) -> list[ArchivedMessage]:
    """The messages of people and models; the text of files is separate."""
    return [message for message in session.messages if message.author is not Author.SYSTEM]


def _parents(session: ArchivedSession, spoken: Sequence[ArchivedMessage]) -> dict[str, str | None]:
    """By key, the nearest message above that is among these."""
    kept = {message.key for message in spoken}
    above = {message.key: message.parent for message in session.messages}
    found: dict[str, str | None] = {}
    for message in spoken:
        parent = message.parent
        while parent is not None and parent not in kept:
            parent = above[parent]
        found[message.key] = parent
    return found


# Open WebUI


def _chat(session: ArchivedSession) -> Mapping[str, Any]:
    spoken = _spoken(session)
    parents = _parents(session, spoken)
    below: dict[str | None, list[str]] = {}
    for message in spoken:
        below.setdefault(parents[message.key], []).append(_name(session, message.key))
    notes: dict[str | None, list[Mapping[str, Any]]] = {}
    for note in session.messages:
        if note.author is Author.SYSTEM:
            notes.setdefault(note.parent, []).append(_read_file(note))
    by_id = {
        _name(session, message.key): _message(session, message, parents[message.key], below, notes)
        for message in spoken
    }
    params: dict[str, Any] = {"system": session.system_prompt} if session.system_prompt else {}
    if session.temperature is not None:
        params["temperature"] = session.temperature
    if session.effort is not None:
        params["reasoning_effort"] = session.effort
    current = _name(session, session.tip) if session.tip in parents else next(reversed(by_id), None)
    chat = {
        "title": session.title,
        "models": list(dict.fromkeys(message.model for message in spoken if message.model)),
        "params": params,
        "history": {"messages": by_id, "currentId": current},
        "messages": list(_open_branch(by_id, current))[::-1],
        "tags": [],
        "files": [],
        "timestamp": session.created_at,
    }
    created, updated = session.created_at // 1000, session.updated_at // 1000
    about = {"pinned": False, "meta": {}, "folder_id": None, "created_at": created, "updated_at": updated}
    return {"id": _name(session), "title": session.title, "chat": chat, **about}


def _message(
    session: ArchivedSession,
    message: ArchivedMessage,
    parent: str | None,
    below: Mapping[str | None, list[str]],
    notes: Mapping[str | None, list[Mapping[str, Any]]],
) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "id": _name(session, message.key),
        "parentId": _name(session, parent) if parent is not None else None,
        "childrenIds": below.get(message.key, []),
        "role": message.author.value,
        "content": message.text,
        "timestamp": message.created_at // 1000,
    }
    if message.author is Author.ASSISTANT:
        found |= {"model": message.model, "modelName": message.model, "done": True}
    read = notes.get(message.key, [])
    named = {each["name"] for each in read}
    files = [*({"type": "file", "name": file.name} for file in message.files if file.name not in named), *read]
    return found | ({"files": files} if files else {})


def _read_file(note: ArchivedMessage) -> Mapping[str, Any]:
    name = note.speaker or "text"
    return {"type": "file", "name": name, "file": {"filename": name, "data": {"content": note.text}}}


def _open_branch(by_id: Mapping[str, Mapping[str, Any]], current: str | None) -> Iterator[Mapping[str, Any]]:
    while current is not None:
        yield by_id[current]
        current = by_id[current]["parentId"]


# LibreChat


def _conversation(session: ArchivedSession) -> Mapping[str, Any]:
    spoken = _spoken(session)
    parents = _parents(session, spoken)
    options: dict[str, Any] = {"promptPrefix": session.system_prompt} if session.system_prompt else {}
    if session.temperature is not None:
        options["temperature"] = session.temperature
    if session.effort is not None:
        options["reasoning_effort"] = session.effort
    return {
        "conversationId": _name(session),
        "title": session.title,
        "exportAt": _iso(session.updated_at),
        "branches": True,
        "recursive": False,
        "options": options,
        "messages": [_flat(session, message, parents[message.key]) for message in spoken],
    }


def _flat(session: ArchivedSession, message: ArchivedMessage, parent: str | None) -> Mapping[str, Any]:
    is_user = message.author is Author.USER
    return {
        "messageId": _name(session, message.key),
        "parentMessageId": _name(session, parent) if parent is not None else NO_PARENT,
        "sender": "User" if is_user else message.model or "Assistant",
        "isCreatedByUser": is_user,
        # LibreChat leaves out a message without text, along with everything below it.
        "text": message.text or " ".join(f"📎 {file.name}" for file in message.files) or "…",
        "createdAt": _iso(message.created_at),
        **({"model": message.model} if message.model else {}),
        **({"files": [{"filename": file.name} for file in message.files]} if message.files else {}),
    }


def _iso(moment: UnixMs) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
