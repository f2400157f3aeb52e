"""Where answers come from. Each module speaks one wire format; each is imported when a model first needs it."""

from typing import assert_never

from bot.clock import Clock, SystemClock
from bot.provider import Endpoint, Provider, TimeLimits


def open_provider(endpoint: Endpoint, limits: TimeLimits, clock: Clock | None = None) -> Provider:
    """The provider for `endpoint`; nothing is sent yet. `clock` tells the date and paces the offline model.

    Time limits are kept by the event loop: a connection does not stand still with a test's clock.
    """
    clock = clock or SystemClock()
    match endpoint.kind:
        case "openai_compatible":
            from providers.openai_compatible import OpenAICompatible

            return OpenAICompatible(endpoint, limits, clock)
        case "gemini":
            from providers.gemini import Gemini

            return Gemini(endpoint, limits, clock)
        case "litellm":
            from providers.litellm import LiteLLM

            return LiteLLM(endpoint, limits, clock)
        case "offline":
            from providers.offline import Offline

            return Offline(clock)
        case _:
            assert_never(endpoint.kind)
