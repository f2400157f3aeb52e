"""The turns under way, for those who queue one or want one to end."""

from collections.abc import Callable, Iterable

from bot.delivery.waiting_signs import WaitingSigns
from bot.domain.ids import MessageId, SessionId, TurnId
from bot.domain.turns import Turn
from bot.turns.endings import Endings
from bot.turns.turn_queue import TurnQueue
from bot.turns.unfinished import STOPPED, Unfinished
from bot.turns.worker import Worker
from storage import approvals
from storage.outbox import OutboxPage
from storage.programs import Program


class Turns:
    """What can be done to turns from outside; each call returns at once."""

    def __init__(
        self,
        queue: TurnQueue,
        worker: Worker,
        endings: Endings,
        unfinished: Unfinished,
        deliver: Callable[[Iterable[OutboxPage]], None],
        signs: WaitingSigns,
    ) -> None:
        self.queue = queue
        self._worker = worker
        self._endings = endings
        self._unfinished = unfinished
        self._deliver = deliver
        self._signs = signs

    def kick(self, session: SessionId, pages: Iterable[OutboxPage] = ()) -> None:
        """A turn has been queued in this session, with these pages to show."""
        self._deliver(pages)
        self._worker.kick(session)

    def stop(self, *running: TurnId, pages: Iterable[OutboxPage] = ()) -> None:
        """End turns that run, with what has come; `pages` are those of turns that have been ended already."""
        for turn in running:
            self._worker.stop(turn)
        self._signs.look_again()
        self._deliver(pages)

    def leave(self, turn: TurnId, question: MessageId) -> None:
        """End the run of a turn that was put back to answer another question than this."""
        self._worker.leave(turn, question)

    def end_queued(self, turn: Turn) -> Program[list[OutboxPage]]:
        """End a turn that has not begun or waits for a decision, inside a transaction; returns the pages to deliver
        then.
        """
        if (yield from approvals.waiting(turn.id)) is not None:
            return (yield from self._unfinished.close(turn, STOPPED))
        return (yield from self._endings.stopped(turn))
