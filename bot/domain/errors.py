"""The errors of Parley.

    ParleyError
    ├── SettingsError            the operator's configuration is wrong; the program ends with status 2
    ├── DataDirError             the data directory cannot be used (locked, read-only, newer schema); status 2
    │   └── DatabaseAway         its server does not answer just now; status 1, for another start may find it
    ├── StorageError             the database refused a transaction (full, locked, …); nothing of it was kept; status 1
    │   ├── DatabaseBusy         others hold it up, or it is away: the same may be kept a moment later
    │   ├── DatabaseDamaged      what is on the disk cannot be read; nothing more is taken in
    │   ├── FilesUnavailable     where the bytes of files are refuses them, or is not reached
    │   │   └── FilesAway        its server does not answer just now: another try may find it
    │   └── Replaced             other processes think this one dead: nothing that it does is kept
    ├── ConstraintBroken         the schema forbids what a program would have kept; nothing of it was
    ├── PersonError              what a person asked for cannot be done; `tell` is the whole answer
    │   └── NoLonger             what they mean is no longer there, for them
    │       └── Over             nobody asks about it any longer, whoever answers
    ├── PlatformError            a call to a platform did not go as wished
    │   ├── RetryAfter           the platform wants silence for `retry_after_s`
    │   ├── NotSent              the call certainly had no effect (no connection): send it again later
    │   ├── OutcomeUnknown       the call may have had its effect (time-out, reset, 5xx)
    │   ├── Rejected             the platform will not take this form; another form may do
    │   │   └── RichRefused      the platform will not take its richer form here; the plain one may do
    │   ├── MessageGone          the message to edit no longer exists or can no longer be edited
    │   ├── NotAlone             what is for one person only cannot be shown to them alone here and now
    │   └── Unreachable          the platform will never take anything here (blocked, chat gone)
    │       └── ChatMoved        the chat has another id now: `chat`
    └── ProviderError            a model did not answer: see `bot.domain.provider_errors`

Each carries in `tell` what to say to the person: one sentence with the next step, never a vendor's raw words. The
cause stays chained for the log.
"""

import os
from collections.abc import Mapping, Sequence
from typing import ClassVar


class ParleyError(Exception):
    """The root. `tell` is for the person; `facts` for every log: codes and places, never anyone's words.

    `str(error)` may repeat what a vendor or a platform said, and with it what somebody wrote:
    see `bot.telemetry.unsaid`.
    """

    default_tell: ClassVar[str] = "Something went wrong on my side. Please try again in a moment."
    ours: ClassVar[bool] = False
    """Whether the whole message is in our own words, so that any log may hold it."""

    def __init__(self, message: str, *, tell: str | None = None) -> None:
        super().__init__(message)
        self.tell = tell if tell is not None else self.default_tell
        self.facts = message if self.ours else ""
        self.values: Mapping[str, object] = {}
        """What goes into the places of `tell`, which is said in the person's language (see `bot.texts`)."""


def kind_of(error: BaseException | None) -> str:
    """An error's kind and the system's word for its number, such as "ConnectionError: Connection refused".

    Neither holds an address or anyone's words, whatever `str` of it does.
    """
    number = error.errno if isinstance(error, OSError) else None
    # What resolves names counts below zero, by numbers of its own.
    word = f": {os.strerror(number)}" if number is not None and number > 0 else ""
    return f"{type(error).__name__}{word}"


class SettingsError(ParleyError):
    """A setting is wrong: the message names it, says what is wrong, and the cure. `each`: of several."""

    ours = True

    def __init__(self, message: str, *, each: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.each = tuple(each) or (message,)


class DataDirError(ParleyError):
    """The data directory or its database cannot be used: the message says why, and the cure."""

    ours = True


class DatabaseAway(DataDirError):
    """The server of the database does not answer, or lets nobody in, just now: another start may find it again."""


class StorageError(ParleyError):
    """The database refused a transaction; nothing of it was kept, and it can be tried again."""

    ours = True
    default_tell = "Nothing could be saved just now, so nothing was done. Please try again in a minute."


class DatabaseBusy(StorageError):
    """Others hold the database up, or it is away, just now: it passes, and nobody has to mend anything."""


class DatabaseDamaged(StorageError):
    """Pages of the database are damaged on the disk: the message says what to do. It does not pass by itself."""

    def __init__(
        self,
        what: str,
        cure: str = "keep a copy of DATA_DIR, have the disk checked, and restore the last backup with `parley restore`",
    ) -> None:
        super().__init__(
            f"The database is damaged on the disk ({what}). Nothing more is accepted. Stop the gateway, {cure}."
        )


class FilesUnavailable(StorageError):
    """Where the bytes of files are kept refuses them, or cannot be reached: the message says why."""


class FilesAway(FilesUnavailable):
    """The server that keeps the bytes of files does not answer, or has no time, just now: another try may find it."""


class Replaced(StorageError):
    """Other processes go on with what this one was doing: none of its transactions is kept, now or later."""

    def __init__(self) -> None:
        super().__init__("Another process has taken over from this one, which did not show that it lives.")


class ConstraintBroken(ParleyError):
    """The schema forbids what a program would have kept: a mistake in the program. Nothing of it was kept."""

    ours = True


class PersonError(ParleyError):
    """What a person asked for cannot be done: `PersonError("There is no mode {name}.", name=name)`."""

    def __init__(self, tell: str, **values: object) -> None:
        super().__init__(tell, tell=tell)
        self.values = values


class NoLonger(PersonError):
    """What a person means is no longer there, as far as they may see: to others it may be."""


class Over(NoLonger):
    """What a person answers is no longer asked: nobody's press can change that."""


class PlatformError(ParleyError):
    """A call to a platform did not go as wished."""


class RetryAfter(PlatformError):
    """The platform wants no calls for a while."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotSent(PlatformError):
    """No connection was made: the call had no effect and can be repeated."""


class OutcomeUnknown(PlatformError):
    """The call went out and no answer came: it may have had its effect. A third outcome beside success and failure."""


class Rejected(PlatformError):
    """The platform refused the content or the form of a call; repeating it unchanged is useless."""


class RichRefused(Rejected):
    """The platform does not take a page in its richer form here."""


class ReferenceRefused(Rejected):
    """The platform takes no message here that answers another one; by itself it may."""


class FileRefused(Rejected):
    """The platform takes no file of this kind here; words it may."""


class MessageGone(PlatformError):
    """The message no longer exists or can no longer be edited; a new one can be sent."""


class Unreachable(PlatformError):
    """The platform will never take a message at this place: the bot is blocked, removed, or the chat is gone."""


class NotAlone(PlatformError):
    """It is for one person only, and everybody would read it."""


class ThreadRefused(Unreachable):
    """The thread does not accept messages, or no longer; the chat that it is in may."""


class ThreadNotOpened(ThreadRefused):
    """The thread was to be opened and will never be."""


class ChatMoved(Unreachable):
    """The chat continues under another id, `chat`."""

    def __init__(self, message: str, *, chat: str) -> None:
        super().__init__(message)
        self.chat = chat
