"""The pages of a turn in the outbox: of its answer, of a card about its tools, of how it ended without one."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.blocks import Page
from bot.domain.ids import MessageId, UnixMs
from bot.domain.turns import Turn
from bot.turns import scheduled
from storage import outbox, turns
from storage.outbox import OutboxPage, Target
from storage.programs import Program


def add_pages(
    place_row: int,
    turn: Turn,
    pages: Sequence[Page],
    now: UnixMs,
    *,
    message: MessageId | None = None,
    announced: bool = False,
) -> Program[list[OutboxPage]]:
    """Queue pages, of which the first takes the place of the preview; place and turn as `where_to` returns them.

    Above what a schedule has asked for stands which question that is.

    `message` is the answer that they show; `announced`: the first is sent at once, see `outbox.add`.
    """
    first = Target(place_row, turn.place, turn.preview, _reply_to(turn), turn.receipt)
    further = Target(place_row, turn.place, receipt=turn.receipt)
    queued = yield from scheduled.above(turn, place_row, now)
    announced = announced and not queued
    for number, page in enumerate(pages):
        target, at_once = (further, False) if number else (first, announced)
        row = yield from outbox.add(target, page, now, turn=turn.id, message=message, number=number, announced=at_once)
        queued.append(row)
    return queued


def where_to(turn: Turn) -> Program[tuple[int, Turn]]:
    """The row of the place where the turn's answer goes, and the turn as it stands there."""
    found = yield from turns.place_of(turn.id)
    if found is None:
        raise LookupError(turn.id)
    number, place = found
    if place.chat == turn.place.chat:
        return number, replace(turn, place=place)
    # Ids of messages mean nothing in a chat that was given another id.
    return number, replace(turn, place=place, preview=None, reply_to=None)


def _reply_to(turn: Turn) -> str | None:
    """The message an answer replies to: among several people it says whom it answers."""
    return None if turn.place.kind.private else turn.reply_to
