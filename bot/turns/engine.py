"""The life of a turn: begun from the database, answered by a model, its end stored in one transaction.

    begin      claim the session's next turn, attach its question to the tree, read the path to it
    run        context -> chain of models -> preview, until the model is done, fails, or the person stops it
    answer     one transaction: the answer, its pages into the outbox, the ledger settled, the tip moved

Nothing of a running answer is written: killed at any point before `answer`, the turn is run again from its question;
killed after it, the outbox is shown. The person is charged once, by the transaction that keeps the answer.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import structlog

from bot.contracts.bots import Bots
from bot.contracts.platform import PreviewTarget
from bot.delivery import rich_use
from bot.delivery.preview import Preview
from bot.domain.clock import Clock
from bot.domain.errors import EmptyAnswer, ParleyError, ProviderError, StorageError
from bot.domain.events import Finished, ImageMade, ReasoningDelta, Started, TextDelta
from bot.domain.facts import Fact
from bot.domain.ids import MessageId, SessionId, UnixMs
from bot.domain.messages import Author, FilePart, Message
from bot.domain.people import Previews
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.sessions import Session
from bot.domain.turns import FinishReason, Turn, TurnState
from bot.llm.chain import Chain
from bot.people import callers
from bot.rendering.pages import filled, notice, window
from bot.telemetry.metrics import Metrics
from bot.texts import Say, say_in
from bot.turns import memory, reading
from bot.turns.answer import THINKING, Answer, Form
from bot.turns.answer_buttons import Below, answer_buttons, retry_buttons, stop_button
from bot.turns.briefing import Begun, Briefings
from bot.turns.outlook import marks_on, most_messages
from bot.turns.summaries import Summaries
from storage import (
    attachments,
    claims,
    facts,
    ledger,
    messages,
    outbox,
    people,
    places,
    sessions,
    summaries,
    tree,
    turns,
)
from storage.blobs import Blobs
from storage.claims import Claimed, Full, NotYet, Take
from storage.database import Database
from storage.outbox import OutboxPage
from storage.programs import Program

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
"""A turn cut off by this many crashes is ended with an apology: it may be what crashes us."""

_STORAGE_WAIT_S = 1.0


class Run:
    """A turn that is being run, from this question; `stop` ends it with what has come."""

    def __init__(self, question: MessageId) -> None:
        self.question = question
        self._streaming: asyncio.Task[None] | None = None
        self._stopped = False

    def stop(self) -> None:
        """End the model's answer now. What has come stays."""
        self._stopped = True
        if self._streaming is not None:
            self._streaming.cancel()

    async def stream(self, coroutine: Coroutine[Any, Any, None]) -> bool:
        """Let the model finish. True if it was stopped instead; raises what the coroutine raises."""
        self._streaming = task = asyncio.create_task(coroutine)
        if self._stopped:
            task.cancel()
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        self._streaming = None
        if task.cancelled():
            return True
        task.result()
        return False


