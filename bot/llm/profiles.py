"""What the models can do and cost, looked up when first needed, and then remembered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from bot.contracts.provider import ModelProfile, Price
from bot.domain.model_names import ModelName
from bot.llm.fitting import UNKNOWN_WINDOW

LookUp = Callable[[Sequence[ModelName]], Awaitable[Mapping[ModelName, ModelProfile]]]
"""Returns what is known of models ("provider/model"), of all of them at once, because it reads a large table."""


class Profiles:
    """Remembers profiles. What the operator has said comes first: `told` about an endpoint's models, by its name, and
    `prices`, of which the first that fits a model counts. What is in those changes as admins change it.
    """

    def __init__(self, look_up: LookUp, told: Mapping[str, ModelProfile], prices: Sequence[Price] = ()) -> None:
        self._look_up = look_up
        self._told = told
        self._prices = prices
        self._known: dict[ModelName, ModelProfile] = {}
        self._learned: dict[ModelName, int] = {}

    async def of(self, models: Sequence[ModelName]) -> Mapping[ModelName, ModelProfile]:
        """The profiles of these models."""
        unknown = [model for model in models if model not in self._known]
        asked = [model for model in unknown if model.provider not in self._told]
        found = await self._look_up(asked) if asked else {}
        for model in unknown:
            self._known[model] = found.get(model) or self._told.get(model.provider) or ModelProfile()
        return {model: self._lowered(model, self._priced(model, self._known[model])) for model in models}

    def learn(self, model: ModelName, context_tokens: int) -> None:
        """Its vendor says that it reads no more than that, whatever the table knows. What is less counts."""
        self._learned[model] = min(context_tokens, self._learned.get(model, context_tokens))

    def learned(self, model: ModelName) -> int | None:
        """How much its vendor has said that it reads, in tokens; None if it has not said so."""
        return self._learned.get(model)

    def _lowered(self, model: ModelName, profile: ModelProfile) -> ModelProfile:
        learned = self._learned.get(model)
        if learned is None or learned >= (profile.context_tokens or UNKNOWN_WINDOW):
            return profile
        return replace(profile, context_tokens=learned)

    def _priced(self, model: ModelName, profile: ModelProfile) -> ModelProfile:
        price = next((price for price in self._prices if fnmatchcase(model, price.models)), None)
        if price is None:
            return profile
        # What is declared free is all free; else the vendor's searches cost beside the tokens.
        is_free = not any(step.read or step.write for step in price.tariff.steps)
        search = profile.tariff.search if profile.tariff is not None and not is_free else 0
        return replace(profile, tariff=replace(price.tariff, search=search))
