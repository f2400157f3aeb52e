"""How a turn ends that has no answer: stopped, failed, given up; and what the person is told then.

An answer is stored by `bot.turns.answer_store`.
"""

import random
from collections.abc import Callable

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import ParleyError, StorageError
from bot.domain.ids import UnixMs, new_reference
from bot.domain.places import Place
from bot.domain.provider_errors import ProviderError
from bot.domain.turns import Turn, TurnState
from bot.rendering.pages import filled, notice
from bot.texts import Say, said_later, say_in
from bot.turns.answer_buttons import retry_buttons
from bot.turns.turn_pages import add_pages, where_to
from storage import ledger, outbox, private_chats, tool_calls, turns
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

_STORAGE_WAIT_S = 1.0

_TOLD_IN_PRIVATE = said_later(
    "There is no answer: it was for a model of your own. I have told you why in private. Nothing was charged."
)


Ending = Callable[[TurnState | None], Program[list[OutboxPage] | None]]
"""Ends a turn that is in this state, None if its session is erased: the pages that say so, None if it does not end."""


class Endings:
    """Ends turns, each in one transaction. `deliver` gets the pages that are in the outbox then."""

    def __init__(
        self, database: Database, clock: Clock, rng: random.Random, deliver: Callable[[list[OutboxPage]], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._rng = rng
        self._deliver = deliver

    async def keep(self, turn: Turn, end: Ending) -> bool:
        """Keep how a turn ended; False if it was taken up again meanwhile, or `end` gives None: this was not its end.

        While the database refuses, what the model said is held and tried again.
        """
        while True:
            try:
                pages = await self._database.write_of(turn.session, lambda: _unless_taken_up(turn, end))
            except StorageError as error:
                log.error("answer_waits", error=error)
                await self._clock.sleep(_STORAGE_WAIT_S)
            else:
                self._deliver(pages or [])
                return pages is not None

    def stopped(self, turn: Turn) -> Program[list[OutboxPage]]:
        """The person no longer wants an answer, whether it has begun or not."""
        now = self._clock.now()
        yield from self._end_unanswered(turn, TurnState.STOPPED, now)
        if not _may_be_shown(turn):
            return []
        say = yield from self._say(turn)
        return (yield from self._notice(turn, say("Stopped."), say, now))

    def nothing_left(self, turn: Turn) -> Program[list[OutboxPage]]:
        """Only files were sent and none could be read: what to say about that has been said."""
        now = self._clock.now()
        yield from self._end_unanswered(turn, TurnState.FAILED, now)
        if not _may_be_shown(turn):
            return []
        say = yield from self._say(turn)
        return (yield from self._notice(turn, say("There is nothing to answer. Nothing was charged."), say, now))

    def failed(self, turn: Turn, error: ParleyError) -> Program[list[OutboxPage]]:
        """End with an apology; the reference in it is in the log beside the cause."""
        now = self._clock.now()
        reference = new_reference(self._rng)
        log.error("turn_failed", turn=turn.id, reference=reference, error=type(error).__name__, detail=error)
        acted = [kept.call.tool for kept in (yield from tool_calls.of_turn(turn.id)) if kept.may_have_acted]
        yield from self._end_unanswered(turn, TurnState.FAILED, now, reference)
        say = yield from self._say(turn)
        at_home = yield from _private_chat(turn, error)
        text = say(
            "{what} Nothing was charged. (Reference {reference})",
            what=filled(say, error.tell, error.values),
            reference=reference,
        )
        if acted:
            # No answer will tell of it.
            stays = say(
                "What was done before that may stay: {tools}. Please check.", tools=", ".join(dict.fromkeys(acted))
            )
            text = f"{text}\n\n{stays}"
        if at_home is None:
            return (yield from self._notice(turn, text, say, now))
        pages = yield from self._notice(turn, say(_TOLD_IN_PRIVATE), say, now)
        if pages:
            pages.append((yield from outbox.add(Target(*at_home), notice(text), now, person=turn.payer)))
        return pages

    def give_up(self, turn: Turn) -> Program[list[OutboxPage]]:
        """End a turn that was cut off too often."""
        error = ParleyError(f"The turn was cut off {turn.attempt} times.")
        return (yield from _unless_taken_up(turn, lambda _: self.failed(turn, error))) or []

    def _end_unanswered(self, turn: Turn, state: TurnState, now: UnixMs, reference: str | None = None) -> Program[None]:
        if (yield from turns.state_of(turn.id)) in (TurnState.QUEUED, TurnState.RUNNING, TurnState.ASKED):
            yield from turns.end(turn.id, state, now, reference)
            yield from ledger.release(turn.id, state.value, now)

    @staticmethod
    def _say(turn: Turn) -> Program[Say]:
        return say_in((yield from turns.language_of(turn.id)))

    def _notice(self, turn: Turn, text: str, say: Say, now: UnixMs) -> Program[list[OutboxPage]]:
        if (yield from turns.state_of(turn.id)) is None:
            return []  # Its session was erased meanwhile.
        place_row, turn = yield from where_to(turn)
        page = notice(text, retry_buttons(turn.id, say))
        return (yield from add_pages(place_row, turn, [page], now))


def _private_chat(turn: Turn, error: ParleyError) -> Program[tuple[int, Place] | None]:
    """Where the asker hears of an end that concerns them alone, if others read what is said at its place."""
    if turn.place.kind.private or not (isinstance(error, ProviderError) and error.concerns_owner):
        return None
    return (yield from private_chats.with_bot_at(turn.payer, turn.place))


def _unless_taken_up(turn: Turn, end: Ending) -> Program[list[OutboxPage] | None]:
    """End a turn, unless it was put back to answer another question: see `bot.turns.steering`."""
    question, state = (yield from turns.asks(turn.id)) or (turn.question, None)
    if question != turn.question:
        return None
    return (yield from end(state))


def _may_be_shown(turn: Turn) -> bool:
    """Whether something of the answer may stand in the chat: what a crashed attempt has shown is not always known.

    A command waits for its answer, whatever that is.
    """
    return turn.preview is not None or turn.attempt > 1 or turn.receipt != ""
