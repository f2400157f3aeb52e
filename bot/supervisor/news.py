"""News of processes to each other, by the database's own notifications. What the database refuses is not told.

It waits behind nobody who writes.
"""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from bot.contracts.news import Detail
from bot.domain.errors import StorageError
from storage import keepers, processes
from storage.database import Database

log = structlog.get_logger(__name__)

NEWS = "news"
"""How what is told begins."""

_CALL, _HERE = "call", "here"
_LOOK_AGAIN_S = 1.0
"""How often a process that does not answer is looked for among those that there are."""


class SharedNews:
    """The news of this process, one of several."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heeded: dict[str, Callable[..., None]] = {}
        self._to_tell: list[str] = []
        self._telling: asyncio.Task[None] | None = None
        self._ready: dict[str, Callable[[], Awaitable[None]]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._calls = itertools.count()
        self._answered: dict[int, set[str]] = {}
        """Who has answered each call that is under way."""
        self._answer_came = asyncio.Event()

    def tell(self, about: str, *details: Detail) -> None:
        """See `bot.contracts.news.News`."""
        self._to_tell.append(json.dumps([NEWS, about, *details]))
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    def heed(self, about: str, hear: Callable[..., None]) -> None:
        """See `bot.contracts.news.News`."""
        self._heeded[about] = hear

    def heard(self, about: str, details: Sequence[Any]) -> None:
        """Another process has told this. What nobody here heeds is of a bot that is not open yet."""
        if about == _CALL:
            answering = asyncio.create_task(self._answer(*details))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)
        elif about == _HERE:
            self._note_answer(*details)
        elif (hear := self._heeded.get(about)) is not None:
            hear(*details)

    async def _answer(self, caller: str, number: int) -> None:
        """Answer a call, once all is told that came before it."""
        await asyncio.gather(*(ready() for ready in self._ready.values()))
        self.tell(_HERE, caller, number, self._database.process)

    def answer_after(self, about: str, ready: Callable[[], Awaitable[None]]) -> None:
        """See `bot.contracts.news.News`."""
        self._ready[about] = ready

    async def roll_call(self) -> None:
        """See `bot.contracts.news.News`. Who stands still answers once it goes on, or is removed from the processes."""
        number = next(self._calls)
        self._answered[number] = set()
        try:
            self.tell(_CALL, self._database.process, number)
            while not await self._have_answered(number):
                self._answer_came.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN_S):
                        await self._answer_came.wait()
        finally:
            del self._answered[number]

    async def _have_answered(self, number: int) -> bool:
        try:
            there = await self._database.read(processes.every())
        except StorageError:
            return False
        return {one.name for one in there} <= {self._database.process, *self._answered[number]}

    def _note_answer(self, caller: str, number: int, name: str) -> None:
        if caller == self._database.process and number in self._answered:
            self._answered[number].add(name)
            self._answer_came.set()

    async def close(self) -> None:
        """Tell what is still to be told."""
        for answering in self._answering:
            answering.cancel()
        if self._telling is not None:
            await self._telling

    async def _tell(self) -> None:
        while self._to_tell:
            told, self._to_tell = self._to_tell, []
            try:
                await self._database.beside(keepers.tell_others(self._database.process, told))
            except StorageError as error:
                log.warning("news_not_told", error=type(error).__name__)
