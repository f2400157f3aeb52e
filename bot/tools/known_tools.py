"""What the operator's servers have, at hand for every turn: most of them use none of it, and that may cost no query.

Each process reads it again when it, or another that has told of it, has heard something else, and every minute, for
what is told may be lost. Until then it is behind by no more than a call would see: that looks at what the server has
said when it was connected.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.contracts.news import News
from bot.domain.clock import Clock
from bot.domain.servers import Judgement, ServerRules
from bot.texts import said_later
from storage import server_tools
from storage.database import Database
from storage.programs import Program
from storage.server_tools import KeptTool

LASTS_S = 60.0
_ABOUT = "tools"


@dataclass(frozen=True, slots=True)
class Server:
    """A server, as it is known now."""

    rules: ServerRules
    tools: Sequence[KeptTool]
    unreached: bool
    """Whether it could not be reached when it was last tried."""
    refused: bool
    """Whether it wanted a login then, or another one."""

    @property
    def waits(self) -> bool:
        """Whether somebody has to look at some of its tools before they are used."""
        return any(tool.waits for tool in self.tools)

    @property
    def trouble(self) -> str:
        """A sentence to say about why it cannot be used now; "" if nothing is known."""
        if self.refused:
            return said_later("It wants a login.")
        if self.unreached:
            return said_later("It could not be reached when it was last needed.")
        return "" if self.tools else said_later("It is asked what it can do with the next question.")

    def names(self, judgement: Judgement) -> list[str]:
        """Its tools of this judgement that may be used now."""
        usable = [tool.said for tool in self.tools if tool.said is not None and tool.is_trusted]
        return [said.name for said in usable if self.rules.judge(said) is judgement]


class KnownTools:
    """The tools of these servers."""

    def __init__(self, rules: Sequence[ServerRules], database: Database, clock: Clock, news: News) -> None:
        self._rules = rules
        self._database = database
        self._clock = clock
        self._news = news
        self._known: Mapping[str, Sequence[KeptTool]] | None = None
        self._read_at = 0.0
        self._changes = 0
        news.heed(_ABOUT, self._drop)

    async def all(self) -> Mapping[str, Sequence[KeptTool]]:
        """Every tool of each, by the servers' keys. Raises StorageError."""
        now = self._clock.monotonic()
        if self._known is not None and now - self._read_at < LASTS_S:
            return self._known
        changes = self._changes
        known = await self._database.read(kept_of(self._rules))
        if changes == self._changes:
            # Else what was read may have been written over meanwhile.
            self._known, self._read_at = known, now
        return known

    def note_changed(self) -> None:
        """Something of it was written here: every process is to know."""
        self._drop()
        self._news.tell(_ABOUT)

    def _drop(self) -> None:
        self._known = None
        self._changes += 1


def kept_of(servers: Iterable[ServerRules]) -> Program[dict[str, list[KeptTool]]]:
    """Every tool of these servers, by their keys."""
    found = {}
    for rules in servers:
        found[rules.key] = yield from server_tools.of_server(rules.key)
    return found
