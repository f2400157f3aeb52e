"""Telling what kind of file somebody has sent, and reading it."""

import io
import json
import zipfile
from typing import Any

from bot.archive.chatgpt import from_conversations
from bot.archive.parley import from_json
from bot.archive.values import MOST_MESSAGES, MOST_SESSIONS, Archive, ImportFault

LARGEST_BYTES = 100 * 1024 * 1024
"""Of JSON, after it is unpacked."""

_CONVERSATIONS = "conversations.json"


def read(data: bytes) -> Archive:
    """The archive in a file: Parley's JSON, ChatGPT's `conversations.json`, or the .zip that ChatGPT sends it in.

    Raises:
        ImportFault: it is none of these, or broken; the sentence says what is wrong and where.
    """
    archive = _parsed(_json(_unpacked(data)))
    messages = sum(len(session.messages) for session in archive.sessions)
    if len(archive.sessions) > MOST_SESSIONS or messages > MOST_MESSAGES:
        raise ImportFault(
            "The file holds {sessions} sessions with {messages} messages; at most {most_sessions} and {most_messages} "
            "can be imported at once. Split it.",
            sessions=len(archive.sessions),
            messages=messages,
            most_sessions=MOST_SESSIONS,
            most_messages=MOST_MESSAGES,
        )
    if not archive.sessions:
        raise ImportFault("There are no sessions in this file.")
    return archive


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"PK"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [name for name in packed.namelist() if name.rpartition("/")[2] == _CONVERSATIONS]
            if not names:
                raise ImportFault("There is no {name} in this .zip file.", name=_CONVERSATIONS)
            with packed.open(names[0]) as file:
                found = file.read(LARGEST_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise ImportFault("The .zip file cannot be unpacked. Send the {name} in it.", name=_CONVERSATIONS) from error
    if len(found) > LARGEST_BYTES:
        raise ImportFault("The file is larger than {limit} MB when unpacked.", limit=LARGEST_BYTES // 1024**2)
    return found


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ImportFault("The file is not text in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise ImportFault(
            "The file is not JSON: line {line}, column {column}.", line=error.lineno, column=error.colno
        ) from error
    except (RecursionError, ValueError) as error:
        raise ImportFault("The file is not readable JSON.") from error


def _parsed(data: Any) -> Archive:
    match data:
        case {"format": "parley"}:
            return from_json(data)
        case [{"mapping": _}, *_]:
            return from_conversations(data)
        case _:
            raise ImportFault("This is neither an export from Parley nor ChatGPT's {name}.", name=_CONVERSATIONS)
