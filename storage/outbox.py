"""The outbox: pages to show that are not known to be shown. Once shown, a page is a row in `shown` at most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import orjson

from bot.domain.blocks import Page
from bot.domain.ids import MessageId, PageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.places import Place, PlaceKind
from storage import approvals, broadcasts, keepers, messages, places
from storage.customs import value_at
from storage.keepers import KEPT_BY
from storage.page_data import page_from_data, page_to_data
from storage.programs import Program, together

_UNKNOWN = PageId(0)
"""Of a page that has no row yet."""
_LEFT_CARDS = "COALESCE((SELECT left_cards FROM turn WHERE turn.id = outbox.turn), 0)"


class PageState(StrEnum):
    """What is known of a page in the outbox."""

    QUEUED = "queued"
    """No call has been made for it, or none that had an effect."""
    ANNOUNCED = "announced"
    """Never kept, only in memory: kept as `sending` already, but no call has been made yet."""
    SENDING = "sending"
    """A call has been made, or is about to be; whether it had its effect is not known."""


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """One message to show: by editing `remote_id`, or as a new message if that is None."""

    id: PageId
    place_row: int
    place: Place
    turn: TurnId | None
    message: MessageId | None
    number: int
    """0 for the first page of an answer."""
    page: Page
    state: PageState
    remote_id: str | None
    reply_to: str | None
    called_at: UnixMs
    """When the first of the calls was made that may have had an effect; of another process's: when it was queued."""
    receipt: str = ""
    private: bool = False
    person: PersonId | None = None
    """For whom it is, if no turn says so."""
    refused_by: tuple[str, ...] = ()
    """The platforms that did not take it: it does not go back there."""
    reader: str = ""
    """As in `Target`."""
    broadcast: int | None = None
    """The broadcast that it is of."""
    session: SessionId | None = None
    """That of its turn; None as well where it comes again after it was given up."""
    left_cards: int = 0
    """As in its turn."""
    ours: bool = True
    """Never kept, only in memory: whether this process shows it; else the keeper of its chat has been told."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a page goes: into the message `remote_id`, or into a new one, which replies to `reply_to`."""

    place_row: int
    place: Place
    remote_id: str | None = None
    reply_to: str | None = None
    receipt: str = ""
    """Of the command that the page answers, if its platform waits for an answer."""
    private: bool = False
    """For the person alone, in a place where others read: shown to nobody else."""
    reader: str = ""
    """The platform's id of whom it concerns alone: shown to nobody else where the platform can do that."""


def add(
    target: Target,
    page: Page,
    now: UnixMs,
    *,
    turn: TurnId | None = None,
    message: MessageId | None = None,
    number: int = 0,
    person: PersonId | None = None,
    broadcast: int | None = None,
    session: SessionId | None = None,
    announced: bool = False,
) -> Program[OutboxPage]:
    """Queue a page behind all others of its place.

    `announced`: its call follows this transaction at once, so that it needs none itself to say so. A crash in
    between costs a mark on a message that came only once.

    `session`: that of `turn`. With it, its being shown is noted beside what other sessions write.
    """
    state = PageState.ANNOUNCED if announced else PageState.QUEUED
    entry = OutboxPage(
        _UNKNOWN,
        target.place_row,
        target.place,
        turn,
        message,
        number,
        page,
        state,
        target.remote_id,
        target.reply_to,
        now,
        target.receipt,
        target.private,
        person,
        reader=target.reader,
        broadcast=broadcast,
        session=session,
    )
    return (yield from _insert(entry, now))


def _insert(entry: OutboxPage, now: UnixMs) -> Program[OutboxPage]:
    """Queue a page as a new row."""
    (number, left_cards), ours = yield from together(_add_row(entry, now), keepers.is_ours(entry.place_row))
    entry = replace(entry, id=number, left_cards=left_cards, ours=ours)
    if not ours and entry.state is not PageState.QUEUED:
        # Another process shows it, and makes no call at once.
        entry = yield from note_not_sent(entry)
    return entry


def _add_row(entry: OutboxPage, now: UnixMs) -> Program[tuple[PageId, int]]:
    rows = yield (
        f"""
        INSERT INTO outbox (place, turn, message, page, content, state, remote_id, reply_to, receipt,
            private, reader, person, refused_by, broadcast, created_at)
        -- A person who has just erased everything of theirs is still told so.
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM person WHERE id = ?), ?, ?, ?)
        RETURNING id, {_LEFT_CARDS}
        """,
        (
            entry.place_row,
            entry.turn,
            entry.message,
            entry.number,
            _content(entry.page),
            (PageState.SENDING if entry.state is PageState.ANNOUNCED else entry.state).value,
            entry.remote_id,
            entry.reply_to,
            entry.receipt,
            entry.private,
            entry.reader,
            entry.person,
            " ".join(entry.refused_by),
            entry.broadcast,
            now,
        ),
    )
    ((number, left_cards),) = rows
    return PageId(number), left_cards


def _content(page: Page) -> str:
    return orjson.dumps(page_to_data(page)).decode()


def of_bot(platform: str, bot: str, process: str, chat: str | None = None) -> Program[list[OutboxPage]]:
    """All that waits for one bot, or in one chat, and that this process is to show, in order."""
    condition, values = places.of_bot(platform, bot, chat)
    rows = yield (
        f"""
        SELECT outbox.id, outbox.place, outbox.turn, outbox.message, outbox.page, content, state,
            remote_id, reply_to, outbox.created_at, receipt, private, reader, person, refused_by,
            broadcast, (SELECT session FROM turn WHERE turn.id = outbox.turn), {_LEFT_CARDS},
            platform, bot, chat, thread, kind
        FROM outbox
        JOIN place ON place.id = outbox.place
        WHERE {condition}
          AND {KEPT_BY} = ?
        ORDER BY outbox.id
        """,
        (*values, process),
    )
    return [_page(row) for row in rows]


