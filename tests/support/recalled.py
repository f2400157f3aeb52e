"""Summaries of conversations, as a test waits for them and finds them on the wire."""

from bot.standins.model import Received
from tests.support.world import House

ASKS = "Sum up this conversation"


def is_summing(request: Received) -> bool:
    """Whether a model was asked for a summary."""
    return ASKS in str(request.body["messages"][-1]["content"])


def answering(house: House) -> list[Received]:
    """The requests for answers."""
    return [request for request in house.model.requests if not is_summing(request)]


def summing(house: House) -> list[Received]:
    """The requests for summaries."""
    return [request for request in house.model.requests if is_summing(request)]


def look(house: House, sql: str) -> int:
    """A number out of the database of the running gateway."""
    number: int = house.rows(sql)[0][0] or 0
    return number


async def all_made(house: House, count: int | None = None) -> None:
    """Wait until every summary that is wanted has been made; `count`: of so many."""

    def made() -> bool:
        wanted = look(house, "SELECT COUNT(*) FROM summary WHERE wanted")
        return wanted == 0 and (count is None or look(house, "SELECT COUNT(*) FROM summary") == count)

    await house.until(made)
