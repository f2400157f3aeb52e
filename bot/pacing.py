"""The send scheduler: one per bot, in front of every call to its platform.

A call goes out when its chat has no other call in flight, no pause stands, and every bucket it draws from has a token:
the whole bot's, its chat's, and in a group the group's. Among the calls that could go, the more urgent goes first,
then the one that came first. A platform that answers `RetryAfter` pauses the chat of that call and nothing else: a
final is repeated afterwards; what is less urgent is given up with `RetryAfter`, now and for as long as the pause lasts.

A bucket is kept as one number, the moment at which it would be full again (the "generic cell rate algorithm"), so a
chat costs a few floats and a full bucket needs no memory at all. The calls of a bucket in any `w` seconds are at most
`burst + w / every_s`: a limit of 20 a minute is `Rate(burst=5, every_s=4)`, not `Rate(20, 3)`.
"""

import asyncio
import itertools
import math
from bisect import insort
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heappop, heappush
from typing import NamedTuple, TypeVar

from bot.domain.clock import Clock
from bot.domain.errors import NotSent, RetryAfter

T = TypeVar("T")

# A sleep may end this much early (clock resolution, rounding); a call that is due then is due.
_SLACK_S = 0.0005

# Chats are looked through for idle ones when there are this many, then at each doubling.
_FIRST_SWEEP = 256


class Withdrawn(asyncio.CancelledError):
    """Cancelled while it waited: the call was not made, or the platform had deferred it."""


class Urgency(IntEnum):
    """How much a call matters; a lower value goes first."""

    FINAL = 0
    """What must be shown: answers, commands' replies. Repeated after a pause."""
    FIRST = 1
    """The first words of an answer; also a sign that a button press was seen."""
    PREVIEW = 2
    """More words of a growing answer."""
    TYPING = 3
    """The sign that an answer is being prepared."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` calls at once from a full bucket, then one every `every_s`.

    Previews leave the last `reserve` tokens: one of them is for first words, the others are for finals alone.
    """

    burst: int
    every_s: float
    reserve: int = 0

    def opens_at(self, full_at: float, urgency: Urgency) -> float:
        """When a bucket that will be full at `full_at` has a token for such a call."""
        keep = 0 if urgency is Urgency.FINAL else self.reserve - (urgency is Urgency.FIRST and self.reserve > 0)
        return full_at - (self.burst - 1 - keep) * self.every_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a platform allows one bot. Each `reserve` is less than its `burst`."""

    bot: Rate
    chat: Rate
    group: Rate
    """Counts in groups in addition to `chat`."""
    group_preview: Rate
    """Counts for previews and typing in groups in addition to `group`."""
    margin_s: float = 0.25
    """Added to every pause: the platform's clock and the way there are not exact."""


_FREE = Rate(burst=1, every_s=0.0)
UNLIMITED = Limits(bot=_FREE, chat=_FREE, group=_FREE, group_preview=_FREE)
"""No pacing; order, one call per chat and the platform's own pauses still apply."""


class _Waiter(NamedTuple):
    """A call that waits; sorts by urgency, then by arrival. `turn` becomes False if the call is refused."""

    urgency: Urgency
    number: int
    group: bool
    turn: asyncio.Future[bool]


@dataclass(slots=True, eq=False)
class _Chat:
    """The buckets of one chat as moments at which they are full, and what waits for it."""

    full_at: float = -math.inf
    group_full_at: float = -math.inf
    preview_full_at: float = -math.inf
    paused_until: float = -math.inf
    busy: bool = False
    waiting: list[_Waiter] = field(default_factory=list)
    looked_at: float = math.inf
    """When the scheduler looks at this chat again by itself."""

    def opens_at(self, limits: Limits, urgency: Urgency, group: bool) -> float:
        """When this chat has a token for such a call, the bot's bucket and calls in flight aside."""
        at = max(self.paused_until, limits.chat.opens_at(self.full_at, urgency))
        if group:
            at = max(at, limits.group.opens_at(self.group_full_at, urgency))
            if urgency >= Urgency.PREVIEW:
                at = max(at, limits.group_preview.opens_at(self.preview_full_at, urgency))
        return at

    def take(self, limits: Limits, urgency: Urgency, group: bool, now: float) -> None:
        self.busy = True
        self.full_at = max(self.full_at, now) + limits.chat.every_s
        if group:
            self.group_full_at = max(self.group_full_at, now) + limits.group.every_s
            if urgency >= Urgency.PREVIEW:
                self.preview_full_at = max(self.preview_full_at, now) + limits.group_preview.every_s

    def pause(self, limits: Limits, until: float) -> None:
        """Nothing before `until`, and one call then: a chat that was just flooded does not get a burst."""
        self.paused_until = max(self.paused_until, until)
        self.full_at = max(self.full_at, until + (limits.chat.burst - 1) * limits.chat.every_s)

    def idle(self, now: float) -> bool:
        """Whether a new `_Chat` would be the same."""
        full_at = max(self.full_at, self.group_full_at, self.preview_full_at, self.paused_until)
        return not self.busy and not self.waiting and full_at <= now


