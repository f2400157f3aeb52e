"""Searching the web with the search that models' vendors have of their own.

A search is asked for once, of one model after the other: whoever wanted it can want it again. How it goes says nothing
of how these models answer, so it is not counted there. One whose vendor refuses is not asked for a search again: not
every model has one, and no list says surely which.
"""

from collections.abc import Callable, Sequence

import structlog

from bot.contracts.provider import PromptMessage, Provider, Searcher
from bot.contracts.web import Findings
from bot.domain.messages import Author, TextPart
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import ModelMissing, NotTaken, ProviderError, RequestRefused, WrongAddress
from bot.llm.chain import within_border_of
from bot.llm.spending import SpendingLimit

log = structlog.get_logger(__name__)

HELD = 5
"""Searches that are held for one request: vendors are asked for fewer, and not all can be told."""
_LACKING = (ModelMissing, NotTaken, RequestRefused, WrongAddress)
"""How a vendor refuses whose model has no search."""


class ModelSearch:
    """The models that may be asked to search."""

    def __init__(
        self, open_provider: Callable[[str], Provider], spending: SpendingLimit, models: Sequence[ModelName]
    ) -> None:
        self._open_provider = open_provider
        self._spending = spending
        self._models = models
        self._lacking: set[ModelName] = set()

    @property
    def models(self) -> Sequence[ModelName]:
        """Those that are not known to have none."""
        return [model for model in self._models if model not in self._lacking]

    async def search(self, words: str, first: str) -> Findings:
        """See `bot.contracts.web.SearchingModels.search`."""
        first_error: ProviderError | None = None
        for model in sorted(self.models, key=lambda model: model.provider != first):
            try:
                return await self._search(model, words)
            except ProviderError as error:
                log.warning("model_search_failed", model=model, error=type(error).__name__, detail=error)
                if isinstance(error, _LACKING):
                    self._lacking.add(model)
                first_error = first_error or error
        raise first_error or ModelMissing("No model searches the web.")

    async def _search(self, model: ModelName, words: str) -> Findings:
        provider = self._open_provider(model.provider)
        if not isinstance(provider, Searcher):
            raise ModelMissing(f"{model.provider!r} has no search of its own.")
        asked = (PromptMessage(Author.USER, (TextPart(words),)),)
        async with self._spending.request(model, asked, searches=HELD) as request:
            found = await within_border_of(provider.search(model.model, words))
            request.searched(found)
            return found
