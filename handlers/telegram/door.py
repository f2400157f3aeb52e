"""Receiving by webhook, without losing an update.

Telegram calls an address of ours with every update, several at once and in no promised order, and again and again until
the answer is a 2xx. So each is answered only once it is kept. What cannot be kept is answered 503, and stays here as
well: what comes later must not overtake it. A second copy waits for the first one's end, and is answered like it.

Where Telegram's calls are spread over several processes, each tells the others which numbers have come to it, and which
it has kept: whoever has the next one waits for those before it as if they were to come here. Where one is missing for a
moment, the others are called to answer: who does not may stand still with it in its hands, and has the time in which it
would be found dead. Who is just reading what Telegram sends answers once that is read: it may be what is missing.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiogram import Bot
from aiogram.types import Update

from bot.contracts.hook import Hook
from bot.contracts.news import News
from bot.contracts.platform import Host
from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.domain.incoming import Bookmarks, Incoming
from handlers.telegram.library import build
from handlers.telegram.origins import Me
from handlers.telegram.reorder_buffer import ReorderBuffer
from handlers.telegram.trouble import Trouble
from handlers.telegram.unfinished import Unfinished
from handlers.telegram.updates import number_of, read_update

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header

MOST_BYTES = 4_000_000
"""Far more than any update has: the longest message and the one that it answers are below a tenth of it."""

MOST_HELD_BYTES = 64_000_000
"""How much may wait here to be kept; Telegram keeps what is refused."""

_NOTE_EVERY_S = 5.0
"""How often it is noted how far everything is kept. Where that is behind, the next start waits a moment for nothing."""

_REACHED = "update"

ASK_AFTER_S = 0.25
"""How long a number is missing before the others are called: Telegram sends several at once."""


def secret_of(token: str) -> str:
    """What Telegram shows with each call: to be told by who knows the token alone, and the same at every start."""
    return hmac.new(token.encode(), b"parley webhook", hashlib.sha256).hexdigest()


@dataclass(slots=True, eq=False)
class _Held:
    """An update that is not kept yet, and the calls that wait for it."""

    raw: Any
    size: int
    read: Sequence[Incoming] | None = None
    waiting: list[asyncio.Future[bool]] = field(default_factory=list)

    def answer(self, kept: bool) -> None:
        for call in self.waiting:
            if not call.done():
                call.set_result(kept)
        self.waiting.clear()


class Door:
    """Where Telegram's calls come in. What they bring is taken while `keep` runs; before and after it is refused."""

    def __init__(self, client: Bot, path: str, clock: Clock, trouble: Trouble, news: News) -> None:
        self._secret = secret_of(client.token).encode()
        self._clock = clock
        self._trouble = trouble
        self._news = news
        self._come, self._kept = f"come/telegram/{client.id}", f"kept/telegram/{client.id}"
        self._buffer: ReorderBuffer[_Held] = ReorderBuffer()
        self._held_bytes = 0
        self._set_aside: Callable[[Any], Awaitable[bool]] | None = None
        """Takes what has no number; None while nothing is taken."""
        self._came = asyncio.Event()
        self._note_at = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Future[None]] = set()
        """For each call whose body is being read: done when it is."""
        self.hook = Hook(path=path, admits=self._admits, most_bytes=MOST_BYTES, reading=self._reading, take=self._take)

    def _admits(self, headers: Mapping[str, str]) -> bool:
        given = headers.get(SECRET_HEADER, "").encode(errors="replace")
        return hmac.compare_digest(given, self._secret)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        read: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way.add(read)
        try:
            yield
        finally:
            self._under_way.discard(read)
            read.set_result(None)

    async def _all_read(self) -> None:
        """Wait until what is being read now is here, or will not be."""
        if self._under_way:
            await asyncio.wait(list(self._under_way))

    async def _take(self, body: bytes) -> bool:
        if self._set_aside is None or self._held_bytes + len(body) > MOST_HELD_BYTES:
            return False
        raw = _parsed(body)
        number = number_of(raw)
        if number is None:
            return await self._set_aside(raw)
        held = self._buffer.find(number)
        if held is None:
            held = _Held(raw, len(body))
            self._held_bytes += held.size
            self._buffer.add(number, held, self._clock.monotonic())
            self._news.tell(self._come, number)
            self._came.set()
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        held.waiting.append(answer)
        return await answer

    async def keep(self, me: Me, host: Host) -> None:
        """Hand on what comes, until cancelled."""
        building = asyncio.get_running_loop().run_in_executor(None, build, Update)
        reached = await self._noted(me, host)
        await building
        self._buffer = ReorderBuffer(reached, vouched_s=float("-inf"))
        self._held_bytes = 0
        unfinished = Unfinished()
        self._set_aside = partial(_set_aside, me, host)
        self._news.heed(self._come, self._note_come)
        self._news.heed(self._kept, self._note_kept)
        self._news.answer_after(self._come, self._all_read)
        try:
            while True:
                await self._hand_on(await self._ready(), me, unfinished, host)
        finally:
            self._set_aside = None
            if self._asking is not None:
                self._asking.cancel()
            for held in self._buffer:
                held.answer(False)
            if (reached := self._buffer.reached) is not None and not len(self._buffer):
                with contextlib.suppress(StorageError):
                    await host.receive([_bookmark(me, reached)])

    def _note_come(self, number: int) -> None:
        """Another process is going to keep this one."""
        self._buffer.note_come(number, self._clock.monotonic())

    def _note_kept(self, *numbers: int) -> None:
        """Another process has kept these."""
        for number in numbers:
            self._buffer.note_kept(number)
        self._came.set()

    async def _noted(self, me: Me, host: Host) -> int | None:
        """Up to where an earlier start has kept everything, as far as it was noted."""
        while True:
            try:
                marks = await host.bookmarks("telegram", me.id)
            except StorageError as error:
                await self._trouble.wait("database_not_read", detail=str(error))
            else:
                self._trouble.over()
                return int(marks[_REACHED]) if _REACHED in marks else None

    async def _ready(self) -> Sequence[tuple[int, _Held]]:
        """Wait until something need not wait any longer."""
        while True:
            self._came.clear()
            now_s = self._clock.monotonic()
            if ready := self._buffer.ready(now_s):
                return ready
            if (ask_s := self._ask_s()) is not None and ask_s <= now_s:
                self._asking, ask_s = asyncio.create_task(self._ask_others(now_s)), None
            moments = [moment for moment in (self._buffer.next_s(), ask_s) if moment is not None]
            await self._something_comes(min(moments, default=None))

    def _ask_s(self) -> float | None:
        """When the others are to be called; None if they need not be, or just are."""
        since_s = self._buffer.unvouched_s()
        if since_s is None or (self._asking is not None and not self._asking.done()):
            return None
        return since_s + ASK_AFTER_S

    async def _ask_others(self, now_s: float) -> None:
        await asyncio.gather(self._all_read(), self._news.roll_call())
        self._buffer.vouch(now_s)
        self._came.set()

    async def _something_comes(self, until_s: float | None) -> None:
        if until_s is None:
            await self._came.wait()
            return
        coming = asyncio.create_task(self._came.wait())
        waiting = asyncio.create_task(self._clock.sleep(until_s - self._clock.monotonic()))
        try:
            await asyncio.wait((coming, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            coming.cancel()
            waiting.cancel()

    async def _hand_on(self, ready: Sequence[tuple[int, _Held]], me: Me, unfinished: Unfinished, host: Host) -> None:
        batch: list[Incoming] = []
        for _, held in ready:
            if held.read is None:
                held.read = read_update(held.raw, me, unfinished)
            batch += held.read
        reached, now_s = self._buffer.reached, self._clock.monotonic()
        noted = reached is not None and now_s >= self._note_at
        if reached is not None and noted:
            batch.append(_bookmark(me, reached))
        try:
            await host.receive(batch)
        except Exception as error:  # noqa: BLE001
            # The border of receiving: the database may be full or locked for hours and come back.
            for _, held in ready:
                held.answer(False)
            await self._trouble.wait("updates_not_kept", updates=len(ready), exc_info=error)
            return
        self._trouble.over()
        if noted:
            self._note_at = now_s + _NOTE_EVERY_S
        for number, held in ready:
            self._buffer.remove(number)
            self._held_bytes -= held.size
            held.answer(True)
        self._news.tell(self._kept, *(number for number, _ in ready))


async def _set_aside(me: Me, host: Host, raw: Any) -> bool:
    """What has no number is no update of Telegram's. It is kept for the operator, like one that cannot be read."""
    try:
        await host.receive(read_update(raw, me, Unfinished()))
    except StorageError:
        return False
    return True


def _bookmark(me: Me, reached: int) -> Bookmarks:
    return Bookmarks("telegram", me.id, {_REACHED: str(reached)})


def _parsed(body: bytes) -> Any:
    """What Telegram has sent; the text itself where it is not JSON."""
    text = body.decode(errors="replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
