"""The pages of a turn in the outbox: of its answer, of a card about its tools, of how it ended without one."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bot.contracts.platform import Capabilities
from bot.domain.blocks import Page
from bot.domain.ids import MessageId, UnixMs
from bot.domain.turns import Turn
from bot.rendering.pages import filled, notice
from bot.texts import Say, said_later
from bot.turns import scheduled
from storage import outbox, private_chats, turns
from storage.outbox import OutboxPage, Target
from storage.programs import Program, by_itself

REST_IN_PRIVATE = said_later("… The rest is in your private chat with {bot}.")
REST_KEPT = said_later("… The rest does not fit here: write to {bot} in private, and send `/sessions`.")


def add_pages(
    place_row: int,
    turn: Turn,
    pages: Sequence[Page],
    now: UnixMs,
    *,
    message: MessageId | None = None,
    announced: bool = False,
    beyond: Sequence[Page] = (),
) -> Program[list[OutboxPage]]:
    """Queue pages, of which the first takes the place of the preview; place and turn as `where_to` returns them.

    Above what a schedule has asked for stands which question that is.

    `message` is the answer that they show; `announced`: the first is sent at once, see `outbox.add`; `beyond`: what the
    place does not take, for the asker in private, see `divided`.
    """
    first = Target(place_row, turn.place, turn.preview, _reply_to(turn), turn.receipt)
    further = Target(place_row, turn.place, receipt=turn.receipt)
    if turn.scheduled or len(pages) + len(beyond) > 1:
        # Nothing else comes to stand between them.
        yield from by_itself()
    queued = yield from scheduled.above(turn, place_row, now)
    announced = announced and not queued
    add = partial(outbox.add, turn=turn.id, message=message, session=turn.session)
    for number, page in enumerate(pages):
        target, at_once = (further, False) if number else (first, announced)
        queued.append((yield from add(target, page, now, number=number, announced=at_once)))
    private = (yield from private_chats.with_bot_at(turn.payer, turn.place)) if beyond else None
    if private is not None:
        elsewhere = Target(*private)
        for number, page in enumerate(beyond, len(pages)):
            queued.append((yield from add(elsewhere, page, now, number=number)))
    return queued


def divided(
    turn: Turn, pages: Sequence[Page], at: Capabilities, bot: str, say: Say
) -> Program[tuple[list[Page], list[Page]]]:
    """What of an answer its place takes, and what goes to the asker in private: its last words here say so.

    Where they have no private chat, the session is theirs, and waits for them there.
    """
    most = at.messages_per_answer
    if most is None:
        return list(pages), []
    here: list[Page] = []
    beyond: list[Page] = []
    for page in pages:
        fits = len(here) < most and (page.file is None or at.upload_limit_bytes > 0)
        (here if fits else beyond).append(page)
    if beyond:
        if not here:
            # A file cannot go there; what stands beside it can.
            here.append(replace(pages[0], file=None))
        known = yield from private_chats.with_bot_at(turn.payer, turn.place)
        note = notice(filled(say, REST_KEPT if known is None else REST_IN_PRIVATE, {"bot": bot}))
        here[-1] = replace(here[-1], blocks=(*here[-1].blocks, *note.blocks))
    return here, beyond


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
