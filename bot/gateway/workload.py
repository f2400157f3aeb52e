"""The work of one process that waits in the database: what an earlier run has left, or another process brings."""

from collections.abc import Iterable, Sequence

from bot.contracts.bots import Bots
from bot.delivery.outbox import Delivery
from bot.domain.ids import SessionId, TurnId
from bot.incoming.reception import Reception
from bot.turns.speech import Speech
from bot.turns.worker import Worker
from storage import claims, outbox, speech
from storage.database import Database
from storage.outbox import OutboxPage
from storage.programs import Program, Together, together


class Workload:
    """Hands it to those who do it."""

    def __init__(
        self, database: Database, bots: Bots, reception: Reception, worker: Worker, delivery: Delivery, speech: Speech
    ) -> None:
        self._database = database
        self._bots = bots
        self._reception = reception
        self._worker = worker
        self._delivery = delivery
        self._speech = speech

    async def go_on_in(self, platform: str, bot: str, chats: Sequence[str | None] = (None,)) -> None:
        """Go on with what there is to do for a bot, or in some chats, and is this process's. Raises StorageError."""
        waiting = _waiting(platform, bot, self._database.process, chats)
        for pages, sessions, answers in await self._database.read(waiting):
            self._delivery.take_up(pages)
            self.go_on_with(sessions)
            for turn in answers:
                self._speech.kick(turn)

    def go_on_with(self, sessions: Iterable[SessionId]) -> None:
        """Run the turns that wait in these sessions and are this process's."""
        for session in sessions:
            self._worker.kick(session)

    async def go_on(self, pages: Iterable[OutboxPage] = ()) -> None:
        """Show these pages, and go on with everything that this process is to do. Raises StorageError."""
        self._delivery.deliver(pages)
        for one in self._bots:
            if one.bot and self._bots.is_open(one):
                await self.go_on_in(one.name, one.bot)
                await self._reception.take_over_left(one.name, one.bot)
        await self._worker.look()

    def is_at(self, platform: str, bot: str) -> bool:
        """Whether something is being answered or shown by this bot."""
        return self._worker.is_at_work(platform, bot) or self._delivery.is_at_work(platform, bot)

    async def look_at_turns(self) -> None:
        """See what others want of the turns that run here. Raises StorageError."""
        await self._worker.look()

    def recover(self) -> Program[list[OutboxPage]]:
        """Queue again what no process is running; returns what there is to say."""
        return self._worker.recover()


_Waiting = tuple[list[OutboxPage], list[SessionId], list[TurnId]]
"""Pages to show, sessions with turns to run, and turns whose answers are to be read aloud."""


def _waiting(platform: str, bot: str, process: str, chats: Sequence[str | None]) -> Program[list[_Waiting]]:
    """What waits for a process in each of some chats of a bot; None: in all of them. It is asked for at once."""
    found: list[_Waiting] = yield Together(
        [
            together(
                outbox.of_bot(platform, bot, process, chat),
                claims.sessions_with_queued(platform, bot, process, chat),
                speech.wanted(platform, bot, process, chat),
            )
            for chat in chats
        ]
    )
    return found
