"""Titles of sessions: written by the model from the first exchange, shown as the names of threads.

A title is a nicety: it is asked for in the background, once, and a failure leaves the one from the first words. It is
never written over a title that a person gave.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import structlog

from bot.contracts.abilities import Threads
from bot.contracts.bots import Bots
from bot.contracts.provider import PromptMessage
from bot.domain.clock import Clock
from bot.domain.errors import ParleyError, PlatformError
from bot.domain.events import TextDelta
from bot.domain.ids import SessionId
from bot.domain.messages import Author, Message, TextPart
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.sessions import Session, TitleBy
from bot.llm.chain import Chain
from bot.rendering.titles import shorten_title, written_title
from bot.turns.briefing import Begun
from storage import messages, places, sessions
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)

_REQUEST = (
    "Write a title for this conversation: at most five words, in the language of the conversation, without quotation "
    "marks, without a full stop, nothing else."
)
_MOST_WRITTEN = 2_048
"""Tokens of an answer that is a title: a few, and what a model thinks before it. No more is held for it."""
_LAST_WORDS_S = 2.0
_EXCERPT = 1_000
"""Code points of each message that the title is made from."""


@dataclass(frozen=True, slots=True)
class _Titled:
    session: Session
    path: tuple[Message, ...]
    threads: tuple[Place, ...]


class Titles:
    """Asks for titles and shows them."""

    def __init__(self, database: Database, bots: Bots, chain: Chain, policy: Policy, clock: Clock) -> None:
        self._clock = clock
        self._database = database
        self._bots = bots
        self._chain = chain
        self._policy = policy
        self._tasks: set[asyncio.Task[None]] = set()

    def after_answer(self, begun: Begun) -> None:
        """The first exchange of a session is complete: have a model name it."""
        is_first = len(begun.path) == 1
        if is_first and self._policy.titles and begun.session.title_by is TitleBy.WORDS:
            self.retitle(begun.session.id, True)

    def retitle(self, session: SessionId, shows: bool) -> None:
        """Have a model name the session; `shows`: its threads are called so too."""
        self._start(self._retitle(session, shows))

    def show(self, session: SessionId) -> None:
        """Give the session's threads its present title."""
        self._start(self._show(session))

    def close_thread(self, place: Place, closed: bool) -> None:
        """Close a thread whose session is gone, or open it again."""
        self._start(self._close_thread(place, closed))

    async def close(self) -> None:
        """Drop what is still being asked."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _retitle(self, session: SessionId, shows: bool) -> None:
        try:
            titled = await self._database.read(_titled(session))
            if titled is None:
                return
            title, by = await self._ask(titled), TitleBy.MODEL
            if not title:
                title, by = shorten_title(titled.path[0].text), TitleBy.WORDS
            if title and await self._set(session, title, by) and shows:
                await self._rename(titled.threads, title)
        except ParleyError as error:
            log.info("no_title", session=session, error=type(error).__name__)

    async def _set(self, session: SessionId, title: str, by: TitleBy) -> bool:
        return await self._database.write(sessions.set_title(session, title, by))

    async def _show(self, session: SessionId) -> None:
        titled = await self._database.read(_titled(session))
        if titled:
            await self._rename(titled.threads, titled.session.title)

    async def _ask(self, titled: _Titled) -> str:
        mode = self._policy.modes.get(titled.session.mode) or self._policy.modes[self._policy.default_mode]
        models = [model for model in mode.chain if not model.is_offline]
        if not models:
            return ""
        excerpt = "\n\n".join(f"{message.author.value}: {message.text[:_EXCERPT]}" for message in titled.path)
        prompt = (
            PromptMessage(Author.SYSTEM, (TextPart(_REQUEST),)),
            PromptMessage(Author.USER, (TextPart(excerpt),)),
        )
        async with aclosing(self._chain.stream(models, prompt, None, longest=_MOST_WRITTEN)) as events:
            text = "".join([event.text async for event in events if isinstance(event, TextDelta)])
        return written_title(text)

    async def _rename(self, threads: tuple[Place, ...], title: str) -> None:
        for place in filter(self._is_renamed, threads):
            try:
                await self._threads_at(place).rename_thread(place, title)
            except PlatformError as error:
                log.info("thread_not_renamed", error=type(error).__name__, detail=error)

    def _is_renamed(self, place: Place) -> bool:
        platform = self._bots.find(place)
        return platform is not None and platform.capabilities(place).renames_threads

    async def _close_thread(self, place: Place, closed: bool) -> None:
        try:
            if closed:
                # What is said about it there comes first: writing in a closed thread fails, or opens it again.
                await self._clock.sleep(_LAST_WORDS_S)
            await self._threads_at(place).close_thread(place, closed)
        except PlatformError as error:
            log.info("thread_not_closed", error=type(error).__name__, detail=error)

    def _threads_at(self, place: Place) -> Threads:
        platform = self._bots.find(place)
        if platform is None or not isinstance(platform, Threads):
            raise PlatformError(f"There is no bot on {place.platform} just now that can change threads.")
        return platform


def _titled(session: SessionId) -> Program[_Titled | None]:
    row = yield from sessions.get(session)
    if row is None or row.tip is None:
        return None
    path = yield from messages.path(row.tip, 2)
    shown = yield from places.showing(session)
    return _Titled(row, tuple(path), tuple(place for place in shown if place.thread))
