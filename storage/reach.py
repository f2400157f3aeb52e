"""Whose sessions are whose: the two conditions on `session` that keep people and places apart, each written once.

Everything else is reached through its session: messages, files, turns.
"""

from bot.domain.sessions import Elsewhere, Reach

Condition = tuple[str, tuple[int, ...]]
"""A condition on the table `session`, and the values of its question marks."""


def within(reach: Reach) -> Condition:
    """The sessions that can be used: of one owner, of one place, or of one owner and begun at one place.

    A thread that could not be opened belongs to the chat that stands in for it.
    """
    match reach:
        case Reach(owner=int(owner), place=int(place)):
            return "session.owner = ? AND session.place = ?", (owner, place)
        case Reach(owner=int(owner)):
            return "session.owner = ?", (owner,)
        case Reach(place=int(place)):
            here = "SELECT ? UNION ALL SELECT id FROM place WHERE stand_in = ?"
            return f"session.owner IS NULL AND session.place IN ({here})", (place, place)
        case _:
            return "FALSE", ()


def begun_in(elsewhere: Elsewhere) -> Condition:
    """The sessions beside those that can be found, not used: what the person has begun themselves, among others."""
    # An empty one has nothing to be found in, and its thread may never have been opened.
    theirs = "session.owner IS NULL AND session.begun_by = ? AND session.tip IS NOT NULL"
    if elsewhere.near is None:
        return theirs, (elsewhere.begun_by,)
    chats = """
        SELECT other.id
        FROM place AS here
        JOIN place AS other USING (platform, bot, chat)
        WHERE here.id = ?
        """
    return f"{theirs} AND session.place IN ({chats})", (elsewhere.begun_by, elsewhere.near)


def either(one: Condition, other: Condition) -> Condition:
    """What lies within one of two."""
    return f"(({one[0]}) OR ({other[0]}))", (*one[1], *other[1])
