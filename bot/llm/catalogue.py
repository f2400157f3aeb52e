"""The models that may be chosen beside those of the modes: what vendors list, as far as the operator lets it through.

A list is asked for beside everything else, never when somebody waits: until one has been heard, the one of the last
time counts, and a vendor that cannot be reached keeps the models it had.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

import structlog

from bot.contracts.provider import ListsModels, Provider
from bot.domain.clock import Clock
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import ProviderError

log = structlog.get_logger(__name__)

FRESH_S = 6 * 3_600.0
"""How long a list is good; vendors add models every few days."""
AGAIN_S = 15 * 60.0
"""When a vendor that could not be heard is asked again."""

Answering = Callable[[str, Sequence[str]], Awaitable[Sequence[str]]]
"""Returns those of a vendor's models that answer questions."""


class Catalogue(Collection[ModelName]):
    """Models as "provider/model", in the order of the vendors and then of their names."""

    def __init__(
        self,
        wanted: Mapping[str, Sequence[str]],
        provider: Callable[[str], Provider],
        answering: Answering,
        kept: Path,
        clock: Clock,
    ) -> None:
        """`wanted` are patterns by endpoint, as `lets_through` reads them; `kept` is the file with the last lists."""
        self.wanted = wanted
        self._provider = provider
        self._answering = answering
        self._kept = kept
        self._clock = clock
        self._heard: dict[str, tuple[str, ...]] = {}

    def __contains__(self, model: object) -> bool:
        """Whether it may be chosen. Of an endpoint that was never heard, whatever its patterns let through."""
        if not isinstance(model, str):
            return False
        name = ModelName(model)
        heard = self._heard.get(name.provider)
        return lets_through(self.wanted.get(name.provider, ()), name.model) and (heard is None or name.model in heard)

    def __iter__(self) -> Iterator[ModelName]:
        for endpoint, patterns in self.wanted.items():
            for name in self._heard.get(endpoint, ()):
                if lets_through(patterns, name):
                    yield ModelName.joined(endpoint, name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    async def keep(self) -> None:
        """Hear the vendors now and again, until cancelled."""
        if not self.wanted:
            return
        self._heard = await asyncio.to_thread(self._remembered)
        while True:
            await self._clock.sleep(FRESH_S if await self.refresh() else AGAIN_S)

    async def refresh(self) -> bool:
        """Ask every endpoint once; whether all could be heard."""
        found = await asyncio.gather(*map(self._hear, self.wanted))
        await asyncio.to_thread(self._remember)
        return all(found)

    async def _hear(self, endpoint: str) -> bool:
        try:
            names = tuple(await self.ask(endpoint))
        except ProviderError as error:
            log.warning("models_unheard", endpoint=endpoint, error=type(error).__name__, detail=error)
            return False
        except Exception:
            # The border of a provider: a list of strangers must not end the hearing of the others.
            log.exception("provider_broke", endpoint=endpoint)
            return False
        if names:
            # A vendor without any model has a bad day; what it had before is the better list.
            self._heard[endpoint] = names
        log.info("models_heard", endpoint=endpoint, models=len(names))
        return True

    async def ask(self, endpoint: str) -> Sequence[str]:
        """The models that an endpoint lists now and that answer questions; none of one that has no list.

        Raises:
            ProviderError: it could not be heard.
        """
        provider = self._provider(endpoint)
        return await self._answering(endpoint, await provider.models()) if isinstance(provider, ListsModels) else ()

    def _remembered(self) -> dict[str, tuple[str, ...]]:
        """The lists of the last time; none if there are none that can be read."""
        with suppress(OSError, ValueError):
            kept = json.loads(self._kept.read_bytes())
            return {
                endpoint: tuple(name for name in names if isinstance(name, str))
                for endpoint, names in (kept.items() if isinstance(kept, dict) else ())
                if isinstance(names, list) and endpoint in self.wanted
            }
        return {}

    def _remember(self) -> None:
        written = self._kept.with_suffix(".new")
        try:
            written.write_text(json.dumps(self._heard))
            written.replace(self._kept)
        except OSError as error:
            # They are asked for again at the next start.
            log.warning("models_not_kept", error=error)


def lets_through(patterns: Sequence[str], name: str) -> bool:
    """Whether one of the patterns means a name and none behind "!" does; whichever case it is written in."""
    name = name.lower()
    meant = [pattern.lower() for pattern in patterns if not pattern.startswith("!")]
    spared = [pattern[1:].lower() for pattern in patterns if pattern.startswith("!")]
    # Only exceptions: all the others.
    return any(fnmatchcase(name, pattern) for pattern in meant or ("*" if spared else ())) and not any(
        fnmatchcase(name, pattern) for pattern in spared
    )
