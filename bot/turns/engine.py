"""The life of a turn: begun from the database, answered by a model, its end stored in one transaction.

    begin      claim the session's next turn, attach its question to the tree, read the path to it
    run        context -> chain of models -> preview, until the model is done, fails, or the person stops it
    ask        where a tool has an effect: the turn waits for a decision (`bot.turns.approvals`), and is claimed again
    answer     one transaction: the answer, its pages into the outbox, the ledger settled, the tip moved

Nothing of a running answer is written: killed at any point before `answer`, the turn is run again from its question;
killed after it, the outbox is shown. The person is charged once, by the transaction that keeps the answer.
"""

from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.domain.provider_errors import EmptyAnswer, ProviderError
from bot.domain.turns import FinishReason, Turn
from bot.telemetry.metrics import Metrics
from bot.turns.answer import Answer
from bot.turns.answer_store import AnswerStore
from bot.turns.answer_writer import AnswerWriter
from bot.turns.approvals import Approvals
from bot.turns.briefing import Begun
from bot.turns.endings import Endings
from bot.turns.previews import TurnPreviews
from bot.turns.run import Run

log = structlog.get_logger(__name__)


class Engine:
    """Runs turns that have begun."""

    def __init__(
        self,
        writer: AnswerWriter,
        previews: TurnPreviews,
        answers: AnswerStore,
        endings: Endings,
        approvals: Approvals,
        clock: Clock,
        metrics: Metrics,
        *,
        on_answer: Callable[[Begun, Answer], None],
    ) -> None:
        self._writer = writer
        self._previews = previews
        self._answers = answers
        self._endings = endings
        self._approvals = approvals
        self._clock = clock
        self._metrics = metrics
        self._on_answer = on_answer

    async def run(self, begun: Begun, run: Run) -> bool:
        """Answer one turn, whatever happens on the way; when it returns, the outcome is kept.

        True if there is an answer to show: the session goes on once it is shown. Else it can go on at once, or has to
        wait for a decision.

        Raises:
            asyncio.CancelledError: the program is ending; the turn goes back into the queue.
        """
        began_at = self._clock.now()
        answer = Answer()
        failure: ProviderError | None = None
        preview = self._previews.preview(begun)
        try:
            if await run.stream(self._writer.write(begun, answer, preview)):
                answer.finish = FinishReason.STOPPED
        except ProviderError as error:
            failure = error
        finally:
            await preview.close()
        turn = replace(begun.turn, preview=preview.remote_id, place=preview.place)
        if answer.briefing is not None and answer.briefing.grounding is not None:
            answer.pieces.append(answer.briefing.grounding.finish())
        if answer.asks and answer.finish is not FinishReason.STOPPED:
            if await self._endings.keep(turn, lambda _: self._approvals.ask(turn)):
                self._note_end(turn, "asked", began_at, answer)
                return False
            # Somebody has ended it at the same moment.
            answer.finish = FinishReason.STOPPED
        if answer.has_something:
            return await self._end_with(answer, begun, turn, began_at)
        await self._end_without(answer, turn, began_at, failure)
        return False

    async def _end_with(self, answer: Answer, begun: Begun, turn: Turn, began_at: UnixMs) -> bool:
        await self._answers.price(answer)
        await self._answers.keep_images(answer)
        if not await self._endings.keep(turn, lambda state: self._answers.store(begun, turn, answer, state)):
            return False
        if answer.withheld:
            self._note_end(turn, "silent", began_at, answer)
            self._metrics.charged(answer.paid)
            return False
        log.info(
            "turn_answered", turn=turn.id, attempt=turn.attempt, model=answer.model, finish=answer.finish.value,
            took_ms=self._clock.now() - began_at,
            first_word_ms=answer.first_word_at - began_at if answer.first_word_at else None,
        )  # fmt: skip
        self._note_end(turn, answer.finish.value, began_at, answer)
        self._metrics.charged(answer.paid)
        self._on_answer(begun, answer)
        return True

    async def _end_without(self, answer: Answer, turn: Turn, began_at: UnixMs, failure: ProviderError | None) -> None:
        """Say why there is no answer: the person stopped it, nothing was left to answer, or no model could."""
        self._note_end(turn, "stopped" if answer.finish is FinishReason.STOPPED else "failed", began_at, answer)
        if answer.finish is FinishReason.STOPPED:
            await self._endings.keep(turn, lambda _: self._endings.stopped(turn))
        elif answer.briefing is not None and answer.briefing.empty:
            await self._endings.keep(turn, lambda _: self._endings.nothing_left(turn))
        else:
            error = failure or EmptyAnswer("The model said nothing.")
            await self._endings.keep(turn, lambda _: self._endings.failed(turn, error))

    def _note_end(self, turn: Turn, end: str, began_at: UnixMs, answer: Answer) -> None:
        first_word_s = (answer.first_word_at - began_at) / 1000 if answer.first_word_at else None
        self._metrics.turn(turn.place.platform, end, (self._clock.now() - began_at) / 1000, first_word_s)
