"""Searching the web for a model: with the search of a vendor, or with an engine of the operator's, priced each time."""

from collections.abc import Iterable, Sequence

import structlog

from bot.contracts.web import Findings, Hit, SearchEngine, SearchingModels, WebFailed
from bot.domain.clock import Clock
from bot.domain.provider_errors import BudgetSpent, ProviderError
from bot.domain.sources import SUGGESTED
from bot.texts.moments import midnight
from bot.tools.tool import ToolFailed
from storage import spending
from storage.database import Database

LONGEST_WORDS = 400
NOTHING = "Nothing was found."
_SPENT = "No more searches are left for today."
_NO_LIMIT = 2**53

log = structlog.get_logger(__name__)


class WebSearch:
    """Where the web is searched: by models first, then by the engine."""

    def __init__(
        self, database: Database, clock: Clock, models: SearchingModels, engine: SearchEngine | None, usd_per_day: float
    ) -> None:
        """`usd_per_day`: 0 for no limit."""
        self._database = database
        self._clock = clock
        self._models = models
        self._engine = engine
        self._cap = int(usd_per_day * 1_000_000) or _NO_LIMIT

    @property
    def by(self) -> Sequence[str]:
        """Who searches, in the order in which they are asked; empty if nobody can."""
        return [*self._models.models, *([self._engine.name] if self._engine is not None else ())]

    async def ask(self, words: str, vendor: str) -> str:
        """What was found, as a model reads it; `vendor` is that of the model that wants to know.

        Raises:
            ToolFailed: nobody could search.
        """
        words = words.strip()[:LONGEST_WORDS]
        if self._models.models:
            try:
                found = await self._models.search(words, vendor)
            except ProviderError as error:
                if self._engine is None:
                    spent = isinstance(error, BudgetSpent)
                    raise ToolFailed(_SPENT if spent else "The search does not work now.") from error
            else:
                log.info("web_searched", pages=len(found.pages), searches=found.searches)
                return told(found)
        if self._engine is None:
            raise ToolFailed("The web cannot be searched here.")
        return _listed(await self._by_engine(self._engine, words)) or NOTHING

    async def _by_engine(self, engine: SearchEngine, words: str) -> Sequence[Hit]:
        held = await self._database.write(
            spending.hold(
                f"search/{engine.name.lower()}", engine.microusd, self._cap, midnight(now := self._clock.now()), now
            )
        )
        if held is None:
            raise ToolFailed(_SPENT)
        try:
            hits = await engine.ask(words)
        except WebFailed as error:
            await self._database.write(spending.settle(held, 0))
            raise ToolFailed(str(error)) from error
        await self._database.write(spending.settle(held, engine.microusd))
        log.info("web_searched", engine=engine.name, hits=len(hits))
        return hits


def told(found: Findings) -> str:
    """What was found and is suggested, as `bot.domain.sources` reads it back."""
    # What it says comes from pages, none of which is to speak for us.
    words = "\n".join(line for line in found.text.split("\n") if line.strip() != SUGGESTED)
    suggested = [f"{_flat(one.words)}: {one.url}" for one in found.suggested]
    last = "\n".join((SUGGESTED, *suggested)) if suggested else ""
    return "\n\n".join(filter(None, (words, _listed(found.pages), last)))


def _listed(hits: Iterable[Hit]) -> str:
    """Pages as `bot.domain.sources` reads them back: the title, and the address on a line of its own."""
    return "\n\n".join("\n".join(filter(None, map(_flat, (hit.title, hit.url, hit.words)))) for hit in hits)


def _flat(text: str) -> str:
    return " ".join(text.split())