def _page(row: tuple[Any, ...]) -> OutboxPage:
    number, place_row, turn, message, page, content, state, remote_id, reply_to, called_at, *further = row
    receipt, private, reader, person, refused_by, broadcast, session, left_cards, *where = further
    platform, bot, chat, thread, kind = where
    return OutboxPage(
        id=number,
        place_row=place_row,
        place=Place(platform, bot, chat, thread, PlaceKind(kind)),
        turn=turn,
        message=message,
        number=page,
        page=page_from_data(orjson.loads(content)),
        state=PageState(state),
        remote_id=remote_id,
        reply_to=reply_to,
        called_at=called_at,
        receipt=receipt,
        private=bool(private),
        person=person,
        refused_by=tuple(refused_by.split()),
        reader=reader,
        broadcast=broadcast,
        session=session,
        left_cards=left_cards,
    )


def language_of(page: OutboxPage) -> Program[str]:
    """The language of the person whom a page is for: the asker, or the one in the private chat; "" if unknown."""
    rows = yield (
        f"""
        SELECT COALESCE({value_at("own_language", "turn.place")}, language)
        FROM turn
        JOIN person ON person.id = payer
        WHERE turn.id = ?
        UNION ALL
        SELECT language
        FROM identity
        JOIN person ON person.id = identity.person
        WHERE private_chat = ?
        LIMIT 1
        """,
        (page.turn, page.place_row),
    )
    return rows[0][0] if rows else ""


def note_sending(page: OutboxPage) -> Program[OutboxPage | None]:
    """A call is about to be made. None if the page is gone (its session was erased meanwhile)."""
    rows = yield ("UPDATE outbox SET state = 'sending' WHERE id = ? RETURNING id", (page.id,))
    return replace(page, state=PageState.SENDING) if rows else None


def note_not_sent(page: OutboxPage) -> Program[OutboxPage]:
    """The call certainly had no effect."""
    yield ("UPDATE outbox SET state = 'queued' WHERE id = ?", (page.id,))
    return replace(page, state=PageState.QUEUED)


def note_target(page: OutboxPage, remote_id: str | None) -> Program[OutboxPage]:
    """From now on the page goes into this message (None: into a new one)."""
    yield ("UPDATE outbox SET remote_id = ?, state = 'queued' WHERE id = ?", (remote_id, page.id))
    return replace(page, remote_id=remote_id, state=PageState.QUEUED)


def note_sent(page: OutboxPage, remote_id: str) -> Program[bool]:
    """The page is there, in this message; False if nobody has wanted it any longer meanwhile."""
    rows = yield ("DELETE FROM outbox WHERE id = ? RETURNING id", (page.id,))
    if rows and page.message is not None:
        yield from messages.note_shown(page.place, remote_id, page.number, page.message)
    elif rows and page.turn is not None:
        yield from approvals.note_card(page.turn, remote_id)
    elif rows and page.broadcast is not None:
        yield from broadcasts.note_reached(page.broadcast)
    return bool(rows)


def recast(page: OutboxPage, pages: Sequence[Page], behind: Sequence[OutboxPage]) -> Program[list[OutboxPage]]:
    """Several pages take the place of one that is at the head of its queue; those behind it are queued again.

    The first of them goes where that page was to go. Empty where that page was erased meanwhile.
    """
    head = yield from change(replace(page, page=pages[0]))
    if head is None:
        return []
    ((now,),) = yield ("SELECT created_at FROM outbox WHERE id = ?", (page.id,))
    if len(pages) == 1:
        return [head, *behind]
    queue = [head]
    further = [
        replace(head, page=content, number=head.number + count, remote_id=None, reply_to=None)
        for count, content in enumerate(pages[1:], 1)
    ]
    for waiting in behind:
        if (yield ("DELETE FROM outbox WHERE id = ? RETURNING id", (waiting.id,))):
            of_same = waiting.message is not None and waiting.message == page.message
            further.append(replace(waiting, number=waiting.number + len(pages) - 1) if of_same else waiting)
    for entry in further:
        row = yield from _insert(replace(entry, state=PageState.QUEUED), now)
        queue.append(row)
    return queue


def change(page: OutboxPage) -> Program[OutboxPage | None]:
    """Send a page that certainly was not shown in another form, or to another place. None if it is gone."""
    rows = yield (
        """
        UPDATE outbox
        SET place = ?, content = ?, remote_id = ?, reply_to = ?, receipt = ?, private = ?, reader = ?,
            refused_by = ?, state = 'queued'
        WHERE id = ?
        RETURNING id
        """,
        (
            page.place_row,
            _content(page.page),
            page.remote_id,
            page.reply_to,
            page.receipt,
            page.private,
            page.reader,
            " ".join(page.refused_by),
            page.id,
        ),
    )
    ours = yield from keepers.is_ours(page.place_row)
    return replace(page, state=PageState.QUEUED, ours=ours) if rows else None


def asker_of(page: OutboxPage) -> Program[PersonId | None]:
    """For whom a page is."""
    if page.turn is None:
        return page.person
    rows = yield ("SELECT payer FROM turn WHERE id = ?", (page.turn,))
    return rows[0][0] if rows else None


def drop(page: OutboxPage) -> Program[None]:
    """The platform will never take this page."""
    yield ("DELETE FROM outbox WHERE id = ?", (page.id,))
