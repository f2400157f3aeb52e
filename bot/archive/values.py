"""What an archive holds, whatever file it came from."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.errors import PersonError
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

UNKNOWN = UnixMs(0)
MOST_SESSIONS = 10_000
MOST_MESSAGES = 200_000


class ImportFault(PersonError):
    """A file that cannot be imported: the sentence says what is wrong and where. Nothing of it has been."""


@dataclass(frozen=True, slots=True)
class ArchivedMessage:
    """A node of a session's tree. `key` and `parent` are names within the session."""

    key: str
    parent: str | None
    author: Author
    text: str
    files: tuple[str, ...] = ()
    """The names of what was attached; the bytes are not in the archive."""
    model: str = ""
    finish: str = ""
    speaker: str = ""
    created_at: UnixMs = UNKNOWN


@dataclass(frozen=True, slots=True)
class ArchivedSession:
    """A session with its whole tree, parents before children. `tip` is where its open branch ends."""

    title: str
    messages: tuple[ArchivedMessage, ...]
    tip: str | None
    mode: str = ""
    model: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    folder: str = ""
    created_at: UnixMs = UNKNOWN
    updated_at: UnixMs = UNKNOWN

    def branch(self) -> list[ArchivedMessage]:
        """The open branch, from its root on; behind each message what was read of its files."""
        known = {message.key: message for message in self.messages}
        found = []
        key = self.tip
        while key is not None:
            found.append(known[key])
            key = known[key].parent
        path = {message.key for message in found}
        read: dict[str | None, list[ArchivedMessage]] = {}
        for message in self.messages:
            if message.author is Author.SYSTEM and message.key not in path:
                read.setdefault(message.parent, []).append(message)
        return [each for message in found[::-1] for each in (message, *read.get(message.key, ()))]


@dataclass(frozen=True, slots=True)
class Archive:
    """Sessions, the one that was used last first."""

    sessions: tuple[ArchivedSession, ...]


def in_order(messages: Iterable[ArchivedMessage], where: str) -> tuple[ArchivedMessage, ...]:
    """The messages of a session, every parent before its children.

    Raises:
        ImportFault: two have one key, a parent is missing, or messages hang below themselves. `where` says in what.
    """
    below: dict[str | None, list[ArchivedMessage]] = {}
    keys = set()
    for message in messages:
        if message.key in keys:
            raise ImportFault("{where}: two messages are called “{key}”.", where=where, key=message.key[:40])
        keys.add(message.key)
        below.setdefault(message.parent, []).append(message)
    if missing := [parent for parent in below if parent is not None and parent not in keys]:
        raise ImportFault("{where}: the message “{key}” is missing.", where=where, key=str(missing[0])[:40])
    ordered: list[ArchivedMessage] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        message = waiting.pop()
        ordered.append(message)
        waiting += below.get(message.key, [])[::-1]
    if len(ordered) < len(keys):
        raise ImportFault("{where}: some messages are their own ancestors (a cycle).", where=where)
    return tuple(ordered)
