"""The local worker: takes turns from the database and has them run, strictly in order within each session.

The database decides what may run; this only knows which sessions are worth asking about. A turn whose worker has died
is taken up again: at the start, when whatever runs under a name that is no living process's was left, and by whoever of
several notices the death.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import DatabaseDamaged, Replaced, StorageError
from bot.domain.ids import MessageId, SessionId, TurnId, UnixMs
from bot.shares import Key, Shares, Ticket
from bot.turns.beginnings import Beginnings
from bot.turns.briefing import Begun
from bot.turns.endings import Endings
from bot.turns.engine import Engine
from bot.turns.run import Run
from storage import claims, open_turns
from storage.claims import Full, NotYet
from storage.database import Database
from storage.outbox import OutboxPage
from storage.programs import Program

log = structlog.get_logger(__name__)

_STORAGE_WAIT_MS = 1_000

MAX_ATTEMPTS = 3
"""A turn cut off by this many crashes is ended with an apology: it may be what crashes us."""


@dataclass(slots=True)
class _SessionRun:
    """The task that runs the turns of one session."""

    task: asyncio.Task[None] | None = None
    again: bool = True
    """Something may have come since it last looked."""
    busy: bool = False
    """It has begun a turn, or is about to."""
    unsure: bool = False
    """It may have begun one without hearing so."""


class Worker:
    """Runs at most `slots` turns at once, one per session, and of each person and chat no more than `shares` has.

    `name` is that of its process; where that is alone, it is the same at each start.
    """

    def __init__(
        self,
        database: Database,
        beginnings: Beginnings,
        engine: Engine,
        endings: Endings,
        clock: Clock,
        name: str,
        slots: int,
        shares: Shares,
        deliver: Callable[[list[OutboxPage]], None],
    ) -> None:
        self._database = database
        self._beginnings = beginnings
        self._engine = engine
        self._endings = endings
        self._clock = clock
        self._name = name
        self._slots = asyncio.Semaphore(slots)
        self._shares = shares
        self._deliver = deliver
        self._sessions: dict[SessionId, _SessionRun] = {}
        self._runs: dict[TurnId, Run] = {}
        self._stop_soon: set[TurnId] = set()
        """Turns to stop that are claimed in the database and not yet known here."""
        self._draining = False

    async def start(self) -> None:
        """Put back what an earlier run was at."""
        self._deliver(await self._database.write(self.recover()))

    async def look(self) -> None:
        """See what others want of the turns that run here. Raises StorageError."""
        runs = dict(self._runs)
        if not runs:
            return
        wanted = await self._database.read(open_turns.wanted_of(self._name))
        for number, run in runs.items():
            question, ends = wanted.get(number, (None, True))
            if ends or question != run.question:
                run.stop()

    def recover(self) -> Program[list[OutboxPage]]:
        """Queue again what no process is running, or end it with an apology when it has been cut off too often."""
        pages: list[OutboxPage] = []
        for turn in (yield from claims.settle_pageless(self._clock.now())):
            log.warning("turn_without_page", turn=turn)
        for claimed in (yield from claims.left_running()):
            log.warning("turn_recovered", turn=claimed.turn.id, attempt=claimed.turn.attempt)
            if claimed.turn.attempt >= MAX_ATTEMPTS:
                pages.extend((yield from self._endings.give_up(claimed.turn)))
            else:
                yield from claims.requeue(claimed.turn.id, attempt_counts=True)
        return pages

    def kick(self, session: SessionId) -> None:
        """There may be something to run in this session."""
        if self._draining:
            return
        session_run = self._sessions.setdefault(session, _SessionRun())
        session_run.again = True
        if session_run.task is None:
            session_run.task = asyncio.create_task(self._run_session(session, session_run), name=f"session-{session}")

    def stop(self, turn: TurnId) -> None:
        """End a turn that has been claimed, with what has come."""
        run = self._runs.get(turn)
        if run is None:
            self._stop_soon.add(turn)
        else:
            run.stop()

    def leave(self, turn: TurnId, question: MessageId) -> None:
        """End the run of a turn that was put back, if it is still at this question."""
        run = self._runs.get(turn)
        if run is not None and run.question == question:
            run.stop()

    def is_at_work(self, platform: str, bot: str) -> bool:
        """Whether something that was said to this bot is being answered."""
        return any((run.place.platform, run.place.bot) == (platform, bot) for run in self._runs.values())

    @property
    def running(self) -> int:
        """How many turns are being answered."""
        return sum(session_run.busy for session_run in self._sessions.values())

    async def drain(self, timeout_s: float) -> None:
        """Begin nothing new; wait for what runs, at most so long; put the rest back into the queue."""
        self._draining = True
        running = [
            (session_run.task, session_run.busy)
            for session_run in self._sessions.values()
            if session_run.task is not None
        ]
        for task, busy in running:
            if not busy:
                task.cancel()
        tasks = [task for task, _ in running]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_session(self, session: SessionId, session_run: _SessionRun) -> None:
        full: Key | None = None
        try:
            while session_run.again and not self._draining:
                session_run.again = False
                ticket, full = Ticket(self._shares, full), None
                try:
                    outcome = await self._one(session, session_run, ticket)
                finally:
                    ticket.close()
                if isinstance(outcome, Full):
                    session_run.again, full = True, outcome.key
                    await self._shares.room(full)
                if isinstance(outcome, NotYet):
                    session_run.again = True
                    await self._clock.sleep((outcome.run_after - self._clock.now()) / 1000)
        finally:
            del self._sessions[session]

    async def _one(self, session: SessionId, session_run: _SessionRun, ticket: Ticket) -> Begun | NotYet | Full | None:
        async with self._slots:
            session_run.busy = True
            outcome = await self._next(session, session_run, ticket)
            if isinstance(outcome, Begun):
                answered = await self._run(outcome)
                session_run.again = session_run.again or not answered
            session_run.busy = False
        return outcome

    async def _next(self, session: SessionId, session_run: _SessionRun, ticket: Ticket) -> Begun | NotYet | Full | None:
        now = self._clock.now()
        try:
            if session_run.unsure:
                await self._database.write(claims.put_back(session, self._name))
                session_run.unsure = False
            begin = partial(self._beginnings.begin, session, self._name, now, ticket.take)
            outcome, pages = await self._database.write_of(session, begin)
        except StorageError as error:
            log.error("worker_waits", session=session, error=error)
            session_run.unsure = True
            return NotYet(UnixMs(now + _STORAGE_WAIT_MS))
        self._deliver(pages)
        return outcome

    async def _run(self, begun: Begun) -> bool:
        turn = begun.turn
        if self._draining:
            await self._database.write(claims.requeue(turn.id, attempt_counts=False))
            return False
        run = self._runs[turn.id] = Run(turn.question, turn.place)
        if turn.id in self._stop_soon:
            run.stop()
        try:
            return await self._engine.run(begun, run)
        except asyncio.CancelledError:
            await self._database.write(claims.requeue(turn.id, attempt_counts=False))
            raise
        except Exception as error:
            if isinstance(error, StorageError) and turn.attempt < MAX_ATTEMPTS:
                log.error("turn_waits", turn=turn.id, error=error)
                await self._begin_anew(turn.id)
                return False
            # The border of a turn: whatever is wrong with this one, the session and the others go on.
            log.exception("turn_crashed", turn=turn.id)
            await self._endings.keep(turn, lambda _: self._endings.give_up(turn))
            return False
        finally:
            del self._runs[turn.id]
            self._stop_soon.discard(turn.id)

    async def _begin_anew(self, turn: TurnId) -> None:
        """Put back a turn that the database failed in its middle, once that is there again. The attempt counts."""
        while True:
            await self._clock.sleep(_STORAGE_WAIT_MS / 1000)
            try:
                return await self._database.write(claims.requeue(turn, attempt_counts=True))
            except (DatabaseDamaged, Replaced):
                return None  # Nothing more is kept by this process.
            except StorageError as error:
                log.error("turn_waits", turn=turn, error=error)
