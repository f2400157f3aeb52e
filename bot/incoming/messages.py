"""Accepting what people say: one transaction for a whole batch, after which everything in it is kept.

An album, the parts of one long paste and, for who wants that, lines written in a row come as several messages and are
one request. They are not collected in memory, where a crash would lose them: the first part queues a turn that waits a
moment before it runs, and what follows joins its message: see `storage.going_on`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.delivery.reactions import Unheard
from bot.domain.ids import MessageId, SessionId, TurnId, UnixMs
from bot.domain.incoming import Inbound, MessageRef, Unreadable
from bot.domain.messages import Author, FilePart, Message, Part, QuotedPart, first_words
from bot.domain.needs import Need
from bot.domain.people import Steering
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.sessions import Session
from bot.domain.turns import TurnState
from bot.incoming.before import kept
from bot.incoming.turning_away import turn_away
from bot.people import admission, callers
from bot.people.callers import Caller
from bot.people.reaching import reachable
from bot.people.sessions import open_session
from bot.rendering.pages import filled, notice
from bot.rendering.titles import shorten_title
from bot.texts import said_later, say_in
from bot.turns.answer_buttons import steer_buttons
from bot.turns.asking import Asking, Origin, Question, Queued, Refusal, Request
from bot.turns.steering import Not, offered, steer
from storage import (
    attachments,
    going_on,
    inbox,
    messages,
    open_turns,
    outbox,
    people,
    pieces,
    places,
    steering,
    tree,
    turns,
)
from storage.going_on import GoingOn
from storage.outbox import OutboxPage
from storage.pieces import Piece
from storage.programs import Program
from storage.turns import NOW, Attach, Made

ALBUM_WAIT_MS = 1_000
"""How long the next part of an album may take; Telegram sends all of them within a fraction of a second."""

PASTE_WAIT_MS = 1_500
"""How long the next part of a long paste may take."""

LINE_WAIT_MS = going_on.WITHIN_MS
"""How long the next line of who writes in lines may take."""

AHEAD_TOLD = 2
"""Whoever waits for that many answers of the session is told; who waits for one sees that it is being written, and is
told where it is one of theirs, for they may want something else of it."""

MOST_TOLD = 6
"""Among several people nobody is told from here on: notices count against a group's limit, and answers need it."""

_IN_LINE = said_later("Your message is queued; {count} ahead of it.")

ASKED_MS = 10 * 60 * 1000
"""How long a question stays open."""

log = structlog.get_logger(__name__)

_MINUTE_MS = 60_000
_AS_USUAL = Made()


