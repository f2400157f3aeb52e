"""What a session's next question would be read with, as people ask for it before they write one."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import MessageId, UnixMs
from bot.domain.messages import Author, Message
from bot.domain.people import Person
from bot.domain.policy import Policy
from bot.domain.sessions import Session
from bot.domain.summaries import Mark, Summary
from bot.turns import window
from storage import messages, summaries
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Outlook:
    """The messages that would be read as they are, the oldest first, and what would be read in the place of others."""

    path: tuple[Message, ...]
    before: MessageId | None
    """The last message that would not be; None if all would."""
    summary: Summary | None
    """What was said before, as far as that has been summed up."""
    most: int
    """How many messages may be read, the question included."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing would be missing: what is not read has been summed up."""
        return self.before is None or (self.summary is not None and self.summary.message == self.before)

    @property
    def foldable(self) -> MessageId | None:
        """Up to which message it can be summed up; None if nothing would be left out that is read."""
        return window.foldable(self.path, self.most)


def most_messages(session: Session, person: Person, policy: Policy) -> int:
    """How many messages of a session may be read for somebody's question."""
    own = person.context_messages if session.owner == person.id else None
    return own or policy.context_messages


def outlook(session: Session, person: Person, policy: Policy) -> Program[Outlook]:
    """What the next question of this person would be read with, if it came below the tip."""
    most = most_messages(session, person, policy)
    newest = (yield from messages.path(session.tip, max(1, most - 1))) if session.tip is not None else []
    question = Message(MessageId(0), session.id, session.tip, Author.USER, (), "", "", UnixMs(0))
    marks = yield from marks_on(newest, most)
    path = window.from_its_beginning([*newest, question], most, marks)
    before = path[0].parent
    summary = (yield from summaries.above(before)) if before is not None else None
    return Outlook(tuple(path[:-1]), before, summary, most)


def marks_on(newest: Sequence[Message], most: int) -> Program[list[Mark]]:
    """The summaries on a path; none count on one that is no longer than a window that has moved."""
    if len(newest) < window.kept_of(most):
        return []
    return (yield from summaries.standing_on([message.id for message in newest]))
