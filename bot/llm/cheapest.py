"""Which of several models does a small job most cheaply."""

from collections.abc import Mapping, Sequence

from bot.contracts.prices import Beside
from bot.contracts.provider import ModelProfile
from bot.domain.model_names import ModelName
from bot.domain.turns import Usage

_SUCH_A_REQUEST = Usage(8_000, 500)


def cheaper_first(models: Sequence[ModelName], profiles: Mapping[ModelName, ModelProfile]) -> tuple[ModelName, ...]:
    """The models that are known to cost less than the first, the cheapest first; then the others as they stand.

    The built-in one is not among them: it writes nothing itself.
    """
    able = [model for model in models if not model.is_offline]
    price = {model: _price(profiles[model]) for model in able}
    first = price[able[0]] if able else None
    cheaper = [model for model in able if first is not None and (cost := price[model]) is not None and cost < first]
    cheaper.sort(key=lambda model: price[model] or 0)
    return (*cheaper, *(model for model in able if model not in cheaper))


def _price(profile: ModelProfile) -> int | None:
    return profile.tariff.cost(_SUCH_A_REQUEST, Beside()) if profile.tariff is not None else None
