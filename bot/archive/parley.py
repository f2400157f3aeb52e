"""Parley's own JSON, version 1.

    {"format": "parley", "version": 1, "sessions": [SESSION, …]}

    SESSION  {"title", "mode", "model", "system_prompt", "temperature", "folder", "created_at", "updated_at", "tip",
              "messages": [MESSAGE, …]}
    MESSAGE  {"key", "parent", "author", "text", "files", "model", "finish", "speaker", "created_at"}

`key` names a message within its session; `parent` is the key of the one it hangs below, null for a root; `tip` is the
key of the last message of the open branch. `author` is "user", "assistant" or "system". Moments are milliseconds since
1970 UTC. `model`, `system_prompt` and `temperature` may be null, `files` are names, `finish` is why an answer ended.
A file with everything of a person has "account" as well: the rows that are kept of them, by table (storage.belongings).
Only `title` and `messages`, and of a message `key`, `author` and `text`, must be there; what else there is, is ignored.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.archive.values import Archive, ArchivedMessage, ArchivedSession, ImportFault, in_order
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

_LATEST = 2**53
"""Beyond this other programs' numbers are no longer exact."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)

    key: str = Field(min_length=1, max_length=200)
    parent: str | None = None
    author: Author
    text: str
    files: tuple[str, ...] = ()
    model: str = ""
    finish: str = ""
    speaker: str = ""
    created_at: int = Field(default=0, ge=0, le=_LATEST)


class _Session(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str
    messages: tuple[_Message, ...]
    tip: str | None = None
    mode: str = ""
    model: str | None = None
    system_prompt: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    folder: str = ""
    created_at: int = Field(default=0, ge=0, le=_LATEST)
    updated_at: int = Field(default=0, ge=0, le=_LATEST)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int = Field(ge=1, le=1)
    sessions: tuple[_Session, ...]


def to_json(archive: Archive, account: Mapping[str, Any] | None = None) -> bytes:
    """The archive as a file that `from_json` reads back as it was; `account` stands in it for people to read."""
    whole = {"format": "parley", "version": 1, "sessions": [asdict(session) for session in archive.sessions]}
    if account is not None:
        whole["account"] = account
    return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def from_json(data: Mapping[str, Any]) -> Archive:
    """The archive in a file's JSON. Raises `ImportFault`."""
    try:
        found = _File.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise ImportFault("{where}: {what}.", where=where, what=first["msg"]) from None
    return Archive(tuple(_session(session, f"sessions.{n}") for n, session in enumerate(found.sessions, 1)))


def _session(found: _Session, where: str) -> ArchivedSession:
    messages = in_order((_message(message) for message in found.messages), where)
    tip = found.tip if found.tip is not None else (messages[-1].key if messages else None)
    if tip is not None and tip not in {message.key for message in messages}:
        raise ImportFault("{where}: the message “{key}” is missing.", where=where, key=tip[:40])
    return ArchivedSession(
        title=found.title,
        messages=messages,
        tip=tip,
        mode=found.mode,
        model=found.model,
        system_prompt=found.system_prompt,
        temperature=found.temperature,
        folder=found.folder,
        created_at=UnixMs(found.created_at),
        updated_at=UnixMs(found.updated_at),
    )


def _message(found: _Message) -> ArchivedMessage:
    return ArchivedMessage(
        key=found.key,
        parent=found.parent,
        author=found.author,
        text=found.text,
        files=found.files,
        model=found.model,
        finish=found.finish,
        speaker=found.speaker,
        created_at=UnixMs(found.created_at),
    )
