"""Where answers come from. Each module speaks one wire format; each is imported when a model first needs it."""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, assert_never

from bot.contracts.provider import Endpoint, Provider, TimeLimits
from bot.domain.clock import Clock, SystemClock

if TYPE_CHECKING:
    import aiohttp

Connect = Callable[[], "aiohttp.BaseConnector"]
"""Makes a new connector."""


def prepare(endpoints: Iterable[Endpoint]) -> None:
    """Load the modules of these endpoints, so that the first question does not wait for them.

    That takes up to half a second: call it in a thread. litellm itself is still loaded with its first question.
    """
    for kind in {endpoint.kind for endpoint in endpoints}:
        import_module(f"providers.{kind}")


def open_provider(
    endpoint: Endpoint, limits: TimeLimits, clock: Clock | None = None, connector: Connect | None = None
) -> Provider:
    """The provider for `endpoint`; nothing is sent yet. `clock` tells the date and paces the offline model.

    `connector` makes what connects, where that is not to be aiohttp's own.

    Time limits are kept by the event loop: a connection does not stand still with a test's clock.
    """
    clock = clock or SystemClock()
    match endpoint.kind:
        case "openai_compatible":
            from providers.openai_compatible import OpenAICompatible

            return OpenAICompatible(endpoint, limits, clock, connector)
        case "anthropic":
            from providers.anthropic import Anthropic

            return Anthropic(endpoint, limits, clock, connector)
        case "gemini":
            from providers.gemini import Gemini

            return Gemini(endpoint, limits, clock, connector)
        case "litellm":
            from providers.litellm import LiteLLM

            return LiteLLM(endpoint, limits, clock, connector)
        case "offline":
            from providers.offline import Offline

            return Offline(clock)
        case _:
            assert_never(endpoint.kind)
