"""Calls that servers of before 2026 keep in their connections until people have answered: given up with their turns."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from bot.domain.ids import SessionId, TurnId
from bot.tools.tool import ToolAsks


class ParkedCalls:
    """Those that are known, by their sessions. A session's next turn begins only when the one before has ended."""

    def __init__(self) -> None:
        self._parked: dict[SessionId, list[tuple[TurnId, Callable[[], None]]]] = {}
        """What gives each up, with its turn."""

    @contextmanager
    def noted(self, session: SessionId, turn: TurnId) -> Iterator[None]:
        """Note the call within, if its server keeps it."""
        try:
            yield
        except ToolAsks as asks:
            if asks.give_up is not None:
                self._parked.setdefault(session, []).append((turn, asks.give_up))
            raise

    @property
    def turns(self) -> list[TurnId]:
        """Those for which a server keeps a call."""
        return [turn for known in self._parked.values() for turn, _ in known]

    def give_up_for(self, ended: Collection[TurnId]) -> None:
        """Have servers give up what they keep for these turns."""
        for session, known in [*self._parked.items()]:
            for turn, give_up in known:
                if turn in ended:
                    give_up()
            left = [each for each in known if each[0] not in ended]
            self._parked[session] = left
            if not left:
                del self._parked[session]

    def give_up(self, session: SessionId, turn: TurnId) -> None:
        """Have servers give up what they keep for other turns of this session than this one, which runs."""
        known = self._parked.pop(session, [])
        for other, give_up in known:
            if other != turn:
                give_up()
        if here := [each for each in known if each[0] == turn]:
            self._parked[session] = here