@dataclass(slots=True)
class Accepted:
    """What is to be done once the batch is kept."""

    queued: list[tuple[SessionId, UnixMs]] = field(default_factory=list)
    """Sessions that have a turn waiting, and the moment until which it waits for more."""
    pages: list[OutboxPage] = field(default_factory=list)
    pending: list[tuple[Inbound, inbox.Asked | None]] = field(default_factory=list)
    """A message that comes while a question is open, for the dispatcher, and what came behind it in its chat."""
    files: list[tuple[MessageId, MessageRef]] = field(default_factory=list)
    """Messages with files that are still with the platform."""
    unheard: list[Unheard] = field(default_factory=list)
    """Messages that get a reaction, since the words were said a moment ago."""
    outdated: list[TurnId] = field(default_factory=list)
    """Running turns that are to end: their question was edited, or another one goes first."""
    left: list[tuple[TurnId, MessageId]] = field(default_factory=list)
    """Running turns that were put back, and the question that they are no longer to answer."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The rules by which messages become requests."""

    policy: Policy
    asking: Asking

    def accept(self, batch: Sequence[Inbound | Unreadable], now: UnixMs, *, answers: bool = True) -> Program[Accepted]:
        """Keep a batch; what has been kept before is left out in silence.

        `answers`: whether something of it may answer an open question.
        """
        accepted = Accepted()
        for incoming in batch:
            match incoming:
                case Unreadable(event_key, platform, bot):
                    if (yield from inbox.note(platform, bot, event_key, now)):
                        yield from inbox.set_aside(incoming, now)
                case Inbound():
                    yield from self._message(incoming, accepted, now, answers=answers)
        return accepted

    def _message(self, inbound: Inbound, accepted: Accepted, now: UnixMs, *, answers: bool) -> Program[None]:
        place = inbound.place
        for heard in inbound.heard:
            yield from places.note_heard(heard, inbound.remote_id)
        if (yield from inbox.is_noted(place.platform, place.bot, inbound.event_key)):
            return
        if not inbound.addressed and not (yield from messages.is_known(place, inbound.remote_id)):
            return
        if any(_same_chat(before.place, place) for before, _ in accepted.pending):
            accepted.pending.append((inbound, None))
            return
        caller = yield from callers.identify(inbound, self.policy, now)
        let_in = admission.may(caller, Need())
        asked = None
        if answers and let_in:
            asked = yield from inbox.asked(caller.place_row, caller.person.id, UnixMs(now - ASKED_MS))
        if asked and inbound.parts and not inbound.edited:
            # Not noted as seen: that, and closing the question, happen together with the command that it answers.
            accepted.pending.append((inbound, asked))
            return
        yield from inbox.note(place.platform, place.bot, inbound.event_key, now)
        if not let_in:
            unheard = yield from turn_away(caller, self.policy, accepted.pages, now, inbound.remote_id)
            accepted.unheard += [unheard] if unheard else []
        elif inbound.edited and (yield from messages.is_known(place, inbound.remote_id)):
            yield from self._edited(inbound, caller, accepted, now)
        elif not (inbound.parts or inbound.pointed or inbound.before):
            yield from _say_nothing_read(inbound, caller, accepted, now)
        elif not (yield from self._joined(inbound, caller, accepted, now)):
            yield from self._asked_anew(inbound, caller, accepted, now)

    def _joined(self, inbound: Inbound, caller: Caller, accepted: Accepted, now: UnixMs) -> Program[bool]:
        """Whether this is the next part of a message that is still waiting; then it is part of it now."""
        waiting = yield from _goes_on(inbound, caller, now)
        message = (yield from messages.get(waiting.question)) if waiting else None
        if waiting is None or message is None:
            return False
        first = (Piece(waiting.remote_id, message.parts),)
        *before, last = (yield from pieces.of_message(message.id)) or first
        joined = (*before, replace(last, separator=waiting.separator), Piece(inbound.remote_id, inbound.parts))
        parts = pieces.whole(joined)
        yield from pieces.put(message.id, joined)
        yield from messages.replace_parts(message.id, parts)
        yield from _note_files(message.id, message.session, parts, inbound, caller, accepted, now)
        yield from messages.note_shown(inbound.place, inbound.remote_id, 0, message.id)
        separator = _separator(inbound, caller, parts)
        run_after = _run_after(inbound, separator, now)
        yield from going_on.go_on(waiting.turn, inbound.album, inbound.sent_at, run_after, separator)
        accepted.queued.append((message.session, run_after))
        return True

    def _edited(self, inbound: Inbound, caller: Caller, accepted: Accepted, now: UnixMs) -> Program[None]:
        """An edited message: corrected while it waits; afterwards a sibling of it that is answered again."""
        original = yield from messages.find_shown(inbound.place, inbound.remote_id)
        if original is None or original.author is not Author.USER or not inbound.parts:
            return
        before = (yield from pieces.of_message(original.id)) or [Piece(inbound.remote_id, original.parts)]
        after = [_corrected(piece, inbound) if piece.remote_id == inbound.remote_id else piece for piece in before]
        # An edit replaces its own piece; nothing more of the message follows it.
        inbound = replace(inbound, parts=pieces.whole(after), album=None, may_continue=False)
        if _looks_alike(original.parts, inbound.parts):
            return
        several = after if len(after) > 1 else ()
        if (yield from open_turns.queued_for(original.id)) is not None:
            yield from pieces.put(original.id, several)
            yield from messages.replace_parts(original.id, inbound.parts)
            yield from attachments.forget(original.id)
            yield from _note_files(original.id, original.session, inbound.parts, inbound, caller, accepted, now)
            return
        session = yield from reachable(caller, original.session)
        if session is None:
            return
        running = yield from open_turns.of_question(original.id)
        if running is not None and running[1] is TurnState.RUNNING:
            yield from open_turns.request_stop(running[0])
            accepted.outdated.append(running[0])
        made = yield from turns.made(original.id)
        yield from pieces.put(original.id, before)
        yield from self._queue(inbound, caller, session, accepted, now, "parent", original.parent, several, made)

    def _asked_anew(self, inbound: Inbound, caller: Caller, accepted: Accepted, now: UnixMs) -> Program[None]:
        older = (yield from self._replied_to(inbound, caller)) if inbound.reply_to else None
        if older is None or not inbound.parts:
            inbound = replace(inbound, parts=(*inbound.before, *inbound.pointed, *inbound.parts))
        if older is not None:
            session, message = older
            attach: Attach = "tip" if session.tip == message.id else "parent"
            yield from self._queue(inbound, caller, session, accepted, now, attach, message.id)
            return
        session = yield from open_session(caller, self.policy, lambda: _title_of(inbound), now)
        yield from self._queue(inbound, caller, session, accepted, now, "tip", None)

    def _replied_to(self, inbound: Inbound, caller: Caller) -> Program[tuple[Session, Message] | None]:
        """The session and message that a reply continues; that session is the open one from now on."""
        message = yield from messages.find_shown(inbound.place, inbound.reply_to or "")
        session = (yield from reachable(caller, message.session)) if message else None
        if message is None or session is None:
            return None
        if session.id != caller.session:
            yield from places.show_session(caller.place_row, session.id, session.mode)
        if message.author is Author.USER and (answer := (yield from tree.open_answer(message.id))) is not None:
            # Who replies to a question continues from what was answered to it.
            message = (yield from messages.get(answer)) or message
        return session, message

    def _queue(
        self,
        inbound: Inbound,
        caller: Caller,
        session: Session,
        accepted: Accepted,
        now: UnixMs,
        attach: Attach,
        parent: MessageId | None,
        several: Sequence[Piece] = (),
        made: Made = _AS_USUAL,
    ) -> Program[None]:
        question = Question(inbound.parts, several)
        separator = _separator(inbound, caller, inbound.parts)
        request = Request(
            session,
            question,
            Origin(reply_to=inbound.remote_id),
            attach,
            parent if attach == "parent" else None,
            made,
            inbound.album,
            separator,
            _run_after(inbound, separator, now),
            inbound.sent_at,
        )
        outcome = yield from self.asking.ask(caller, request, now)
        if isinstance(outcome, Refusal):
            yield from _refuse(inbound, caller, outcome, accepted, now)
            return
        if outcome.question is not None:
            _fetch(outcome.question, inbound.parts, inbound, caller, accepted)
        accepted.queued.append((session.id, outcome.run_after))
        if not (yield from _steered(caller, outcome, accepted, now)):
            yield from _say_what_is_ahead(inbound, caller, session.id, accepted, now)