class Engine:
    """Runs turns. `deliver` gets the pages that a finished turn has put into the outbox."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        chain: Chain,
        briefings: Briefings,
        summaries_: Summaries,
        blobs: Blobs,
        policy: Policy,
        clock: Clock,
        rng: random.Random,
        metrics: Metrics,
        *,
        deliver: Callable[[list[OutboxPage]], None],
        on_answer: Callable[[Begun], None],
    ) -> None:
        self._database = database
        self._bots = bots
        self._chain = chain
        self._briefings = briefings
        self._summaries = summaries_
        self._blobs = blobs
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._metrics = metrics
        self._deliver = deliver
        self._on_answer = on_answer

    # begin

    def begin(
        self, session: SessionId, worker: str, now: UnixMs, lease_until: UnixMs, take: Take
    ) -> Program[tuple[Begun | NotYet | Full | None, list[OutboxPage]]]:
        """Claim the session's next turn and read what it needs; turns that are already stopped end on the way.

        The pages are what there is to say of those.
        """
        pages: list[OutboxPage] = []
        while True:
            claimed = yield from claims.claim(session, worker, now, lease_until, take)
            if not isinstance(claimed, Claimed):
                return claimed, pages
            if self._bots.find(claimed.turn.place) is None:
                if self._bots.may_come(claimed.turn.place):
                    yield from claims.requeue(claimed.turn.id, attempt_counts=False)
                    return None, pages
                # Its bot has been switched off: later turns must not wait for it.
                pages += yield from self.give_up(claimed.turn)
                continue
            row = yield from sessions.get(session)
            if row is None or claimed.stop_requested:
                pages += yield from self._stopped(claimed.turn)
                continue
            yield from self._hang(claimed, row, now)
            payer = callers.at_home(self._policy, (yield from people.get(claimed.turn.payer)))
            most = most_messages(row, payer, self._policy)
            newest = yield from messages.path(claimed.turn.question, most)
            marks = yield from marks_on(newest, most)
            path = reading.from_its_beginning(newest, most, marks)
            above = path[0].parent
            begun = Begun(
                claimed.turn,
                row,
                payer,
                tuple(path),
                (yield from attachments.any_in(session)),
                most,
                tuple(marks),
                (yield from summaries.above(above)) if above is not None else None,
                (yield from self._facts(claimed.turn, row)),
            )
            return begun, pages

    def _facts(self, turn: Turn, session: Session) -> Program[tuple[Fact, ...]]:
        """What the person chose to have remembered: told where nobody else hears the answer."""
        if not self._is_between_two(turn, session):
            return ()
        return tuple((yield from facts.of_person(turn.payer)))

    def _hang(self, claimed: Claimed, session: Session, now: UnixMs) -> Program[None]:
        """Give the question its place in the tree, the first time its turn begins."""
        turn = claimed.turn
        if claimed.attach == "attached":
            return
        parent = claimed.parent
        if claimed.attach == "tip" or (parent is not None and (yield from messages.is_forgotten(parent))):
            parent = session.tip
        yield from messages.attach(turn.question, parent)
        yield from messages.open_branch(turn.question)
        yield from sessions.set_tip(session.id, turn.question, now)
        yield from turns.note_attached(turn.id)

    # run

    async def run(self, begun: Begun, run: Run) -> bool:
        """Answer one turn, whatever happens on the way; when it returns, the outcome is kept.

        True if there is an answer: the session goes on once it is shown. Else it can go on at once.

        Raises:
            asyncio.CancelledError: the program is ending; the turn is to be put back.
        """
        began_at = self._clock.now()
        answer = Answer()
        failure: ProviderError | None = None
        preview = self._preview(begun)
        try:
            if await run.stream(self._stream(begun, answer, preview)):
                answer.finish = FinishReason.STOPPED
        except ProviderError as error:
            failure = error
        finally:
            await preview.close()
        turn = replace(begun.turn, preview=preview.remote_id, place=preview.place)
        if answer.briefing is not None and answer.briefing.grounding is not None:
            answer.pieces.append(answer.briefing.grounding.finish())
        if answer.has_something:
            await self._keep_images(answer)
            if not await self._keep(turn, lambda: self._answered(begun, turn, answer)):
                return False
            log.info(
                "turn_answered", turn=turn.id, attempt=turn.attempt, model=answer.model, finish=answer.finish.value,
                took_ms=self._clock.now() - began_at, first_word_ms=answer.first_word_at - began_at,
            )  # fmt: skip
            self._note_end(turn, answer.finish.value, began_at, answer)
            self._metrics.charged(answer.paid)
            self._on_answer(begun)
            self._summaries.after_answer(begun.session.id, leaves=answer.leaves)
            return True
        self._note_end(turn, "stopped" if answer.finish is FinishReason.STOPPED else "failed", began_at, answer)
        if answer.finish is FinishReason.STOPPED:
            await self._keep(turn, lambda: self._stopped(turn))
        elif answer.briefing is not None and answer.briefing.empty:
            await self._keep(turn, lambda: self._nothing_left(turn))
        else:
            await self._keep(turn, lambda: self._failed(turn, failure or EmptyAnswer("The model said nothing.")))
        return False

    def _note_end(self, turn: Turn, end: str, began_at: UnixMs, answer: Answer) -> None:
        first_word_s = (answer.first_word_at - began_at) / 1000 if answer.first_word_at else None
        self._metrics.turn(turn.place.platform, end, (self._clock.now() - began_at) / 1000, first_word_s)

    async def _keep_images(self, answer: Answer) -> None:
        """Put what a model drew on the disk, before a row names it."""
        for number, (media_type, data) in enumerate(answer.images, 1):
            name = f"picture-{number}.{media_type.partition('/')[2].partition('+')[0]}"
            answer.kept.append((FilePart("", name, media_type, len(data)), await self._blobs.add(data)))

    def _preview(self, begun: Begun) -> Preview:
        turn, wanted = begun.turn, begun.payer.previews or self._policy.previews
        platform = self._bots.at(turn.place)

        async def keep_id(remote_id: str) -> None:
            await self._database.write(turns.note_preview(turn.id, remote_id))

        async def elsewhere() -> Place:
            return await self._database.write(_let_chat_stand_in(turn.place))

        target = PreviewTarget(
            turn.id,
            turn.preview,
            turn.reply_to,
            stop_button(turn.id, say_in(begun.payer.language)),
            nonce=f"t{turn.id}.{self._database.life}",
            receipt=turn.receipt,
            as_message=wanted is Previews.EDITS,
        )
        return Preview(
            platform,
            turn.place,
            target,
            self._clock,
            on_message=keep_id,
            elsewhere=elsewhere,
            silent=wanted is Previews.OFF,
            draw=lambda text: window(platform, turn.place, text),
        )

    async def _stream(self, begun: Begun, answer: Answer, preview: Preview) -> None:
        preview.start()
        briefing = await self._briefings.prepare(begun, preview.progress)
        answer.briefing = briefing
        if briefing.empty:
            return
        own, checked = briefing.own, briefing.grounding
        stream = self._chain.stream(
            briefing.models, briefing.messages, briefing.temperature, own, conversation=f"session-{begun.session.id}"
        )
        async with aclosing(stream) as events:
            async for event in events:
                match event:
                    case TextDelta(text):
                        answer.first_word_at = answer.first_word_at or self._clock.now()
                        self._take(checked.feed(text) if checked is not None else text, answer, preview)
                    case Started(model):
                        answer.begin_anew()
                        preview.begin_anew()
                        answer.model = own.model.label if own is not None else model
                    case ReasoningDelta(text):
                        answer.thoughts.append(text)
                        preview.progress(THINKING)
                    case ImageMade(data, media_type):
                        answer.images.append((media_type, data))
                    case Finished(reason, usage):
                        answer.finish, answer.usage = reason, usage

    @staticmethod
    def _take(text: str, answer: Answer, preview: Preview) -> None:
        if text:
            answer.pieces.append(text)
            preview.feed(text)

    # the ends of a turn

    async def _keep(self, turn: Turn, end: Callable[[], Program[list[OutboxPage]]]) -> bool:
        """Keep how a turn ended; False if it was taken up again meanwhile: this was not its end.

        While the database refuses, what the model said is held and tried again.
        """
        while True:
            try:
                pages = await self._database.write(_unless_taken_up(turn, end))
            except StorageError as error:
                log.error("answer_waits", error=error)
                await self._clock.sleep(_STORAGE_WAIT_S)
            else:
                self._deliver(pages or [])
                return pages is not None

    def _answered(self, begun: Begun, turn: Turn, answer: Answer) -> Program[list[OutboxPage]]:
        now = self._clock.now()
        question = begun.path[-1]
        if (yield from turns.state_of(turn.id)) is not TurnState.RUNNING:
            return []  # Its session was erased meanwhile.
        reads = answer.briefing.reads if answer.briefing is not None else None
        read_from = reads.path[0].id if reads is not None else None
        message = yield from messages.add_answer(question, answer.parts, answer.model, answer.finish, now, read_from)
        for number, (file, sha256) in enumerate(answer.kept):
            yield from attachments.note_made(message, turn.session, turn.payer, number, file, sha256, now)
        yield from messages.open_branch(message)
        yield from sessions.set_tip(turn.session, message, now)
        free = answer.why_free
        cost = 0 if free else answer.used if self._policy.metered else turn.reserved
        answer.paid = yield from ledger.settle(turn.id, cost, now, free or "answered")
        yield from turns.note_answer(turn.id, message)
        yield from self._want_summary(begun, answer, message, now)
        for model in answer.briefing.gone if answer.briefing is not None else ():
            yield from turns.give_up_model(turn.id, model)
        place_row, turn = yield from self._where(turn)
        answers, questions = (yield from tree.siblings(message)), (yield from tree.siblings(question.id))
        use = yield from rich_use.use_for(begun.payer, place_row, self._policy.rich, now)
        below = Below(turn.id, answer.finish, answers, questions)
        say = say_in(begun.payer.language)
        forgets = answer.briefing is not None and answer.briefing.forgets
        offered = yield from self._offered(begun, answer, now)
        platform, buttons = self._bots.at(turn.place), answer_buttons(below, say, forgets=forgets, offered=offered)
        form = Form(use, message)
        pages = answer.pages(platform, begun.turn.place, buttons, say, form, self._policy, begun.payer)
        shown: list[OutboxPage] = []
        for number, page in enumerate(pages):
            first = number == 0
            row = yield from outbox.add(
                place_row,
                turn.place,
                page,
                now,
                turn=turn.id,
                message=message,
                number=number,
                remote_id=turn.preview if first else None,
                reply_to=self._reply_to(turn) if first else None,
                receipt=turn.receipt,
                announced=first,
            )
            shown.append(row)
        return shown

    def _want_summary(self, begun: Begun, answer: Answer, number: MessageId, now: UnixMs) -> Program[None]:
        """Have summed up what the next question will no longer be read with, or this one already was not."""
        reads, question = answer.briefing.reads if answer.briefing is not None else None, begun.path[-1]
        if reads is None:
            return
        message = Message(number, question.session, question.id, Author.ASSISTANT, answer.parts, answer.model, "", now)
        up_to = reads.leaves(message)
        answer.leaves = up_to is not None and self._summaries.can(begun.session, begun.payer)
        if up_to is not None and answer.leaves:
            yield from summaries.want(question.session, up_to, begun.turn.payer, now)

    def _offered(self, begun: Begun, answer: Answer, now: UnixMs) -> Program[MessageId | None]:
        """The question, where its answer is to offer to remember what it asks for; who wants it so has it kept now."""
        if not self._is_between_two(begun.turn, begun.session):
            return None
        question, payer = begun.path[-1], begun.payer
        answer.remembered = yield from memory.remember(question, payer, now)
        return (yield from memory.offered(question, payer))

    def _is_between_two(self, turn: Turn, session: Session) -> bool:
        """Whether nobody else hears the answer, so that it may know what the person chose to have remembered."""
        return turn.place.kind.private and session.owner == turn.payer and self._policy.memory_tokens > 0

    @staticmethod
    def _reply_to(turn: Turn) -> str | None:
        """Among several people an answer says whom it answers."""
        return None if turn.place.kind.private else turn.reply_to

    def _stopped(self, turn: Turn) -> Program[list[OutboxPage]]:
        now = self._clock.now()
        yield from self._end_unanswered(turn, TurnState.STOPPED, now)
        if not _may_be_shown(turn):
            return []
        say = yield from self._say(turn)
        return (yield from self._notice(turn, say("Stopped."), say, now))

    def _nothing_left(self, turn: Turn) -> Program[list[OutboxPage]]:
        """Only files were sent and none could be read: what to say about that has been said."""
        now = self._clock.now()
        yield from self._end_unanswered(turn, TurnState.FAILED, now)
        if not _may_be_shown(turn):
            return []
        say = yield from self._say(turn)
        return (yield from self._notice(turn, say("There is nothing to answer. Nothing was charged."), say, now))

    def _failed(self, turn: Turn, error: ParleyError) -> Program[list[OutboxPage]]:
        """End with an apology; the reference in it is in the log beside the cause."""
        now = self._clock.now()
        reference = new_reference(self._rng)
        log.error("turn_failed", turn=turn.id, reference=reference, error=type(error).__name__, detail=error)
        yield from self._end_unanswered(turn, TurnState.FAILED, now, reference)
        say = yield from self._say(turn)
        text = say(
            "{what} Nothing was charged. (Reference {reference})",
            what=filled(say, error.tell, error.values),
            reference=reference,
        )
        return (yield from self._notice(turn, text, say, now))

    def give_up(self, turn: Turn) -> Program[list[OutboxPage]]:
        """End a turn that was cut off too often."""
        error = ParleyError(f"The turn was cut off {turn.attempt} times.")
        return (yield from _unless_taken_up(turn, lambda: self._failed(turn, error))) or []

    def _end_unanswered(self, turn: Turn, state: TurnState, now: UnixMs, reference: str | None = None) -> Program[None]:
        if (yield from turns.state_of(turn.id)) in (TurnState.QUEUED, TurnState.RUNNING):
            yield from turns.end(turn.id, state, now, reference)
            yield from ledger.release(turn.id, state.value, now)

    @staticmethod
    def _say(turn: Turn) -> Program[Say]:
        return say_in((yield from turns.language_of(turn.id)))

    @staticmethod
    def _where(turn: Turn) -> Program[tuple[int, Turn]]:
        """The row of the place where the turn's answer goes, and the turn as it stands there."""
        found = yield from turns.place_of(turn.id)
        if found is None:
            raise LookupError(turn.id)
        number, place = found
        if place.chat == turn.place.chat:
            return number, replace(turn, place=place)
        # Ids of messages mean nothing in a chat that was given another id.
        return number, replace(turn, place=place, preview=None, reply_to=None)

    def _notice(self, turn: Turn, text: str, say: Say, now: UnixMs) -> Program[list[OutboxPage]]:
        if (yield from turns.state_of(turn.id)) is None:
            return []  # Its session was erased meanwhile.
        place_row, turn = yield from self._where(turn)
        page = notice(text, retry_buttons(turn.id, say))
        row = yield from outbox.add(
            place_row,
            turn.place,
            page,
            now,
            turn=turn.id,
            remote_id=turn.preview,
            reply_to=self._reply_to(turn),
            receipt=turn.receipt,
        )
        return [row]

    def end_queued(self, turn: Turn) -> Program[list[OutboxPage]]:
        """End a turn that the person no longer wants before it has begun; returns what there is to say of it."""
        return (yield from self._stopped(turn))


def _unless_taken_up(turn: Turn, end: Callable[[], Program[list[OutboxPage]]]) -> Program[list[OutboxPage] | None]:
    """End a turn, unless it was put back to answer another question: see `bot.turns.steering`."""
    found = yield from turns.get(turn.id)
    if found is not None and found[0].question != turn.question:
        return None
    return (yield from end())


def _let_chat_stand_in(thread: Place) -> Program[Place]:
    row, _ = yield from places.open_place(thread, "")
    _, chat = yield from places.let_stand_in(row)
    return chat


def _may_be_shown(turn: Turn) -> bool:
    """Whether something of the answer may stand in the chat: what a crashed attempt has shown is not always known.

    A command waits for its answer, whatever that is.
    """
    return turn.preview is not None or turn.attempt > 1 or turn.receipt != ""


def new_reference(rng: random.Random) -> str:
    """Six characters that a person can quote and the operator can find in the log."""
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=6))