class Scheduler:
    """Lets one bot's calls out in order and at the platform's pace."""

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        *,
        may_call: Callable[[], bool] = lambda: True,
        processes: Callable[[], int] = lambda: 1,
        on_pause: Callable[[str, float], None] = lambda _chat, _seconds: None,
    ) -> None:
        """`may_call`: whether this process may speak for the bot now; `processes`: how many do, each an equal part.

        Chats need no sharing out: one process at a time speaks in each. `on_pause` is told of each pause that the
        platform asks for, of a chat or ("") of the whole bot, and its seconds: whoever speaks for the bot beside this
        one is to `pause` as well.
        """
        self._limits = limits
        self._clock = clock
        self._may_call = may_call
        self._processes = processes
        self._on_pause = on_pause
        self._chats: dict[str, _Chat] = {}
        self._sweep_at = _FIRST_SWEEP
        self._numbers = itertools.count()
        self._full_at = -math.inf
        self._paused_until = -math.inf
        # Entries of both heaps may be out of date; they are checked when they come out.
        self._ready: list[tuple[Urgency, int, _Chat]] = []
        self._later: list[tuple[float, int, _Chat]] = []
        self._waiting = 0
        self._floods = 0
        self._sleeper: asyncio.Task[None] | None = None
        self._wakes_at = math.inf

    @property
    def waiting(self) -> int:
        """Calls that wait for their time."""
        return self._waiting

    @property
    def floods(self) -> int:
        """How often the platform has asked us to pause."""
        return self._floods

    async def run(self, chat: str, urgency: Urgency, call: Callable[[], Awaitable[T]], *, group: bool = False) -> T:
        """Make the call when its time has come and return what it gives.

        Cancelling takes a waiting call out of the queue and raises `Withdrawn`. A call that belongs to no chat (`chat`
        is "") draws only from the whole bot's bucket, runs beside others, and its `RetryAfter` pauses the whole bot.

        Raises:
            NotSent: this process may not speak for the bot.
            RetryAfter: never for a final; for anything else when the platform said so now or a pause stands, with the
                time that is left.
            Exception: whatever else `call` raises, unchanged.
        """
        number = next(self._numbers)
        state = self._chat(chat)
        while True:
            if not self._goes_at_once(state, urgency, group):
                await self._wait(state, urgency, number, group)
            try:
                if not self._may_call():
                    raise NotSent("Others may no longer consider this process alive: another one may be sending this.")
                return await call()
            except RetryAfter as error:
                self._floods += 1
                self._on_pause(chat, error.retry_after_s)
                self._pause(state if chat else None, error.retry_after_s)
                if urgency:
                    raise self._refusal(state) from error
            finally:
                self._release(state)

    def _chat(self, chat: str) -> _Chat:
        state = self._chats.get(chat)
        if state is None:
            state = _Chat()
            if chat:
                self._sweep()
                self._chats[chat] = state
        return state

    def _sweep(self) -> None:
        if len(self._chats) < self._sweep_at:
            return
        now = self._clock.monotonic()
        self._chats = {chat: state for chat, state in self._chats.items() if not state.idle(now)}
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._chats))

    def _bot_opens_at(self) -> float:
        return max(self._paused_until, self._bot_rate().opens_at(self._full_at, Urgency.FINAL))

    def _bot_rate(self) -> Rate:
        """This process's part of what the whole bot may do."""
        rate, processes = self._limits.bot, self._processes()
        if processes == 1:
            return rate
        return Rate(max(1, rate.burst // processes), rate.every_s * processes)

    def _goes_at_once(self, state: _Chat, urgency: Urgency, group: bool) -> bool:
        """Take the tokens and the chat if nothing stands in the way."""
        if state.busy or state.waiting or self._ready:
            return False
        now = self._clock.monotonic()
        if self._bot_opens_at() > now or state.opens_at(self._limits, urgency, group) > now:
            return False
        self._take(state, urgency, group, now)
        return True

    def _take(self, state: _Chat, urgency: Urgency, group: bool, now: float) -> None:
        state.take(self._limits, urgency, group, now)
        self._full_at = max(self._full_at, now) + self._bot_rate().every_s

    def _release(self, state: _Chat) -> None:
        state.busy = False
        if state.waiting:
            self._let_out(state)

    async def _wait(self, state: _Chat, urgency: Urgency, number: int, group: bool) -> None:
        if urgency and self._paused_for(state) > 0:
            raise self._refusal(state)
        waiter = _Waiter(urgency, number, group, asyncio.get_running_loop().create_future())
        insort(state.waiting, waiter)
        self._waiting += 1
        self._let_out(state)
        try:
            goes = await waiter.turn
        except asyncio.CancelledError as error:
            if waiter in state.waiting:
                state.waiting.remove(waiter)
                self._waiting -= 1
                self._let_out(state)
            elif not waiter.turn.cancelled() and waiter.turn.result():  # Its turn came in the same moment.
                self._release(state)
            raise Withdrawn from error
        if not goes:
            raise self._refusal(state)

    # Pauses

    def pause(self, chat: str, retry_after_s: float) -> None:
        """Hold a chat, or ("") the whole bot, because the platform has asked another process to."""
        self._pause(self._chat(chat) if chat else None, retry_after_s)

    def _paused_for(self, state: _Chat) -> float:
        return max(state.paused_until, self._paused_until) - self._clock.monotonic()

    def _refusal(self, state: _Chat) -> RetryAfter:
        left_s = max(0.0, self._paused_for(state))
        return RetryAfter(f"Paused for {left_s:.1f} s.", retry_after_s=left_s)

    def _pause(self, state: _Chat | None, retry_after_s: float) -> None:
        """Hold one chat, or the whole bot where `state` is None; what is less than final need not wait for the end."""
        until = self._clock.monotonic() + retry_after_s + self._limits.margin_s
        if state is not None:
            state.pause(self._limits, until)
            self._refuse_waiting(state)
            return
        bot = self._bot_rate()
        self._paused_until = max(self._paused_until, until)
        self._full_at = max(self._full_at, until + (bot.burst - 1) * bot.every_s)
        for each in self._chats.values():
            self._refuse_waiting(each)
        for _, _, each in self._ready:  # Calls that belong to no chat wait here only.
            self._refuse_waiting(each)

    def _refuse_waiting(self, state: _Chat) -> None:
        while state.waiting and state.waiting[-1].urgency:
            turn = state.waiting.pop().turn
            self._waiting -= 1
            if not turn.cancelled():
                turn.set_result(False)

    # Letting calls out

    def _let_out(self, changed: _Chat) -> None:
        """Start every call whose time has come, after something changed for this chat, and wake up for the next one."""
        now = self._clock.monotonic()
        self._place(changed, now)
        self._start_due(now)

    def _place(self, state: _Chat, now: float) -> None:
        """Put the chat among the ready ones, or among those to look at later."""
        if state.busy or not state.waiting:
            return
        urgency, number, group, _ = state.waiting[0]
        at = state.opens_at(self._limits, urgency, group)
        if at <= now + _SLACK_S:
            heappush(self._ready, (urgency, number, state))
        elif at < state.looked_at:
            state.looked_at = at
            heappush(self._later, (at, number, state))

    def _start_due(self, now: float) -> None:
        while self._later and self._later[0][0] <= now + _SLACK_S:
            state = heappop(self._later)[2]
            state.looked_at = math.inf
            self._place(state, now)
        while self._ready and self._bot_opens_at() <= now + _SLACK_S:
            _, number, state = heappop(self._ready)
            if not state.busy and state.waiting and state.waiting[0].number == number:
                self._start_first(state, now)
        self._arm(now)

    def _start_first(self, state: _Chat, now: float) -> None:
        urgency, _, group, turn = state.waiting[0]
        if state.opens_at(self._limits, urgency, group) > now + _SLACK_S:
            return  # An entry from before the chat's last call; the chat stands among the later ones as well.
        if turn.cancelled():
            return  # It is about to leave the queue, and will place the chat again.
        del state.waiting[0]
        self._waiting -= 1
        self._take(state, urgency, group, now)
        turn.set_result(True)

    def _arm(self, now: float) -> None:
        """Have exactly one sleeper while a call waits for a moment, none otherwise."""
        at = min(self._later[0][0] if self._later else math.inf, self._bot_opens_at() if self._ready else math.inf)
        if self._waiting and self._wakes_at <= at:
            return
        if self._sleeper is not None:
            self._sleeper.cancel()
            self._sleeper, self._wakes_at = None, math.inf
        if self._waiting and at < math.inf:
            self._wakes_at = at
            self._sleeper = asyncio.create_task(self._wake_after(at - now))

    async def _wake_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._sleeper, self._wakes_at = None, math.inf
        self._start_due(self._clock.monotonic())
