"""Accepts what people say: one transaction for a whole batch, after which everything in it is kept.

An album, the parts of one long paste and, for who wants that, lines written in a row come as several messages and are
one request. They are not collected in memory, where a crash would lose them: the first part queues a turn that waits a
moment before it runs, and what follows joins its message: see `storage.going_on`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.ids import MessageId, SessionId, UnixMs
from bot.domain.incoming import Inbound, Unreadable
from bot.domain.messages import Author, FilePart, Message, Part, first_words, own_words
from bot.domain.needs import Need
from bot.domain.people import Steering
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.sessions import Session
from bot.domain.turns import TurnState
from bot.incoming.arrival import Accepted, Arrival
from bot.incoming.continuations import continued, run_after, separator_of
from bot.incoming.edits import corrected, looks_alike
from bot.incoming.notices import refuse, say_nothing_read, say_seen_by_one, say_what_is_ahead
from bot.incoming.turning_away import turn_away
from bot.people import admission, callers
from bot.people.callers import Caller
from bot.people.reaching import reachable
from bot.people.sessions import open_session
from bot.rendering.titles import shorten_title
from bot.turns.steering import Not, steer
from bot.turns.turn_queue import Origin, Question, Queued, Refusal, Request, TurnQueue
from storage import (
    attachments,
    customs,
    going_on,
    inbox,
    messages,
    open_turns,
    overheard,
    pieces,
    places,
    steering,
    tree,
    turns,
)
from storage.going_on import GoingOn
from storage.pieces import Piece
from storage.programs import Program, each, together
from storage.turns import Attach, Made

ASKED_MS = 10 * 60 * 1000
"""How long a question stays open."""

_AS_USUAL = Made()

_Key = tuple[str, str, str]
"""Platform, bot, and which of its events."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The rules by which messages become requests."""

    policy: Policy
    turn_queue: TurnQueue

    def accept(self, batch: Sequence[Inbound | Unreadable], now: UnixMs, *, answers: bool = True) -> Program[Accepted]:
        """Keep a batch; what has been kept before is left out silently.

        `answers`: whether something of it may answer an open question.
        """
        accepted, seen = Accepted(), (yield from _seen(batch))
        for incoming in batch:
            match incoming:
                case Unreadable():
                    if seen.isdisjoint(_keys(incoming)):
                        yield from _note(incoming, seen, now)
                        yield from inbox.set_aside(incoming, now)
                case Inbound():
                    yield from self._message(incoming, accepted, seen, now, answers=answers)
        return accepted

    def _message(
        self, inbound: Inbound, accepted: Accepted, seen: set[_Key], now: UnixMs, *, answers: bool
    ) -> Program[None]:
        place = inbound.place
        for heard in inbound.heard:
            yield from places.note_heard(heard, inbound.remote_id)
        if not seen.isdisjoint(_keys(inbound)):
            return
        if not (yield from self._is_for_us(inbound)):
            yield from self._beside(inbound, now)
            return
        if any(_same_chat(before.place, place) for before, _ in accepted.pending):
            accepted.pending.append((inbound, None))
            return
        caller = yield from callers.identify(inbound, self.policy, now)
        let_in = admission.may(caller, Need())
        arrival = Arrival(inbound, caller, accepted, now)
        asked, waiting = (yield from together(_open_question(arrival), continued(arrival))) if let_in else (None, None)
        if asked and answers and inbound.parts and not inbound.edited:
            # Not noted as seen: that, and closing the question, happen together with the command that it answers.
            accepted.pending.append((inbound, asked))
            return
        yield from _note(inbound, seen, now)
        if not let_in:
            # Who has not spoken to the bot is not told that it is closed to them.
            said, receipt = inbound.remote_id, inbound.receipt
            tells = turn_away(caller, self.policy, accepted.pages, now, said, receipt=receipt, alone=False)
            unheard = (yield from tells) if not inbound.by_custom else None
            accepted.unheard += [unheard] if unheard else []
        elif inbound.private:
            yield from say_seen_by_one(arrival)
        elif inbound.edited and (yield from messages.is_known(place, inbound.remote_id)):
            yield from self._edited(arrival)
        elif not (inbound.parts or inbound.pointed or inbound.before):
            yield from say_nothing_read(arrival)
        elif not (yield from self._joined(arrival, waiting)):
            yield from self._asked(arrival)

    def _is_for_us(self, inbound: Inbound) -> Program[bool]:
        """Whether it is said to the bot, or an edit of what was."""
        if not inbound.addressed:
            return (yield from messages.is_known(inbound.place, inbound.remote_id))
        if not inbound.by_custom:
            return True
        # The front-end may not have heard yet that something else was chosen. Nobody asked to be told what is unread.
        chosen = self.policy.bounded((yield from customs.at(inbound.place)))
        return bool(inbound.parts) and chosen.calls(own_words(inbound.parts))

    def _beside(self, inbound: Inbound, now: UnixMs) -> Program[None]:
        """What is not said to the bot: kept for a while where that was chosen, as far as it is words of a person."""
        place, words = inbound.aside or inbound.place, own_words(inbound.parts)
        if inbound.edited:
            yield from overheard.change(place, inbound.remote_id, words)
            return
        chosen = self.policy.bounded((yield from customs.at(place)))
        # Who speaks in the name of a chat could not ask to be left out.
        if chosen.listens and words and not inbound.sender.anonymous and inbound.sent_at > now - overheard.KEPT_MS:
            row, _ = yield from places.open_place(place, inbound.place_title)
            yield from overheard.keep(row, inbound.sender, inbound.remote_id, words, inbound.sent_at)

    def _joined(self, arrival: Arrival, waiting: GoingOn | None) -> Program[bool]:
        """Whether this is the next part of a message that is still waiting; then it is part of it now."""
        inbound = arrival.inbound
        message = (yield from messages.get(waiting.question)) if waiting else None
        if waiting is None or message is None:
            return False
        first = (Piece(waiting.remote_id, message.parts),)
        *before, last = (yield from pieces.of_message(message.id)) or first
        joined = (*before, replace(last, separator=waiting.separator), Piece(inbound.remote_id, inbound.parts))
        parts = pieces.whole(joined)
        yield from pieces.put(message.id, joined)
        yield from messages.replace_parts(message.id, parts)
        yield from _note_files(arrival, message.id, message.session, parts)
        yield from messages.note_shown(inbound.place, inbound.remote_id, 0, message.id)
        separator = separator_of(arrival, parts)
        runs_at = run_after(inbound, separator, arrival.now)
        yield from going_on.go_on(waiting.turn, inbound.album, inbound.sent_at, runs_at, separator)
        arrival.accepted.queued.append((message.session, runs_at))
        return True

    def _edited(self, arrival: Arrival) -> Program[None]:
        """An edited message: corrected while it waits; afterwards a sibling of it that is answered again."""
        inbound = arrival.inbound
        original = yield from messages.find_shown(inbound.place, inbound.remote_id)
        if original is None or original.author is not Author.USER or not inbound.parts:
            return
        before = (yield from pieces.of_message(original.id)) or [Piece(inbound.remote_id, original.parts)]
        after = [corrected(piece, inbound) if piece.remote_id == inbound.remote_id else piece for piece in before]
        # An edit replaces its own piece; nothing more of the message follows it.
        inbound = replace(inbound, parts=pieces.whole(after), album=None, may_continue=False)
        arrival = replace(arrival, inbound=inbound)
        if looks_alike(original.parts, inbound.parts):
            return
        several = after if len(after) > 1 else ()
        if (yield from open_turns.queued_for(original.id)) is not None:
            yield from pieces.put(original.id, several)
            yield from messages.replace_parts(original.id, inbound.parts)
            yield from attachments.forget(original.id)
            yield from _note_files(arrival, original.id, original.session, inbound.parts)
            return
        session = yield from reachable(arrival.caller, original.session)
        if session is None:
            return
        running = yield from open_turns.of_question(original.id)
        if running is not None and running[1] is TurnState.RUNNING:
            yield from open_turns.request_stop(running[0])
            arrival.accepted.outdated.append(running[0])
        made = yield from turns.made(original.id)
        yield from pieces.put(original.id, before)
        yield from self._queue(arrival, session, "parent", original.parent, several, made)

    def _asked(self, arrival: Arrival) -> Program[None]:
        inbound = arrival.inbound
        older = (yield from self._replied_to(inbound, arrival.caller)) if inbound.reply_to else None
        if older is None or not inbound.parts:
            inbound = replace(inbound, parts=(*inbound.before, *inbound.pointed, *inbound.parts))
            arrival = replace(arrival, inbound=inbound)
        if older is not None:
            session, message = older
            attach: Attach = "tip" if session.tip == message.id else "parent"
            made = yield from _drawn_from(message, inbound)
            yield from self._queue(arrival, session, attach, message.id, made=made)
            return
        policy = self.policy.at(inbound.place)
        session = yield from open_session(arrival.caller, policy, lambda: _title_of(inbound), arrival.now)
        yield from self._queue(arrival, session, "tip", None)

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
        arrival: Arrival,
        session: Session,
        attach: Attach,
        parent: MessageId | None,
        several: Sequence[Piece] = (),
        made: Made = _AS_USUAL,
    ) -> Program[None]:
        inbound, accepted = arrival.inbound, arrival.accepted
        separator = separator_of(arrival, inbound.parts)
        request = Request(
            session,
            Question(inbound.parts, several),
            Origin(reply_to=None if inbound.receipt else inbound.remote_id, receipt=inbound.receipt),
            attach,
            parent if attach == "parent" else None,
            made,
            inbound.album,
            separator,
            run_after(inbound, separator, arrival.now),
            inbound.sent_at,
        )
        outcome = yield from self.turn_queue.ask(arrival.caller, request, arrival.now)
        if isinstance(outcome, Refusal):
            yield from refuse(arrival, outcome)
            return
        if outcome.question is not None:
            arrival.fetch(outcome.question, inbound.parts)
        if outcome.ours:
            accepted.queued.append((session.id, outcome.run_after))
        if not (yield from _steered(arrival, outcome)):
            yield from say_what_is_ahead(arrival, session.id)


