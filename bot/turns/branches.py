"""Moving through a session's tree: other versions, forks, forgetting and undoing it.

Each is a program that takes a caller and ids; none of it needs a chat.
"""

from dataclasses import dataclass

from bot.domain.errors import PersonError
from bot.domain.ids import MessageId, PersonId, UnixMs
from bot.domain.messages import Author, Message
from bot.domain.sessions import Session
from bot.people.admission import NOT_ASKED, must_be_theirs
from bot.people.callers import Caller
from bot.people.reaching import reachable_message
from bot.turns import deleting
from bot.turns.answer_buttons import Below, below
from bot.turns.deleting import EndQueued, Forgotten
from storage import messages, places, sessions, tree
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was opened."""

    session: Session
    question: Message
    answer: Message | None
    below: Below | None
    """The buttons below its answer."""

    @property
    def is_one_of_several(self) -> bool:
        """Whether to say which version of the question this answers."""
        return self.below is None or len(self.below.questions.ids) > 1


def asked_by(caller: Caller, message: MessageId) -> Program[PersonId | None]:
    """Who asked for a message. Raises PersonError if it is not within reach."""
    yield from _found(caller, message)
    return (yield from tree.payer_of(message))


def go_to(caller: Caller, message: MessageId, now: UnixMs) -> Program[Version]:
    """Open the branch through a message of the caller's, as it was last left. Raises PersonError."""
    session, gone_to = yield from _theirs(caller, message)
    leaf = yield from tree.open_through(gone_to.id)
    yield from sessions.set_tip(session.id, leaf, now)
    question_id, answer_id = gone_to.parent, gone_to.id
    if gone_to.author is Author.USER:
        question_id, answer_id = gone_to.id, (yield from tree.open_answer(gone_to.id)) or MessageId(0)
    answer = yield from messages.get(answer_id)
    question = (yield from messages.get(question_id)) if question_id is not None else None
    if question is None:
        raise PersonError("That message is no longer here.")
    stands = (yield from below(answer, question.id)) if answer is not None else None
    return Version(session, question, answer, stands)


def fork(caller: Caller, message: MessageId, now: UnixMs) -> Program[Message]:
    """The next message hangs below this one, or below its answer where it is a question. Raises PersonError."""
    session, at = yield from _found(caller, message)
    if at.author is Author.USER and (answer := (yield from tree.open_answer(at.id))) is not None:
        at = (yield from messages.get(answer)) or at
    yield from tree.open_through(at.id)
    yield from sessions.set_tip(session.id, at.id, now)
    yield from places.show_session(caller.place_row, session.id, session.mode)
    return at


def forget(
    caller: Caller, message: MessageId, end_queued: EndQueued, now: UnixMs
) -> Program[tuple[Forgotten, Message]]:
    """Forget a message of the caller's, and everything after it. Raises PersonError."""
    session, found = yield from _theirs(caller, message)
    return (yield from deleting.forget(session.id, message, caller.person.id, end_queued, now)), found


def last_forgotten(caller: Caller) -> Program[UnixMs | None]:
    """When the caller last forgot something in the session that is open where they speak."""
    return (yield from tree.last_forgotten(caller.session, caller.person.id)) if caller.session is not None else None


def remember(caller: Caller, session: Session, now: UnixMs) -> Program[bool]:
    """Undo what the caller forgot last in a session; False if there is nothing."""
    moment = yield from tree.last_forgotten(session.id, caller.person.id)
    leaf = (yield from tree.remember(session.id, caller.person.id, moment)) if moment is not None else None
    if leaf is not None:
        yield from sessions.set_tip(session.id, leaf, now)
    return leaf is not None


def _found(caller: Caller, message: MessageId) -> Program[tuple[Session, Message]]:
    found = yield from reachable_message(caller, message)
    if found is None:
        raise PersonError("That message is no longer here.")
    return found


def _theirs(caller: Caller, message: MessageId) -> Program[tuple[Session, Message]]:
    """Among several people, one may only act on what one asked for oneself."""
    found = yield from _found(caller, message)
    must_be_theirs(caller, (yield from tree.payer_of(message)), NOT_ASKED)
    return found
