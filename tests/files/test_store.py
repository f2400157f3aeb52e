"""Bytes and their rows: what is attached is there, and what is there has a row, whoever is killed in between."""

import asyncio
import hashlib
import itertools
from pathlib import Path
from typing import Any, cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.clock import Clock, SystemClock
from bot.domain.ids import AttachmentId
from bot.domain.messages import FileKind, FilePart
from bot.domain.policy import FileRules
from bot.files.store import FileStore
from bot.web.links import FileLinks
from storage import attachments, kept_bytes
from storage.attachments import Attachment
from storage.blobs import Blobs
from storage.database import Database, open_database
from storage.programs import Program
from tests.storage.conftest import NOW, ask
from tests.support.clock import TurnedClock

LATER_S = 2 * kept_bytes.ANNOUNCED_FOR_MS / 1000
MOST_STEPS = 40


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Stepping:
    """A database, the place of bytes and a clock, none of which does a step before it is let."""

    def __init__(self, database: Database, there: dict[str, bytes], clock: TurnedClock) -> None:
        self._database = database
        self._there = there
        self._may: asyncio.Queue[None] = asyncio.Queue()
        self._waits = asyncio.Event()
        self.now, self.monotonic = clock.now, clock.monotonic
        self.store = FileStore(cast(Database, self), cast(Blobs, self), FileRules(), cast(Clock, self))

    async def go_on(self, task: asyncio.Task[None]) -> None:
        """Let it do its next step; returns when it waits again, or is done."""
        self._waits.clear()
        self._may.put_nowait(None)
        waiting = asyncio.create_task(self._waits.wait())
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _wait(self) -> None:
        self._waits.set()
        await self._may.get()

    async def read(self, program: Program[Any]) -> Any:
        return await self._database.read(program)

    async def write(self, program: Program[Any]) -> Any:
        await self._wait()
        return await self._database.write(program)

    async def put(self, sha256: str, data: bytes) -> None:
        await self._wait()
        self._there[sha256] = data

    async def remove(self, sha256: str) -> None:
        await self._wait()
        self._there.pop(sha256, None)

    async def tidy(self) -> None:
        """Nothing is half written here."""

    async def sleep(self, seconds: float) -> None:
        await self._wait()


def two_files(data: bytes) -> Program[list[Attachment]]:
    """A question of Alice's has two files; the same bytes are there already, and nobody's."""
    turn = yield from ask("look")
    files = [FilePart("f", name, "text/plain", len(data)) for name in ("a.txt", "b.txt")]
    yield from attachments.note(turn.question, turn.session, turn.payer, files, NOW)
    yield ("INSERT INTO blob (sha256, size_bytes, created_at) VALUES (?, ?, ?)", (hash_of(data), len(data), NOW))
    return (yield from attachments.of_message(turn.question))


def erased(attachment: AttachmentId) -> Program[None]:
    yield ("DELETE FROM attachment WHERE id = ?", (attachment,))


def attached() -> Program[set[str]]:
    rows = yield ("SELECT sha256 FROM attachment WHERE sha256 IS NOT NULL", ())
    return {sha256 for (sha256,) in rows}


class Play:
    """One keeps a file and one keeps and erases the same, while two others clean up."""

    def __init__(self, database: Database, data: bytes, there: dict[str, bytes]) -> None:
        self._database = database
        self._data = data
        self._there = there
        self._clock = TurnedClock()
        self._at = [Stepping(database, there, self._clock) for _ in range(5)]

    async def plays(self, order: list[int], killed_after: dict[int, int]) -> None:
        """`order`: who does the next step. `killed_after`: how many steps somebody does before."""
        one, other = await self._database.write(two_files(self._data))
        actors = (self._keeps(0, one), self._keeps_and_erases(1, other), self._cleans(2), self._cleans(3))
        tasks = [asyncio.create_task(actor) for actor in actors]
        steps = [0] * len(tasks)
        for who in (*order, *(list(range(len(tasks))) * MOST_STEPS)):
            if steps[who] == killed_after.get(who):
                tasks[who].cancel()
            elif not tasks[who].done():
                await self._at[who].go_on(tasks[who])
                steps[who] += 1
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [end for end in ends if end is not None and not isinstance(end, asyncio.CancelledError)] == []
        assert await self._database.read(attached()) <= self._there.keys()
        self._clock.advance(LATER_S)
        last = asyncio.create_task(self._cleans(4))
        while not last.done():
            await self._at[4].go_on(last)
        rows = set(await self._database.read(kept_bytes.every()))
        assert await self._database.read(attached()) == self._there.keys() == rows

    async def _keeps(self, who: int, attachment: Attachment) -> None:
        await self._at[who].store.keep(attachment, FileKind.TEXT, self._data)

    async def _keeps_and_erases(self, who: int, attachment: Attachment) -> None:
        await self._keeps(who, attachment)
        await self._at[who].write(erased(attachment.id))

    async def _cleans(self, who: int) -> None:
        for _ in range(2):
            await self._at[who].store.clean()


def test_what_is_attached_is_there_and_what_is_there_is_attached(tmp_path: Path) -> None:
    who, there, numbers = st.integers(0, 3), dict[str, bytes](), itertools.count()
    with asyncio.Runner() as runner:
        database = runner.run(open_database(tmp_path))

        @settings(max_examples=25)
        @given(st.lists(who, max_size=24), st.dictionaries(who, st.integers(0, 5), max_size=2))
        # Somebody brings what another is just removing.
        @example([2, 0, 0, 2, 2, 0, 0], {})
        # Killed between the bytes and their attachment; killed in the middle of a removal.
        @example([0, 0], {0: 2})
        @example([2, 2, 0, 0, 0], {2: 2})
        def holds(order: list[int], killed_after: dict[int, int]) -> None:
            data = b"%d" % next(numbers)
            there[hash_of(data)] = data
            runner.run(Play(database, data, there).plays(order, killed_after))

        try:
            holds()
        finally:
            runner.run(database.close())


def test_a_link_cannot_be_made_up() -> None:
    clock = TurnedClock()
    links = FileLinks("https://example.org", b"k" * 32, clock)
    _, number, until, signature = links.make(AttachmentId(7)).rsplit("/", 3)
    assert links.check(number, until, signature) == 7
    assert links.check("8", until, signature) is None
    assert links.check(number, str(int(until) + 1), signature) is None
    assert links.check("٧", until, signature) is None
    assert FileLinks("https://example.org", b"x" * 32, SystemClock()).check(number, until, signature) is None