def _keys(incoming: Inbound | Unreadable) -> list[_Key]:
    """By which it is known that it has come, whichever way that was."""
    match incoming:
        case Inbound():
            place = incoming.place
            return [(place.platform, place.bot, key) for key in (incoming.event_key, incoming.also_as) if key]
        case Unreadable():
            return [(incoming.platform, incoming.bot, incoming.event_key)]


def _seen(batch: Sequence[Inbound | Unreadable]) -> Program[set[_Key]]:
    """Which of all keys of a batch have been noted before."""
    keys = list(dict.fromkeys(key for incoming in batch for key in _keys(incoming)))
    noted = yield from each([inbox.is_noted(*key) for key in keys])
    return {key for key, is_noted in zip(keys, noted, strict=True) if is_noted}


def _note(incoming: Inbound | Unreadable, seen: set[_Key], now: UnixMs) -> Program[None]:
    """Note that it is kept."""
    for key in _keys(incoming):
        seen.add(key)
        yield from inbox.mark(*key, now)


def _open_question(arrival: Arrival) -> Program[inbox.Asked | None]:
    """The question that is open for its sender there."""
    caller, since = arrival.caller, UnixMs(arrival.now - ASKED_MS)
    return (yield from inbox.asked(caller.place_row, caller.person.id, since))


