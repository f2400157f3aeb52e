"""What the models can do and cost, looked up when somebody needs to know, and then remembered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.provider import ModelProfile

LookUp = Callable[[Sequence[str]], Awaitable[Mapping[str, ModelProfile]]]
"""Gives what is known of models ("provider/model"), of all of them at once, because it reads a large table."""


class Profiles:
    """Remembers profiles. `told` is what the operator has said about an endpoint's models, by its name."""

    def __init__(self, look_up: LookUp, told: Mapping[str, ModelProfile]) -> None:
        self._look_up = look_up
        self._told = told
        self._known: dict[str, ModelProfile] = {}

    async def of(self, models: Sequence[str]) -> Mapping[str, ModelProfile]:
        """The profiles of these models."""
        unknown = [model for model in models if model not in self._known]
        asked = [model for model in unknown if model.partition("/")[0] not in self._told]
        found = await self._look_up(asked) if asked else {}
        for model in unknown:
            self._known[model] = found.get(model) or self._told.get(model.partition("/")[0]) or ModelProfile()
        return {model: self._known[model] for model in models}
