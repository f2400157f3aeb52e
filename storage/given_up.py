"""Pages that a platform took in no form: they wait for an admin who has mended that, and are forgotten in time."""

from dataclasses import dataclass
from enum import StrEnum

import orjson

from bot.domain.ids import UnixMs
from storage import outbox, places
from storage.outbox import OutboxPage, Target
from storage.page_data import page_from_data
from storage.programs import Program


class Reason(StrEnum):
    """Why a page was given up."""

    UNREACHABLE = "unreachable"
    """The bot may not write there, or was removed or blocked."""
    REJECTED = "rejected"
    """The platform takes it in no form."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What was given up at one place: how much and why, never what."""

    place: int
    platform: str
    kind: str
    """A word of `PlaceKind`."""
    pages: int
    reason: Reason
    """Of the newest page."""
    at: UnixMs
    """When that was given up."""


def keep(page: OutboxPage, reason: Reason, now: UnixMs) -> Program[None]:
    """The platform will never take this page: it leaves the outbox, and is kept here."""
    yield (
        """
        INSERT INTO given_up (place, turn, message, person, page, content, reason, at)
        SELECT place, turn, message, person, page, content, ?, ?
        FROM outbox
        WHERE id = ?
        """,
        (reason.value, now, page.id),
    )
    yield from outbox.drop(page)


def by_place(limit: int) -> Program[list[Undelivered]]:
    """The places at which something was given up, the newest first."""
    rows = yield (
        """
        SELECT place.id, platform, kind, pages, reason, at
        FROM (
            SELECT place, MAX(id) AS newest, COUNT(*) AS pages
            FROM given_up
            GROUP BY place
        ) AS lost
        JOIN given_up ON given_up.id = newest
        JOIN place ON place.id = lost.place
        ORDER BY newest DESC
        LIMIT ?
        """,
        (limit,),
    )
    return [
        Undelivered(place, platform, kind, pages, Reason(reason), at)
        for place, platform, kind, pages, reason, at in rows
    ]


def send_again(place: int, now: UnixMs) -> Program[list[OutboxPage]]:
    """Queue everything that was given up at a place once more, in its order, as new messages."""
    rows = yield (
        """
        DELETE FROM given_up
        WHERE place = ?
        RETURNING id, turn, message, person, page, content
        """,
        (place,),
    )
    pages = []
    for _, turn, message, person, number, content in sorted(rows):
        target = Target(place, (yield from places.get(place)))
        page = page_from_data(orjson.loads(content))
        again = outbox.add(target, page, now, turn=turn, message=message, number=number, person=person)
        pages.append((yield from again))
    return pages


def forget_before(moment: UnixMs) -> Program[None]:
    """Forget what nobody had sent again in time."""
    yield ("DELETE FROM given_up WHERE at < ?", (moment,))