def _same_chat(one: Place, other: Place) -> bool:
    return (one.platform, one.bot, one.chat) == (other.platform, other.bot, other.chat)


def _refuse(inbound: Inbound, caller: Caller, refusal: Refusal, accepted: Accepted, now: UnixMs) -> Program[None]:
    """Say why a request is not taken; with a reaction if that was said a moment ago."""
    words = filled(say_in(caller.person.language), refusal.text, refusal.values)
    number, place = yield from _beside(inbound, caller)
    if refusal.once and not (yield from people.may_be_told(caller.person.id, now, _MINUTE_MS)):
        # What opens a thread stands outside it, whether or not that has been opened.
        at = inbound.aside or inbound.place
        accepted.unheard.append(Unheard(at, number, inbound.remote_id, caller.person.id, refusal.reaction, words))
        return
    said = yield from outbox.add(number, place, notice(words), now, reply_to=inbound.remote_id, person=caller.person.id)
    accepted.pages.append(said)


def _steered(caller: Caller, queued: Queued, accepted: Accepted, now: UnixMs) -> Program[bool]:
    """Whether what came while an answer is written went the way that the person has chosen for it."""
    how = caller.person.steering
    if how is Steering.WAIT or queued.turn is None:
        return False
    found = yield from turns.get(queued.turn)
    line = yield from steering.line(queued.session)
    if found is None or line[0].state is not TurnState.RUNNING:
        return False
    steered = yield from steer(caller, found[0], how, now)
    if isinstance(steered, Not):
        return False
    accepted.outdated += [steered.ended] if steered.ended is not None else []
    accepted.left += [steered.left] if steered.left is not None else []
    return True


def _say_what_is_ahead(
    inbound: Inbound, caller: Caller, session: SessionId, accepted: Accepted, now: UnixMs
) -> Program[None]:
    """How many answers of the session come before the one that was queued last: where those are several, or where
    that can be changed."""
    line = yield from steering.line(session)
    ahead = len(line) - 1
    if ahead >= MOST_TOLD and not inbound.place.kind.private:
        return
    can_be = yield from offered(line)
    if ahead < AHEAD_TOLD and not can_be:
        return
    say = say_in(caller.person.language)
    page = notice(say(_IN_LINE, count=ahead), steer_buttons(line[-1].turn, can_be, say))
    accepted.pages.append(
        (yield from outbox.add(caller.place_row, inbound.place, page, now, reply_to=inbound.remote_id))
    )


def _beside(inbound: Inbound, caller: Caller) -> Program[tuple[int, Place]]:
    """Where something is said about a message that is not answered: no thread is opened for it."""
    if inbound.aside is None or (yield from places.has_conversation(inbound.place)):
        return caller.place_row, inbound.place
    row, _ = yield from places.open_place(inbound.aside, inbound.place_title)
    return row, inbound.aside


