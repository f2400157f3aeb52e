"""The content of an archive, independent of its file format."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.archive.losses import Losses
from bot.domain.calls import Outcome
from bot.domain.efforts import Effort
from bot.domain.errors import PersonError
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

UNKNOWN = UnixMs(0)
MOST_SESSIONS = 10_000
MOST_MESSAGES = 200_000


class ImportFault(PersonError):
    """A file that cannot be imported: the sentence says what is wrong and where. Nothing was imported."""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file of a message; `data` or `entry` where its bytes were brought along, neither where only its name was."""

    name: str
    data: bytes | None = field(default=None, repr=False)
    """The bytes themselves, of a small one."""
    entry: str = ""
    """Where they are in what was brought (see `bot.archive.bundle`)."""
    is_text: bool = False
    """The text that was read from the file elsewhere, instead of the file."""


@dataclass(frozen=True, slots=True)
class ArchivedCall:
    """Something that a model had done while it answered, and what came of it."""

    id: str
    tool: str
    arguments: str
    result: str
    outcome: Outcome
    made_by: str = ""
    opaque: str = ""


@dataclass(frozen=True, slots=True)
class ArchivedRound:
    """The calls that an answer made at once; `said` is what stands in its text before them."""

    said: str
    calls: tuple[ArchivedCall, ...]


@dataclass(frozen=True, slots=True)
class ArchivedSummary:
    """What was said up to and with a message, in a model's words: the fields of `bot.domain.summaries.Summary`."""

    text: str
    asked: bool = False
    wish: str = ""
    model: str = ""
    created_at: UnixMs = UNKNOWN


@dataclass(frozen=True, slots=True)
class ArchivedMessage:
    """A node of a session's tree. `key` and `parent` are names within the session."""

    key: str
    parent: str | None
    author: Author
    text: str
    files: tuple[ArchivedFile, ...] = ()
    model: str = ""
    finish: str = ""
    speaker: str = ""
    created_at: UnixMs = UNKNOWN
    rounds: tuple[ArchivedRound, ...] = ()
    """What an answer had done on its way."""
    summary: ArchivedSummary | None = None

    @property
    def used(self) -> str:
        """The tools that it called, for people."""
        names = Counter(call.tool for made in self.rounds for call in made.calls)
        return ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in names.items())


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
    effort: Effort | None = None
    folder: str = ""
    created_at: UnixMs = UNKNOWN
    updated_at: UnixMs = UNKNOWN
    origin: str = ""
    """Which conversation of which product it is, "chatgpt/…": the same one brought again has the same."""
    instructions: str = ""
    """What its owner told the model there about themselves: they decide whether it applies here."""

    def branch(self) -> list[ArchivedMessage]:
        """The open branch, from its root on; after each message the text of its files."""
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
class ArchivedFact:
    """Something that a person chose to have remembered, clean and not too long."""

    text: str
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """Sessions, the one that was used last first."""

    sessions: tuple[ArchivedSession, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A conversation, or a file of several, that was left out, and why."""

    title: str
    fault: ImportFault


@dataclass(frozen=True, slots=True)
class Brought:
    """What somebody brought, read: the sessions, the one that was used last first, and what could not be kept."""

    sessions: tuple[ArchivedSession, ...]
    broken: tuple[Broken, ...] = ()
    damaged: tuple[str, ...] = ()
    """The titles of sessions of which something is missing."""
    losses: Losses = field(default_factory=Losses)
    notes: tuple[str, ...] = ()
    """Sentences of ours about how the file was understood."""
    facts: tuple[ArchivedFact, ...] = ()
    """What they had remembered, the oldest first."""


def in_order(messages: Iterable[ArchivedMessage]) -> tuple[ArchivedMessage, ...]:
    """The messages of a session, every parent before its children.

    Raises:
        ImportFault: two have the same key, a parent is missing, or there is a cycle.
    """
    below: dict[str | None, list[ArchivedMessage]] = {}
    keys = set()
    for message in messages:
        if message.key in keys:
            raise ImportFault("Two messages are called “{key}”.", key=message.key[:40])
        keys.add(message.key)
        below.setdefault(message.parent, []).append(message)
    if missing := [parent for parent in below if parent is not None and parent not in keys]:
        raise ImportFault("The message “{key}” is missing.", key=str(missing[0])[:40])
    ordered: list[ArchivedMessage] = []
    waiting = below.get(None, [])[::-1]
    while waiting:
        message = waiting.pop()
        ordered.append(message)
        waiting += below.get(message.key, [])[::-1]
    if len(ordered) < len(keys):
        raise ImportFault("Some messages are their own ancestors (a cycle).")
    return tuple(ordered)
