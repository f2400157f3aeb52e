"""Parley's own JSON, version 1.

    {"format": "parley", "version": 1, "sessions": [SESSION, …]}

    SESSION  {"title", "mode", "model", "system_prompt", "temperature", "effort", "folder", "created_at", "updated_at",
              "tip", "messages": [MESSAGE, …]}
    MESSAGE  {"key", "parent", "author", "text", "files", "model", "finish", "speaker", "created_at", "rounds",
              "summary"}
    SUMMARY  {"text", "asked", "wish", "model", "created_at"}
    ROUND    {"said", "calls": [{"id", "tool", "arguments", "result", "outcome", "made_by", "opaque"}, …]}

`key` identifies a message within its session; `parent` is its parent's key, null for a root; `tip` is the
key of the last message of the open branch. `author` is "user", "assistant" or "system". Moments are milliseconds since
1970 UTC. `model`, `system_prompt`, `temperature` and `effort` may be null, `files` are names, `finish` is why an answer
ended. `rounds` are an answer's calls of tools, in order; `said` is what stands in its text before them.
`summary`, null for most messages, is what was said up to there, in a model's words: it is read in the place of that;
`asked` where a person wished it, `wish` being what they wanted to be kept.
A file with all sessions, or everything, of a person has "account" as well: rows that are kept of them, by table
(storage.belongings). Of these, what they chose to have remembered comes back: "fact", with "id", "text" and "pinned".
Only `title` and `messages`, and in a message `key`, `author` and `text`, are required; unknown fields are ignored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.archive.fields import line, mapping, number, sequence, words
from bot.archive.losses import FACTS, Losses
from bot.archive.values import (
    Archive,
    ArchivedCall,
    ArchivedFact,
    ArchivedFile,
    ArchivedMessage,
    ArchivedRound,
    ArchivedSession,
    ArchivedSummary,
    ImportFault,
    in_order,
)
from bot.domain.calls import Outcome
from bot.domain.efforts import Effort
from bot.domain.facts import LONGEST, MOST_FACTS, clean
from bot.domain.ids import UnixMs
from bot.domain.messages import Author
from bot.domain.summaries import LONGEST_SUMMARY

_LATEST = 2**53
"""Larger integers are not exact in other programs."""

_MOST_FACTS = 10 * MOST_FACTS
"""That are looked at; joined accounts can have more than one person may."""


class _Call(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1, max_length=200)
    tool: str = Field(max_length=200)
    arguments: str = ""
    result: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    made_by: str = ""
    opaque: str = ""


class _Round(BaseModel):
    model_config = ConfigDict(frozen=True)

    said: str = ""
    calls: tuple[_Call, ...]


class _Summary(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str
    asked: bool = False
    wish: str = ""
    model: str = ""
    created_at: int = Field(default=0, ge=0, le=_LATEST)


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
    rounds: tuple[_Round, ...] = ()
    summary: _Summary | None = None


class _Session(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str
    messages: tuple[_Message, ...]
    tip: str | None = None
    mode: str = ""
    model: str | None = None
    system_prompt: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    effort: Effort | None = None
    folder: str = ""
    created_at: int = Field(default=0, ge=0, le=_LATEST)
    updated_at: int = Field(default=0, ge=0, le=_LATEST)


def to_json(archive: Archive, account: Mapping[str, Any] | None = None) -> bytes:
    """The archive as a file that `session_of` reads back as it was; `account` stands in it by tables."""
    whole = {"format": "parley", "version": 1, "sessions": [_data(session) for session in archive.sessions]}
    if account is not None:
        whole["account"] = account
    return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _data(session: ArchivedSession) -> dict[str, Any]:
    found = {name: value for name, value in asdict(session).items() if name in _Session.model_fields}
    for message, data in zip(session.messages, found["messages"], strict=True):
        data["files"] = [file.name for file in message.files]
    return found


def conversations(data: Any) -> Sequence[Any]:
    """The sessions in a file's JSON; none if it is not Parley's. Raises `ImportFault` if it is of another version."""
    if not isinstance(data, dict) or data.get("format") != "parley":
        return ()
    if data.get("version") != 1:
        raise ImportFault("The file uses a version of Parley's format that I do not know.")
    found = data.get("sessions")
    if isinstance(found, list) and (found or _facts(data)):
        return found
    raise ImportFault("There are no sessions in this file.")


def facts_of(data: Any, losses: Losses) -> Sequence[ArchivedFact]:
    """What a person had remembered, in a file's JSON, the oldest first."""
    if mapping(data).get("format") != "parley":
        return ()
    rows = _facts(data)
    texts = [clean(words(row.get("text"))) for row in rows]
    kept = [ArchivedFact(text, bool(row.get("pinned"))) for row, text in zip(rows, texts, strict=True) if text]
    found = [fact for fact in kept if len(fact.text) <= LONGEST]
    losses.add(FACTS, len(rows) - len(found))
    return found


def _facts(data: Any) -> list[Mapping[str, Any]]:
    rows = [mapping(row) for row in sequence(mapping(mapping(data).get("account")).get("fact"))]
    return sorted(rows, key=lambda row: number(row.get("id")) or 0)[-_MOST_FACTS:]


def session_of(data: Any) -> ArchivedSession:
    """A session in its JSON. Raises `ImportFault`, which says where it is broken."""
    try:
        found = _Session.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"]) or "session"
        raise ImportFault("{where}: {what}.", where=where, what=first["msg"]) from None
    messages = in_order(_message(message) for message in found.messages)
    tip = found.tip if found.tip is not None else (messages[-1].key if messages else None)
    if tip is not None and tip not in {message.key for message in messages}:
        raise ImportFault("The message “{key}” is missing.", key=line(tip, 40))
    return ArchivedSession(
        title=words(found.title),
        messages=messages,
        tip=tip,
        mode=found.mode,
        model=found.model,
        system_prompt=words(found.system_prompt) if found.system_prompt is not None else None,
        temperature=found.temperature,
        effort=found.effort,
        folder=found.folder,
        created_at=UnixMs(found.created_at),
        updated_at=UnixMs(found.updated_at),
    )


def _message(found: _Message) -> ArchivedMessage:
    return ArchivedMessage(
        key=found.key,
        parent=found.parent,
        author=found.author,
        text=words(found.text),
        files=tuple(map(ArchivedFile, found.files)),
        model=found.model,
        finish=found.finish,
        speaker=found.speaker,
        created_at=UnixMs(found.created_at),
        rounds=tuple(map(_round, found.rounds)) if found.author is Author.ASSISTANT else (),
        summary=_summary(found.summary) if found.summary is not None else None,
    )


def _summary(found: _Summary) -> ArchivedSummary | None:
    # One that is longer than any that is made here would take the place of what was said.
    text = words(found.text).strip()[:LONGEST_SUMMARY]
    wish, model = words(found.wish)[:LONGEST_SUMMARY], words(found.model)
    return ArchivedSummary(text, found.asked, wish, model, UnixMs(found.created_at)) if text else None


def _round(found: _Round) -> ArchivedRound:
    return ArchivedRound(
        words(found.said),
        tuple(
            ArchivedCall(
                words(call.id), words(call.tool), words(call.arguments), words(call.result), call.outcome,
                words(call.made_by), words(call.opaque),
            )
            for call in found.calls
        ),
    )  # fmt: skip