def _note_files(
    message: MessageId,
    session: SessionId,
    parts: tuple[Part, ...],
    inbound: Inbound,
    caller: Caller,
    accepted: Accepted,
    now: UnixMs,
) -> Program[None]:
    """Remember the files of a message."""
    files = tuple(part for part in parts if isinstance(part, FilePart))
    yield from attachments.note(message, session, caller.person.id, files, now)
    _fetch(message, parts, inbound, caller, accepted)


def _fetch(message: MessageId, parts: tuple[Part, ...], inbound: Inbound, caller: Caller, accepted: Accepted) -> None:
    """The files of a message are fetched as soon as the batch is kept."""
    if any(isinstance(part, FilePart) for part in parts):
        accepted.files.append((message, MessageRef(inbound.place, inbound.remote_id, caller.person.language)))


_CALLED = said_later(
    "Yes? Write your question after my name, or mention me in a reply to the message that it is about."
)
_UNREAD = said_later("I cannot read this kind of message: {kind}. Send it as text, as a picture or as a file.")


def _say_nothing_read(inbound: Inbound, caller: Caller, accepted: Accepted, now: UnixMs) -> Program[None]:
    """Anyone who calls, or sends something unreadable, is told so."""
    say = say_in(caller.person.language)
    words = say(_UNREAD, kind=say(inbound.unread)) if inbound.unread else say(_CALLED)
    row, place = caller.place_row, inbound.place
    if inbound.unread:
        row, place = yield from _beside(inbound, caller)
    accepted.pages.append((yield from outbox.add(row, place, notice(words), now, reply_to=inbound.remote_id)))


def _corrected(piece: Piece, inbound: Inbound) -> Piece:
    """A piece as an edit leaves it."""
    before = kept(piece.parts)
    aside = _kept_aside(piece.parts[len(before) :], inbound.pointed)
    return replace(piece, parts=(*before, *aside, *inbound.parts))


def _kept_aside(before: tuple[Part, ...], pointed: tuple[Part, ...]) -> tuple[Part, ...]:
    """What a message brought along of the one it replies to; an edit of its words leaves that as it was."""
    match before, pointed:
        case (QuotedPart(first), *_), (QuotedPart(second), *_) if first == second:
            return before[: len(pointed)]
    return ()


def _looks_alike(before: tuple[Part, ...], after: tuple[Part, ...]) -> bool:
    """Whether an edit left all that people see as it was: a platform may name the same file again each time."""
    return [_seen(part) for part in before] == [_seen(part) for part in after]


def _seen(part: Part) -> object:
    return (part.name, part.size_bytes) if isinstance(part, FilePart) else part


def _title_of(inbound: Inbound) -> str:
    return shorten_title(first_words(inbound.parts)) or "Files"


def _goes_on(inbound: Inbound, caller: Caller, now: UnixMs) -> Program[GoingOn | None]:
    """What its sender has asked a moment ago, where this is the next part of it."""
    place, person, said_at = caller.place_row, caller.person.id, inbound.sent_at
    if inbound.album is not None:
        found = yield from going_on.going_on(place, person, inbound.album, said_at, now)
        if found is not None:
            return found
    if _points_elsewhere(inbound) or _is_captioned(inbound, inbound.parts):
        return None
    return (yield from going_on.going_on(place, person, None, said_at, now))


def _points_elsewhere(inbound: Inbound) -> bool:
    """Whether it is about a message of its own choice: then it is no line among others."""
    return bool(inbound.reply_to or inbound.pointed or inbound.before)


def _separator(inbound: Inbound, caller: Caller, whole: tuple[Part, ...]) -> str | None:
    """What stands between this and the next part of its message, of which `whole` has come; None: there is none."""
    if inbound.may_continue:
        return inbound.separator
    if not caller.person.joins_lines or inbound.edited or _points_elsewhere(inbound):
        return None
    return None if _is_captioned(inbound, whole) else "\n"


def _is_captioned(inbound: Inbound, whole: tuple[Part, ...]) -> bool:
    """Whether files were sent together under words of their own: then it is complete."""
    files = sum(isinstance(part, FilePart) for part in whole)
    return len(whole) > files and (files > 1 or inbound.album is not None)


def _run_after(inbound: Inbound, separator: str | None, now: UnixMs) -> UnixMs:
    if separator is not None:
        return UnixMs(now + (PASTE_WAIT_MS if inbound.may_continue else LINE_WAIT_MS))
    return UnixMs(now + ALBUM_WAIT_MS) if inbound.album is not None else NOW
