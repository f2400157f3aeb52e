"""A command being run, as its handler sees it."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass

from bot.contracts.bots import Bots
from bot.contracts.command import Command
from bot.contracts.platform import Platform
from bot.domain.clock import Clock
from bot.domain.ids import AttachmentId, UnixMs
from bot.domain.incoming import Invocation
from bot.domain.policy import Policy
from bot.files.store import FileStore
from bot.llm.own_endpoints import OwnEndpoints
from bot.llm.profiles import Profiles
from bot.people.callers import Caller
from bot.texts import Say, say_in
from bot.web.upload_links import UploadLinks
from storage.blobs import Blobs
from storage.database import Database


@dataclass(frozen=True, slots=True)
class FileAccess:
    """The files that are kept, and the ways to them from outside."""

    blobs: Blobs
    store: FileStore
    links: Callable[[AttachmentId], str] | None
    """Makes a link to a file that is kept, where the gateway can be reached from outside."""
    uploads: UploadLinks | None
    """Makes links to pages on which a file can be handed over, where the gateway can be reached from outside."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, where and with what, and what they can be told from. The first argument of every handler.

    What a command acts on it takes by itself, see `bot.contracts.command`.
    """

    caller: Caller
    invocation: Invocation
    _: KW_ONLY
    bots: Bots
    commands: Mapping[str, Command]
    database: Database
    policy: Policy
    clock: Clock
    profiles: Profiles
    own: OwnEndpoints

    @property
    def platform(self) -> Platform:
        """The one on which they call."""
        return self.bots.at(self.invocation.place)

    @property
    def say(self) -> Say:
        """Says our own sentences in the language of the person who calls."""
        return say_in(self.caller.person.language)

    @property
    def now(self) -> UnixMs:
        """The time."""
        return self.clock.now()


MakeCall = Callable[[Caller, Invocation], Call]
"""Makes the call of somebody who has been admitted."""
