"""The streaming preview: shows an answer while it grows, and may fail silently, because the final text comes anyway.

    async with Preview(platform, place, target, clock, draw=draw, on_message=keep_preview) as preview:
        async for delta in answer:
            preview.feed(delta.text)

It is paced by time, never by deltas: `feed` only appends. One task per turn does one thing at a time: the typing sign
until the first word (where there is none, a preview without words), then a preview whenever the text has changed and
the platform's interval is over. The page is drawn when the call's time has come, so what goes out is always the newest.
While there is nothing to do until a date far off, the task sleeps and the next `feed` replaces it by one that looks at
the situation again.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType

import structlog

from bot.contracts.platform import Platform, PreviewTarget
from bot.domain.blocks import Page
from bot.domain.clock import Clock
from bot.domain.errors import (
    OutcomeUnknown,
    ParleyError,
    PlatformError,
    RetryAfter,
    StorageError,
    ThreadNotOpened,
    Unreachable,
)
from bot.domain.places import Place

log = structlog.get_logger(__name__)

# An answer that begins within this time needs no typing indicator.
TYPING_AFTER_S = 0.3
# An answer that is complete within this time after its first word needs no preview.
FIRST_AFTER_S = 0.2
# A draft or typing indicator is renewed when this part of its life is over.
RENEWED_AT = 0.8
# After this many failures in a row previews come this much more rarely.
FAILURES_IN_A_ROW = 3
SLOWER = 5.0
# Waking up late means that the program has more to do than it can. Previews can wait; first words cannot. So each
# second of delay, of at most these, puts the next preview off by this many.
LATE_AT_MOST_S = 0.5
RELIEF = 20.0
# Intervals differ by up to this part, so that answers which have once been shown together do not stay in step.
SPREAD = 0.25
# How long `close` waits for a preview in flight. Longer than any platform's own limit on a preview call.
IN_FLIGHT_LIMIT_S = 15.0

_SLACK_S = 0.001


class Preview:
    """The preview of one running turn."""

    def __init__(
        self,
        platform: Platform,
        place: Place,
        target: PreviewTarget,
        clock: Clock,
        *,
        draw: Callable[[str], Page],
        on_message: Callable[[str], Awaitable[None]],
        silent: bool = False,
        elsewhere: Callable[[], Awaitable[Place]] | None = None,
    ) -> None:
        """`draw` makes the page of all text so far; `on_message` keeps the id of the message that shows it.

        `silent`: nothing is shown of the text; that an answer comes is shown all the same.
        `elsewhere` returns the place used instead of a thread which cannot be opened.
        """
        self._platform = platform
        self._place = place
        self._target = target
        self._clock = clock
        self._draw = draw
        self._on_message = on_message
        self._elsewhere = elsewhere
        self._silent = silent
        own = platform.capabilities(place)
        self._capabilities = replace(own, draft_lifetime_s=None) if target.as_message else own
        self._pieces: list[str] = []
        self._status = ""
        self._fresh = False
        """Whether there is text that no preview has shown."""
        self._typing_at = -math.inf
        self._acted = False
        self._shows_at: float | None = None
        """None before the first word."""
        self._renews_at = math.inf
        self._paused_until = -math.inf
        self._failures = 0
        self._late_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self._idle = False
        """Whether new text is a reason to look at the situation before the task does so by itself."""
        self._in_flight = False
        self._closed = False

    @property
    def remote_id(self) -> str | None:
        """The message that shows the preview, if there is one."""
        return self._target.remote_id

    @property
    def place(self) -> Place:
        """Where it is shown: what it was begun with, or what replaces that."""
        return self._place

    def start(self) -> None:
        """Begin; the typing indicator comes if no text does."""
        self._typing_at = self._clock.monotonic() + TYPING_AFTER_S
        self._task = asyncio.create_task(self._run())

    def feed(self, text: str) -> None:
        """More of the answer. Costs an append; shows nothing by itself."""
        self._pieces.append(text)
        self._status = ""
        self._freshen()

    def _freshen(self) -> None:
        if self._fresh or self._silent:
            return
        self._fresh = True
        if self._shows_at is None:
            self._shows_at = self._clock.monotonic() + FIRST_AFTER_S
        if self._idle:
            self._idle = False
            if self._task is not None:
                self._task.cancel()
            self._task = asyncio.create_task(self._run())

    def start_over(self) -> None:
        """Forget the text: nothing of it could be seen, and another answer follows."""
        self._pieces.clear()

    def progress(self, text: str) -> None:
        """What is being done, below what there is of the answer; its next words replace it."""
        if text != self._status:
            self._status = text
            self._freshen()

    async def close(self) -> None:
        """End: no preview comes after this. A call in flight is waited for, so that it cannot overtake the final."""
        self._closed, self._idle = True, False
        if self._task is None:
            return
        if self._in_flight:
            await self._landing(self._task)
        self._task.cancel()
        if self._task.done() and not self._task.cancelled() and (error := self._task.exception()) is not None:
            log.error("preview_crashed", turn=self._target.turn, exc_info=error)

    async def __aenter__(self) -> "Preview":
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _landing(self, task: asyncio.Task[None]) -> None:
        limit = asyncio.create_task(self._clock.sleep(IN_FLIGHT_LIMIT_S))
        try:
            await asyncio.wait((task, limit), return_when=asyncio.FIRST_COMPLETED)
        finally:
            limit.cancel()
            task.cancel()

    async def _run(self) -> None:
        while not self._closed:
            at, act = self._next()
            wait_s = at - self._clock.monotonic()
            if wait_s <= _SLACK_S:
                await act()
                self._acted = True
                continue
            # The wait before the first typing indicator is too short to be worth a new task.
            self._idle = self._acted and not self._fresh
            if wait_s == math.inf:
                return
            await self._clock.sleep(wait_s)
            self._late_s = min(LATE_AT_MOST_S, max(0.0, self._clock.monotonic() - at))
            self._idle = False

    def _next(self) -> tuple[float, Callable[[], Awaitable[None]]]:
        """What must be done next, and when."""
        if self._shows_at is None:
            opens = self._capabilities.typing_lifetime_s == 0
            return max(self._typing_at, self._paused_until), self._show if opens else self._type
        at = self._shows_at if self._fresh else self._renews_at
        return max(at, self._paused_until), self._show

    async def _type(self) -> None:
        self._typing_at = self._clock.monotonic() + RENEWED_AT * self._capabilities.typing_lifetime_s
        try:
            await self._platform.typing(self._place)
        except PlatformError as error:
            self._note(error)

    async def _show(self) -> None:
        self._plan_next()
        try:
            made = await self._platform.preview(self._place, self._target, self._latest)
            if not self._target.shown:
                self._target = replace(self._target, remote_id=made or self._target.remote_id, shown=True)
            if made is not None:
                await self._on_message(made)
            self._failures = 0
        except ThreadNotOpened as error:
            await self._go_elsewhere(error)
        except (PlatformError, StorageError) as error:
            self._fresh = True
            self._failures += 1
            self._plan_next()
            self._note(error)
            if self._is_over(error):
                self._paused_until = math.inf
        finally:
            self._in_flight = False

    async def _go_elsewhere(self, error: ThreadNotOpened) -> None:
        self._note(error)
        self._fresh, self._shows_at = True, self._clock.monotonic()
        if self._elsewhere is None:
            self._paused_until = math.inf
            return
        place, self._elsewhere = await self._elsewhere(), None
        self._place = place

    def _latest(self) -> Page:
        """The page of all text so far; called by the platform when the call goes out."""
        self._in_flight, self._fresh = True, False
        self._plan_next()
        self._pieces = ["".join(self._pieces)]
        words = () if self._silent else (self._pieces[0], self._status)
        return self._draw("\n\n".join(filter(None, words)))

    def _plan_next(self) -> None:
        now = self._clock.monotonic()
        slower = SLOWER if self._failures >= FAILURES_IN_A_ROW else 1.0
        interval_s = self._capabilities.preview_interval_s * (1 + SPREAD * (self._target.turn % 16) / 16)
        self._shows_at = now + slower * interval_s + RELIEF * self._late_s
        if (lifetime_s := self._capabilities.draft_lifetime_s) is not None:
            self._renews_at = now + RENEWED_AT * lifetime_s

    def _note(self, error: ParleyError) -> None:
        if isinstance(error, RetryAfter):
            self._paused_until = self._clock.monotonic() + error.retry_after_s
        log.info("preview_failed", turn=self._target.turn, error=type(error).__name__)

    def _is_over(self, error: ParleyError) -> bool:
        """Whether no preview may follow.

        A first message that perhaps stands is one that nobody can edit; each further attempt could leave another.
        """
        nowhere = self._target.remote_id is None and self._capabilities.draft_lifetime_s is None
        return isinstance(error, Unreachable) or (nowhere and isinstance(error, OutcomeUnknown))
