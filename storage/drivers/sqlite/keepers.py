"""Who keeps a chat: the one process that there is."""

from collections.abc import Sequence

from bot.domain.ids import TurnId
from storage.programs import Program, Rows


def ours(_: str) -> str:
    """Nobody else can."""
    return "TRUE"


def assign(_: int, __: str | None) -> Program[Rows]:
    """Nobody shares the file."""
    yield from ()
    return []


def tell_of_turn(_: TurnId) -> Program[Rows]:
    """Whoever wants something else runs it as well."""
    yield from ()
    return []


def tell_others(_: str, __: Sequence[str]) -> Program[Rows]:
    """There are no others."""
    yield from ()
    return []
