"""How a turn begins: it is claimed, its question is attached to the tree, and the path to that is read."""

from bot.contracts.bots import Bots
from bot.domain.facts import Fact
from bot.domain.ids import SessionId, UnixMs
from bot.domain.messages import OverheardPart
from bot.domain.policy import Policy
from bot.domain.sessions import Session
from bot.domain.turns import Turn
from bot.people import callers
from bot.turns import memory, overheard_prompt, window
from bot.turns.briefing import Begun
from bot.turns.endings import Endings
from bot.turns.outlook import marks_on, most_messages
from bot.turns.unfinished import Unfinished
from storage import (
    attachments,
    claims,
    customs,
    facts,
    messages,
    overheard,
    people,
    scheduled,
    sessions,
    summaries,
    turns,
)
from storage.claims import Claimed, Full, NotYet, Take, Undecided
from storage.outbox import OutboxPage
from storage.programs import Program, by_itself, together


class Beginnings:
    """Begins turns, each in one transaction."""

    def __init__(self, bots: Bots, endings: Endings, unfinished: Unfinished, policy: Policy) -> None:
        self._bots = bots
        self._endings = endings
        self._unfinished = unfinished
        self._policy = policy

    def begin(
        self, session: SessionId, worker: str, now: UnixMs, take: Take
    ) -> Program[tuple[Begun | NotYet | Full | None, list[OutboxPage]]]:
        """Claim the session's next turn and read what it needs; turns that are already stopped end on the way.

        The pages are what there is to say of those.
        """
        pages: list[OutboxPage] = []
        while True:
            claimed, row = yield from together(claims.claim(session, worker, now, take), sessions.get(session))
            if isinstance(claimed, Undecided):
                yield from by_itself()
                left = yield from self._unfinished.left(claimed.turn)
                if left is None:
                    return None, pages
                pages += left
                continue
            if not isinstance(claimed, Claimed):
                return claimed, pages
            if self._bots.find(claimed.turn.place) is None:
                if self._bots.may_come(claimed.turn.place):
                    yield from claims.requeue(claimed.turn.id, attempt_counts=False)
                    return None, pages
                # Its bot has been switched off: later turns must not wait for it.
                pages += yield from self._endings.give_up(claimed.turn)
                continue
            if row is None or claimed.stop_requested:
                pages += yield from self._endings.stopped(claimed.turn)
                continue
            yield from _attach(claimed, row, now)
            return (yield from self._begun(claimed.turn, row, now)), pages

    def _begun(self, turn: Turn, session: Session, now: UnixMs) -> Program[Begun]:
        payer, chosen, has_files, known = yield from together(
            people.get(turn.payer),
            customs.at(turn.place),
            attachments.any_in(session.id),
            self._facts(turn, session),
        )
        payer = callers.spoken_to(self._policy, callers.at_home(self._policy, payer), turn.place)
        chosen = self._policy.bounded(chosen)
        payer = callers.among(chosen, payer)
        most = most_messages(session, payer, self._policy)
        newest = yield from messages.path(turn.question, most)
        marks = yield from marks_on(newest, most)
        path = window.from_its_beginning(newest, most, marks)
        above = path[0].parent
        asked = (yield from scheduled.of_turn(turn.id)) if turn.scheduled else None
        return Begun(
            turn,
            session,
            payer,
            tuple(path),
            has_files,
            most,
            tuple(marks),
            (yield from summaries.above(above)) if above is not None else None,
            known,
            (yield from _beside(turn, now)) if chosen.listens else None,
            may_be_silent=asked is not None and not asked.awaited,
        )

    def _facts(self, turn: Turn, session: Session) -> Program[tuple[Fact, ...]]:
        if not memory.is_between_two(turn, session, self._policy):
            return ()
        return tuple((yield from facts.of_person(turn.payer)))


def _beside(turn: Turn, now: UnixMs) -> Program[OverheardPart | None]:
    """What was said beside the bot before the question."""
    since = UnixMs(now - overheard.KEPT_MS)
    return overheard_prompt.framed(
        (yield from overheard.before(turn.place, turn.question, since, overheard_prompt.MOST))
    )


def _attach(claimed: Claimed, session: Session, now: UnixMs) -> Program[None]:
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