def _drawn_from(message: Message, inbound: Inbound) -> Program[Made]:
    """What a reply with words alone to a picture that was drawn wants: another one, made from it."""
    if message.author is not Author.ASSISTANT or any(isinstance(part, FilePart) for part in inbound.parts):
        return _AS_USUAL
    wish = (yield from turns.made(message.id)).picture
    return Made(picture=replace(wish, edits=True)) if wish is not None else _AS_USUAL


def _same_chat(one: Place, other: Place) -> bool:
    return (one.platform, one.bot, one.chat) == (other.platform, other.bot, other.chat)


def _steered(arrival: Arrival, queued: Queued) -> Program[bool]:
    """Whether what came while an answer is written went the way that the person has chosen for it."""
    caller, accepted = arrival.caller, arrival.accepted
    how = caller.person.steering
    if how is Steering.WAIT or queued.turn is None:
        return False
    found = yield from turns.get(queued.turn)
    line = yield from steering.line(queued.session)
    if found is None or line[0].state is not TurnState.RUNNING:
        return False
    steered = yield from steer(caller, found[0], how, arrival.now)
    if isinstance(steered, Not):
        return False
    accepted.outdated += [steered.ended] if steered.ended is not None else []
    accepted.left += [steered.left] if steered.left is not None else []
    return True


def _note_files(arrival: Arrival, message: MessageId, session: SessionId, parts: tuple[Part, ...]) -> Program[None]:
    """Remember the files of a message."""
    files = tuple(part for part in parts if isinstance(part, FilePart))
    yield from attachments.note(message, session, arrival.caller.person.id, files, arrival.now)
    arrival.fetch(message, parts)


def _title_of(inbound: Inbound) -> str:
    return shorten_title(first_words(inbound.parts)) or "Files"
