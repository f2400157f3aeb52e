"""Storing an answer: one transaction that puts its pages into the outbox, settles the ledger and moves the tip."""

from bot.contracts.bots import Bots
from bot.delivery import rich_use
from bot.domain.blocks import ButtonRows, Page
from bot.domain.clock import Clock
from bot.domain.ids import MessageId, UnixMs
from bot.domain.messages import Author, FilePart, Message
from bot.domain.people import RichUse
from bot.domain.places import PlaceKind
from bot.domain.policy import Policy
from bot.domain.turns import Turn, TurnState
from bot.files.store import FileStore
from bot.llm.chain import Chain
from bot.rendering.pages import shows
from bot.texts import say_in
from bot.turns import memory, scheduled
from bot.turns.answer import Answer, Form
from bot.turns.answer_buttons import Below, answer_buttons, can_remind, original_of
from bot.turns.briefing import Begun
from bot.turns.speech import is_long, is_wanted
from bot.turns.summaries import Summaries
from bot.turns.turn_pages import add_pages, divided, where_to
from storage import attachments, ledger, messages, sessions, speech, summaries, tool_calls, tree, turns, usage
from storage import scheduled as stored
from storage.outbox import OutboxPage
from storage.programs import Program, together


class AnswerStore:
    """Stores answers."""

    def __init__(
        self,
        bots: Bots,
        chain: Chain,
        file_store: FileStore,
        summaries_: Summaries,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._bots = bots
        self._chain = chain
        self._file_store = file_store
        self._summaries = summaries_
        self._policy = policy
        self._clock = clock

    async def price(self, answer: Answer) -> None:
        """Find out what an answer has cost the operator."""
        if answer.briefing is None or answer.briefing.own is not None:
            return
        last = await self._chain.cost_microusd(answer.model, answer.used_last, answer.asked)
        answer.microusd = None if last is None else answer.called_microusd + last

    async def keep_images(self, answer: Answer) -> None:
        """Keep what a model drew, before a row names it. Raises StorageError."""
        for number, (media_type, data) in enumerate(answer.images, 1):
            name = f"picture-{number}.{media_type.partition('/')[2].partition('+')[0]}"
            answer.kept.append((FilePart("", name, media_type, len(data)), await self._file_store.add(data)))

    def store(self, begun: Begun, turn: Turn, answer: Answer, state: TurnState | None) -> Program[list[OutboxPage]]:
        """Store an answer with all that follows from it; returns its pages.

        `state`: that of its turn, None if its session has been erased; where it has ended, there are no pages.
        """
        now = self._clock.now()
        if state not in (TurnState.RUNNING, TurnState.ASKED):
            return []
        if begun.may_be_silent and scheduled.says_nothing("".join(answer.pieces)) and not answer.images:
            if turn.preview is None and not answer.has_done:
                return (yield from self._withhold(begun, turn, answer, now))
            # Something of it stands in the chat, or was done on the way: that needs an end.
            answer.pieces = [say_in(begun.payer.language)(scheduled.NOTHING)]
        (place_row, there, use), (message, buttons) = yield from together(
            self._where_to(begun, turn, now), self._kept(begun, turn, answer, state, now)
        )
        whole = self._pages(begun, there, answer, buttons, Form(use, message))
        platform, say = self._bots.at(there.place), say_in(begun.payer.language)
        pages, beyond = yield from divided(there, whole, platform.capabilities(there.place), platform.shown_name, say)
        return (yield from add_pages(place_row, there, pages, now, message=message, announced=True, beyond=beyond))

    def _kept(
        self, begun: Begun, turn: Turn, answer: Answer, state: TurnState, now: UnixMs
    ) -> Program[tuple[MessageId, ButtonRows]]:
        """Keep an answer and what follows from it in its session; its number, and what stands below it."""
        (message, forgotten), _ = yield from together(
            _add_message(begun, turn, answer, now), self._settle(turn, answer, now)
        )
        yield from turns.note_answer(turn.id, message)
        if answer.steps:
            yield from tool_calls.erase(turn.id)
        if forgotten:
            # Who brings its question back continues from it.
            yield from messages.open_branch(message)
        else:
            # Nobody who has gone elsewhere in the tree meanwhile is led back by an answer that was waiting.
            if state is TurnState.RUNNING or begun.session.tip == turn.question:
                yield from messages.open_branch(message)
                yield from sessions.set_tip(turn.session, message, now)
            yield from self._want_summary(begun, answer, message, now)
            yield from self._want_speech(begun, answer, now)
            answer.remembered = yield from self._remember(begun, now)
        for model in answer.briefing.gone if answer.briefing is not None else ():
            yield from turns.give_up_model(turn.id, model)
        return message, (yield from self._buttons(begun, turn, answer, message, forgotten=forgotten))

    def _settle(self, turn: Turn, answer: Answer, now: UnixMs) -> Program[None]:
        free, used = answer.why_free, answer.used
        cost = 0 if free else used.input_tokens + used.output_tokens if self._policy.metered else turn.reserved
        answer.paid = yield from ledger.settle(turn.id, cost, now, free or "answered")
        yield from usage.note(turn.id, answer.model, used, answer.microusd, now)

    def _withhold(self, begun: Begun, turn: Turn, answer: Answer, now: UnixMs) -> Program[list[OutboxPage]]:
        """End a turn to whose question there is nothing to say: nothing of it is kept in the session, shown or paid."""
        answer.withheld = True
        yield from ledger.release(turn.id, ledger.NOTHING_TO_REPORT, now)
        yield from usage.note(turn.id, answer.model, answer.used, answer.microusd, now)
        yield from stored.note_silence(turn.id, now)
        yield from turns.end(turn.id, TurnState.DELIVERED, now)
        session = yield from sessions.get(turn.session)
        yield from tree.forget(turn.session, turn.question, None, now)
        if session is not None and session.tip == turn.question:
            yield from sessions.set_tip(turn.session, begun.path[-1].parent, now)
        return []

    def _where_to(self, begun: Begun, turn: Turn, now: UnixMs) -> Program[tuple[int, Turn, RichUse]]:
        """Where its pages go, as `where_to` says it, and when in the richer form."""
        place_row, there = yield from where_to(turn)
        use = yield from rich_use.use_for(begun.payer, place_row, self._policy.rich, now)
        return place_row, there, RichUse.NEVER if there.place.kind is PlaceKind.GUEST else use

    def _pages(self, begun: Begun, there: Turn, answer: Answer, buttons: ButtonRows, form: Form) -> list[Page]:
        say, platform = say_in(begun.payer.language), self._bots.at(there.place)
        return answer.pages(platform, begun.turn.place, buttons, say, form, self._policy, begun.payer)

    def _buttons(
        self, begun: Begun, turn: Turn, answer: Answer, message: MessageId, *, forgotten: bool
    ) -> Program[ButtonRows]:
        if forgotten:
            return ()
        answers, questions = yield from together(tree.siblings(message), tree.siblings(begun.path[-1].id))
        original = (yield from original_of(message)) if answer.kept else None
        below = Below(turn.id, answer.finish, answers, questions, original)
        say = say_in(begun.payer.language)
        forgets = answer.briefing is not None and answer.briefing.forgets
        offered = yield from self._offered(begun)
        at = self._bots.at(turn.place).capabilities(turn.place)
        aloud, reminds = answer.offers_aloud, can_remind(self._policy, at)
        return answer_buttons(below, say, reminds=reminds, forgets=forgets, offered=offered, aloud=aloud)

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

    def _want_speech(self, begun: Begun, answer: Answer, now: UnixMs) -> Program[None]:
        """Have it read aloud, if who asked wants that, or the model has been asked for it."""
        # Its model alone can have asked for it so early, by a tool.
        whole = (yield from speech.is_whole(begun.turn.id)) if answer.steps else None
        takes_files = self._bots.at(begun.turn.place).capabilities(begun.turn.place).upload_limit_bytes > 0
        wanted = takes_files and (whole is not None or is_wanted(begun.payer, begun.path[-1], self._policy))
        answer.spoken = wanted and shows(answer.text)
        answer.offers_aloud = answer.spoken and not whole and is_long(answer.text)
        if answer.spoken:
            yield from speech.want(begun.turn.id, now, whole=False)

    def _remember(self, begun: Begun, now: UnixMs) -> Program[bool]:
        """Keep what the question asks to have remembered, where the person wants it so; whether it was."""
        if not memory.is_between_two(begun.turn, begun.session, self._policy):
            return False
        return (yield from memory.remember(begun.path[-1], begun.payer, now))

    def _offered(self, begun: Begun) -> Program[MessageId | None]:
        """The question, where its answer is to offer to remember what it asks for."""
        if not memory.is_between_two(begun.turn, begun.session, self._policy):
            return None
        return (yield from memory.offered(begun.path[-1], begun.payer))


def _add_message(begun: Begun, turn: Turn, answer: Answer, now: UnixMs) -> Program[tuple[MessageId, bool]]:
    """Put the answer below its question, with the files that the model made; see `messages.add_answer`."""
    reads = answer.briefing.reads if answer.briefing is not None else None
    read_from = reads.path[0].id if reads is not None else None
    added = yield from messages.add_answer(begun.path[-1], answer.parts, answer.model, answer.finish, now, read_from)
    for number, (file, sha256) in enumerate(answer.kept):
        yield from attachments.note_made(added[0], turn.session, turn.payer, number, file, sha256, now)
    return added
