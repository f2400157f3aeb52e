"""Fetching files from the platform: their bytes are checked, told apart by content, and kept."""

import asyncio

import structlog

from bot.contracts.bots import Bots
from bot.domain.clock import Clock
from bot.domain.errors import (
    NotSent,
    OutcomeUnknown,
    PlatformError,
    StorageError,
)
from bot.domain.ids import MessageId
from bot.domain.incoming import MessageRef
from bot.domain.messages import FileKind, FilePart, Message
from bot.domain.places import Place
from bot.domain.policy import FileRules
from bot.files.kinds import is_apples, is_binary_sheets, kind_of
from bot.files.locks import Locks
from bot.files.outcomes import Outcomes
from bot.files.reader.signatures import COMPOUND
from bot.files.reader.trouble import Trouble
from bot.files.sound import is_film
from bot.files.store import FileStore
from bot.shares import Shares
from storage import attachments, messages
from storage.attachments import Attachment, AttachmentState
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)

FETCH_ATTEMPTS = 4
FETCH_WAIT_S = 1.0
"""Doubles with each attempt."""

FETCHES_AT_ONCE = 8
FETCHES_OF_A_CHAT = 2
"""Of those: someone who sends many, or slow ones, has two in progress; others begin at once."""

INNER_FROM = 1000
"""Numbers of files inside the message's first file begin here, of those inside its second at twice this."""


class Fetcher:
    """Fetches files. `locks` are held by message."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        store: FileStore,
        outcomes: Outcomes,
        rules: FileRules,
        clock: Clock,
        locks: Locks,
    ) -> None:
        self._database = database
        self._bots = bots
        self._store = store
        self._outcomes = outcomes
        self._rules = rules
        self._clock = clock
        self._locks = locks
        self._fetching = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._shares = Shares({"chat": FETCHES_OF_A_CHAT})
        self._tasks: set[asyncio.Task[None]] = set()

    def fetch_soon(self, message: MessageId, origin: MessageRef) -> None:
        """Fetch the files of a message behind the scenes: a platform's links to them may not live long."""
        task = asyncio.create_task(self._fetch_quietly(message, origin), name=f"fetch-{message}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Fetch nothing more; what is not here yet is fetched when its turn begins."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch_quietly(self, message: MessageId, origin: MessageRef) -> None:
        try:
            await self.fetch(message, origin)
        except StorageError as error:
            log.warning("file_waits", message=message, error=error)  # Its turn tries again.

    async def fetch(self, message: MessageId, origin: MessageRef) -> None:
        """Have the bytes of every file of a message here, or a sentence about why not."""
        async with self._locks.of(("fetch", message)):
            found, waiting = await self._database.read(_waiting(message))
            if found is None:
                return
            for attachment in waiting:
                place = origin.place
                async with self._shares.place(("chat", place.platform, place.bot, place.chat)), self._fetching:
                    await self._fetch_one(attachment, found.files[attachment.number], origin)

    async def _fetch_one(self, attachment: Attachment, file: FilePart, origin: MessageRef) -> None:
        try:
            data = await self._bytes_of(file, origin.place)
            kind = checked(data, file, self._rules)
            await self._store.keep(attachment, kind, data)
        except Trouble as trouble:
            await self._outcomes.refuse(attachment, trouble, origin)

    async def _bytes_of(self, file: FilePart, place: Place) -> bytes:
        platform = self._bots.find(place)
        if platform is None:
            raise Trouble("gone")
        limit = min(self._rules.largest_bytes, platform.capabilities(place).download_limit_bytes)
        if (file.size_bytes or 0) > limit:
            raise Trouble("too_large", limit=limit // 1_000_000)
        for attempt in range(1, FETCH_ATTEMPTS + 1):
            try:
                data = await platform.fetch(file)
                break
            except (NotSent, OutcomeUnknown) as error:
                log.warning("fetch_failed", attempt=attempt, error=type(error).__name__, detail=error)
                if attempt == FETCH_ATTEMPTS:
                    raise Trouble("gone") from error
                await self._clock.sleep(FETCH_WAIT_S * 2.0 ** (attempt - 1))
            except PlatformError as error:
                log.warning("fetch_refused", error=type(error).__name__, detail=error)
                raise Trouble("gone") from error
        if len(data) > limit:
            raise Trouble("too_large", limit=limit // 1_000_000)
        return data


def checked(data: bytes, file: FilePart, rules: FileRules) -> FileKind:
    """What kind of file this is. Raises Trouble if it cannot be read here."""
    if not data:
        raise Trouble("empty")
    if len(data) > rules.quota_bytes:
        raise Trouble("quota", limit=rules.quota_bytes // 1_000_000)
    kind = kind_of(data)
    if kind is FileKind.AUDIO and file.spoken:
        return FileKind.VOICE
    if kind is not None:
        return kind
    if data.startswith(COMPOUND):
        raise Trouble("old_office")
    if data.startswith(b"PK\x03\x04"):
        raise Trouble("apples" if is_apples(data) else "old_office" if is_binary_sheets(data) else "broken")
    raise Trouble("video" if is_film(data) or file.media_type.startswith("video/") else "unsupported")


def _waiting(message: MessageId) -> Program[tuple[Message | None, list[Attachment]]]:
    found = yield from messages.get(message)
    rows = yield from attachments.of_message(message)
    # A crash may have left a file that was being unpacked from another: no platform has that.
    origin = [attachment for attachment in rows if attachment.number < INNER_FROM]
    return found, [attachment for attachment in origin if attachment.state is AttachmentState.WAITING]
