"""Accepts what was said: it is stored in one transaction, and what follows from it is begun."""

from collections.abc import Sequence

import structlog

from bot.delivery.outbox import Delivery
from bot.delivery.reactions import Reactions
from bot.delivery.waiting_signs import WaitingSigns
from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.domain.incoming import Inbound, Unreadable
from bot.files.library import Library
from bot.incoming.messages import Intake
from bot.turns.turns import Turns
from storage.database import Database
from storage.inbox import Asked

log = structlog.get_logger(__name__)


class Acceptance:
    """Stores messages through `Intake`, and tells the parts of the gateway what there is to do for them."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        turns: Turns,
        delivery: Delivery,
        reactions: Reactions,
        signs: WaitingSigns,
        library: Library,
        clock: Clock,
    ) -> None:
        self._database = database
        self._intake = intake
        self._turns = turns
        self._delivery = delivery
        self._reactions = reactions
        self._signs = signs
        self._library = library
        self._clock = clock

    async def accept(
        self, batch: Sequence[Inbound | Unreadable], *, answers: bool = True
    ) -> Sequence[tuple[Inbound, Asked | None]]:
        """Store what was said; returns what is not done yet: see `Accepted.pending`.

        Raises:
            StorageError: nothing of the batch is stored.
        """
        if not batch:
            return ()
        try:
            accepted = await self._database.write(self._intake.accept(batch, self._clock.now(), answers=answers))
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001
            # The border of intake: one message that breaks it must not be retried forever with its whole batch.
            return await self._singly(batch, error)
        for session, _ in accepted.queued:
            self._turns.kick(session)
        for turn in accepted.outdated:
            self._turns.stop(turn)
        for turn, question in accepted.left:
            self._turns.leave(turn, question)
        self._delivery.deliver(accepted.pages)
        for unheard in accepted.unheard:
            self._reactions.put(unheard)
        for waiting in accepted.waiting:
            self._signs.put(waiting)
        for message, sent in accepted.files:
            self._library.fetch_soon(message, sent)
        return accepted.pending

    async def _singly(
        self, batch: Sequence[Inbound | Unreadable], error: Exception
    ) -> Sequence[tuple[Inbound, Asked | None]]:
        if len(batch) > 1:
            return [pending for incoming in batch for pending in await self.accept([incoming])]
        incoming = batch[0]
        log.error("message_set_aside", key=incoming.event_key, exc_info=error)
        if isinstance(incoming, Inbound):
            place = incoming.place
            letter = Unreadable(incoming.event_key, place.platform, place.bot, repr(incoming), repr(error))
            await self._database.write(self._intake.accept([letter], self._clock.now()))
        return ()
